package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Unrolled writes every step as ordinary Gorgonia nodes, with the field called for every stage in y0's own graph, and
// leaves the gradient to Gorgonia. It works for explicit methods with constant steps: Runge–Kutta, Adams of fixed order,
// symplectic, and those two that are made of others, solvers.Reversible and solvers.StepDoubling. The steps are those of the
// solver, read off it when the graph is built. It keeps everything, and is slow: a reference that the other modes are
// tested against. Where Gorgonia's gradient of an Op is wrong, so is this one. An arg that the field does not use is no
// part of the graph, and Gorgonia refuses to differentiate with respect to it.
//
// The number of steps must be known when the graph is built: with SolveAt that is one step between two times. An Adams
// method's coefficients depend on all times of its history, which are not known then, and SolveAt refuses it.
type Unrolled struct{}

func (Unrolled) check(c *config) error {
	m := c.settings.Method
	if inner, ok := explicit(m); !ok {
		return errors.WithMessagef(solvers.ErrNotSupported, "odeop: unrolled: method %s is no explicit method of constant steps",
			inner.Name())
	}
	if m.Info().Adaptive() && c.settings.Step == 0 {
		return errors.Errorf("odeop: unrolled: method %s controls its error; give it constant steps with Step", m.Name())
	}
	return nil
}

// explicit reports whether a constant step of the method is a program of evaluations and sums that the grid alone decides.
// Otherwise the method returned is the one, perhaps inside of m, that isn't so.
func explicit(m solvers.Method) (solvers.Method, bool) {
	switch m := m.(type) {
	case solvers.AdamsBashforth, solvers.AdamsMoulton, solvers.Reversible:
		return m, true
	case solvers.StepDoubling:
		return explicit(m.WithDefaults().Method)
	}
	_, ok := solvers.TableauOf(m)
	return m, ok || m.Info().Separable
}

func (Unrolled) apply(p *problem) (*gorgonia.Node, error) {
	set := &p.settings
	if p.at != nil {
		if set.Step > 0 || len(set.Through) > 0 || len(set.Jumps) > 0 {
			return nil, errors.Errorf("%s: unrolled: with SolveAt the number of steps of Step, Through and Jumps is not known "+
				"beforehand; leave them out", p.name)
		}
		switch set.Method.(type) {
		case solvers.AdamsBashforth, solvers.AdamsMoulton:
			return nil, errors.WithMessagef(solvers.ErrNotSupported,
				"%s: unrolled: with SolveAt the coefficients of %s are not known beforehand",
				p.name, set.Method.Name())
		}
	}
	u := &unroller{problem: p}
	if err := u.probe(); err != nil {
		return nil, err
	}
	u.halve()
	states := u.states()
	if u.err != nil {
		return nil, errors.WithMessagef(u.err, "%s: unrolled", p.name)
	}
	if p.final {
		return states[len(states)-1], nil
	}
	n, err := graph.Stack(states...)
	return n, errors.WithMessagef(err, "%s: unrolled", p.name)
}

// unroller builds nodes; after the first error it does nothing more.
type unroller struct {
	*problem
	usesT bool // the field builds something on t
	usesY bool // and on y
	err   error

	// Of a separable system, 1 at the positions and 0 at the momenta, and the other way round; otherwise nil.
	positions, momenta *gorgonia.Node
}

// probe tries the field in a graph of its own, for what is wrong with it and for whether it uses t and y.
func (u *unroller) probe() error {
	f := Field(func(t, y *gorgonia.Node, args ...*gorgonia.Node) (*gorgonia.Node, error) {
		dy, err := u.field(t, y, args...)
		used := func(n *gorgonia.Node) bool { return dy == n || n.Graph().To(n.ID()).Len() > 0 }
		u.usesT, u.usesY = used(t), used(y)
		return dy, err
	})
	fn, err := f.trace(u.name, u.dtype, u.y0.Shape(), u.args)
	switch {
	case err != nil:
		return err
	case u.dtype == tensor.Float32:
		return checkDivision[float32](u.problem, fn)
	}
	return checkDivision[float64](u.problem, fn)
}

// halve makes the masks of a separable system.
func (u *unroller) halve() {
	shape := u.y0.Shape()
	n := shape.TotalSize()
	_, count, ok := divided(u.settings.Method, n)
	if !ok {
		return
	}
	q, p := make([]float64, n), make([]float64, n)
	for i := range q {
		if i < count {
			q[i] = 1
		} else {
			p[i] = 1
		}
	}
	u.positions = u.do(graph.Constant(u.y0, q, shape...))
	u.momenta = u.do(graph.Constant(u.y0, p, shape...))
}

// states are the nodes of the states at all times.
func (u *unroller) states() gorgonia.Nodes {
	if u.at != nil {
		return u.statesAt()
	}
	set := u.settings
	set.SaveAt = u.times
	r, err := record(set, u.times[0], u.times[u.n-1])
	if err != nil {
		u.err = err
		return nil
	}
	states := gorgonia.Nodes{u.y0}
	save := func(t float64, y *gorgonia.Node) {
		if len(states) < u.n && t == u.times[len(states)] {
			states = append(states, y)
		}
	}
	if m, ok := set.Method.(solvers.Reversible); ok {
		pair := u.pair(m)
		for _, s := range r.steps {
			save(s.t1, pair.step(span{t0: s.t0, t1: s.t1}))
		}
		return states
	}
	w := &walk{unroller: u, recording: r, states: gorgonia.Nodes{u.y0}}
	for _, s := range r.steps {
		save(s.t1, w.step())
	}
	return states
}

// statesAt is states with SolveAt: one step from each time to the next.
func (u *unroller) statesAt() gorgonia.Nodes {
	states := gorgonia.Nodes{u.y0}
	m, reversible := u.settings.Method.(solvers.Reversible)
	pair := u.pair(m)
	over := span{n1: u.element(0)}
	for i := 1; i < u.n; i++ {
		over = span{n0: over.n1, n1: u.element(i)}
		var y *gorgonia.Node
		if reversible {
			y = pair.step(over)
		} else if w := u.over(over, u.settings.Method, states[i-1]); w != nil {
			y = w.step()
		}
		states = append(states, y)
	}
	return states
}

// element is the i-th of the times of SolveAt, as a number.
func (u *unroller) element(i int) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(graph.Element(u.at, i))
}

// number is a scalar node of a value known now.
func (u *unroller) number(v float64) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(graph.Constant(u.y0, []float64{v}))
}

func (u *unroller) do(n *gorgonia.Node, err error) *gorgonia.Node {
	if u.err == nil {
		u.err = err
	}
	return n
}

func (u *unroller) add(a, b *gorgonia.Node) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(gorgonia.Add(a, b))
}

func (u *unroller) sub(a, b *gorgonia.Node) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(gorgonia.Sub(a, b))
}

func (u *unroller) mul(a, b *gorgonia.Node) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(gorgonia.HadamardProd(a, b))
}
