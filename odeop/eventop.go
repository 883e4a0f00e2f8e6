package odeop

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/nodeop"
	"gorgonode/solvers"
)

// hybrid is a solve with events as an Op (nodeop.Function). Its inputs are those of a solve, then the parameters of the
// events that the field doesn't use; its value is that of EventSolution.layout.
type hybrid[T graph.Float] struct {
	*solve[T]
	events []hybridEvent[T]
	at     [eventParts + 1]int
	room   int
	total  int // of θ
}

type hybridEvent[T graph.Float] struct {
	Event
	when, jump *beside[T] // jump is nil where the event has no Map
}

func applyHybrid[T graph.Float](p *problem, events []Event, sol *EventSolution) (*gorgonia.Node, error) {
	h, params, err := newHybrid[T](p, events, sol)
	if err != nil {
		return nil, err
	}
	nodes := gorgonia.Nodes{p.y0}
	if p.at != nil {
		nodes = append(nodes, p.at)
	}
	nodes = append(nodes, p.args...)
	nodes = append(nodes, graph.ParamNodes(p.y0.Graph(), params)...)
	return nodeop.Apply[T](h, nodes...)
}

// newHybrid makes the Op, without a node, and says what parameters it has.
func newHybrid[T graph.Float](p *problem, events []Event, sol *EventSolution) (h *hybrid[T], params []*graph.Param,
	err error) {
	fn, err := p.field.trace(p.name, p.dtype, p.y0.Shape(), p.args)
	if err != nil {
		return nil, nil, err
	}
	s, err := newSolve[T](p, fn, nil, p.y0.Shape())
	if err != nil {
		return nil, nil, err
	}
	h = &hybrid[T]{solve: s, at: sol.layout(), room: sol.room}
	s.output = tensor.Shape{h.at[eventParts]}
	traced := make([][2]*graph.Func, len(events))
	params = fn.Params()
	place := map[*graph.Param]int{}
	for i, q := range params {
		place[q] = len(p.args) + i
	}
	for i, e := range events {
		if traced[i], err = e.trace(p, i); err != nil {
			return nil, nil, err
		}
		for _, fn := range traced[i] {
			if fn == nil {
				continue
			}
			for _, q := range fn.Params() {
				if _, known := place[q]; !known {
					place[q] = len(p.args) + len(params)
					params = append(params, q)
					s.inputs, s.wrt = append(s.inputs, q.Shape()), append(s.wrt, true)
					s.theta = append(s.theta, graph.Input(q.Name(), p.dtype, q.Shape()...))
				}
			}
		}
	}
	var at []int
	for _, in := range s.theta {
		at, h.total = append(at, h.total), h.total+in.Shape.TotalSize()
	}
	for i, e := range events {
		he := hybridEvent[T]{Event: e}
		if he.when, err = compileBeside[T](traced[i][0], place, at); err == nil && e.Map != nil {
			he.jump, err = compileBeside[T](traced[i][1], place, at)
		}
		if err != nil {
			return nil, nil, errors.WithMessagef(err, "%s: %s", p.name, e.label(i))
		}
		h.events = append(h.events, he)
	}
	return h, params, h.check()
}

func (e *Event) label(i int) string {
	if e.Name == "" {
		return fmt.Sprintf("event %d", i)
	}
	return fmt.Sprintf("event %q", e.Name)
}

// trace turns When and Map into functions, of which the second is nil where there is no Map.
func (e *Event) trace(p *problem, i int) (fns [2]*graph.Func, err error) {
	role := e.label(i)
	args, err := argSpecs(p.name, p.dtype, p.args)
	if err != nil {
		return fns, err
	}
	if e.When == nil {
		return fns, errors.Errorf("%s: %s: When is nil", p.name, role)
	}
	y := p.y0.Shape()
	if fns[0], err = e.When.function(p.name, role+": when", p.dtype, y, args); err != nil {
		return fns, err
	}
	if out := fns[0].Outputs()[0]; out.TotalSize() != 1 {
		return fns, errors.Errorf("%s: %s: when returned shape %v, want a number", p.name, role, out)
	}
	if e.Map == nil {
		return fns, nil
	}
	if fns[1], err = e.Map.function(p.name, role+": map", p.dtype, y, args); err != nil {
		return fns, err
	}
	if out := fns[1].Outputs()[0]; !out.Eq(y) {
		return fns, errors.Errorf("%s: %s: map returned shape %v, and y has shape %v", p.name, role, out, y)
	}
	return fns, nil
}

// check has the solver look at the events, as checkSettings does at the settings.
func (h *hybrid[T]) check() error {
	var events []solvers.Event[float64]
	for _, e := range h.events {
		events = append(events, solvers.Event[float64]{Name: e.Name, Direction: e.Direction, Terminal: e.Terminal, Count: e.Count,
			Samples: e.Samples, G: func(float64, []float64) (float64, error) { return 1, nil }})
	}
	sys := h.still()
	_, err := solvers.NewIntegrator(sys, make([]float64, sys.Dim), 0, 1, &solvers.Settings{Method: h.settings.Method},
		events...)
	return errors.WithMessage(err, h.name)
}

// Tangent is that of no solve with events.
func (h *hybrid[T]) Tangent() (nodeop.Function[T], error) {
	return nil, errors.Errorf("%s: a solve with events has no second derivative", h.name)
}

