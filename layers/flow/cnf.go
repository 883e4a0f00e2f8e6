package flow

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// CNF is a continuous normalizing flow (Chen et al. 2018, Neural ordinary differential equations, section 4; Grathwohl
// et al. 2019, FFJORD). The field f carries the base distribution at t = 0 to the data at t = 1, and
//
//	dz/dt = f(t, z),   d ln p(z(t))/dt = −tr ∂f/∂z
//
// so that the change of volume is the integral of the trace, a running cost of the solve. [CNF.Forward] solves from 1 to 0
// and [CNF.Inverse] from 0 to 1. Both errors, that of the points and that of the log-density, choose the steps.
//
// The trace is exact, from d directional derivatives, one for each column; [Estimated] makes it Hutchinson's estimate from
// one.
type CNF struct {
	field layers.Layer
	dim   int
	opts  []odeop.Option
	probe *Probe // nil: the exact trace
	stats *odeop.Stats
}

// NewCNF makes a flow of d columns. The field, a layer that keeps (rows, d) and treats every row alike, may be a
// [layers.TimeLayer], such as a [TimeNet]. Options are those of odeop for the method, the tolerance and the gradient;
// odeop.PerRow is for the exact trace. Args and RowArgs, nodes of one graph, are not for a flow.
func NewCNF(field layers.Layer, d int, opts ...odeop.Option) (*CNF, error) {
	switch {
	case field == nil:
		return nil, errors.New("flow: cnf: the field is nil")
	case d < 1:
		return nil, errors.Errorf("flow: cnf: %d columns, want at least 1", d)
	}
	for i, o := range opts {
		if o == nil {
			return nil, errors.Errorf("flow: cnf: option %d is nil", i)
		}
	}
	return &CNF{field: field, dim: d, opts: append([]odeop.Option(nil), opts...), stats: new(odeop.Stats)}, nil
}

// Dim implements [Bijection].
func (c *CNF) Dim() int { return c.dim }

// Params implements [Bijection]: the field's.
func (c *CNF) Params() []*graph.Param { return c.field.Params() }

// Stats counts the work of the newest run of a node that the flow, or what [Estimated] made of it, has made.
func (c *CNF) Stats() *odeop.Stats { return c.stats }

// Field is the vector field, as [Matching] trains it.
func (c *CNF) Field() layers.Layer { return c.field }

var (
	toBase = []float64{1, 0}
	toData = []float64{0, 1}
)

// Forward implements [Bijection].
func (c *CNF) Forward(x *G.Node) (z, logDet *G.Node, err error) {
	z, cost, err := c.solve(x, toBase, false)
	if err != nil {
		return nil, nil, err
	}
	logDet, err = column(cost, 0)
	return z, logDet, err
}

// Inverse implements [Bijection].
func (c *CNF) Inverse(z *G.Node) (x, logDet *G.Node, err error) {
	x, cost, err := c.solve(z, toData, false)
	if err != nil {
		return nil, nil, err
	}
	logDet, err = column(cost, 0)
	return x, logDet, err
}

// move is Forward or Inverse without the change of volume, which costs more than the points.
func (c *CNF) move(x *G.Node, times []float64) (*G.Node, error) {
	if err := checkBatch("cnf", x, c.dim, dtypeOf(c.Params())); err != nil {
		return nil, err
	}
	y, err := odeop.SolveFinal(layers.Field(c.field), x, times, c.options()...)
	return y, errors.WithMessage(err, "flow: cnf")
}

func (c *CNF) options(more ...odeop.Option) []odeop.Option {
	return append(append([]odeop.Option{odeop.Record(c.stats)}, more...), c.opts...)
}

// solve is the state at the last of the times and the integrals (B, 1), or with energies (B, 3), see integrands.
func (c *CNF) solve(x *G.Node, times []float64, energies bool) (y, costs *G.Node, err error) {
	if err := checkBatch("cnf", x, c.dim, dtypeOf(c.Params())); err != nil {
		return nil, nil, err
	}
	opts := c.options(odeop.CostErrorControl())
	if c.probe != nil {
		e, err := c.probe.node(x)
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, odeop.Args(e))
	}
	field := layers.Field(c.field)
	rate := func(t, z *G.Node, _ ...*G.Node) (*G.Node, error) { return field(t, z) }
	cost := func(t, z *G.Node, probe ...*G.Node) (*G.Node, error) {
		return c.integrands(t, z, probe, times[1] < times[0], energies)
	}
	s, err := odeop.SolveWithCost(rate, cost, x, times, opts...)
	if err != nil {
		return nil, nil, errors.WithMessage(err, "flow: cnf")
	}
	if y, err = s.Final(); err != nil {
		return nil, nil, errors.WithMessage(err, "flow: cnf")
	}
	costs, err = s.Cost()
	return y, costs, errors.WithMessage(err, "flow: cnf")
}

// column is column j of m (B, k), of shape (B).
func column(m *G.Node, j int) (*G.Node, error) {
	return single(operation("column", func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{f.Reshape(slice(f, in[0], nil, G.S(j)), m.Shape()[0])}
	}, m))
}

// function is the field as a function of t and z, of z's shape.
func (c *CNF) function(z *G.Node) (*graph.Func, error) {
	field := layers.Field(c.field)
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		dz, err := field(in[0], in[1])
		return G.Nodes{dz}, err
	}, graph.Input("t", z.Dtype()), graph.Input("z", z.Dtype(), z.Shape()...))
	if err != nil {
		return nil, errors.WithMessage(err, "flow: cnf: field")
	}
	if out := fn.Outputs()[0]; !slices.Equal(out, z.Shape()) {
		return nil, errors.Errorf("flow: cnf: the field makes shape %v of %v", out, z.Shape())
	}
	for _, p := range fn.Params() {
		if !slices.Contains(c.Params(), p) {
			return nil, errors.Errorf("flow: cnf: the field uses the parameter %v, which its Params do not list", p)
		}
	}
	return fn, nil
}

var _ Bijection = (*CNF)(nil)
