package layers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// Regularizer is a cost that is integrated along a solve and makes its dynamics easy to integrate, see
// [ODEBlock.ForwardWithCost]: [KineticEnergy], [JacobianFrobenius] and [TotalDerivative].
type Regularizer interface {
	// noise is what the solve holds fixed, of the shape of y; nil if nothing is random.
	noise(y *G.Node) (*G.Node, error)
	// rate is what is integrated, summed over all components of y: a number. f is the field, a function of t and y.
	rate(f *graph.Func, t, y, noise *G.Node) (*G.Node, error)
}

// ForwardWithCost is Forward with regularisers: costs[i] is a number, the integral of rs[i] by |dt| from the first to the
// last time, whichever is earlier, summed over the components of the state and averaged over its first axis, the batch (a
// vector is one example). A loss adds it up with weights of its choice:
//
//	y, costs, err := block.ForwardWithCost(x, layers.KineticEnergy{}, layers.JacobianFrobenius{Step: step})
//
// The integrals go along with the solve, by the same steps, and have exact gradients in whatever mode the block has. The
// steps are those of Forward: the error of the costs does not choose them, unless odeop.CostErrorControl is among the
// options. A symplectic block takes no costs along.
func (b *ODEBlock) ForwardWithCost(x *G.Node, rs ...Regularizer) (y *G.Node, costs G.Nodes, err error) {
	if len(rs) == 0 {
		return nil, nil, errors.New("layers: ode block: no regulariser")
	}
	if err := b.accepts(x); err != nil {
		return nil, nil, err
	}
	if b.phases {
		return nil, nil, errors.New("layers: ode block: a cost of positions and momenta is not separable: " +
			"no symplectic method takes it along")
	}
	var noises G.Nodes
	at := make([]int, len(rs)) // the arg that is a regulariser's noise
	for i, r := range rs {
		at[i] = -1
		if r == nil {
			return nil, nil, errors.Errorf("layers: ode block: regulariser %d is nil", i)
		}
		n, err := r.noise(x)
		if err != nil {
			return nil, nil, err
		}
		if n != nil {
			at[i] = len(noises)
			noises = append(noises, n)
		}
	}
	sol, err := b.solveWithCost(x, noises, func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		return b.rates(rs, at, t, y, args)
	})
	if err != nil {
		return nil, nil, errors.WithMessage(err, "layers: ode block")
	}
	if y, err = sol.Final(); err != nil {
		return nil, nil, errors.WithMessage(err, "layers: ode block")
	}
	cost, err := sol.Cost()
	if err != nil {
		return nil, nil, errors.WithMessage(err, "layers: ode block")
	}
	costs, err = b.means(cost, len(rs))
	return y, costs, err
}

// rates are the rates of all regularisers, a vector, for one example of the batch on average.
func (b *ODEBlock) rates(rs []Regularizer, at []int, t, y *G.Node, noises G.Nodes) (*G.Node, error) {
	dt := y.Dtype()
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		dy, err := forward(b.field, in[0], in[1])
		return G.Nodes{dy}, err
	}, graph.Input("t", dt), graph.Input("y", dt, y.Shape()...))
	if err != nil {
		return nil, err
	}
	examples := 1
	if s := y.Shape(); len(s) > 1 {
		examples = s[0]
	}
	f := formula.Of(dt)
	var all G.Nodes
	for i, r := range rs {
		var noise *G.Node
		if at[i] >= 0 {
			noise = noises[at[i]]
		}
		rate, err := r.rate(fn, t, y, noise)
		if err != nil {
			return nil, err
		}
		all = append(all, f.Reshape(f.Mul(rate, f.Number(b.direction()/float64(examples))), 1))
	}
	return f.Result(f.Concat(all...))
}

// direction is 1, or −1 where the block goes back in time.
func (b *ODEBlock) direction() float64 {
	return math.Copysign(1, b.times[len(b.times)-1]-b.times[0])
}

// means are the costs as numbers. With odeop.PerRow the rows have costs of their own, (rows, n).
func (b *ODEBlock) means(cost *G.Node, n int) (G.Nodes, error) {
	mean, err := operation("regularisers", func(in G.Nodes) (*G.Node, error) {
		f := formula.For(cost)
		rows := cost.Shape().TotalSize() / n
		sum := f.Reshape(in[0], rows, n)
		sum = f.Apply(func(x *G.Node) (*G.Node, error) { return G.Sum(x, 0) }, sum)
		return f.Result(f.Reshape(f.Mul(sum, f.Number(1/float64(rows))), n))
	}, cost)
	if err != nil {
		return nil, err
	}
	costs := make(G.Nodes, n)
	for i := range costs {
		if costs[i], err = graph.Element(mean, i); err != nil {
			return nil, errors.WithMessage(err, "layers: ode block")
		}
	}
	return costs, nil
}

// errPerRow is the error of a running cost that sees one row of many.
var errPerRow = errors.New("the solve is per row")

// solveWithCost hands the noises to the cost. Whether the solve is per row, so that they are RowArgs, is known when the
// cost is first called.
func (b *ODEBlock) solveWithCost(y0 *G.Node, noises G.Nodes, g odeop.Field) (*odeop.CostSolution, error) {
	field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return forward(b.field, t, y) }
	solve := func(g odeop.Field, args odeop.Option) (*odeop.CostSolution, error) {
		if b.end == nil {
			return odeop.SolveWithCost(field, g, y0, b.times, b.options(args)...)
		}
		times, err := b.randomTimes(y0)
		if err != nil {
			return nil, err
		}
		return odeop.SolveAtWithCost(field, g, y0, times, b.options(args)...)
	}
	perRow := false
	sol, err := solve(func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		if perRow = len(noises) > 0 && !slices.Equal(y.Shape(), y0.Shape()); perRow {
			return nil, errPerRow
		}
		return g(t, y, args...)
	}, odeop.Args(noises...))
	if perRow {
		return solve(g, odeop.RowArgs(noises...))
	}
	return sol, err
}
