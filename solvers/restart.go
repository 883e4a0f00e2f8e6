package solvers

import "math"

// Restart begins another solve of the same system with the same settings and events, y(t0) = y0 towards t1, in the
// memory of the one before: its numbers, counts and limits are those of a new Integrator, but that nothing is
// allocated, and that Jacobians by differences keep the increments that they have learned. It may follow whatever has
// become of the solve before. After an error the integrator is as it was.
func (it *Integrator[T]) Restart(t0 float64, y0 []T, t1 float64) error {
	if it.step == nil {
		return it.unmade()
	}
	if len(y0) != len(it.y) {
		return badInput("Restart with %d components; the state has %d", len(y0), len(it.y))
	}
	if i := nonFinite(y0); i >= 0 {
		return badInput("y0[%d] is %v; it must be finite", i, y0[i])
	}
	if err := checkInterval(t0, t1); err != nil {
		return err
	}
	if !it.endOnly {
		if err := checkSaveAt(it.set.SaveAt, t0, t1); err != nil {
			return err
		}
	}
	t := it.t
	it.t = t0
	if err := it.aim(t1); err != nil {
		it.t = t
		return err
	}
	copy(it.y, y0)
	it.prev, it.full, it.since = t0, t0, t0
	it.polyOK, it.restarted, it.pending, it.begun = false, false, false, false
	it.control = newControl(it.set.Controller)
	it.h, it.firstStep, it.firstMax = 0, it.set.FirstStep, math.Inf(1)
	it.tried = it.tried[:0]
	it.env.stats = Stats{}
	it.limit = it.firstLimit()
	if it.watch != nil {
		it.watch.restart(it.set.MaxEvents)
	}
	it.step.reset()
	if s, ok := it.step.(forgetful); ok {
		s.forget()
	}
	return nil
}

// Continue is Restart where the solve before came to its end, for one that goes on from there behind an impulse or a
// correction: the first step has the size that the next would have had, in place of one chosen with an evaluation of f.
// A first step in the Settings, a method that begins at a low order, and a solve before that took no step, have it as
// with Restart.
func (it *Integrator[T]) Continue(t0 float64, y0 []T, t1 float64) error {
	h, ended := it.h, it.begun && it.status == Success
	if err := it.Restart(t0, y0, t1); err != nil {
		return err
	}
	if ended && it.firstStep == 0 && !gradual(it.step) {
		it.firstStep = h
	}
	return nil
}

// gradual reports whether a stepper begins at a low order after a reset, or with another method than it has come to.
func gradual[T Float](s stepper[T]) bool {
	switch s.(type) {
	case *adams[T], *bdf[T], *auto[T]:
		return true
	}
	return false
}

// forgetful is a stepper that keeps something through a reset which a new solve must not have.
type forgetful interface {
	forget()
}

// firstLimit is the limit of attempts of a new solve.
func (it *Integrator[T]) firstLimit() int {
	if it.set.MaxSteps == 0 && !it.constant {
		return defaultMaxSteps
	}
	return it.set.MaxSteps
}

// restart forgets the events of a solve.
func (w *watcher[T]) restart(limit int) {
	w.begun, w.fired = false, w.fired[:0]
	w.primary, w.cut, w.count, w.limit, w.crowded = 0, 0, 0, limit, 0
	clear(w.seen)
	clear(w.scale)
}
