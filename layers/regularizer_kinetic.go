package layers

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// KineticEnergy is ∫ ‖f(t, y)‖² dt, which is least for straight trajectories at constant speed (Finlay et al. 2020, How to
// train your neural ODE: the world of Jacobian and kinetic regularization).
type KineticEnergy struct{}

func (KineticEnergy) noise(*G.Node) (*G.Node, error) { return nil, nil }

func (KineticEnergy) rate(fn *graph.Func, t, y, _ *G.Node) (*G.Node, error) {
	dy, err := graph.Call(fn, t, y)
	if err != nil {
		return nil, err
	}
	return sumOfSquares(dy)
}

// sumOfSquares is that of all elements.
func sumOfSquares(x *G.Node) (*G.Node, error) {
	f := formula.For(x)
	return f.Result(f.Sum(f.Apply(G.Square, x)))
}
