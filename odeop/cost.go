package odeop

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// CostSolution is what SolveWithCost made. Its methods make the nodes of what is asked for, each once, so that nothing is
// left in the graph that a loss does not use.
type CostSolution struct {
	packed parts
	n      int          // times
	rows   int          // of PerRow; otherwise 0
	y      tensor.Shape // of y0
	cost   tensor.Shape // of the running cost, with the axis of the rows
}

// SolveWithCost is Solve with a running cost beside the states,
//
//	c(t) = ∫ g(s, y(s), args...) ds  from times[0] to t,
//
// which is integrated along with y, c' = g, by the same steps. g is written as the field is, and may use args and parameters
// of its own. It returns a number, or several costs as one node of any shape. With [PerRow] g returns the costs of the one
// row that it is given.
//
// Gradients flow through the cost as they do through the states, in every mode, to whatever f and g depend on.
//
// The error of c is not controlled, as that of quadratures is not in CVODES (Hindmarsh et al., ACM TOMS 31, 2005, section
// 2.3): the steps, and so the states, are those of Solve. [CostErrorControl] lets it count. Where Settings has
// tolerances for each component they are those of y, and c has the loosest of them.
func SolveWithCost(f, g Field, y0 *gorgonia.Node, times []float64, opts ...Option) (*CostSolution, error) {
	return solveWithCost(f, g, y0, times, nil, opts)
}

// SolveAtWithCost is SolveWithCost at times that are a node, as those of [SolveAt]. The cost at a time moves with it, by g
// there, and with the first time.
func SolveAtWithCost(f, g Field, y0, times *gorgonia.Node, opts ...Option) (*CostSolution, error) {
	if times == nil {
		return nil, errors.New("odeop: solve with cost: no times")
	}
	return solveWithCost(f, g, y0, nil, times, opts)
}

// CostErrorControl lets the error of a running cost count in the step size control: it is part of the root mean square, or,
// where Settings has a norm for y, the larger of that norm and the costs' own root mean square counts.
func CostErrorControl() Option {
	return func(c *config) error {
		c.costError = true
		return nil
	}
}

// ofCost is the option of a solve with a running cost.
func ofCost(c *config) error {
	c.withCost = true
	return nil
}

// States are those of Solve, of shape (len(times), shape of y0...).
func (s *CostSolution) States() (*gorgonia.Node, error) { return s.part("states", s.n, false) }

// Final is the last state, of y0's shape.
func (s *CostSolution) Final() (*gorgonia.Node, error) { return s.part("final state", 1, false) }

// Costs are the integrals up to each time, of shape (len(times), shape of g...), or (len(times), rows, shape of g...) with
// PerRow. The first is zero.
func (s *CostSolution) Costs() (*gorgonia.Node, error) { return s.part("costs", s.n, true) }

// Cost is the integral up to the last time, of the shape of g, or (rows, shape of g...) with PerRow.
func (s *CostSolution) Cost() (*gorgonia.Node, error) { return s.part("cost", 1, true) }

// part takes the states or the costs at the last n times, without the axis of the times where n is 1.
func (s *CostSolution) part(name string, n int, cost bool) (*gorgonia.Node, error) {
	return s.packed.make(name, func(z *gorgonia.Node) (*gorgonia.Node, error) {
		lead := make([]tensor.Slice, z.Dims())
		lead[0] = gorgonia.S(s.n-n, s.n)
		width := z.Shape()[z.Dims()-1]
		components := s.y.TotalSize() / max(1, s.rows)
		shape := s.y
		lead[len(lead)-1] = gorgonia.S(0, components)
		if cost {
			lead[len(lead)-1], shape = gorgonia.S(components, width), s.cost
		}
		x, err := graph.Slice(z, lead...)
		if err != nil {
			return nil, err
		}
		if n > 1 {
			shape = append(tensor.Shape{n}, shape...)
		}
		return graph.Reshape(x, shape...)
	})
}

// augmentation is the state z = (y, c) of a solve with a running cost: a vector or, with PerRow, one for each row.
type augmentation struct {
	f, g   Field
	y      tensor.Shape // that f and g see
	ny, nc int          // components, of a row with PerRow
	rows   int          // of PerRow; otherwise 0
	y0     tensor.Shape
	given  *gorgonia.Node // y0
}

func solveWithCost(f, g Field, y0 *gorgonia.Node, times []float64, at *gorgonia.Node, opts []Option) (*CostSolution, error) {
	opts = append(slices.Clone(opts), ofCost)
	p, err := newProblem(f, y0, times, at, false, opts)
	if err != nil {
		return nil, err
	}
	a, cost, err := newAugmentation(p, g)
	if err != nil {
		return nil, err
	}
	sol := &CostSolution{n: p.n, rows: a.rows, y: a.y0, cost: cost}
	z0, err := a.initial(y0)
	if err != nil {
		return nil, errors.WithMessagef(err, "%s: running cost", p.name)
	}
	sol.packed.node, err = build(a.field, z0, times, at, false, append(opts, a.configure))
	return sol, err
}

