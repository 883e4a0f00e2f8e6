package odeop_test

import (
	"fmt"
	"log"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// The energy ∫ y² dt of y' = −k y, y(0) = 1, and its derivative by the rate k.
func ExampleSolveWithCost() {
	k, err := graph.NewParam("k", graph.Values([]float64{0.5}), tensor.Float64, 1)
	if err != nil {
		log.Fatal(err)
	}
	field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		ky, err := G.HadamardProd(k.In(y.Graph()), y)
		if err != nil {
			return nil, err
		}
		return G.Neg(ky)
	}
	energy := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		y2, err := G.Square(y)
		if err != nil {
			return nil, err
		}
		return G.Sum(y2)
	}
	g := G.NewGraph()
	y0 := G.NewVector(g, G.Float64, G.WithName("y0"), G.WithShape(1), G.WithInit(G.Ones()))
	sol, err := odeop.SolveWithCost(field, energy, y0, []float64{0, 2})
	if err != nil {
		log.Fatal(err)
	}
	cost, err := sol.Cost()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := G.Grad(cost, k.In(g)); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(k.In(g)))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(odeop.Cause(err))
	}
	d, err := k.In(g).Grad()
	if err != nil {
		log.Fatal(err)
	}
	e := math.Exp(-2)
	fmt.Printf("cost %.4f, exactly %.4f\n", cost.Value().Data(), 1-e)
	fmt.Printf("by k %.4f, exactly %.4f\n", d.Data(), 4*e-2*(1-e))
	// Output:
	// cost 0.8647, exactly 0.8647
	// by k [-1.1880], exactly -1.1880
}
