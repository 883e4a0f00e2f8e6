package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// builder makes expressions. Equal ones are made once (common subexpressions), and what is known without running is
// simplified on the way: identities, sums of zero, data movements that cancel. A builder panics only where a caller
// broke a shape rule of the IR; the exported functions turn that into an error.
type builder struct {
	dtype tensor.Dtype
	seen  map[string]*expr
	num   map[any]int
	of    *expr // what is being differentiated
}

func newBuilder(dt tensor.Dtype) *builder {
	return &builder{dtype: dt, seen: map[string]*expr{}, num: map[any]int{}}
}

// number gives identities a small name for keys.
func (b *builder) number(x any) int {
	n, ok := b.num[x]
	if !ok {
		n = len(b.num)
		b.num[x] = n
	}
	return n
}

func (b *builder) key(e *expr) string {
	buf := make([]byte, 0, 64)
	put := func(v int) { buf = binary.AppendVarint(buf, int64(v)) }
	put(int(e.kind))
	put(len(e.args))
	for _, a := range e.args {
		put(b.number(a))
	}
	put(len(e.shape))
	for _, d := range e.shape {
		put(d)
	}
	put(len(e.ints))
	for _, v := range e.ints {
		put(v)
	}
	for _, v := range e.data {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
	}
	if e.ref != nil {
		switch r := e.ref.(type) {
		case *window:
			buf = append(buf, fmt.Sprintf("%v", *r)...)
		case *bernoulli:
			buf = append(buf, fmt.Sprintf("%v", *r)...)
		default:
			put(b.number(e.ref))
		}
	}
	return string(buf)
}

// intern returns the expression equal to e that was made before, or e.
func (b *builder) intern(e *expr) *expr {
	k := b.key(e)
	if old, ok := b.seen[k]; ok {
		return old
	}
	b.seen[k], e.of = e, b.of
	return e
}

// adopt makes expressions of an existing function known, so that new ones are shared with them.
func (b *builder) adopt(outs []*expr) {
	for _, e := range topological(outs) {
		k := b.key(e)
		if _, ok := b.seen[k]; !ok {
			b.seen[k] = e
		}
	}
}

func broken(format string, args ...any) { panic(invariant(fmt.Sprintf(format, args...))) }

// invariant is the panic value of a broken rule of the IR.
type invariant string

// Leaves.

func (b *builder) input(name string, shape tensor.Shape) *expr {
	return &expr{kind: kindInput, shape: shape.Clone(), ref: &inputRef{name}}
}

func (b *builder) param(p *Param) *expr {
	return b.intern(&expr{kind: kindParam, shape: p.Shape(), ref: p})
}

// fill is the constant v everywhere.
func (b *builder) fill(v float64, shape tensor.Shape) *expr {
	if b.dtype == tensor.Float32 {
		v = float64(float32(v))
	}
	return b.intern(&expr{kind: kindConst, shape: shape.Clone(), data: []float64{v}})
}

func (b *builder) zeros(shape tensor.Shape) *expr { return b.fill(0, shape) }

func (b *builder) constant(data []float64, shape tensor.Shape) *expr {
	if len(data) != sizeOf(shape) {
		broken("constant of %d elements for shape %v", len(data), shape)
	}
	same := true
	for _, v := range data {
		if math.Float64bits(v) != math.Float64bits(data[0]) {
			same = false
			break
		}
	}
	if same {
		return b.fill(data[0], shape)
	}
	return b.intern(&expr{kind: kindConst, shape: shape.Clone(), data: slices.Clone(data)})
}

func (b *builder) live(l *live, shape tensor.Shape) *expr {
	return b.intern(&expr{kind: kindLive, shape: shape.Clone(), ref: l})
}

// Elementwise.

func (b *builder) unary(k kind, x *expr) *expr {
	if c, ok := x.fill(); ok && k != kindStop {
		return b.fill(unary64(k, c), x.shape)
	}
	switch {
	case k == kindNeg && x.kind == kindNeg:
		return x.args[0]
	case k == kindStop && (x.kind == kindStop || x.kind == kindConst):
		return x
	}
	return b.intern(&expr{kind: k, args: []*expr{x}, shape: x.shape})
}