// newAugmentation adds the running cost g to a problem, and says what shape all costs together have.
func newAugmentation(p *problem, g Field) (a *augmentation, cost tensor.Shape, err error) {
	if g == nil {
		return nil, nil, errors.Errorf("%s: no running cost", p.name)
	}
	f, y0 := p.field, p.y0.Shape().Clone()
	a = &augmentation{f: f, g: g, y: y0, y0: y0, given: p.y0}
	args, err := argSpecs(p.name, p.dtype, p.args)
	if p.perRow && err == nil {
		a.rows, a.y = a.y0[0], oneRow(p.y0)
		if err = p.checkRowWise(); err == nil {
			args, err = p.rowSpecs()
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if _, err := f.rate(p.name, p.dtype, a.y, args); err != nil {
		return nil, nil, err
	}
	fn, err := g.function(p.name, "running cost", p.dtype, a.y, args)
	if err != nil {
		return nil, nil, err
	}
	cost = fn.Outputs()[0]
	a.ny, a.nc = a.y.TotalSize(), cost.TotalSize()
	if p.perRow {
		if len(cost) > 0 && cost[0] == 1 {
			cost = cost[1:]
		}
		cost = append(tensor.Shape{a.rows}, cost...)
	}
	return a, cost, nil
}

// shape is that of n components of all rows or, with PerRow, of so many.
func (a *augmentation) shape(rows, n int) tensor.Shape {
	if a.rows == 0 {
		return tensor.Shape{n}
	}
	return tensor.Shape{rows, n}
}

// initial is (y0, 0).
func (a *augmentation) initial(y0 *gorgonia.Node) (*gorgonia.Node, error) {
	fn, err := graph.Trace(func(in ...*gorgonia.Node) (gorgonia.Nodes, error) {
		y, err := graph.Reshape(in[0], a.shape(a.rows, a.ny)...)
		if err != nil {
			return nil, err
		}
		shape := a.shape(a.rows, a.nc)
		zero, err := graph.Constant(y, make([]float64, shape.TotalSize()), shape...)
		if err != nil {
			return nil, err
		}
		z, err := gorgonia.Concat(len(shape)-1, y, zero)
		return gorgonia.Nodes{z}, err
	}, graph.Input("y0", y0.Dtype(), y0.Shape()...))
	if err != nil {
		return nil, err
	}
	return graph.Call(fn.Named("y0 and no cost yet"), y0)
}

// field is (f, g).
func (a *augmentation) field(t, z *gorgonia.Node, args ...*gorgonia.Node) (*gorgonia.Node, error) {
	ranges := make([]tensor.Slice, z.Dims())
	ranges[z.Dims()-1] = gorgonia.S(0, a.ny)
	y, err := graph.Slice(z, ranges...)
	if err != nil {
		return nil, err
	}
	if y, err = graph.Reshape(y, a.y...); err != nil {
		return nil, err
	}
	var rates gorgonia.Nodes
	for _, part := range []struct {
		of   Field
		size int
	}{{a.f, a.ny}, {a.g, a.nc}} {
		d, err := part.of(t, y, args...)
		if err != nil {
			return nil, err
		}
		if d, err = graph.Reshape(d, a.shape(1, part.size)...); err != nil {
			return nil, err
		}
		rates = append(rates, d)
	}
	return gorgonia.Concat(z.Dims()-1, rates...)
}

// configure makes the settings, which are for y, those of z. It is the last option.
func (a *augmentation) configure(c *config) error {
	s := &c.settings
	for _, tol := range []*[]float64{&s.RTols, &s.ATols} {
		if len(*tol) > 0 {
			*tol = slices.Concat(*tol, slices.Repeat([]float64{slices.Max(*tol)}, a.nc))
		}
	}
	s.Norm = a.norm(s.Norm, c.costError)
	c.rowWise = true // f is, and g has never seen more than a row
	c.given = a.given
	c.state = func(y string, i int) string {
		row, i := i/(a.ny+a.nc), i%(a.ny+a.nc)
		switch {
		case i < a.ny:
			return y + subscript(row*a.ny+i, a.y0)
		case a.rows > 0:
			return "the running cost" + subscript(row, tensor.Shape{a.rows})
		}
		return "the running cost"
	}
	c.rowOf = func(i int) int {
		if len(a.y0) < 2 || i >= a.ny {
			return -1
		}
		return i / (a.ny / a.y0[0])
	}
	return nil
}

func (a *augmentation) norm(n solvers.Norm, counts bool) solvers.Norm {
	switch {
	case n == nil && counts:
		return nil
	case n == nil:
		return solvers.RMS{First: a.ny}
	}
	return solvers.NormFunc(func(e []float64) float64 {
		v := n.Norm(e[:a.ny])
		if counts {
			v = math.Max(v, solvers.RMS{}.Norm(e[a.ny:]))
		}
		return v
	})
}
