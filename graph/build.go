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
	if row, ok := repeated(data, shape); ok {
		return b.expand(b.constant(row.data, row.shape), shape)
	}
	return b.intern(&expr{kind: kindConst, shape: shape.Clone(), data: slices.Clone(data)})
}

// repeated finds out whether a tensor repeats what it holds along its first axis.
func repeated(data []float64, shape tensor.Shape) (row expr, ok bool) {
	if len(shape) < 2 || shape[0] == 1 {
		return row, false
	}
	n := len(data) / shape[0]
	for i, v := range data[n:] {
		if math.Float64bits(v) != math.Float64bits(data[i%n]) {
			return row, false
		}
	}
	first := shape.Clone()
	first[0] = 1
	return expr{data: data[:n], shape: first}, true
}

func (b *builder) live(l *live, shape tensor.Shape) *expr {
	return b.intern(&expr{kind: kindLive, shape: shape.Clone(), ref: l})
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
