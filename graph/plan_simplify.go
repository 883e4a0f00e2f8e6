package graph

import "gorgonia.org/tensor"

// simplify rebuilds expressions through a fresh builder, which finds what derivatives wrote down twice and what has
// become constant since. On the way it makes three changes that matter to a plan alone: kindStop goes, since nobody
// differentiates any more; elementwise functions of a broadcast are computed before it; and a sum over axes that are not
// neighbours becomes a chain of sums over neighbours.
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
		if e.kind != kindConst && fixed[e] && !wanted[e] {
			wanted[e] = true
			found = append(found, e)
		}
	}
	for _, e := range topological(roots) {
		switch e.kind {
		case kindConst:
			fixed[e] = true
		case kindInput, kindParam, kindLive, kindExternal, kindExpand:
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
