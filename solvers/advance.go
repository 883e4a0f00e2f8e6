package solvers

import (
	"math"

	"github.com/pkg/errors"
)

// constantStep takes the next step of the grid.
func (it *Integrator[T]) constantStep() bool {
	if it.limit > 0 && it.env.stats.Steps >= it.limit {
		return it.fail(MaxStepsReached, 0, -1, nil)
	}
	if !it.allowed() {
		return false
	}
	t1, _ := it.grid.next()
	out, err := it.attempt(t1)
	switch {
	case err != nil:
		return it.fail(FieldFailed, t1-it.t, -1, err)
	case out.fail != nil:
		component, cause := it.blame(t1, -1, out.fail)
		return it.fail(failureStatus(cause), t1-it.t, component, cause)
	}
	if i := nonFinite(it.y1); i >= 0 {
		component, cause := it.blame(t1, i, ErrNonFinite)
		return it.fail(NonFinite, t1-it.t, component, cause)
	}
	return it.accept(t1)
}

// begin evaluates f at the point where the method begins and chooses the first step.
func (it *Integrator[T]) begin() bool {
	f0, err := it.step.slope(it.t, it.y)
	if err != nil {
		return it.fail(FieldFailed, 0, -1, err)
	}
	if i := nonFinite(f0); i >= 0 {
		return it.fail(NonFinite, 0, i, errors.Errorf("f is %v at this state", f0[i]))
	}
	if it.h = it.firstStep; it.h == 0 {
		if it.h, err = it.initialStep(f0); err != nil {
			return it.fail(FieldFailed, 0, -1, err)
		}
	}
	it.h = math.Max(math.Min(it.h, it.firstMax), resolution(it.t))
	it.h = math.Min(math.Max(it.h, it.set.MinStep), it.set.MaxStep)
	it.begun = true
	return true
}

// controlledStep attempts steps until one meets the tolerance.
func (it *Integrator[T]) controlledStep() bool {
	for {
		if it.env.stats.Steps >= it.limit {
			return it.fail(MaxStepsReached, 0, -1, nil)
		}
		if !it.allowed() {
			return false
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
		case out.fail != nil && failedAt(it.t, out.fail):
			component, cause := it.blame(t1, -1, out.fail)
			return it.fail(NonFinite, t1-it.t, component, cause)
		case out.fail != nil:
			factor = it.control.fail()
		case nonFinite(it.y1) >= 0:
			bad, out.fail = nonFinite(it.y1), ErrNonFinite
			factor = it.control.fail()
		case !(out.err >= 0) || math.IsInf(out.err, 1):
			bad, out.fail = it.env.worst(), ErrNonFinite
			factor = it.control.fail()
		case out.err <= 1:
			next := h * out.factor
			if out.factor > 0 {
				it.control.chosen(math.Log(out.err))
			} else {
				factor = it.control.accept(out.err, it.step.controlOrder())
				if next = h * factor; factor >= 1 && t1 == it.stop() {
					next = math.Max(next, it.h) // the step was shorter than it could have been
				}
			}
			it.h = math.Min(math.Max(next, it.set.MinStep), it.set.MaxStep)
			if it.accept(t1) {
				return true
			}
			if it.status != Running {
				return false
			}
			continue // an event wants a shorter step
		default:
			bad = it.env.worst()
			factor = it.control.reject(out.err, it.step.controlOrder())
		}
		if out.factor > 0 && out.factor < 1 {
			factor = out.factor
		}

		floor := math.Max(it.set.MinStep, resolution(it.t))
		if math.Min(h, it.h) <= floor { // h alone may be a rounding of t above it.h
			bad, out.fail = it.blame(t1, bad, out.fail)
			return it.fail(StepTooSmall, t1-it.t, bad, out.fail)
		}
		it.h = math.Max(h*factor, floor)
	}
}

// allowed asks the context whether the solve may go on.
func (it *Integrator[T]) allowed() bool {
	if it.set.Context == nil {
		return true
	}
	if err := it.set.Context.Err(); err != nil {
		return it.fail(Cancelled, 0, -1, err)
	}
	return true
}

// stretch lets a step reach t1 that would end a hundredth short of it, as in dopri5.f.
const stretch = 1.01

// target is the end of the next step: t + h, or the next mandatory time where that is in reach; two steps of equal size
// where it is within two, so that no sliver is left.
func (it *Integrator[T]) target() float64 {
	stop := it.stop()
	rest := math.Abs(stop - it.t)
	h := math.Max(it.h, resolution(it.t))
	switch {
	case h >= rest || stretch*h >= rest && rest <= it.set.MaxStep:
		return stop
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
	if it.trying {
		it.tried = append(it.tried, trial{t1: t1})
	}
	return it.step.attempt(it.t, t1, it.y, it.y1)
}

// accept makes the attempt's end the current point, or the event's that comes before it. Where it doesn't and the status
// is still Running, the step is to be taken again as it.h says.
func (it *Integrator[T]) accept(t1 float64) bool {
	it.env.stats.Accepted++
	it.env.stats.Rejected--
	it.step.accept()
	it.prev, it.t, it.full = it.t, t1, t1
	it.y, it.y1 = it.y1, it.y
	it.restarted = false
	if it.watch != nil && !it.observe() {
		return false
	}
	if it.t == t1 {
		it.arrive()
	}
	return true
}

// arrive notes that the step ended where it was to.
func (it *Integrator[T]) arrive() {
	if it.grid != nil {
		it.grid.advance()
	}
	if it.t == it.t1 {
		if it.status == Running {
			it.status = Success
		}
		return
	}
	if it.t == it.stop() {
		it.stops = it.stops[1:]
		if it.jumpsAt(it.t) {
			it.restart()
			it.firstMax = math.Inf(1)
		}
	}
}

// restart begins the method anew at the current point. The stepper keeps the last step until settle, for its interpolant.
func (it *Integrator[T]) restart() {
	it.pending = true
	it.begun = false
	it.control = newControl(it.set.Controller)
	it.firstStep = 0
	it.since = it.t
}

// settle leaves the last step for the next.
func (it *Integrator[T]) settle() {
	if !it.pending {
		return
	}
	it.pending = false
	it.step.reset()
	it.look()
}

// failureStatus is the status of a step that failed where it can't be retried.
func failureStatus(err error) Status {
	if errors.Is(err, ErrNonFinite) {
		return NonFinite
	}
	return NoConvergence
}