func (b *builder) binary(k kind, x, y *expr) *expr {
	if !sameShape(x.shape, y.shape) {
		broken("%v of shapes %v and %v", k, x.shape, y.shape)
	}
	cx, xc := x.fill()
	cy, yc := y.fill()
	if xc && yc {
		return b.fill(binary64(k, cx, cy), x.shape)
	}
	switch k {
	case kindAdd:
		if xc && cx == 0 {
			return y
		}
		if yc && cy == 0 {
			return x
		}
		if y.kind == kindNeg {
			return b.binary(kindSub, x, y.args[0])
		}
	case kindSub:
		if yc && cy == 0 {
			return x
		}
		if xc && cx == 0 {
			return b.unary(kindNeg, y)
		}
		if y.kind == kindNeg {
			return b.binary(kindAdd, x, y.args[0])
		}
	case kindMul:
		if xc && cx == 1 {
			return y
		}
		if yc && cy == 1 {
			return x
		}
		if xc && cx == -1 {
			return b.unary(kindNeg, y)
		}
		if yc && cy == -1 {
			return b.unary(kindNeg, x)
		}
		if x == y {
			return b.unary(kindSquare, x)
		}
	case kindDiv:
		if yc && cy == 1 {
			return x
		}
		if xc && cx == 1 {
			return b.unary(kindInv, y)
		}
	case kindPow:
		if yc {
			switch cy {
			case 1:
				return x
			case 2:
				return b.unary(kindSquare, x)
			case 3:
				return b.unary(kindCube, x)
			}
		}
	}
	return b.intern(&expr{kind: k, args: []*expr{x, y}, shape: x.shape})
}

func (b *builder) neg(x *expr) *expr    { return b.unary(kindNeg, x) }
func (b *builder) add(x, y *expr) *expr { return b.binary(kindAdd, x, y) }
func (b *builder) sub(x, y *expr) *expr { return b.binary(kindSub, x, y) }
func (b *builder) mul(x, y *expr) *expr { return b.binary(kindMul, x, y) }
func (b *builder) div(x, y *expr) *expr { return b.binary(kindDiv, x, y) }

// scale is c·x.
func (b *builder) scale(c float64, x *expr) *expr { return b.mul(b.fill(c, x.shape), x) }

// shift is c + x.
func (b *builder) shift(c float64, x *expr) *expr { return b.add(b.fill(c, x.shape), x) }

func (b *builder) sel(c, x, y *expr) *expr {
	if !sameShape(c.shape, x.shape) || !sameShape(x.shape, y.shape) {
		broken("select of shapes %v, %v and %v", c.shape, x.shape, y.shape)
	}
	if v, ok := c.fill(); ok {
		if v != 0 {
			return x
		}
		return y
	}
	if x == y {
		return x
	}
	return b.intern(&expr{kind: kindSelect, args: []*expr{c, x, y}, shape: x.shape})
}

// Moving data.

func (b *builder) reshape(x *expr, shape tensor.Shape) *expr {
	if sizeOf(shape) != x.size() {
		broken("reshape of %v to %v", x.shape, shape)
	}
	if sameShape(shape, x.shape) {
		return x
	}
	switch x.kind {
	case kindReshape:
		return b.reshape(x.args[0], shape)
	case kindConst:
		if len(x.data) == 1 {
			return b.fill(x.data[0], shape)
		}
		return b.constant(x.data, shape)
	}
	return b.intern(&expr{kind: kindReshape, args: []*expr{x}, shape: shape.Clone()})
}

// expand repeats axes of length 1.
func (b *builder) expand(x *expr, shape tensor.Shape) *expr {
	if len(shape) != len(x.shape) {
		broken("expand of %v to %v", x.shape, shape)
	}
	for i, d := range x.shape {
		if d != shape[i] && d != 1 {
			broken("expand of %v to %v", x.shape, shape)
		}
	}
	if sameShape(shape, x.shape) {
		return x
	}
	if v, ok := x.fill(); ok {
		return b.fill(v, shape)
	}
	if x.kind == kindExpand {
		return b.expand(x.args[0], shape)
	}
	return b.intern(&expr{kind: kindExpand, args: []*expr{x}, shape: shape.Clone()})
}

// spread broadcasts x to shape as NumPy does: missing leading axes are added, axes of length 1 repeat.
func (b *builder) spread(x *expr, shape tensor.Shape) *expr {
	if len(x.shape) < len(shape) {
		full := make(tensor.Shape, len(shape))
		lead := len(shape) - len(x.shape)
		for i := range full {
			full[i] = 1
			if i >= lead {
				full[i] = x.shape[i-lead]
			}
		}
		x = b.reshape(x, full)
	}
	return b.expand(x, shape)
}

func (b *builder) transpose(x *expr, perm []int) *expr {
	if len(perm) != len(x.shape) {
		broken("transpose of %v by %v", x.shape, perm)
	}
	shape := make(tensor.Shape, len(perm))
	identity := true
	for i, p := range perm {
		shape[i] = x.shape[p]
		identity = identity && p == i
	}
	if identity {
		return x
	}
	if v, ok := x.fill(); ok {
		return b.fill(v, shape)
	}
	if x.kind == kindTranspose {
		inner := make([]int, len(perm))
		for i, p := range perm {
			inner[i] = x.ints[p]
		}
		return b.transpose(x.args[0], inner)
	}
	return b.intern(&expr{kind: kindTranspose, args: []*expr{x}, shape: shape, ints: slices.Clone(perm)})
}

