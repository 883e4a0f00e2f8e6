package sdeop

import (
	"slices"

	"github.com/pkg/errors"

	"gorgonode/graph"
)

// tape is what the backward pass needs of the forward pass: the times of the steps, and states.
type tape[T graph.Float] struct {
	every  int
	times  []float64 // of the ends of steps, the first time too
	kept   [][][]T   // the states behind step 0, every, 2·every, …
	last   [][]T     // behind the last step
	marked []int     // how many steps lead to each of the solve's times but the first
}

// keep takes the state that the march has come to.
func (r *tape[T]) keep(m *march[T]) {
	if r == nil {
		return
	}
	if len(r.times)%r.every == 0 {
		r.kept = append(r.kept, copies(m.states))
	}
	r.times = append(r.times, m.t)
}

// mark notes that one of the times was reached.
func (r *tape[T]) mark(m *march[T]) {
	if r == nil {
		return
	}
	r.marked = append(r.marked, len(r.times)-1)
	r.last = copies(m.states)
}

func copies[T graph.Float](states [][]T) [][]T {
	c := make([][]T, len(states))
	for i, y := range states {
		c[i] = slices.Clone(y)
	}
	return c
}

// Backward adds the gradients of the inputs.
func (s *solve[T]) Backward(in [][]T, out, w []T, state any, grad [][]T) error {
	r, _ := state.(*tape[T])
	if r == nil {
		again := make([]T, s.OutputShape().TotalSize())
		st, err := s.Forward(in, again)
		if err != nil {
			return err
		}
		r = st.(*tape[T])
	}
	_, d, theta, err := s.split(in)
	if err != nil {
		return err
	}
	plans, err := s.step.differentiated()
	if err != nil {
		return err
	}
	m, done, err := s.newMarch(d, theta)
	if err != nil {
		return err
	}
	defer done()
	b := &backward[T]{march: m, tape: r, plan: plans.Get()}
	defer plans.Put(b.plan)
	if err := b.ready(); err != nil {
		return err
	}
	defer b.finish()
	b.run(w)
	if b.err != nil {
		return errors.WithMessage(b.err, s.name)
	}
	add(grad[0], b.adjoint[0])
	if len(b.adjoint) == 2 { // z begins as y0 too
		add(grad[0], b.adjoint[1])
	}
	rest := grad[1+s.noiseInputs():]
	for i, g := range b.theta {
		add(rest[i], g)
	}
	return nil
}

func add[T graph.Float](to, x []T) {
	if to == nil {
		return
	}
	for i, v := range x {
		to[i] += v
	}
}

// backward goes along the steps from the last to the first.
type backward[T graph.Float] struct {
	*march[T]
	*tape[T]
	plan    *graph.Plan[T]
	args    [][]T // of the plan: those of the step, then cotangents of the states
	results [][]T // cotangents of the states and of θ
	adjoint [][]T
	theta   [][]T // sums

	undo    *graph.Plans[T] // of Reversible
	undoer  *graph.Plan[T]
	undoing [][]T   // its arguments
	here    [][]T   // the states before the step at hand
	segment [][][]T // the states from kept[k] on, behind it one after the other
	first   int     // the step that segment[0] stands before; −1: none
	piece   int     // that the args are of
	err     error
}

func (b *backward[T]) ready() error {
	c := b.solve.step
	b.here, b.first = copies(b.last), -1
	b.args = slices.Clone(b.in)
	copy(b.args[2:], b.here)
	for range c.states {
		b.adjoint = append(b.adjoint, make([]T, len(b.here[0])))
	}
	b.args = append(b.args, b.adjoint...)
	for range c.states {
		b.results = append(b.results, make([]T, len(b.here[0])))
	}
	for i, t := range b.in[c.inputs():] {
		b.results, b.theta = append(b.results, make([]T, len(t))), append(b.theta, make([]T, len(b.march.theta[i])))
	}
	if _, back := b.gradient.(Reversible); !back {
		return nil
	}
	var err error
	if b.undo, err = c.undone(b.problem); err != nil {
		return err
	}
	b.undoer = b.undo.Get()
	b.undoing = make([][]T, len(c.order))
	return nil
}

// enter goes to the piece of step k.
func (b *backward[T]) enter(k int) {
	b.piece, _ = slices.BinarySearch(b.marked, k+1)
	b.march.enter(b.piece, b.args)
	for i, from := range b.solve.step.order {
		if b.undoer != nil {
			b.undoing[i] = b.args[from]
		}
	}
}

// entry is the part of the sum for θ's i-th that the step at hand has a say in.
func (b *backward[T]) entry(i int) []T {
	all := b.theta[i]
	if i < len(b.problem.args) || i >= len(b.problem.args)+len(b.pieces) {
		return all
	}
	size := len(all) / (len(b.problem.times) - 1)
	return all[b.piece*size : (b.piece+1)*size]
}

func (b *backward[T]) finish() {
	if b.undoer != nil {
		b.undo.Put(b.undoer)
	}
}

func (b *backward[T]) run(w []T) {
	size := len(b.here[0])
	mark := len(b.marked) - 1
	for k := len(b.tape.times) - 2; k >= 0 && b.err == nil; k-- {
		for ; mark >= 0 && b.marked[mark] == k+1; mark-- {
			switch {
			case b.final && mark == len(b.marked)-1:
				add(b.adjoint[0], w)
			case !b.final:
				add(b.adjoint[0], w[(mark+1)*size:(mark+2)*size])
			}
		}
		b.err = b.stepBack(k)
	}
	if !b.final {
		add(b.adjoint[0], w[:size])
	}
}

// stepBack takes the adjoint over step k, from times[k] to times[k+1].
func (b *backward[T]) stepBack(k int) error {
	t, u := b.tape.times[k], b.tape.times[k+1]
	if b.undoer == nil {
		if err := b.fetch(k); err != nil {
			return err
		}
	}
	b.enter(k)
	if err := b.draw(b.args, t, u); err != nil {
		return err
	}
	if b.undoer != nil {
		before := b.out[:len(b.here)]
		if err := b.undoer.Run(b.undoing, before); err != nil {
			return err
		}
		for i, y := range before {
			copy(b.here[i], y)
		}
	}
	if err := b.plan.Run(b.args, b.results); err != nil {
		return err
	}
	states := len(b.adjoint)
	for i := range b.adjoint {
		copy(b.adjoint[i], b.results[i])
	}
	for i, g := range b.results[states:] {
		add(b.entry(i), g)
	}
	return nil
}

// fetch puts the states before step k into here, which it may have to compute from the kept ones.
func (b *backward[T]) fetch(k int) error {
	begin := k / b.every * b.every
	if b.every > 1 && begin != b.first {
		b.segment, b.first = b.segment[:0], begin
		for i, y := range b.kept[k/b.every] {
			copy(b.states[i], y)
		}
		b.march.t = b.tape.times[begin]
		for i := begin; ; i++ {
			b.segment = append(b.segment, copies(b.states))
			if i == k {
				break
			}
			piece, _ := slices.BinarySearch(b.marked, i+1)
			b.march.enter(piece, b.in)
			if err := b.draw(b.in, b.tape.times[i], b.tape.times[i+1]); err != nil {
				return err
			}
			if err := b.march.plan.Run(b.in, b.out); err != nil {
				return err
			}
			for j, y := range b.states {
				copy(y, b.out[j])
			}
		}
	}
	from := b.kept[k/b.every]
	if b.every > 1 {
		from = b.segment[k-begin]
	}
	for i, y := range from {
		copy(b.here[i], y)
	}
	return nil
}
