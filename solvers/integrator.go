package solvers

import (
	"math"

	"github.com/pkg/errors"
)

// Integrator solves a problem a step at a time:
//
//	it, err := solvers.NewIntegrator(sys, y0, 0, 1, nil)
//	if err != nil { ... }
//	for it.Step() {
//		fmt.Println(it.T(), it.Y())
//	}
//	if err := it.Err(); err != nil { ... }
//
// It saves nothing; of Settings, SaveAt matters with constant steps alone, which hit these times, and Dense not at all.
// A step doesn't allocate memory. An Integrator is not safe for use by several goroutines.
type Integrator[T Float] struct {
	env  *environment[T]
	step stepper[T]
	set  *Settings

	t, t1  float64
	dir    float64 // +1 forward, −1 backward in time
	y, y1  []T     // the current state, and room for the next; after a step y1 is the state before it
	prev   float64 // the time before the last step
	status Status
	err    error

	grid    *grid // constant steps; nil: error control
	h       float64
	control control
	begun   bool
	limit   int // of attempts

	poly   []T // coefficients of the last step's interpolant
	polyOK bool
}

// NewIntegrator begins the solve of y' = f(t, y), y(t0) = y0 towards t1, which may lie on either side of t0. y0 is copied.
// Where t1 == t0 there is nothing to do, and the status is Success at once.
func NewIntegrator[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings) (*Integrator[T], error) {
	set, err := check(sys, y0, t0, t1, s)
	if err != nil {
		return nil, err
	}
	it := &Integrator[T]{
		env:     newEnvironment(sys, set),
		set:     set,
		t:       t0,
		t1:      t1,
		prev:    t0,
		dir:     1,
		y:       append([]T(nil), y0...),
		y1:      make([]T, len(y0)),
		control: newControl(set.Controller),
		limit:   set.MaxSteps,
	}
	if t1 < t0 {
		it.dir = -1
	}
	if it.step, err = newStepper(set.Method, it.env); err != nil {
		return nil, err
	}
	it.step.reset()
	if set.Step > 0 || !set.Method.Info().Adaptive() {
		if it.grid, err = newGrid(t0, t1, set.SaveAt, set.Step); err != nil {
			return nil, err
		}
	} else if it.limit == 0 {
		it.limit = defaultMaxSteps
	}
	if t0 == t1 {
		it.status = Success
	}
	return it, nil
}

// check refuses what makes no sense and fills in the settings.
func check[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings) (*Settings, error) {
	switch {
	case sys.Dim < 1:
		return nil, badInput("System.Dim is %d; it must be at least 1", sys.Dim)
	case sys.F == nil:
		return nil, badInput("System.F is nil")
	case sys.NumParams < 0:
		return nil, badInput("System.NumParams is %d", sys.NumParams)
	case len(y0) != sys.Dim:
		return nil, badInput("y0 has %d components; System.Dim is %d", len(y0), sys.Dim)
	case math.IsNaN(t0) || math.IsInf(t0, 0) || math.IsNaN(t1) || math.IsInf(t1, 0):
		return nil, badInput("t0 = %g and t1 = %g must be finite", t0, t1)
	case math.IsInf(t1-t0, 0):
		return nil, badInput("the interval from t0 = %g to t1 = %g is too long", t0, t1)
	}
	if i := nonFinite(y0); i >= 0 {
		return nil, badInput("y0[%d] is %v; it must be finite", i, y0[i])
	}
	var z T
	_, single := any(z).(float32)
	return s.withDefaults(single, sys.Dim, t0, t1)
}

// T returns the time reached.
func (it *Integrator[T]) T() float64 { return it.t }

// Y returns the state at T. It is the integrator's own and holds until the next Step.
func (it *Integrator[T]) Y() []T { return it.y }

// Last returns the time and the state before the last step, which hold until the next Step.
func (it *Integrator[T]) Last() (t float64, y []T) {
	if it.prev == it.t {
		return it.t, it.y
	}
	return it.prev, it.y1
}

// Status says how the solve stands.
func (it *Integrator[T]) Status() Status { return it.status }

// Err returns the *Error that ended the solve, or nil.
func (it *Integrator[T]) Err() error { return it.err }

// Stats returns the work done so far.
func (it *Integrator[T]) Stats() Stats { return it.env.stats }

// Step goes on by one accepted step, attempting as many as that takes. It reports whether it did: false says that t1
// was reached before, or that the solve failed. The time and state reached by the steps before remain then.
func (it *Integrator[T]) Step() bool {
	if it.status != Running {
		return false
	}
	if it.grid != nil {
		return it.constantStep()
	}
	if !it.begun {
		if !it.begin() {
			return false
		}
		it.begun = true
	}
	return it.controlledStep()
}

