package graph_test

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// A small model is trained without a machine of Gorgonia's, which would take many times as long as the model itself:
// the plan of a cost and its gradients reads the parameters where they are.
func ExampleCompile() {
	w, err := graph.NewParam("w", graph.Glorot(rand.New(rand.NewPCG(1, 2))), tensor.Float64, 3, 1)
	if err != nil {
		panic(err)
	}
	mse, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := G.Mul(in[0], w.In(in[0].Graph()))
		if err != nil {
			return nil, err
		}
		r, err := G.Sub(y, in[1])
		if err != nil {
			return nil, err
		}
		sq, err := G.Square(r)
		if err != nil {
			return nil, err
		}
		cost, err := G.Mean(sq)
		return G.Nodes{cost}, err
	}, graph.Input("x", tensor.Float64, 4, 3), graph.Input("y", tensor.Float64, 4, 1))
	if err != nil {
		panic(err)
	}
	vjp, err := mse.ValueVJP() // x, y, 1 → cost, ∂cost/∂x, ∂cost/∂y, ∂cost/∂w
	if err != nil {
		panic(err)
	}
	if vjp, err = vjp.Select(0, 3); err != nil {
		panic(err)
	}
	plan, err := graph.Compile[float64](vjp)
	if err != nil {
		panic(err)
	}
	x := []float64{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1}
	y := []float64{2, -1, 0.5, 1.5}
	cost, grad := []float64{0}, make([]float64, 3)
	weights := w.Value().Float64s()
	for range 200 {
		if err := plan.Run([][]float64{x, y, {1}}, [][]float64{cost, grad}); err != nil {
			panic(err)
		}
		for i, g := range grad {
			weights[i] -= 0.5 * g
		}
	}
	fmt.Printf("cost %.4f, weights %.4f\n", cost[0], weights)
	// Output: cost 0.0000, weights [2.0000 -1.0000 0.5000]
}
