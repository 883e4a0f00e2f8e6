package graph

import (
	"fmt"
	"hash"
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/internal/kernel"
)

// scan is a recurrence as a nodeop.Function. Its inputs are those of the step, where sequences have an axis of n entries
// before the step's shape. Its output is the last state; or all states; or, with more outputs of the step, all of them in
// one vector, each with its n entries.
type scan[T Float] struct {
	recurrence
	id     uint64
	inputs []tensor.Shape
	wrt    []bool // all but the mask
	output tensor.Shape
	size   []int // of the outputs of the step
	offset []int // of the same among the packed ones

	// values steps forward, reverse is the step's VJP, and pure steps forward in a backward pass if values has side effects.
	values, reverse, pure lazy[T]
	rooms                 sync.Pool // of *scanRoom[T]
}

func newScan[T Float](r *recurrence) *scan[T] {
	s := &scan[T]{recurrence: *r, id: made.Add(1)}
	for i, e := range r.step.inputs {
		shape := e.shape
		if i > 0 && i <= r.seqs {
			shape = along(r.n, shape)
		}
		s.inputs = append(s.inputs, shape)
		s.wrt = append(s.wrt, i != r.mask)
	}
	total := 0
	for _, o := range r.step.outputs {
		s.size = append(s.size, o.size())
		s.offset = append(s.offset, total)
		total += r.n * o.size()
	}
	switch state := r.step.outputs[0].shape; {
	case r.final:
		s.output = state
	case len(s.size) == 1:
		s.output = along(r.n, state)
	default:
		s.output = tensor.Shape{total}
	}
	s.rooms.New = func() any { return s.newRoom() }
	return s
}

func (s *scan[T]) Name() string                { return "graph: scan" }
func (s *scan[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "scan %d", s.id) }
func (s *scan[T]) InputShapes() []tensor.Shape { return s.inputs }
func (s *scan[T]) OutputShape() tensor.Shape   { return s.output }
func (s *scan[T]) WRT() []bool                 { return s.wrt }

// Differentiable reports the Op of the step that has no gradient, before anything runs.
func (s *scan[T]) Differentiable() error {
	_, err := s.reverse.get(s.vjp)
	return err
}

// vjp is the step's VJP without the mask's.
func (s *scan[T]) vjp() (*Func, error) {
	f, err := s.step.Pure().VJP()
	if err != nil {
		return nil, err
	}
	var wanted []int
	for i, w := range s.wrt {
		if w {
			wanted = append(wanted, i)
		}
	}
	return f.Select(wanted...)
}

func (s *scan[T]) forward() (*Plans[T], error) {
	return s.values.get(func() (*Func, error) { return s.step, nil })
}

func (s *scan[T]) again() (*Plans[T], error) {
	if len(s.step.updates) == 0 {
		return s.forward()
	}
	return s.pure.get(func() (*Func, error) { return s.step.Pure(), nil })
}

// scanRoom is the memory of one pass.
type scanRoom[T Float] struct {
	args  [][]T // of the step, and of its VJP
	outs  [][]T // of the step
	grads [][]T // of the VJP
	spare [][]T // an output of the step each, where nobody wants it
	state [2][]T
	cot   [2][]T // of the state
	part  [][]T  // what the VJP writes, but for the state's
	run   []T    // the states between two that are kept
}

func (s *scan[T]) newRoom() *scanRoom[T] {
	r := &scanRoom[T]{
		args: make([][]T, len(s.inputs)+len(s.size)),
		outs: make([][]T, len(s.size)),
		run:  make([]T, (s.every-1)*s.size[0]),
	}
	for _, n := range s.size {
		r.spare = append(r.spare, make([]T, n))
	}
	for i := range 2 {
		r.state[i], r.cot[i] = make([]T, s.size[0]), make([]T, s.size[0])
	}
	for i, e := range s.step.inputs {
		if s.wrt[i] {
			r.part = append(r.part, make([]T, e.size()))
		}
	}
	r.grads = make([][]T, len(r.part))
	return r
}

// bind points the arguments of the step at entry i of the sequences; what the inputs refer to is dropped by release.
func (s *scan[T]) bind(r *scanRoom[T], in [][]T, i int) {
	copy(r.args[1+s.seqs:], in[1+s.seqs:])
	for q := 1; q <= s.seqs; q++ {
		r.args[q] = entry(in[q], i, s.n)
	}
}

func (s *scan[T]) release(r *scanRoom[T]) {
	clear(r.args)
	clear(r.outs)
	s.rooms.Put(r)
}

// entry is entry i of n.
func entry[T Float](x []T, i, n int) []T {
	size := len(x) / n
	return x[i*size : (i+1)*size : (i+1)*size]
}

// index is the entry of the sequences that the j-th step reads.
func (s *scan[T]) index(j int) int {
	if s.fromEnd {
		return s.n - 1 - j
	}
	return j
}

// resting reports a step without a live row.
func (s *scan[T]) resting(r *scanRoom[T]) bool {
	if s.mask < 0 {
		return false
	}
	for _, m := range r.args[s.mask] {
		if m != 0 {
			return false
		}
	}
	return true
}