// constantStep takes the next step of the grid.
func (it *Integrator[T]) constantStep() bool {
	if it.limit > 0 && it.env.stats.Steps >= it.limit {
		return it.fail(MaxStepsReached, 0, -1, nil)
	}
	t1, _ := it.grid.next()
	out, err := it.attempt(t1)
	switch {
	case err != nil:
		return it.fail(FieldFailed, t1-it.t, -1, err)
	case out.fail != nil:
		return it.fail(failureStatus(out.fail), t1-it.t, -1, out.fail)
	}
	if i := nonFinite(it.y1); i >= 0 {
		return it.fail(NonFinite, t1-it.t, i, nil)
	}
	it.grid.advance()
	it.accept(t1)
	return true
}

// begin evaluates f at t0 and chooses the first step.
func (it *Integrator[T]) begin() bool {
	f0, err := it.step.slope(it.t, it.y)
	if err != nil {
		return it.fail(FieldFailed, 0, -1, err)
	}
	if i := nonFinite(f0); i >= 0 {
		return it.fail(NonFinite, 0, i, errors.Errorf("f is %v at the initial state", f0[i]))
	}
	if it.h = it.set.FirstStep; it.h == 0 {
		if it.h, err = it.initialStep(f0); err != nil {
			return it.fail(FieldFailed, 0, -1, err)
		}
	}
	it.h = math.Min(math.Max(it.h, it.set.MinStep), it.set.MaxStep)
	return true
}

// controlledStep attempts steps until one meets the tolerance.
func (it *Integrator[T]) controlledStep() bool {
	for {
		if it.env.stats.Steps >= it.limit {
			return it.fail(MaxStepsReached, 0, -1, nil)
		}
		t1 := it.target()
		h := math.Abs(t1 - it.t)
		out, err := it.attempt(t1)
		if err != nil {
			return it.fail(FieldFailed, t1-it.t, -1, err)
		}

		bad := -1
		var factor float64
		switch {
		case out.fail != nil:
			factor = it.control.fail()
		case nonFinite(it.y1) >= 0:
			bad, out.fail = nonFinite(it.y1), ErrNonFinite
			factor = it.control.fail()
		case !(out.err >= 0) || math.IsInf(out.err, 1):
			bad, out.fail = it.env.worst(), ErrNonFinite
			factor = it.control.fail()
		case out.err <= 1:
			factor = it.control.accept(out.err, it.step.controlOrder())
			if out.factor > 0 {
				factor = out.factor
			}
			it.h = math.Min(math.Max(h*factor, it.set.MinStep), it.set.MaxStep)
			it.accept(t1)
			return true
		default:
			bad = it.env.worst()
			factor = it.control.reject(out.err, it.step.controlOrder())
		}
		if out.factor > 0 && out.factor < 1 {
			factor = out.factor
		}

		floor := math.Max(it.set.MinStep, resolution(it.t))
		if math.Min(h, it.h) <= floor { // h alone may be a rounding of t above it.h
			return it.fail(StepTooSmall, t1-it.t, bad, out.fail)
		}
		it.h = math.Max(h*factor, floor)
	}
}

// stretch lets a step reach t1 that would end a hundredth short of it, as in dopri5.f.
const stretch = 1.01

// target is the end of the next step: t + h, or t1 where that is in reach; two steps of equal size where t1 is within two, so
// that no sliver is left.
func (it *Integrator[T]) target() float64 {
	rest := math.Abs(it.t1 - it.t)
	h := math.Max(it.h, resolution(it.t))
	switch {
	case h >= rest || stretch*h >= rest && rest <= it.set.MaxStep:
		return it.t1
	case 2*h > rest:
		h = rest / 2
	}
	return it.t + it.dir*h
}

// attempt tries the step to t1.
func (it *Integrator[T]) attempt(t1 float64) (outcome, error) {
	it.env.stats.Steps++
	it.env.stats.Rejected++ // until accept says otherwise
	it.polyOK = false
	return it.step.attempt(it.t, t1, it.y, it.y1)
}

// accept makes the attempt's end the current point.
func (it *Integrator[T]) accept(t1 float64) {
	it.env.stats.Accepted++
	it.env.stats.Rejected--
	it.step.accept()
	it.prev, it.t = it.t, t1
	it.y, it.y1 = it.y1, it.y
	if t1 == it.t1 {
		it.status = Success
	}
}

// fail ends the solve.
func (it *Integrator[T]) fail(s Status, h float64, component int, cause error) bool {
	it.status = s
	it.err = &Error{Status: s, Method: it.set.Method.Name(), T: it.t, Step: h, Component: component, Err: cause}
	return false
}

// failureStatus is the status of a step that failed where it can't be retried.
func failureStatus(err error) Status {
	if errors.Is(err, ErrNonFinite) {
		return NonFinite
	}
	return NoConvergence
}
