package solvers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// observe handles the events of the step taken last.
func (it *Integrator[T]) observe() bool {
	w := it.watch
	w.fired, w.found, w.cut, w.missed = w.fired[:0], w.found[:0], 0, -1
	copy(w.signBefore, w.sign)
	copy(w.gBefore, w.g)
	for e := range w.events {
		if err := it.scan(e); err != nil {
			return it.eventFailed(err)
		}
		if w.missed >= 0 {
			return it.retake()
		}
	}
	if len(w.found) == 0 {
		return true
	}
	slices.SortStableFunc(w.found, func(a, b crossing) int {
		switch {
		case a.theta < b.theta:
			return -1
		case a.theta > b.theta:
			return 1
		}
		return a.event - b.event
	})
	first := w.first()
	end := len(w.found)
	if first >= 0 {
		end = it.together(first)
	}
	for _, c := range w.found[:end] {
		if first >= 0 && c.t == w.found[first].t {
			break
		}
		if err := it.note(c); err != nil {
			return it.eventFailed(err)
		}
	}
	w.cut = len(w.fired)
	if first >= 0 {
		if err := it.fire(w.found[first], w.found[:end]); err != nil {
			return it.eventFailed(err)
		}
	}
	w.count += len(w.fired)
	if w.crowded > maxCrowded && it.status == Running {
		it.fail(StepTooSmall, 0, -1, errCrowded) // the step itself is good
	}
	if w.count >= w.limit && it.status == Running && it.t != it.t1 {
		it.fail(MaxEventsReached, 0, -1, nil) // the step itself is good
	}
	return true
}

// first is the first of the crossings found, in their order, after which the method begins anew; −1 if there is none.
func (w *watcher[T]) first() int {
	for i, c := range w.found {
		ev := &w.events[c.event]
		if ev.Map != nil {
			return i
		}
		n := w.seen[c.event]
		for _, d := range w.found[:i+1] {
			if d.event == c.event {
				n++
			}
		}
		if ev.ends(n) {
			return i
		}
	}
	return -1
}

// maxCrowded bounds the events that follow each other within a few resolutions of time. Simultaneous events are handled
// at once and don't count; infinitely many bounces before a ball rests do.
const maxCrowded = 8

var errCrowded = errors.New("events follow each other faster than time resolves")

// together gives the crossings that are as early as the one at first, to rounding, its time, and returns the end of those.
func (it *Integrator[T]) together(first int) int {
	w := it.watch
	c := w.found[first]
	tol := 8 * spacing(math.Max(math.Abs(it.prev), math.Abs(it.full)))
	end := first + 1
	for i := range w.found {
		if math.Abs(w.found[i].t-c.t) <= tol {
			w.found[i].theta, w.found[i].t = c.theta, c.t
			end = max(end, i+1)
		}
	}
	return end
}

// left writes the state at the time of a crossing, before it.
func (it *Integrator[T]) left(c crossing, dst []T) error {
	if c.theta == 1 {
		copy(dst, it.y)
		return nil
	}
	poly, err := it.polynomial()
	if err == nil {
		evalPolynomial(poly, (c.t-it.prev)/(it.full-it.prev), dst)
	}
	return err
}

// note records an event that changes nothing.
func (it *Integrator[T]) note(c crossing) error {
	y := make([]T, len(it.y))
	if err := it.left(c, y); err != nil {
		return err
	}
	it.watch.seen[c.event]++
	it.watch.fired = append(it.watch.fired, Occurrence[T]{Event: c.event, T: c.t, Before: y, After: y})
	return nil
}

// fire cuts the step at the crossing c and handles all that occur there.
func (it *Integrator[T]) fire(c crossing, all []crossing) error {
	w := it.watch
	y := make([]T, len(it.y))
	if err := it.left(c, y); err != nil {
		return err
	}
	it.t = c.t
	copy(w.end, it.y)
	copy(it.y, y)
	terminal := false
	for e := range w.events {
		if !slices.ContainsFunc(all, func(x crossing) bool { return x.event == e && x.t == c.t }) {
			continue
		}
		o := Occurrence[T]{Event: e, T: c.t, Before: y, After: y}
		ev := &w.events[e]
		if ev.Map != nil {
			o.After = make([]T, len(y))
			err := ev.Map(c.t, y, o.After)
			if i := nonFinite(o.After); err == nil && i >= 0 {
				err = errors.WithMessagef(ErrNonFinite, "component %d after Map is %v", i, o.After[i])
			}
			if err != nil {
				return ev.wrap(e, err)
			}
			y = o.After
		}
		if e == c.event {
			w.primary = len(w.fired)
		}
		w.seen[e]++
		terminal = terminal || ev.ends(w.seen[e])
		w.fired = append(w.fired, o)
	}
	copy(it.y, y)
	gap := math.Abs(it.t - it.since)
	if w.crowded++; gap > crowdedBy(it.t) {
		w.crowded = 0
	}
	it.restart()
	it.firstMax = gap
	it.restarted = true
	if terminal {
		it.status = EventOccurred
	}
	return it.rearm(all, c.t, w.fired[w.cut].Before)
}

// rearm looks at the events after one that changed the state, at time t. Those that occurred are at zero, unless the change
// took them away from it. before is the state that they met, whose g is zero but for what t is rounded by.
func (it *Integrator[T]) rearm(all []crossing, t float64, before []T) error {
	w := it.watch
	for e := range w.events {
		g, err := it.eventAt(e, it.t, it.y)
		if err != nil {
			return err
		}
		w.g[e], w.sign[e] = g, signOf(g)
		w.departures[e].mapped = false
		for _, c := range all {
			if c.event != e || c.t != t {
				continue
			}
			met, err := it.eventAt(e, it.t, before)
			if err != nil {
				return err
			}
			noise := math.Max(8*math.Max(c.g, math.Abs(met)), 1e-10*w.scale[e])
			if math.Abs(g) <= noise {
				w.sign[e] = 0
			}
			w.departures[e] = departure[T]{
				from:   c.from,
				before: before,
				mapped: w.sign[e] == 0 && w.events[e].Map != nil,
				at:     t,
				again:  math.Abs(t-w.departures[e].at) <= crowdedBy(t),
				noise:  noise,
			}
		}
	}
	return nil
}
