package odeop

import (
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"gorgonode/solvers"
)

// span is what a step goes over: times known now, or nodes.
type span struct {
	t0, t1 float64
	n0, n1 *gorgonia.Node // nil: t0 and t1 are known
}

func (i span) reversed() span {
	return span{t0: i.t1, t1: i.t0, n0: i.n1, n1: i.n0}
}

// walk makes the nodes of a recording, an evaluation when it is first asked for. A node that nothing uses, as the last
// stage of an error estimate, would be a second root of the graph, which a LispMachine takes for a second cost.
type walk struct {
	*unroller
	*recording
	states gorgonia.Nodes         // at the beginnings of the steps, and at the end of the last so far
	values map[int]*gorgonia.Node // of the evaluations so far

	// Where the recording is that of the step from 0 to 1, and a step from n0 to n1 is what is walked.
	span
	h *gorgonia.Node // n1 − n0
}

// over is a walk of one step of a one-step method from y; nil after an error.
func (u *unroller) over(i span, m solvers.Method, y *gorgonia.Node) *walk {
	if u.err != nil {
		return nil
	}
	w := &walk{unroller: u, span: i, states: gorgonia.Nodes{y}}
	t0, t1 := i.t0, i.t1
	if i.n0 != nil {
		t0, t1 = 0, 1
		w.h = u.sub(i.n1, i.n0)
	}
	set := u.settings
	set.Method, set.Step, set.Through = m, 2*math.Abs(t1-t0), nil
	var err error
	if w.recording, err = record(set, t0, t1); err != nil {
		u.err = err
		return nil
	}
	return w
}

// step is the state after the next step.
func (w *walk) step() *gorgonia.Node {
	n := len(w.states) - 1
	y := w.plus(w.states[n], w.steps[n].sum)
	w.states = append(w.states, y)
	return y
}

// plus is y + Σ c_i k_i.
func (w *walk) plus(y *gorgonia.Node, ts []term) *gorgonia.Node {
	if len(ts) == 0 {
		return y
	}
	return w.add(y, w.sum(ts))
}

// sum is Σ c_i k_i, which has one term at least.
func (w *walk) sum(ts []term) *gorgonia.Node {
	var s *gorgonia.Node
	for _, t := range ts {
		if w.err != nil {
			return nil
		}
		for _, part := range []struct {
			c    float64
			mask *gorgonia.Node
		}{{t.q, w.positions}, {t.p, w.momenta}} {
			if part.c == 0 {
				continue
			}
			c := w.number(part.c)
			k := w.value(t.of, c)
			if t.q != t.p {
				k = w.mul(part.mask, k)
			}
			k = w.mul(c, k)
			if s == nil {
				s = k
			} else {
				s = w.add(s, k)
			}
			if t.q == t.p {
				break
			}
		}
	}
	if w.h != nil {
		s = w.mul(w.h, s)
	}
	return s
}

// value is k_j. Where the field uses no t, any number will do that the graph uses, and where it uses no y, any state.
func (w *walk) value(j int, number *gorgonia.Node) *gorgonia.Node {
	if k := w.values[j]; k != nil || w.err != nil {
		return k
	}
	e := w.evals[j]
	t, y := number, w.states[e.step]
	if w.usesT {
		t = w.time(e.t)
	}
	switch {
	case !w.usesY:
	case e.step+1 < len(w.states) && slices.Equal(e.arg, w.steps[e.step].sum):
		y = w.states[e.step+1] // a last stage that serves the next step
	default:
		y = w.plus(y, e.arg)
	}
	if w.err != nil {
		return nil
	}
	k := w.do(w.field(t, y, w.args...))
	if w.values == nil {
		w.values = map[int]*gorgonia.Node{}
	}
	w.values[j] = k
	return k
}

// time is the node of a time of the recording.
func (w *walk) time(t float64) *gorgonia.Node {
	switch {
	case w.h == nil:
		return w.number(t)
	case t == 0:
		return w.n0
	case t == 1:
		return w.n1
	}
	return w.add(w.n0, w.mul(w.number(t), w.h))
}
