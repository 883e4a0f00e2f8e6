package solvers

import "slices"

// Retrace solves another system over the steps of the tape, as [Tape.Follow] does, and returns the states at the tape's
// saved times and a tape of that solve. The dimension of sys may be another.
//
// It is how a solve is differentiated twice. With the system of y and its tangent ẏ,
//
//	y' = f(t, y; θ),   ẏ' = (∂f/∂y) ẏ + (∂f/∂θ) θ̇,
//
// a step of any method here computes the tangent of that method's step for y, so that Retrace returns the exact
// derivative of the states of Follow in the direction (ẏ₀, θ̇); and Backward of its tape, with cotangents (0, w), the
// derivative of Backward's gradient in that direction: a Hessian–vector product, exact for the numbers computed.
//
// A tape with events is not supported.
func (tp *Tape[T]) Retrace(sys System[T], y0 []T) ([][]T, *Tape[T], error) {
	if tp != nil && (len(tp.occurred) > 0 || len(tp.cuts) > 0) {
		return nil, nil, notSupported(tp.set.Method.Name(), "the steps of a solve with events are not retraced")
	}
	var saveAt []float64
	var t0, t1 float64
	if tp.points() > 0 {
		for _, s := range tp.saves {
			saveAt = append(saveAt, s.t)
		}
		t0, t1 = tp.t[0], tp.t[len(tp.t)-1]
	}
	f, err := tp.follower(sys, y0, t0, t1, saveAt)
	if err != nil {
		return nil, nil, err
	}
	step, ok := f.step.(differentiable[T])
	if !ok {
		return nil, nil, notSupported(tp.set.Method.Name(), "the method has no gradient")
	}
	again := *tp
	again.dim, again.carry, again.events = sys.Dim, step.carrySize(), nil
	if sys.Dim != tp.dim {
		set := *tp.set
		set.RTols, set.ATols = nil, nil
		again.set = &set
	}
	again.t = slices.Clone(f.grid)
	again.stages, again.kept, again.choices, again.tried = nil, nil, ledger[T]{}, nil // this one keeps all states
	again.state = ledger[T]{}
	again.state.init(again.dim+again.carry, len(again.t))
	err = f.run(saveAt, func(n int) {
		copy(again.state.next(), f.y)
		if contains(tp.set.Jumps, tp.t[n]) {
			step.reset() // the next step begins from nothing, as its record says
		}
		if again.carry > 0 {
			step.carry(again.carried(n))
		}
	})
	return f.out, &again, err
}
