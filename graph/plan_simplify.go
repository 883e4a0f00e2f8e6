package graph

import (
	"slices"

	"gorgonia.org/tensor"
)

// simplify rebuilds expressions through a fresh builder, which finds what derivatives wrote down twice and what has
// become constant since. On the way it makes five changes that matter to a plan alone: kindStop goes, since nobody
// differentiates any more; elementwise functions of a broadcast are computed before it; a sum over axes that are not
// neighbours becomes a chain of sums over neighbours; products leave out what an embedding filled with zeros; and products
// with windows become convolutions.
func simplify(b *builder, roots []*expr) []*expr {
	done := map[*expr]*expr{}
	for _, e := range topological(roots) {
		args := make([]*expr, len(e.args))
		for i, a := range e.args {
			args[i] = done[a]
		}
		done[e] = remake(b, e, args)
	}
	out := make([]*expr, len(roots))
	for i, r := range roots {
		out[i] = done[r]
	}
	return out
}

func remake(b *builder, e *expr, args []*expr) *expr {
	switch e.kind {
	case kindInput:
		return e
	case kindStop:
		return args[0]
	case kindTranspose:
		return b.transpose(args[0], e.ints)
	case kindSlice:
		n := len(e.shape)
		return b.slice(args[0], e.ints[:n], e.ints[n:], e.shape)
	case kindEmbed:
		n := len(e.shape)
		return b.embed(args[0], e.ints[:n], e.ints[n:], e.shape)
	case kindSum:
		return sumChain(b, args[0], e.ints)
	case kindMatMul:
		if c, ok := convolved(b, args[0], args[1], e.ints[0] == 1, e.ints[1] == 1); ok {
			return c
		}
		return narrowed(b, e, args)
	case kindUnwindows:
		if c, ok := folded(b, args[0], e.ref.(*window), e.shape); ok {
			return c
		}
	}
	if e.kind.elementwise() {
		if inner, ok := beforeBroadcast(args); ok {
			narrow := make([]*expr, len(args))
			for i, a := range args {
				if v, ok := a.fill(); ok {
					narrow[i] = b.fill(v, inner)
				} else {
					narrow[i] = a.args[0]
				}
			}
			return b.expand(remake(b, e, narrow), e.shape)
		}
	}
	return b.again(e, args)
}

// narrowed is the product e of args without the rows and columns that an embedding fills with zeros: those over which
// the product adds are left out on both sides, others become zeros of the result.
func narrowed(b *builder, e *expr, args []*expr) *expr {
	r := len(e.shape)
	for i, x := range args {
		axis, ok := embeddedAxis(x)
		if !ok || axis < r-2 {
			continue
		}
		at, step := x.ints[axis], x.ints[r+axis]
		sums := r - 1 - i // the axis of argument i that is added over
		if e.ints[i] == 1 {
			sums = r - 2 + i
		}
		pair := slices.Clone(args)
		pair[i] = x.args[0]
		if axis != sums {
			inner := *e // the product before its own zeros, which another embedding within x may add to
			inner.shape = e.shape.Clone()
			inner.shape[r-2+i] = pair[i].shape[axis]
			y := narrowed(b, &inner, pair)
			start, steps := make([]int, r), slices.Repeat([]int{1}, r)
			start[r-2+i], steps[r-2+i] = at, step
			return b.embed(y, start, steps, e.shape)
		}
		other := args[1-i]
		across := r - 1 - (1 - i)
		if e.ints[1-i] == 1 {
			across = r - 2 + (1 - i)
		}
		shape, start, steps := other.shape.Clone(), make([]int, r), slices.Repeat([]int{1}, r)
		shape[across], start[across], steps[across] = pair[i].shape[axis], at, step
		pair[1-i] = b.slice(other, start, steps, shape)
		return narrowed(b, e, pair)
	}
	return upended(b, args[0], args[1], e.ints[0] == 1, e.ints[1] == 1)
}

