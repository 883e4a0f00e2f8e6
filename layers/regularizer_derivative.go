package layers

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// TotalDerivative is ∫ ‖dᵏy/dtᵏ‖² dt along the solution, by nested forward derivatives (Kelly et al. 2020, Learning
// differential equations that are easy to solve). A method of order p takes steps that are limited by the
// derivative of order p + 1. Order is from 1, where it is the [KineticEnergy], to 6; the work grows fast with it.
type TotalDerivative struct{ Order int }

func (d TotalDerivative) noise(*G.Node) (*G.Node, error) {
	if d.Order < 1 || d.Order > 6 {
		return nil, errors.Errorf("layers: ode block: total derivative of order %d, want 1 to 6", d.Order)
	}
	return nil, nil
}

func (d TotalDerivative) rate(fn *graph.Func, t, y, _ *G.Node) (*G.Node, error) {
	fn, err := totalDerivative(fn, d.Order)
	if err != nil {
		return nil, err
	}
	dy, err := graph.Call(fn, t, y)
	if err != nil {
		return nil, err
	}
	return sumOfSquares(dy)
}

// totalDerivative is dᵏy/dtᵏ as a function of t and y: g₁ = f, g_{k+1} = ∂g_k/∂t + (∂g_k/∂y) f.
func totalDerivative(f *graph.Func, k int) (*graph.Func, error) {
	g := f
	for i := 1; i < k; i++ {
		tangent, err := g.JVP()
		if err != nil {
			return nil, err
		}
		if tangent, err = tangent.Select(1); err != nil {
			return nil, err
		}
		if g, err = graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
			dy, err := graph.Call(f, in...)
			if err != nil {
				return nil, err
			}
			one, err := graph.Constant(in[0], []float64{1})
			if err != nil {
				return nil, err
			}
			dk, err := graph.Call(tangent, append(slices.Clone(in), one, dy)...)
			return G.Nodes{dk}, err
		}, f.Inputs()...); err != nil {
			return nil, errors.WithMessagef(err, "derivative of order %d", i+1)
		}
	}
	return g.Named(fmt.Sprintf("derivative of order %d", k)), nil
}
