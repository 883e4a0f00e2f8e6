package solvers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Follow solves again over the steps of the tape, without step size control, from y0 at t0 to t1 with states saved at
// saveAt, and returns those states. What Backward holds fixed is held here, and what it differentiates may differ: y0, the
// parameters in sys, t0, t1 and the saved times, as many as the tape has and in the same order. So Follow is the function
// whose gradient Backward returns, and differences of Follow check it. The events are those of the tape, each in its
// step, at times that are found again. Where a terminal event ended the solve, the times
// of SaveAt that were not reached may stand behind those of the tape: the first of them is what Gradient.Next is the
// derivative by.
func (tp *Tape[T]) Follow(sys System[T], y0 []T, t0, t1 float64, saveAt []float64) ([][]T, error) {
	out, _, err := tp.FollowEvents(sys, y0, t0, t1, saveAt)
	return out, err
}

// FollowEvents is Follow, and returns the events too: the function whose gradient [Tape.BackwardEvents] returns.
func (tp *Tape[T]) FollowEvents(sys System[T], y0 []T, t0, t1 float64, saveAt []float64) ([][]T, []Occurrence[T], error) {
	if tp != nil && len(y0) != tp.dim {
		return nil, nil, badInput("Follow of a tape of %d components with %d initial values", tp.dim, len(y0))
	}
	f, err := tp.follower(sys, y0, t0, t1, saveAt)
	if err != nil {
		return nil, nil, err
	}
	err = f.run(saveAt[:len(tp.saves)], func(int) {})
	return f.out, f.events, err
}

// follower begins to follow the tape, whose dimension need not be that of sys.
func (tp *Tape[T]) follower(sys System[T], y0 []T, t0, t1 float64, saveAt []float64) (*follower[T], error) {
	switch {
	case tp == nil || len(tp.t) == 0:
		return nil, badInput("Follow of an empty tape")
	case len(y0) != sys.Dim || sys.F == nil:
		return nil, badInput("Follow with a system of %d components and %d initial values", sys.Dim, len(y0))
	case len(saveAt) < len(tp.saves) || len(saveAt) > len(tp.saves) && tp.ended():
		return nil, badInput("Follow with %d saved times for a tape with %d", len(saveAt), len(tp.saves))
	}
	f := &follower[T]{tape: tp, grid: tp.moved(t0, t1, saveAt), y: slices.Clone(y0), next: make([]T, sys.Dim)}
	if len(tp.set.Jumps) > 0 {
		f.window = &window{}
		sys = guarded(sys, f.window)
	}
	set := tp.set
	if sys.Dim != tp.dim { // the tolerances of components, which these equations no longer have
		loose := *set
		loose.RTols, loose.ATols = nil, nil
		set = &loose
	}
	env := newEnvironment(sys, set)
	env.exact = true
	var err error
	if f.step, err = newStepper(set.Method, env); err != nil {
		return nil, err
	}
	f.step.reset()
	return f, nil
}

// run goes over all grid points and saves states on the way. It calls visit at each grid point
// once it is done with the step before it.
func (f *follower[T]) run(saveAt []float64, visit func(n int)) error {
	for n := range f.grid {
		if err := f.to(n); err != nil {
			return err
		}
		for i := len(f.out); i < len(saveAt) && f.tape.saves[i].step == n; i++ {
			u := slices.Clone(f.y)
			if !f.tape.saves[i].node {
				if err := f.at(n, saveAt[i], u); err != nil {
					return err
				}
			}
			f.out = append(f.out, u)
		}
		visit(n)
	}
	return nil
}

// follower is a Follow at work.
type follower[T Float] struct {
	tape    *Tape[T]
	step    stepper[T]
	window  *window
	grid    []float64
	y, next []T
	poly    []T // of the step taken last, nil: not known yet
	out     [][]T
	events  []Occurrence[T]
}

// to goes on to grid point n.
func (f *follower[T]) to(n int) error {
	tp := f.tape
	if n == 0 {
		return nil
	}
	if tp.isCut(n - 1) {
		return f.restart(n)
	}
	if contains(tp.set.Jumps, tp.t[n-1]) {
		f.step.reset()
	}
	if f.window != nil {
		f.window.set(tp.set.Jumps, tp.t[n-1], tp.dir)
	}
	f.poly = nil
	if g, ok := f.step.(guided[T]); ok {
		g.guide(tp.carried(n))
	}
	o, err := f.step.attempt(f.grid[n-1], f.grid[n], f.y, f.next)
	if err == nil {
		err = o.fail
	}
	if err != nil {
		return &Error{Status: FieldFailed, Method: tp.set.Method.Name(), T: f.grid[n-1], Step: f.grid[n] - f.grid[n-1],
			Component: -1, Err: err}
	}
	f.step.accept()
	f.y, f.next = f.next, f.y
	for i := range tp.occurred {
		if o := &tp.occurred[i]; o.step == n && !o.cut {
			y := make([]T, tp.dim)
			t, err := f.find(n, o, y)
			if err != nil {
				return err
			}
			f.events = append(f.events, Occurrence[T]{Event: o.Event, T: t, Before: y, After: y})
		}
	}
	return nil
}

// at writes the state at time t in the step to grid point n.
func (f *follower[T]) at(n int, t float64, dst []T) error {
	if f.poly == nil {
		var err error
		if f.poly, err = f.step.interpolant(nil); err != nil {
			return err
		}
	}
	evalPolynomial(f.poly, (t-f.grid[n-1])/(f.grid[n]-f.grid[n-1]), dst)
	return nil
}

// find solves for the time of an event in the step to grid point n, from the one on the tape, by secants, and writes
// the state there to y.
func (f *follower[T]) find(n int, o *occurred[T], y []T) (float64, error) {
	e := &f.tape.events[o.Event]
	g := func(t float64) (float64, error) {
		if err := f.at(n, t, y); err != nil {
			return 0, err
		}
		return e.G(t, y)
	}
	h := f.grid[n] - f.grid[n-1]
	tol := 4 * spacing(math.Max(math.Abs(f.grid[n-1]), math.Abs(f.grid[n])))
	a, b := o.T, o.T+1e-4*h
	ga, err := g(a)
	if err != nil {
		return 0, e.wrap(o.Event, err)
	}
	for range 100 {
		gb, err := g(b)
		switch {
		case err != nil:
			return 0, e.wrap(o.Event, err)
		case gb == 0 || gb == ga || math.Abs(b-a) <= tol:
			return b, nil
		}
		a, b, ga = b, b-gb*(b-a)/(gb-ga), gb
	}
	return 0, e.wrap(o.Event, errors.WithMessage(ErrNoConvergence, "the event is not found again"))
}

// restart goes over the events between grid points n−1 and n.
func (f *follower[T]) restart(n int) error {
	tp := f.tape
	y := make([]T, tp.dim)
	for i := range tp.occurred {
		o := &tp.occurred[i]
		if o.step != n-1 || !o.primary {
			continue
		}
		t, err := f.find(n-1, o, y)
		if err != nil {
			return err
		}
		f.grid[n] = t
	}
	for i := range tp.occurred {
		o := &tp.occurred[i]
		if o.step != n-1 || !o.cut {
			continue
		}
		after := y
		if e := &tp.events[o.Event]; e.Map != nil {
			after = make([]T, tp.dim)
			if err := e.Map(f.grid[n], y, after); err != nil {
				return e.wrap(o.Event, err)
			}
		}
		f.events = append(f.events, Occurrence[T]{Event: o.Event, T: f.grid[n], Before: y, After: after})
		y = after
	}
	copy(f.y, y)
	f.step.reset()
	return nil
}
