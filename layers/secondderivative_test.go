package layers

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
)

// gradientOf is the layer x ↦ ∂/∂x Σ y² of another layer, by graph.Grad; its own gradients are second derivatives. It is
// one Op, so that y is no second root of the graph, which a LispMachine takes for a cost.
func gradientOf(l Layer) Layer {
	return Func(func(x *G.Node) (*G.Node, error) {
		return operation("gradient", func(in G.Nodes) (*G.Node, error) {
			y, err := l.Forward(in[0])
			if err != nil {
				return nil, err
			}
			f := formula.For(x)
			cost, err := f.Result(f.Sum(f.Apply(G.Square, y)))
			if err != nil {
				return nil, err
			}
			grads, err := graph.Grad(cost, in[0])
			if err != nil {
				return nil, err
			}
			return grads[0], nil
		}, x)
	}, l.Params()...)
}

// Second derivatives through blocks whose field is itself a gradient, and through a regulariser that holds one, by the
// input and the weights. A symplectic method has none.
func TestSecondDerivatives(t *testing.T) {
	x := draw(newRand(2), 4)
	smooth := WithActivation(Softplus())
	hamilton := newBlock(t, Hamiltonian(newMLP(t, 1, "H", []int{2, 4, 1}, smooth)), nil, odeop.Step(0.5))
	lagrange := newBlock(t, Lagrangian(newMLP(t, 1, "L", []int{2, 4, 1}, smooth), 2), nil, odeop.Step(0.5))
	checkGradients(t, gradientOf(hamilton), x, 2, 2)
	checkGradients(t, gradientOf(lagrange), x, 2, 2)

	symplectic, err := NewSymplecticBlock(
		Hamiltonian(SeparableEnergy(newMLP(t, 1, "T", []int{1, 3, 1}, smooth), newMLP(t, 2, "V", []int{1, 3, 1}, smooth))), nil,
		odeop.Step(0.5))
	if err != nil {
		t.Fatal(err)
	}
	dx, err := gradientOf(symplectic).Forward(node(G.NewGraph(), tensor.Float64, "x", x, 2, 2))
	if err == nil {
		_, err = G.Grad(G.Must(G.Sum(dx)), graph.ParamNodes(dx.Graph(), symplectic.Params())...)
	}
	if err == nil || !strings.Contains(err.Error(), "do not divide into positions and momenta") {
		t.Errorf("a symplectic method: %v", err)
	}

	step := NewStep()
	step.Set(1)
	b := newBlock(t, newMLP(t, 3, "f", []int{2, 3, 2}), nil, odeop.Step(0.5))
	checkGradients(t, gradientOf(Func(func(x *G.Node) (*G.Node, error) {
		_, costs, err := b.ForwardWithCost(x, JacobianFrobenius{Step: step})
		if err != nil {
			return nil, err
		}
		return costs[0], nil
	}, b.Params()...)), x, 2, 2)
}
