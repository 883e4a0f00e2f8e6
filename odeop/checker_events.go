package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// newEventsChecker has the steps of a solve with events, each of which is found again in its step.
func newEventsChecker(p *problem, events []Event, sol *EventSolution) (*checker, error) {
	if p.dtype != tensor.Float64 {
		return nil, errors.Errorf("%s: gradients are checked in float64, and y0 is %v", p.name, p.dtype)
	}
	h, params, err := newHybrid[float64](p, events, sol)
	if err != nil {
		return nil, err
	}
	c := &checker{name: p.name, context: p.settings.Context}
	times := checked{"times", tensor.Shape{len(p.times)}, p.times}
	theta, err := c.bind(p, times, params)
	if err != nil {
		return nil, err
	}
	y0, ts, last := c.inputs[0].x, times.x, len(times.x)-1
	if err := h.checkFinite(y0); err != nil {
		return nil, errors.WithMessage(err, h.name)
	}
	sys, done, err := h.system(theta, true)
	if err != nil {
		return nil, errors.WithMessage(err, h.name)
	}
	c.done = done
	st, _, err := h.forward(sys, y0, ts, theta, true)
	if err != nil {
		return c, errors.WithMessage(h.located(err), h.name)
	}
	st.bound.theta = theta
	c.done = func() { st.bound.release(); done() }
	c.value = func() ([]float64, error) {
		saved := ts[:st.saved]
		if st.ended {
			saved = ts
		}
		ys, occurred, err := st.tape.FollowEvents(sys, y0, ts[0], ts[last], saved)
		if err != nil {
			return nil, h.located(err)
		}
		s := &solvers.Solution[float64]{Y: ys, Events: occurred, LastT: ts[last]}
		if st.ended {
			end := occurred[len(occurred)-1]
			s.LastT, s.LastY = end.T, end.After
		} else {
			s.LastY = ys[len(ys)-1]
		}
		out := make([]float64, h.at[eventParts])
		h.pack(s, out)
		return out, nil
	}
	c.gradient = func(w []float64) ([][]float64, error) {
		g, err := h.differentiate(sys, ts, w, st)
		if err != nil {
			return nil, err
		}
		return c.apart(g), nil
	}
	return c, nil
}
