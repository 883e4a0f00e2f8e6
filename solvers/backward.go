package solvers

import "github.com/pkg/errors"

// Gradient is the derivative of a scalar L by what a solve began from.
type Gradient[T Float] struct {
	Y0     []T
	Theta  []T
	T0, T1 float64
	// SaveAt has an entry for each saved time. That of a time equal to t0 or t1 is zero: the state saved there is the one at
	// t0 or t1, and its derivative is in T0 or T1. So is that of a state that Settings.SaveEvery or a terminal event saved.
	SaveAt []float64
	// Next is that of the first time of Settings.SaveAt, t1 apart, which a terminal event kept from being reached: with
	// constant steps it sets the size of the last of them. Otherwise zero.
	Next  float64
	Stats Stats
}

// Backward returns the gradient of L from its derivatives w[i] = ∂L/∂Y[i] by the saved states of the solve; a nil w[i] is
// zero. It replays the accepted steps from the last to the first and differentiates each exactly, so that the gradient is
// that of the numbers computed, to rounding, whatever the tolerance of the solve.
//
// What is held fixed: the step size control. Under error control the grid points between t0 and t1 are constants, the first
// step begins at the caller's t0, the last ends at the caller's t1, and a saved time within a step, or at the end of
// one before t1, is differentiated through the interpolant, also where it is one of Through or Jumps. With constant
// steps all grid points are the combinations of t0, the saved times and t1 that they are,
//
//	t_j = (1 − j/m) a + (j/m) b   between the mandatory times a and b,
//
// and the gradient by time flows through them and the step sizes between them.
//
// sys is the system that was solved, with VJP; it may be another copy, so that passes can run at once, except on a tape with
// checkpoints. Memory is that of a step, allocated once. Stats.Steps are the steps taken again from checkpoints.
func (tp *Tape[T]) Backward(sys System[T], w [][]T) (*Gradient[T], error) {
	return tp.BackwardEvents(sys, w, nil)
}

// BackwardEvents is Backward of an L that depends on the events of the solution too, each of which has an entry in
// events; nil stands for none. The times of the events move with all that they depend on, by the implicit function
// theorem: see [EventCotangent]. The functions of the events are those that were given to the solve, and a pass calls them.
func (tp *Tape[T]) BackwardEvents(sys System[T], w [][]T, events []EventCotangent[T]) (*Gradient[T], error) {
	if err := tp.check(sys, w); err != nil {
		return nil, err
	}
	if err := tp.checkEvents(events); err != nil {
		return nil, err
	}
	b := &backward[T]{
		tape: tp,
		bar: cotangents[T]{
			y:     make([]T, tp.dim),
			theta: make([]T, sys.NumParams),
			grid:  make([]float64, len(tp.t)),
		},
		w:        w,
		saves:    make([]float64, len(tp.saves)),
		left:     len(tp.saves),
		events:   events,
		occurred: len(tp.occurred),
	}
	if tp.kept != nil {
		tp.kept.mu.Lock()
		defer tp.kept.mu.Unlock()
		var err error
		if b.again, err = newRecomputation(tp, sys); err != nil {
			return nil, err
		}
	}
	if len(tp.set.Jumps) > 0 {
		b.window = &window{}
		sys = guarded(sys, b.window)
	}
	b.env = newEnvironment(sys, tp.set)
	if err := b.renew(); err != nil {
		return nil, err
	}
	for n := tp.Steps() - 1; n >= 0; n-- {
		if err := b.pull(n); err != nil {
			return nil, err
		}
	}
	b.take(0)
	g := &Gradient[T]{Y0: b.bar.y, Theta: b.bar.theta, SaveAt: b.saves, Stats: b.env.stats}
	if b.again != nil {
		g.Stats.Add(b.again.env.stats)
	}
	tp.distribute(b.bar.grid, g)
	return g, nil
}

// check refuses a system or cotangents that don't fit the tape.
func (tp *Tape[T]) check(sys System[T], w [][]T) error {
	switch {
	case tp == nil || len(tp.t) == 0:
		return badInput("Backward of an empty tape")
	case sys.Dim != tp.dim:
		return badInput("Backward of a tape of %d components with a system of %d", tp.dim, sys.Dim)
	case sys.F == nil:
		return badInput("System.F is nil")
	case sys.NumParams < 0:
		return badInput("System.NumParams is %d", sys.NumParams)
	case sys.VJP == nil:
		return notSupported(tp.set.Method.Name(), "a gradient needs System.VJP")
	case len(w) != len(tp.saves):
		return badInput("Backward with %d cotangents for %d saved states", len(w), len(tp.saves))
	}
	for i, v := range w {
		if v == nil {
			continue
		}
		if len(v) != tp.dim {
			return badInput("w[%d] has %d components; the state has %d", i, len(v), tp.dim)
		}
		if j := nonFinite(v); j >= 0 {
			return badInput("w[%d][%d] is %v; it must be finite", i, j, v[j])
		}
	}
	return nil
}

