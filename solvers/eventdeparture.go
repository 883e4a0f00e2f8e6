package solvers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// A Map that turns a motion round leaves g at zero, from where it goes back to the side that it came from and may soon
// cross zero again. Looking at g after the step doesn't tell such a crossing from a departure to the other side: both find g
// beyond zero, and a bounce shorter than the first place that is looked at, or than what a method of low order sees in its
// first step, would be a fall through the floor. What tells them apart is the rate of g where the state sets out,
//
//	ġ = d/dδ g(t + δ, y + δ f(t, y)),   δ = 0.
//
// Where that points back and g is found on the other side, a crossing was missed. It is looked for on the interpolant
// nearer to the start; if that doesn't have it the step is taken again, shorter; and where it can't be shorter the solve
// ends with StepTooSmall. The same goes for a Map that changes the sign of ġ whatever that is after it: where a flight is
// lower than the error of the state, g may be found to fall while ġ says that it rises. A Map that leaves the sign as it
// is lets the solution through, and where ġ is zero after it the solution may go to either side.

// departure is what is known of g since a Map that left it at zero.
type departure[T Float] struct {
	mapped bool    // it hasn't left zero since
	at     float64 // the time of the event; NaN: there was none
	again  bool    // the event had occurred within a few resolutions before, too near for ġ to be told from rounding
	from   int8    // the sign of g before the crossing
	noise  float64 // the |g| that is zero
	before []T     // the state that Map met
	known  bool    // what follows is
	sign   int8    // of ġ
	turned bool    // its sign was the other one before Map
}

// crowdedBy is the span of time within which events follow each other too closely.
func crowdedBy(t float64) float64 { return 8 * resolution(t) }

// strayed reports whether g of event e, which has left zero to the side now, has crossed it unseen on the way.
func (it *Integrator[T]) strayed(e int, now int8) (bool, error) {
	w := it.watch
	d := &w.departures[e]
	if !d.mapped || !w.events[e].counts(-now) {
		return false, nil
	}
	beyond := now == -d.from
	if d.again && beyond {
		return true, nil
	}
	err := it.setOut(e)
	return d.turned && beyond || d.sign == -now, err
}

// setOut finds the signs of ġ of event e on either side of Map, in the first step after it.
func (it *Integrator[T]) setOut(e int) error {
	d := &it.watch.departures[e]
	if d.known {
		return nil
	}
	var err error
	if d.sign, err = it.rate(e, it.y1); err != nil || d.sign == 0 {
		return err
	}
	before, err := it.rate(e, d.before)
	d.known, d.turned = true, before == -d.sign
	return err
}

// rate is the sign of ġ of event e at the beginning of the last step, for a state y there. δ grows until the
// difference is more than rounding.
func (it *Integrator[T]) rate(e int, y []T) (sign int8, err error) {
	w := it.watch
	if w.slope == nil {
		w.slope = make([]T, len(it.y))
	}
	if err := it.env.f(it.prev, y, w.slope); err != nil {
		return 0, err
	}
	g := w.events[e].G
	g0, err := g(it.prev, y)
	if err != nil {
		return 0, w.events[e].wrap(e, err)
	}
	delta := (it.full - it.prev) * 0x1p-12
	for range rateTrials {
		for i, v := range y {
			w.u[i] = v + T(delta)*w.slope[i]
		}
		v, err := g(it.prev+delta, w.u)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			break // this far off g need not be defined
		}
		if v != g0 {
			sign = signOf(v - g0)
		}
		if math.Abs(v-g0) > w.departures[e].noise {
			break
		}
		delta *= 16
	}
	return sign, nil
}

// rateTrials bounds the evaluations of g for ġ, which is zero where so large a δ doesn't move g.
const rateTrials = 13

// closer looks for a place before k where g of event e has the sign s, ever nearer to the beginning of the step, and
// inserts it into the places. It returns its index, or −1.
func (it *Integrator[T]) closer(e, k int, s int8) (int, error) {
	w := it.watch
	for theta := w.theta[k] / 4; theta > 0x1p-53; theta /= 4 {
		g, err := it.eventWithin(e, theta)
		if err != nil {
			return -1, err
		}
		if signOf(g) == s {
			at, _ := slices.BinarySearch(w.theta[:k], theta)
			w.theta, w.v = slices.Insert(w.theta, at, theta), slices.Insert(w.v, at, g)
			return at, nil
		}
	}
	return -1, nil
}

var errMissed = errors.New("after Map the solution comes back to the event within a step that can't be shorter")

// retake undoes the last step, in which a crossing was missed, for a shorter one, or fails where there can be none. Only the
// first step after Map can be taken again, as the method has no history there. It returns false: no step was taken.
func (it *Integrator[T]) retake() bool {
	w := it.watch
	h := it.full - it.prev
	it.env.stats.Accepted--
	it.env.stats.Rejected++
	it.y, it.y1 = it.y1, it.y
	it.t, it.full, it.polyOK = it.prev, it.prev, false
	if n := len(it.tried); n > 0 {
		it.tried[n-1].undone = true
	}
	first := it.prev == it.since
	floor := math.Max(it.set.MinStep, resolution(it.t))
	it.restart()
	it.settle()
	copy(w.sign, w.signBefore)
	copy(w.g, w.gBefore)
	if !first || it.grid != nil || math.Abs(h) <= floor {
		cause := errMissed
		if math.Abs(h) <= crowdedBy(it.t) {
			cause = errCrowded
		}
		return it.fail(StepTooSmall, h, -1, w.events[w.missed].wrap(w.missed, cause))
	}
	it.h, it.begun = math.Max(math.Abs(h)/4, floor), true
	return false
}