// slice takes shape[i] elements of axis i, from start[i] on, in steps of step[i].
func (b *builder) slice(x *expr, start, step []int, shape tensor.Shape) *expr {
	whole := true
	for i, d := range shape {
		if d < 1 || start[i] < 0 || step[i] < 1 || start[i]+(d-1)*step[i] >= x.shape[i] {
			broken("slice of axis %d of %v: %d elements from %d in steps of %d", i, x.shape, d, start[i], step[i])
		}
		whole = whole && d == x.shape[i]
	}
	if whole {
		return x
	}
	if v, ok := x.fill(); ok {
		return b.fill(v, shape)
	}
	if x.kind == kindConcat { // of one argument alone
		axis := x.ints[0]
		from, last := start[axis], start[axis]+(shape[axis]-1)*step[axis]
		for _, a := range x.args {
			if d := a.shape[axis]; from >= d {
				from, last = from-d, last-d
				continue
			}
			if last < a.shape[axis] {
				start = slices.Clone(start)
				start[axis] = from
				return b.slice(a, start, step, shape)
			}
			break
		}
	}
	return b.intern(&expr{kind: kindSlice, args: []*expr{x}, shape: shape.Clone(), ints: slices.Concat(start, step)})
}

// embed is the transpose of slice: x at the places that slice would read from shape, zeros elsewhere.
func (b *builder) embed(x *expr, start, step []int, shape tensor.Shape) *expr {
	if sameShape(x.shape, shape) {
		return x
	}
	if x.isFill(0) {
		return b.zeros(shape)
	}
	return b.intern(&expr{kind: kindEmbed, args: []*expr{x}, shape: shape.Clone(), ints: slices.Concat(start, step)})
}

func (b *builder) concat(axis int, xs ...*expr) *expr {
	if len(xs) == 1 {
		return xs[0]
	}
	shape := xs[0].shape.Clone()
	shape[axis] = 0
	for _, x := range xs {
		for i, d := range x.shape {
			if i != axis && d != shape[i] {
				broken("concat along %d of %v and %v", axis, xs[0].shape, x.shape)
			}
		}
		shape[axis] += x.shape[axis]
	}
	return b.intern(&expr{kind: kindConcat, args: slices.Clone(xs), shape: shape, ints: []int{axis}})
}

// sum adds along axes and keeps them with length 1.
func (b *builder) sum(x *expr, axes []int) *expr {
	shape := x.shape.Clone()
	n := 1
	var real []int
	for _, a := range slices.Sorted(slices.Values(axes)) {
		if shape[a] != 1 {
			n *= shape[a]
			shape[a] = 1
			real = append(real, a)
		}
	}
	if len(real) == 0 {
		return x
	}
	if v, ok := x.fill(); ok {
		return b.fill(float64(n)*v, shape)
	}
	return b.intern(&expr{kind: kindSum, args: []*expr{x}, shape: shape, ints: real})
}

// sumTo is the transpose of spread: it adds over what spread(·, x.shape) would repeat.
func (b *builder) sumTo(x *expr, shape tensor.Shape) *expr {
	lead := len(x.shape) - len(shape)
	var axes []int
	for i, d := range x.shape {
		if i < lead || (shape[i-lead] == 1 && d != 1) {
			axes = append(axes, i)
		}
	}
	return b.reshape(b.sum(x, axes), shape)
}

func (b *builder) windows(x *expr, w *window) *expr {
	if len(x.shape) != 4 || x.shape[2] != w.h || x.shape[3] != w.w {
		broken("windows of %v", x.shape)
	}
	oh, ow := w.out()
	return b.intern(&expr{kind: kindWindows, args: []*expr{x}, ref: w,
		shape: tensor.Shape{x.shape[0], oh, ow, x.shape[1], w.kh, w.kw}})
}

func (b *builder) unwindows(x *expr, w *window) *expr {
	plain := *w
	plain.pad = 0
	return b.intern(&expr{kind: kindUnwindows, args: []*expr{x}, ref: &plain,
		shape: tensor.Shape{x.shape[0], x.shape[3], w.h, w.w}})
}

// Reductions by maximum.

func (b *builder) argPick(x, v *expr, axes []int) *expr {
	if !sameShape(x.shape, v.shape) {
		broken("argpick of %v at %v", v.shape, x.shape)
	}
	shape := x.shape.Clone()
	for _, a := range axes {
		shape[a] = 1
	}
	if sameShape(shape, x.shape) {
		return v
	}
	return b.intern(&expr{kind: kindArgPick, args: []*expr{x, v}, shape: shape, ints: slices.Sorted(slices.Values(axes))})
}