// backward is one backward pass.
type backward[T Float] struct {
	tape   *Tape[T]
	env    *environment[T]
	window *window
	again  *recomputation[T] // of a tape with checkpoints
	step   differentiable[T]
	bar    cotangents[T]
	w      [][]T
	saves  []float64 // ∂L/∂SaveAt through the interpolant
	left   int       // saved states that are still to be taken: saves[:left]
	begun  bool      // some cotangent is not zero

	events   []EventCotangent[T]
	occurred int            // events that are still to be taken
	cut      *cutBack[T]    // of the step that an event cut, if it is the next
	scratch  *eventGrads[T] // made by the first event
}

// renew makes the stepper of the steps before a point where the method began anew.
func (b *backward[T]) renew() error {
	*b.env.slots = 0
	if b.tape.stages != nil && b.env.sys.Keep > 0 {
		*b.env.slots = b.tape.stages.free
	}
	s, err := newStepper(b.tape.set.Method, b.env)
	if err != nil {
		return err
	}
	b.step = s.(differentiable[T])
	return nil
}

// take adds the cotangents of the states saved at grid point n as such, and returns the range of those within the step
// before n that come from the interpolant.
func (b *backward[T]) take(n int) (from, to int) {
	to = b.left
	for ; b.left > 0 && b.tape.saves[b.left-1].step == n; b.left-- {
		i := b.left - 1
		if b.w[i] == nil {
			continue
		}
		b.begun = true
		if b.tape.saves[i].node {
			for j, v := range b.w[i] {
				b.bar.y[j] += v
			}
		}
	}
	return b.left, to
}

// pull goes back over step n.
func (b *backward[T]) pull(n int) error {
	from, to := b.take(n + 1)
	if b.tape.isCut(n) {
		if err := b.uncut(n); err != nil {
			return b.fail(FieldFailed, n, -1, err)
		}
		return b.renew()
	}
	first, last := b.takeEvents(n + 1)
	if !b.begun {
		return nil
	}
	dense := b.cut != nil
	for i := from; i < to; i++ {
		dense = dense || b.w[i] != nil && !b.tape.saves[i].node
	}
	for i := first; i < last; i++ {
		dense = dense || b.hasCotangent(i)
	}
	if b.again != nil {
		if err := b.again.fetch(n); err != nil {
			return b.fail(FieldFailed, n, -1, err)
		}
	}
	if b.window != nil {
		b.window.set(b.tape.set.Jumps, b.tape.t[n], b.tape.dir)
	}
	coef, err := b.step.replay(b.tape, n, dense)
	if err != nil {
		return b.fail(FieldFailed, n, -1, err)
	}
	b.bar.dense = b.bar.dense[:0]
	if dense {
		b.grow(len(coef))
		b.interpolated(n, from, to, coef)
		if err := b.occurrences(n, first, last, coef); err != nil {
			return b.fail(FieldFailed, n, -1, err)
		}
	}
	if err := b.step.pullback(&b.bar); err != nil {
		return b.fail(FieldFailed, n, -1, err)
	}
	if i := nonFinite(b.bar.y); i >= 0 {
		return b.fail(NonFinite, n, i, errGradient)
	}
	if n > 0 && contains(b.tape.set.Jumps, b.tape.t[n]) {
		return b.renew()
	}
	return nil
}

// grow makes room for cotangents of coefficients, zero at first.
func (b *backward[T]) grow(size int) {
	if cap(b.bar.dense) < size {
		b.bar.dense = make([]T, size)
	}
	b.bar.dense = b.bar.dense[:size]
	clear(b.bar.dense)
}

// interpolated takes the cotangents of the states saved within step n.
func (b *backward[T]) interpolated(n, from, to int, coef []T) {
	for i := from; i < to; i++ {
		if s := b.tape.saves[i]; b.w[i] != nil && !s.node {
			b.saves[i] += b.inner(n, s.t, b.w[i], coef)
		}
	}
}

// inner takes the cotangent w of a state at time s within step n, Y = u(θ) with θ = (s − t_n)/h, and returns that of s:
//
//	∂u/∂c_j = θ^j,   ∂θ/∂s = 1/h,   ∂θ/∂t_n = (θ−1)/h,   ∂θ/∂t_{n+1} = −θ/h.
func (b *backward[T]) inner(n int, s float64, w, coef []T) float64 {
	t, h := b.tape.t[n], b.tape.t[n+1]-b.tape.t[n]
	theta := (s - t) / h
	power := T(1)
	for j := 0; j < len(coef); j += len(w) {
		for l, v := range w {
			b.bar.dense[j+l] += power * v
		}
		power *= T(theta)
	}
	g := slopePolynomial(coef, theta, w) / h
	b.bar.grid[n] += g * (theta - 1)
	b.bar.grid[n+1] -= g * theta
	return g
}

// fail is the error of the pass in step n.
func (b *backward[T]) fail(s Status, n, component int, err error) error {
	switch {
	case errors.Is(err, ErrNonFinite):
		s = NonFinite
	case errors.Is(err, ErrNotSupported):
		return err
	}
	return &Error{Status: s, Method: b.tape.set.Method.Name(), T: b.tape.t[n+1], Step: b.tape.t[n] - b.tape.t[n+1],
		Component: component, Err: err}
}
