package graph

import (
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// Tangent is the forward derivative of a scan, and that is the scan of (h, ḣ) with the step
//
//	(h, ḣ) ↦ ( step(h, x; a), (∂step/∂h) ḣ + (∂step/∂x) ẋ + (∂step/∂a) ȧ ).
//
// It is a function of the inputs and, packed in a vector, their tangents.
func (s *scan[T]) Tangent() (fn nodeop.Function[T], err error) {
	defer recovered(&err, "scan: tangent")
	twice, err := s.doubled()
	if err != nil {
		return nil, err
	}
	t := newScan[T](twice)
	b := newBuilder(s.step.dtype)
	f := &Func{name: "scan tangent", dtype: b.dtype}
	total := 0
	for i, shape := range s.inputs {
		f.inputs = append(f.inputs, b.input(s.step.inputs[i].ref.(*inputRef).name, shape))
		if s.wrt[i] {
			total += sizeOf(shape)
		}
	}
	u := b.input("tangents", tensor.Shape{total})
	at := 0
	tangents := make([]*expr, len(f.inputs))
	for i, x := range f.inputs {
		if s.wrt[i] {
			tangents[i] = b.reshape(b.part(u, 0, at, x.size()), x.shape)
			at += x.size()
		}
	}
	both := b.external(&opCall{fn: t}, t.output, s.beside(b.pair(f.inputs[0], tangents[0]), f.inputs, tangents)...)
	f.inputs = append(f.inputs, u)
	f.outputs = []*expr{s.tangentOf(b, both)}
	return newCall[T](finish(f)), nil
}

// doubled is the recurrence of (h, ḣ), stacked along a first axis. Its outputs besides are the tangents of the step's.
func (s *scan[T]) doubled() (*recurrence, error) {
	step := s.step.Pure()
	var wrt []int
	for i, w := range s.wrt {
		if w {
			wrt = append(wrt, i)
		}
	}
	j, err := step.JVP(wrt...)
	if err != nil {
		return nil, err
	}
	n := len(step.inputs)
	tangents := make([]*expr, n)
	for k, i := range wrt {
		tangents[i] = j.inputs[n+k]
	}
	b := newBuilder(step.dtype)
	b.adopt(j.outputs)
	h := step.inputs[0]
	pair := b.input("state and tangent", along(2, h.shape))
	with := map[*expr]*expr{
		h:           b.reshape(b.part(pair, 0, 0, 1), h.shape),
		tangents[0]: b.reshape(b.part(pair, 0, 1, 1), h.shape),
	}
	outs := b.substitute(j.outputs, with)
	m := len(step.outputs)
	r := s.recurrence
	r.seqs = 2 * s.seqs
	if s.mask >= 0 {
		r.seqs--
	}
	r.step = &Func{
		name:    step.name + " and tangent",
		dtype:   step.dtype,
		inputs:  s.beside(pair, step.inputs, tangents),
		outputs: append([]*expr{b.pair(outs[0], outs[m])}, outs[m+1:]...),
	}
	return &r, nil
}

// beside puts the tangents of the sequences behind the sequences, and those of the arguments behind the arguments.
func (s *scan[T]) beside(state *expr, inputs, tangents []*expr) []*expr {
	all := []*expr{state}
	for _, list := range [][]*expr{inputs[1 : 1+s.seqs], tangents[1 : 1+s.seqs], inputs[1+s.seqs:], tangents[1+s.seqs:]} {
		for _, e := range list {
			if e != nil { // the mask has no tangent
				all = append(all, e)
			}
		}
	}
	return all
}

// pair stacks two expressions of one shape along a new first axis.
func (b *builder) pair(x, dx *expr) *expr {
	one := along(1, x.shape)
	return b.concat(0, b.reshape(x, one), b.reshape(dx, one))
}

// tangentOf takes the tangent of the scan's output out of what the doubled scan computes.
func (s *scan[T]) tangentOf(b *builder, both *expr) *expr {
	state := s.step.outputs[0].shape
	second := func(x *expr, axis int, shape tensor.Shape) *expr { return b.reshape(b.part(x, axis, 1, 1), shape) }
	if s.final {
		return second(both, 0, state)
	}
	if len(s.size) == 1 {
		return second(both, 1, s.output)
	}
	states := s.n * s.size[0]
	pairs := b.reshape(b.part(both, 0, 0, 2*states), along(s.n, along(2, state)))
	return b.concat(0, second(pairs, 1, tensor.Shape{states}), b.part(both, 0, 2*states, both.size()-2*states))
}
