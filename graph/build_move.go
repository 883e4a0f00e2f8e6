package graph

import (
	"slices"

	"gorgonia.org/tensor"
)

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
