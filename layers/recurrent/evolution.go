package recurrent

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// evolution is h' = f(h) over a time of its own for each row.
type evolution struct {
	field layers.Layer
	rk4   int
	solve []odeop.Option
}

func (c *config) evolution(what string, cell Cell, field layers.Layer) (evolution, error) {
	fixed, adaptive := c.Has("WithRK4"), c.Has("WithSolve")
	switch {
	case field == nil:
		return evolution{}, errors.Errorf("recurrent: %s: no field", what)
	case fixed && adaptive:
		return evolution{}, errors.Errorf("recurrent: %s: WithRK4 and WithSolve, want one of them", what)
	}
	e := evolution{field: field, rk4: c.rk4, solve: c.solve}
	return e, errors.WithMessagef(e.check(cell), "recurrent: %s", what)
}

// check traces the field, so that one that needs a time, has another width, or uses parameters that nobody would train is
// an error of the constructor.
func (e evolution) check(cell Cell) error {
	n := cell.Sizes().Output
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := e.field.Forward(in[0])
		return G.Nodes{y}, err
	}, graph.Input("h", cell.Dtype(), 1, n))
	if err != nil {
		return errors.WithMessage(err, "field")
	}
	if shape := fn.Outputs()[0]; !slices.Equal(shape, []int{1, n}) {
		return errors.Errorf("field: it makes %v of (1, %d), the width of the cell", shape, n)
	}
	for _, p := range fn.Params() {
		if !slices.Contains(e.field.Params(), p) {
			return errors.Errorf("field: it uses the parameter %v, which its Params do not list", p)
		}
	}
	return nil
}

// follow replaces the output in a state (B, S) by what it is after the times dt (B, 1).
func (e evolution) follow(f *formula.F, s Sizes, state, dt *G.Node) *G.Node {
	h := f.Columns(state, 0, s.Output)
	if e.rk4 > 0 {
		h = e.steps(f, h, dt)
	} else {
		h = f.Apply(func(h *G.Node) (*G.Node, error) { return e.adaptive(h, dt) }, h)
	}
	if s.State > s.Output {
		h = f.Concat(h, f.Columns(state, s.Output, s.State))
	}
	return h
}

// adaptive solves dh/ds = Δt f(h) from s = 0 to 1, each row with steps of its own.
func (e evolution) adaptive(h, dt *G.Node) (*G.Node, error) {
	field := func(_, h *G.Node, args ...*G.Node) (*G.Node, error) {
		f := formula.For(h)
		return f.Result(f.MulColumn(f.Apply(e.field.Forward, h), args[0]))
	}
	opts := append(slices.Clone(e.solve), odeop.PerRow(), odeop.RowArgs(dt))
	return odeop.SolveFinal(field, h, []float64{0, 1}, opts...)
}

// steps takes equal steps of the classical Runge–Kutta method.
func (e evolution) steps(f *formula.F, h, dt *G.Node) *G.Node {
	step := f.Mul(dt, f.Number(1/float64(e.rk4)))
	half := f.Mul(step, f.Number(0.5))
	slope := func(h *G.Node) *G.Node { return f.Apply(e.field.Forward, h) }
	for range e.rk4 {
		k1 := slope(h)
		k2 := slope(f.Add(h, f.MulColumn(k1, half)))
		k3 := slope(f.Add(h, f.MulColumn(k2, half)))
		k4 := slope(f.Add(h, f.MulColumn(k3, step)))
		sum := f.Add(f.Add(k1, k4), f.Mul(f.Add(k2, k3), f.Number(2)))
		h = f.Add(h, f.MulColumn(f.Mul(sum, f.Number(1./6)), step))
	}
	return h
}