// advance takes one step: the arguments are bound, the outputs are where they go.
func (s *scan[T]) advance(p *Plan[T], r *scanRoom[T], i int) error {
	if s.resting(r) {
		copy(r.outs[0], r.args[0])
		for _, o := range r.outs[1:] {
			clear(o)
		}
		return nil
	}
	if err := p.Run(r.args[:len(s.inputs)], r.outs); err != nil {
		return errors.WithMessagef(err, "graph: scan: step %d", i)
	}
	return nil
}

// Evaluate is the forward pass for its output alone.
func (s *scan[T]) Evaluate(in [][]T, out []T) error {
	plans, err := s.forward()
	if err != nil {
		return err
	}
	return s.pass(plans, in, out, nil)
}

// Forward keeps the states that the backward pass begins from, but for the first: h_k, h_2k, … for every = k.
func (s *scan[T]) Forward(in [][]T, out []T) (any, error) {
	plans, err := s.forward()
	if err != nil {
		return nil, err
	}
	kept := s.newKept()
	return kept, s.pass(plans, in, out, kept)
}

func (s *scan[T]) newKept() []T { return make([]T, (s.n-1)/s.every*s.size[0]) }

// pass runs all steps. Without out nothing but kept is written.
func (s *scan[T]) pass(plans *Plans[T], in [][]T, out, kept []T) error {
	p := plans.Get()
	defer plans.Put(p)
	r := s.rooms.Get().(*scanRoom[T])
	defer s.release(r)
	r.args[0] = in[0]
	for j := range s.n {
		i := s.index(j)
		s.bind(r, in, i)
		switch {
		case out == nil || s.final:
			copy(r.outs, r.spare)
			r.outs[0] = r.state[j%2]
			if out != nil && j == s.n-1 {
				r.outs[0] = out
			}
		default:
			for k, n := range s.size {
				r.outs[k] = entry(out[s.offset[k]:s.offset[k]+s.n*n], i, s.n)
			}
		}
		if err := s.advance(p, r, i); err != nil {
			return err
		}
		if j++; kept != nil && j%s.every == 0 && j < s.n {
			copy(kept[(j/s.every-1)*s.size[0]:], r.outs[0])
		}
		r.args[0] = r.outs[0]
	}
	return nil
}

// Backward is backpropagation through time. With w̄ the cotangent of h_{i+1}, from the steps after it and from the output
// itself,
//
//	h̄_i = w̄ᵀ∂step/∂h,   x̄_i = w̄ᵀ∂step/∂x,   ā = Σ_i w̄ᵀ∂step/∂a.
func (s *scan[T]) Backward(in [][]T, _, w []T, state any, grad [][]T) error {
	again, err := s.again()
	if err != nil {
		return err
	}
	reverse, err := s.reverse.get(s.vjp)
	if err != nil {
		return err
	}
	kept, ok := state.([]T)
	if !ok {
		kept = s.newKept()
		if err := s.pass(again, in, nil, kept); err != nil {
			return err
		}
	}
	p, q := again.Get(), reverse.Get()
	defer again.Put(p)
	defer reverse.Put(q)
	r := s.rooms.Get().(*scanRoom[T])
	defer s.release(r)

	clear(r.cot[0])
	if s.final {
		copy(r.cot[0], w)
	}
	h := s.size[0]
	for lo := (s.n - 1) / s.every * s.every; lo >= 0; lo -= s.every {
		hi := min(lo+s.every, s.n)
		first := in[0]
		if lo > 0 {
			first = kept[(lo/s.every-1)*h:][:h]
		}
		at := func(j int) []T { // h_j, of which this run begins with h_lo
			if j == lo {
				return first
			}
			return r.run[(j-lo-1)*h:][:h]
		}
		for j := lo; j < hi-1; j++ {
			s.bind(r, in, s.index(j))
			copy(r.outs, r.spare)
			r.args[0], r.outs[0] = at(j), at(j+1)
			if err := s.advance(p, r, s.index(j)); err != nil {
				return err
			}
		}
		for j := hi - 1; j >= lo; j-- {
			s.bind(r, in, s.index(j))
			r.args[0] = at(j)
			if err := s.back(q, r, s.index(j), w, grad); err != nil {
				return err
			}
		}
	}
	if grad[0] != nil {
		kernel.Add(grad[0], grad[0], r.cot[0])
	}
	return nil
}

// back is the backward pass of one step: it turns cot[0] from the cotangent of the state behind it, as the later steps
// have it, into that of the state before it.
func (s *scan[T]) back(q *Plan[T], r *scanRoom[T], i int, w []T, grad [][]T) error {
	for k, n := range s.size {
		if !s.final {
			r.args[len(s.inputs)+k] = entry(w[s.offset[k]:s.offset[k]+s.n*n], i, s.n)
		}
	}
	if !s.final {
		kernel.Add(r.cot[0], r.cot[0], r.args[len(s.inputs)])
	}
	if s.resting(r) {
		return nil
	}
	r.args[len(s.inputs)] = r.cot[0]
	copy(r.grads, r.part)
	r.grads[0] = r.cot[1]
	if err := q.Run(r.args, r.grads); err != nil {
		return errors.WithMessagef(err, "graph: scan: backward: step %d", i)
	}
	r.cot[0], r.cot[1] = r.cot[1], r.cot[0]
	k := 0
	for input, g := range grad {
		if !s.wrt[input] {
			continue
		}
		if input > 0 && g != nil {
			if input <= s.seqs {
				g = entry(g, i, s.n)
			}
			kernel.Add(g, g, r.grads[k])
		}
		k++
	}
	return nil
}
