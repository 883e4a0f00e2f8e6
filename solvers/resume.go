package solvers

import "math"

// Resume lets a solve go on that ended with MaxStepsReached, MaxEventsReached or Cancelled, for at most steps more attempted
// steps; 0 allows as many as at first. Nothing but that has changed, so that the numbers are those of a solve that
// was never interrupted. After Cancelled the solve goes on without its Context.
func (it *Integrator[T]) Resume(steps int) error {
	if it.step == nil {
		return it.unmade()
	}
	if steps < 0 {
		return badInput("Resume for %d steps", steps)
	}
	switch it.status {
	case Running:
	case Cancelled:
		it.set.Context = nil
	case MaxStepsReached, MaxEventsReached:
	default:
		return badInput("Resume of a solve with status %v", it.status)
	}
	it.status, it.err = Running, nil
	it.allow(steps)
	return nil
}

// allow lets so many more steps and as many events as at first be taken from here.
func (it *Integrator[T]) allow(steps int) {
	if steps == 0 {
		if steps = it.set.MaxSteps; steps == 0 && !it.constant {
			steps = defaultMaxSteps
		}
	}
	if it.limit = it.env.stats.Steps + steps; steps == 0 {
		it.limit = 0
	}
	if it.watch != nil {
		it.watch.limit = it.watch.count + it.set.MaxEvents
	}
}

// SetTarget moves the end of the solve to t1, whether the old one was reached or not, with MaxSteps counted anew. In
// the same direction the method keeps its history and step size; where t1 lies the other way it begins anew. After a failure
// SetState comes first.
func (it *Integrator[T]) SetTarget(t1 float64) error {
	if it.step == nil {
		return it.unmade()
	}
	if err := checkInterval(it.t, t1); err != nil {
		return err
	}
	switch it.status {
	case Running, Success, EventOccurred, MaxStepsReached, MaxEventsReached, Cancelled:
	default:
		return badInput("SetTarget of a solve with status %v", it.status)
	}
	dir := it.dir
	jumped := it.status == Success && it.jumpsAt(it.t)
	if err := it.aim(t1); err != nil {
		return err
	}
	it.allow(0)
	if it.dir != dir || jumped {
		it.restart()
		it.firstMax = math.Inf(1)
	}
	return nil
}

// SetState makes (t, y) the current point, y being copied, and begins the method anew there, towards the same end. It also
// takes up a solve that failed. The events look at the new state first: one whose g is zero there has occurred already.
func (it *Integrator[T]) SetState(t float64, y []T) error {
	if it.step == nil {
		return it.unmade()
	}
	if len(y) != len(it.y) {
		return badInput("SetState with %d components; the state has %d", len(y), len(it.y))
	}
	if i := nonFinite(y); i >= 0 {
		return badInput("SetState with y[%d] = %v; it must be finite", i, y[i])
	}
	if err := checkInterval(t, it.t1); err != nil {
		return err
	}
	old := it.t
	it.t = t
	if err := it.aim(it.t1); err != nil {
		it.t = old
		return err
	}
	copy(it.y, y)
	it.prev, it.full, it.polyOK, it.restarted = t, t, false, false
	it.allow(0)
	it.restart()
	it.firstMax = math.Inf(1)
	if it.watch != nil {
		it.watch.begun = false
		it.watch.fired = it.watch.fired[:0]
	}
	return nil
}

// Resume lets a solve go on that ended with MaxStepsReached, MaxEventsReached or Cancelled, as [Integrator.Resume] does. It
// appends to the saved states, the events and the dense output. LastY held until here.
func (sol *Solution[T]) Resume(steps int) error {
	if sol.it == nil {
		return badInput("Resume of a solve with status %v", sol.Status)
	}
	if err := sol.it.Resume(steps); err != nil {
		return err
	}
	return sol.run()
}

// Tape returns the tape of a SolveTape that has come to its end, which is of use after Resume; otherwise nil.
func (sol *Solution[T]) Tape() *Tape[T] {
	if sol.Status != Success && sol.Status != EventOccurred {
		return nil
	}
	return sol.tape
}
