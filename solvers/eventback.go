package solvers

import (
	"math"

	"github.com/pkg/errors"
)

// EventCotangent has the derivatives of L by an event of a solution: by its time, the state before and the state after it.
// Nil is zero.
//
// The time t* of an event is where g(t*, u(t*)) = 0, u being the interpolant of the step. With whatever the step
// depends on, p,
//
//	dt*/dp = −(g_y·u_p + g_p) / ġ,   ġ = g_t + g_y·u',
//
// by the implicit function theorem. So a cotangent w of the state u(t*) and one τ of the time, with those that the steps
// after the event left there, become
//
//	λ = −(w·u' + τ)/ġ,   ū += w + λ g_y,   θ̄ += λ g_θ.
//
// Of simultaneous events the one that was found first gives the time.
type EventCotangent[T Float] struct {
	T             float64
	Before, After []T
}

// cutBack are the cotangents of a step that an event cut.
type cutBack[T Float] struct {
	t  float64
	wt float64
	w  []T // of the state that the events met
}

// eventGrads has room for the derivatives of an event.
type eventGrads[T Float] struct{ gy, gtheta, w []T }

// checkEvents refuses cotangents that don't fit the tape.
func (tp *Tape[T]) checkEvents(events []EventCotangent[T]) error {
	if events == nil {
		return nil
	}
	if len(events) != len(tp.occurred) {
		return badInput("Backward with %d cotangents for %d events", len(events), len(tp.occurred))
	}
	for i, c := range events {
		for _, v := range [][]T{c.Before, c.After} {
			if v != nil && len(v) != tp.dim {
				return badInput("a cotangent of event %d has %d components; the state has %d", i, len(v), tp.dim)
			}
			if j := nonFinite(v); j >= 0 {
				return badInput("a cotangent of event %d has %v; it must be finite", i, v[j])
			}
		}
		if math.IsNaN(c.T) || math.IsInf(c.T, 0) {
			return badInput("the cotangent of the time of event %d is %g; it must be finite", i, c.T)
		}
		o := tp.occurred[i]
		if e := &tp.events[o.Event]; e.Gradient == nil && (c.T != 0 || c.Before != nil || c.After != nil) {
			return notSupported(tp.set.Method.Name(), "%v", e.wrap(o.Event, errNoEventGradient))
		}
	}
	return nil
}

// hasCotangent reports whether L depends on event i itself.
func (b *backward[T]) hasCotangent(i int) bool {
	if b.events == nil {
		return false
	}
	c := b.events[i]
	return c.T != 0 || c.Before != nil || c.After != nil
}

// takeEvents returns the range of the events of the step before grid point n.
func (b *backward[T]) takeEvents(n int) (from, to int) {
	to = b.occurred
	for ; b.occurred > 0 && b.tape.occurred[b.occurred-1].step == n; b.occurred-- {
		b.begun = b.begun || b.hasCotangent(b.occurred-1)
	}
	return b.occurred, to
}

// uncut goes back over the events between grid points n and n+1, where the method began anew, to the state that they
// met. The events stay to be taken with the step before n.
func (b *backward[T]) uncut(n int) error {
	tp := b.tape
	c := &cutBack[T]{t: tp.t[n+1], wt: b.bar.grid[n+1], w: b.bar.y}
	b.bar.grid[n+1] = 0
	b.bar.y = make([]T, tp.dim)
	b.grads()
	b.cut = c
	for i := b.occurred - 1; i >= 0 && tp.occurred[i].step == n && tp.occurred[i].cut; i-- {
		o := &tp.occurred[i]
		if b.hasCotangent(i) {
			b.begun = true
			c.wt += b.events[i].T
			addTo(c.w, b.events[i].After)
		}
		if e := &tp.events[o.Event]; e.Map != nil && b.begun {
			wt, err := e.MapVJP(o.T, o.Before, c.w, b.scratch.w, b.bar.theta)
			if err != nil {
				return e.wrap(o.Event, err)
			}
			c.w, b.scratch.w = b.scratch.w, c.w
			c.wt += wt
		}
		if b.hasCotangent(i) {
			addTo(c.w, b.events[i].Before)
		}
	}
	if !b.begun {
		b.cut = nil
	}
	return nil
}

// occurrences takes the cotangents of the events within step n.
func (b *backward[T]) occurrences(n, from, to int, coef []T) error {
	for i := from; i < to; i++ {
		o := &b.tape.occurred[i]
		switch {
		case o.primary && b.cut != nil:
			if err := b.implicit(n, o, b.cut.w, b.cut.wt, coef); err != nil {
				return err
			}
			b.cut = nil
		case !o.cut && b.hasCotangent(i):
			w := make([]T, b.tape.dim)
			addTo(w, b.events[i].Before)
			addTo(w, b.events[i].After)
			if err := b.implicit(n, o, w, b.events[i].T, coef); err != nil {
				return err
			}
		}
	}
	return nil
}

// implicit takes the cotangents w of the state and wt of the time of an event within step n. It overwrites w.
func (b *backward[T]) implicit(n int, o *occurred[T], w []T, wt float64, coef []T) error {
	e, s := &b.tape.events[o.Event], b.grads()
	t, h := b.tape.t[n], b.tape.t[n+1]-b.tape.t[n]
	theta := (o.T - t) / h
	u := make([]T, b.tape.dim)
	evalPolynomial(coef, theta, u)
	clear(s.gtheta)
	gt, err := e.Gradient(o.T, u, s.gy, s.gtheta)
	if err != nil {
		return e.wrap(o.Event, err)
	}
	rate := gt + slopePolynomial(coef, theta, s.gy)/h
	lambda := -(slopePolynomial(coef, theta, w)/h + wt) / rate
	if math.IsNaN(lambda) || math.IsInf(lambda, 0) {
		return e.wrap(o.Event, errors.WithMessagef(ErrNonFinite, "g changes at the rate %g", rate))
	}
	for i, v := range s.gy {
		w[i] += T(lambda) * v
	}
	for i, v := range s.gtheta {
		b.bar.theta[i] += T(lambda) * v
	}
	b.inner(n, o.T, w, coef)
	return nil
}

func (b *backward[T]) grads() *eventGrads[T] {
	if b.scratch == nil {
		b.scratch = &eventGrads[T]{
			gy:     make([]T, b.tape.dim),
			gtheta: make([]T, len(b.bar.theta)),
			w:      make([]T, b.tape.dim),
		}
	}
	return b.scratch
}

// addTo adds v to dst; nil is zero.
func addTo[T Float](dst, v []T) {
	for i, x := range v {
		dst[i] += x
	}
}