func (b *builder) argPut(x, g *expr, axes []int) *expr {
	if sameShape(g.shape, x.shape) {
		return g
	}
	return b.intern(&expr{kind: kindArgPut, args: []*expr{x, g}, shape: x.shape, ints: slices.Sorted(slices.Values(axes))})
}

func (b *builder) max(x *expr, axes []int) *expr { return b.argPick(x, x, axes) }

// matmul multiplies over equal leading axes; a transposed argument is stored with its last two axes exchanged.
func (b *builder) matmul(x, y *expr, transX, transY bool) *expr {
	r := len(x.shape)
	if r < 2 || len(y.shape) != r || !sameShape(x.shape[:r-2], y.shape[:r-2]) {
		broken("product of %v and %v", x.shape, y.shape)
	}
	// A transposition of the last two axes is a flag of the product.
	if t, ok := lastTwo(x); ok {
		x, transX = t, !transX
	}
	if t, ok := lastTwo(y); ok {
		y, transY = t, !transY
	}
	m, k := x.shape[r-2], x.shape[r-1]
	if transX {
		m, k = k, m
	}
	k2, n := y.shape[r-2], y.shape[r-1]
	if transY {
		k2, n = n, k2
	}
	if k != k2 {
		broken("product of %v and %v (transposed: %v, %v)", x.shape, y.shape, transX, transY)
	}
	shape := append(x.shape[:r-2].Clone(), m, n)
	return b.intern(&expr{kind: kindMatMul, args: []*expr{x, y}, shape: shape, ints: []int{flag(transX), flag(transY)}})
}

// lastTwo recognises a transposition of the last two axes alone.
func lastTwo(x *expr) (*expr, bool) {
	r := len(x.shape)
	if x.kind != kindTranspose || x.ints[r-1] != r-2 || x.ints[r-2] != r-1 {
		return nil, false
	}
	for i := 0; i < r-2; i++ {
		if x.ints[i] != i {
			return nil, false
		}
	}
	return x.args[0], true
}

func flag(t bool) int {
	if t {
		return 1
	}
	return 0
}

func (b *builder) mask(step *expr, shape tensor.Shape, src *bernoulli) *expr {
	return b.intern(&expr{kind: kindBernoulli, args: []*expr{step}, shape: shape.Clone(), ref: src})
}

func (b *builder) external(x external, shape tensor.Shape, args ...*expr) *expr {
	return b.intern(&expr{kind: kindExternal, args: slices.Clone(args), shape: shape.Clone(), ref: x})
}

// again makes e anew over other arguments, with all simplifications.
func (b *builder) again(e *expr, args []*expr) *expr {
	b.of = e.of
	defer func() { b.of = nil }()
	switch k := e.kind; {
	case k.unary():
		return b.unary(k, args[0])
	case k.binary():
		return b.binary(k, args[0], args[1])
	case k == kindSelect:
		return b.sel(args[0], args[1], args[2])
	case k == kindReshape:
		return b.reshape(args[0], e.shape)
	case k == kindExpand:
		return b.expand(args[0], e.shape)
	case k == kindSlice:
		n := len(e.shape)
		return b.slice(args[0], e.ints[:n], e.ints[n:], e.shape)
	case k == kindMatMul:
		return b.matmul(args[0], args[1], e.ints[0] == 1, e.ints[1] == 1)
	}
	return b.intern(&expr{kind: e.kind, args: args, shape: e.shape, ints: e.ints, data: e.data, ref: e.ref})
}

// substitute rebuilds outs with some expressions replaced.
func (b *builder) substitute(outs []*expr, with map[*expr]*expr) []*expr {
	done := map[*expr]*expr{}
	for _, e := range topological(outs) {
		if r, ok := with[e]; ok {
			done[e] = r
			continue
		}
		changed := false
		args := make([]*expr, len(e.args))
		for i, a := range e.args {
			args[i] = done[a]
			changed = changed || args[i] != a
		}
		done[e] = e
		if changed {
			done[e] = b.again(e, args)
		}
	}
	res := make([]*expr, len(outs))
	for i, o := range outs {
		res[i] = done[o]
	}
	return res
}

// topological lists what outs need, arguments first, in an order that depends on the expressions alone.
func topological(outs []*expr) []*expr {
	var order []*expr
	seen := map[*expr]bool{}
	type frame struct {
		e    *expr
		next int
	}
	var stack []frame
	for _, o := range outs {
		if o == nil || seen[o] {
			continue
		}
		seen[o] = true
		stack = append(stack, frame{e: o})
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(f.e.args) {
				order = append(order, f.e)
				stack = stack[:len(stack)-1]
				continue
			}
			a := f.e.args[f.next]
			f.next++
			if !seen[a] {
				seen[a] = true
				stack = append(stack, frame{e: a})
			}
		}
	}
	return order
}