// upended is the product of x and y, computed as (yᵀxᵀ)ᵀ where that has long rows instead of long columns: the gradient
// of a weight of few outputs. The sums and their digits are the same.
func upended(b *builder, x, y *expr, transX, transY bool) *expr {
	e := b.matmul(x, y, transX, transY)
	if e.kind != kindMatMul || e.ints[0] == 0 {
		return e
	}
	x, y = e.args[0], e.args[1]
	r := len(e.shape)
	m, n, k := e.shape[r-2], e.shape[r-1], x.shape[r-2]
	if n > fewColumns || m < manyRows || n > 1 && k < longSum {
		return e
	}
	perm := make([]int, r)
	for a := range perm {
		perm[a] = a
	}
	perm[r-2], perm[r-1] = r-1, r-2
	return b.transpose(b.matmul(y, x, e.ints[1] == 0, false), perm)
}

// Where a product has few columns most of a register stays empty, and where it adds much it pays to turn the result over.
const (
	fewColumns = 4
	longSum    = 64
)

// embeddedAxis is the only axis along which x is an embedding into zeros.
func embeddedAxis(x *expr) (axis int, ok bool) {
	if x.kind != kindEmbed {
		return 0, false
	}
	for a, d := range x.shape {
		if d != x.args[0].shape[a] {
			if ok {
				return 0, false
			}
			axis, ok = a, true
		}
	}
	return axis, ok
}

// beforeBroadcast reports whether all arguments are broadcasts from one shape, or constants, and the shape.
func beforeBroadcast(args []*expr) (tensor.Shape, bool) {
	var inner tensor.Shape
	found := false
	for _, a := range args {
		if _, ok := a.fill(); ok {
			continue
		}
		if a.kind != kindExpand || found && !sameShape(inner, a.args[0].shape) {
			return nil, false
		}
		inner, found = a.args[0].shape, true
	}
	return inner, found
}

// sumChain adds over runs of neighbouring axes, the last run first.
func sumChain(b *builder, x *expr, axes []int) *expr {
	for len(axes) > 0 {
		i := len(axes) - 1
		for i > 0 && reducible(x.shape, axes[i-1], axes[i]) {
			i--
		}
		x = b.sum(x, axes[i:])
		axes = axes[:i]
	}
	return x
}

// reducible reports whether axes p < q have nothing between them that a sum would have to step over.
func reducible(shape tensor.Shape, p, q int) bool {
	for a := p + 1; a < q; a++ {
		if shape[a] != 1 {
			return false
		}
	}
	return true
}

// constants finds the largest expressions that no input, parameter or other source of change reaches. A broadcast is
// left where it is: it costs less to read than to store.
func constants(roots []*expr) []*expr {
	fixed := map[*expr]bool{}
	var found []*expr
	wanted := map[*expr]bool{}
	want := func(e *expr) {
		for e.kind == kindExpand {
			e = e.args[0]
		}
		if e.kind != kindConst && fixed[e] && !wanted[e] {
			wanted[e] = true
			found = append(found, e)
		}
	}
	for _, e := range topological(roots) {
		switch e.kind {
		case kindConst:
			fixed[e] = true
		case kindInput, kindParam, kindLive, kindExternal:
		default:
			all := true
			for _, a := range e.args {
				all = all && fixed[a]
			}
			fixed[e] = all
		}
		if !fixed[e] {
			for _, a := range e.args {
				want(a)
			}
		}
	}
	for _, r := range roots {
		want(r)
	}
	return found
}

// fold replaces constant expressions by their values, which are computed by a plan so that they are what a run would
// have computed.
func fold[T Float](f *Func, b *builder, roots []*expr) ([]*expr, error) {
	fixed := constants(roots)
	if len(fixed) == 0 {
		return roots, nil
	}
	p, err := compile[T](&Func{name: f.name, dtype: f.dtype, outputs: fixed}, fixed)
	if err != nil {
		return nil, err
	}
	out := make([][]T, len(fixed))
	for i, e := range fixed {
		out[i] = make([]T, e.size())
	}
	if err := p.Run(nil, out); err != nil {
		return nil, err
	}
	with := map[*expr]*expr{}
	for i, e := range fixed {
		data := make([]float64, len(out[i]))
		for j, v := range out[i] {
			data[j] = float64(v)
		}
		with[e] = b.constant(data, e.shape)
	}
	return simplify(b, b.substitute(roots, with)), nil
}
