package odeop

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Unrolled writes every step as ordinary Gorgonia nodes, with the field called for every stage in y0's own graph, and
// leaves the gradient to Gorgonia. It works for explicit Runge–Kutta methods with constant steps, keeps everything, and is
// slow: a reference that the other modes are tested against. Where Gorgonia's gradient of an Op is wrong, so is this one.
// An arg that the field does not use is no part of the graph, and Gorgonia refuses to differentiate with respect to it.
//
// The number of steps must be known when the graph is built: with SolveAt that is one step between two times.
type Unrolled struct{}

func (Unrolled) check(c *config) error {
	t, ok := solvers.TableauOf(c.settings.Method)
	if !ok {
		return errors.WithMessagef(solvers.ErrNotSupported, "odeop: unrolled: method %s is no explicit Runge–Kutta method", c.settings.Method.Name())
	}
	if t.E != nil && c.settings.Step == 0 {
		return errors.Errorf("odeop: unrolled: method %s controls its error; give it constant steps with Step", t.Name)
	}
	return nil
}

func (Unrolled) apply(p *problem) (*gorgonia.Node, error) {
	if p.at != nil && p.settings.Step > 0 {
		return nil, errors.Errorf("%s: unrolled: with SolveAt the number of steps of Step is not known beforehand; leave it out", p.name)
	}
	u := &unroller{problem: p}
	u.tableau, _ = solvers.TableauOf(p.settings.Method)
	if err := u.probe(); err != nil {
		return nil, err
	}
	states, err := u.states()
	if err != nil {
		return nil, errors.WithMessagef(err, "%s: unrolled", p.name)
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
	tableau *solvers.Tableau
	usesT   bool // the field builds something on t
	usesY   bool // and on y
	err     error
}

// probe tries the field in a graph of its own, for what is wrong with it and for whether it uses t and y.
func (u *unroller) probe() error {
	f := Field(func(t, y *gorgonia.Node, args ...*gorgonia.Node) (*gorgonia.Node, error) {
		dy, err := u.field(t, y, args...)
		used := func(n *gorgonia.Node) bool { return dy == n || n.Graph().To(n.ID()).Len() > 0 }
		u.usesT, u.usesY = used(t), used(y)
		return dy, err
	})
	_, err := f.trace(u.name, u.dtype, u.y0.Shape(), u.args)
	return err
}

// states are the nodes of the states at all times.
func (u *unroller) states() (gorgonia.Nodes, error) {
	states := gorgonia.Nodes{u.y0}
	if u.at != nil {
		t0 := u.element(0)
		for i := 1; i < u.n; i++ {
			t1 := u.element(i)
			states = append(states, u.stepBetween(t0, t1, states[i-1]))
			t0 = t1
		}
		return states, u.err
	}
	// The solver's own grid, walked through by a solve of y' = 0.
	set := u.settings
	set.SaveAt, set.Norm = u.times, nil
	it, err := solvers.NewIntegrator(still, []float64{0}, u.times[0], u.times[u.n-1], &set)
	if err != nil {
		return nil, err
	}
	y := u.y0
	for it.Step() && u.err == nil {
		t, _ := it.Last()
		y = u.knownStep(t, it.T()-t, y)
		if it.T() == u.times[len(states)] {
			states = append(states, y)
		}
	}
	if u.err == nil {
		u.err = it.Err()
	}
	return states, u.err
}

// element is the i-th of the times of SolveAt, as a number.
func (u *unroller) element(i int) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(graph.Element(u.at, i))
}

// stepBetween is a step between times that are nodes.
func (u *unroller) stepBetween(t0, t1, y *gorgonia.Node) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	h := u.do(gorgonia.Sub(t1, t0))
	return u.step(h, y, func(c float64) *gorgonia.Node {
		if c == 0 {
			return t0
		}
		return u.add(t0, u.mul(u.number(c), h))
	})
}

// knownStep is a step of size h from a time that is known now.
func (u *unroller) knownStep(t, h float64, y *gorgonia.Node) *gorgonia.Node {
	return u.step(u.number(h), y, func(c float64) *gorgonia.Node { return u.number(t + c*h) })
}

// step is one step of the tableau: k_i = f(t + c_i h, y + h Σ a_ij k_j), y₁ = y + h Σ b_i k_i. stage gives t + c h.
func (u *unroller) step(h, y *gorgonia.Node, stage func(c float64) *gorgonia.Node) *gorgonia.Node {
	var ks gorgonia.Nodes
	last := len(u.tableau.B) - 1
	for i, row := range u.tableau.A {
		if i == last && u.tableau.B[last] == 0 {
			break // the stage of an error estimate
		}
		// A node that nothing uses would be a second root of the graph, which a LispMachine takes for a second cost. Where the
		// field uses no t, any number will do, and where it uses no y, any state.
		t, yi := h, y
		if u.usesT {
			t = stage(u.tableau.C[i])
		}
		if u.usesY {
			yi = u.combine(y, h, row, ks)
		}
		if u.err != nil {
			return nil
		}
		ks = append(ks, u.do(u.field(t, yi, u.args...)))
	}
	return u.combine(y, h, u.tableau.B[:len(ks)], ks)
}

// combine is y + h Σ c_j k_j.
func (u *unroller) combine(y, h *gorgonia.Node, c []float64, ks gorgonia.Nodes) *gorgonia.Node {
	var sum *gorgonia.Node
	for j, k := range ks {
		if j >= len(c) || c[j] == 0 {
			continue
		}
		term := u.mul(u.number(c[j]), k)
		if sum == nil {
			sum = term
		} else {
			sum = u.add(sum, term)
		}
	}
	if sum == nil {
		return y
	}
	return u.add(y, u.mul(h, sum))
}

// number is a scalar node of a value known now. Gorgonia makes one node of inputs with equal names, so the name is the
// value to its last bit.
func (u *unroller) number(v float64) *gorgonia.Node {
	var value any = v
	if u.dtype == tensor.Float32 {
		value = float32(v)
	}
	name := fmt.Sprintf("unrolled %x", value)
	return gorgonia.NewScalar(u.y0.Graph(), u.dtype, gorgonia.WithName(name), gorgonia.WithValue(value))
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

func (u *unroller) mul(a, b *gorgonia.Node) *gorgonia.Node {
	if u.err != nil {
		return nil
	}
	return u.do(gorgonia.HadamardProd(a, b))
}