// Differentiable reports why a gradient does not exist, before anything runs.
func (h *hybrid[T]) Differentiable() error {
	err := h.field.differentiable()
	for _, e := range h.events {
		if err == nil {
			err = e.when.differentiable()
		}
		if err == nil && e.jump != nil {
			err = e.jump.differentiable()
		}
	}
	return err
}

// system is the field as one of all of θ, of which its own is the first part.
func (h *hybrid[T]) system(theta [][]T, pure bool) (sys solvers.System[T], done func(), err error) {
	own := theta[:len(h.field.theta)]
	if pure {
		sys, done, err = h.field.runPure(own)
	} else {
		sys, done = h.field.run(own)
	}
	if err == nil {
		sys.NumParams = h.total
		sys = implicitly(h.field, sys, h.settings.Method)
	}
	return sys, done, err
}

// hybridState is what the backward pass wants back.
type hybridState[T graph.Float] struct {
	tape  *solvers.Tape[T]
	bound *binding[T]
	saved int  // times that were reached
	ended bool // by a terminal event
	count int  // of events
	work  solvers.Stats
}

// Forward solves with a record for the backward pass.
func (h *hybrid[T]) Forward(in [][]T, out []T) (any, error) { return h.run(in, out, true) }

// Evaluate solves without one.
func (h *hybrid[T]) Evaluate(in [][]T, out []T) error {
	_, err := h.run(in, out, false)
	return err
}

func (h *hybrid[T]) run(in [][]T, out []T, taped bool) (any, error) {
	y0, times, theta, err := h.split(in)
	if err == nil {
		err = h.checkFinite(y0)
	}
	if err != nil {
		h.stats.setForward(solvers.Stats{}, solvers.BadInput)
		return nil, err
	}
	sys, done, err := h.system(theta, false)
	if err != nil {
		return nil, err
	}
	defer done()
	var kept *points[T]
	if taped {
		kept = h.field.keep(&sys, theta[:len(h.field.theta)], h.memory)
	}
	st, sol, err := h.forward(sys, y0, times, theta, taped)
	kept.release()
	h.stats.setForward(sol.Stats, sol.Status)
	if err != nil {
		return nil, h.located(h.nonFiniteForward(err, sol, theta))
	}
	h.pack(sol, out)
	return kept.with(st), nil
}

func (h *hybrid[T]) forward(sys solvers.System[T], y0 []T, times []float64, theta [][]T, taped bool) (
	*hybridState[T], *solvers.Solution[T], error,
) {
	b, events := h.bind(theta)
	defer b.release()
	t0, t1, set := times[0], times[len(times)-1], h.settingsAt(times)
	st := &hybridState[T]{bound: b}
	var sol *solvers.Solution[T]
	var err error
	if taped {
		sol, st.tape, err = solvers.SolveTape(sys, y0, t0, t1, set, events...)
	} else {
		sol, err = solvers.Solve(sys, y0, t0, t1, set, events...)
	}
	st.saved, st.ended, st.count, st.work = len(sol.Y), sol.Status == solvers.EventOccurred, len(sol.Events), sol.Stats
	return st, sol, err
}

// Backward adds the gradients of the inputs.
func (h *hybrid[T]) Backward(in [][]T, _, w []T, state any, grad [][]T) error {
	y0, times, theta, err := h.split(in)
	if err != nil {
		return err
	}
	sys, done, err := h.system(theta, true)
	if err != nil {
		return err
	}
	defer done()
	state, forget := recall(state, &sys, theta[:len(h.field.theta)])
	defer forget()
	var again solvers.Stats
	st, ok := state.(*hybridState[T])
	if !ok {
		kept := h.field.keep(&sys, theta[:len(h.field.theta)], h.memory)
		defer kept.giveBack()
		defer kept.release()
		if st, _, err = h.forward(sys, y0, times, theta, true); err != nil {
			return h.located(err)
		}
		again = st.work
	}
	st.bound.theta = theta
	defer st.bound.release()
	all, err := h.differentiate(sys, times, w, st)
	if err == nil {
		err = h.checkGradients(all)
	}
	if errors.Is(err, solvers.ErrNonFinite) {
		err = h.nonFiniteBackward(err, sys, theta, times, w, st)
	}
	if err != nil {
		return errors.WithMessage(err, "backward")
	}
	all.stats.Add(again)
	h.stats.setBackward(all.stats)
	h.scatter(all, grad)
	return nil
}

// differentiate runs the backward pass, by y0, θ and all times. The events have their θ.
func (h *hybrid[T]) differentiate(sys solvers.System[T], times []float64, w []T, st *hybridState[T]) (*gradients[T], error) {
	ws, we, atEnd := h.cotangents(st, w)
	g, err := st.tape.BackwardEvents(sys, ws, we)
	if err != nil {
		return nil, h.located(err)
	}
	ts := make([]float64, len(times))
	copy(ts, g.SaveAt)
	ts[0] += g.T0
	ts[len(ts)-1] += g.T1 + atEnd
	if g.Next != 0 {
		ts[st.saved] += g.Next
	}
	return &gradients[T]{y0: g.Y0, theta: g.Theta, times: ts, stats: g.Stats}, nil
}
