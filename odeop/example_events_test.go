package odeop_test

import (
	"fmt"
	"log"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// A ball falls from a height of 1 m and keeps 80 % of its speed at each impact. The times of the impacts, and how that
// of the third moves with the height and the restitution: tₙ = √(2h/g) (1 + 2e + … + 2eⁿ⁻¹).
func ExampleSolveEvents() {
	restitution, err := graph.NewParam("restitution", graph.Values([]float64{0.8}), tensor.Float64, 1)
	if err != nil {
		log.Fatal(err)
	}
	// y = (height, speed). Must panics, which the solve turns into an error.
	at := func(y *G.Node, i int) *G.Node { return G.Must(graph.Slice(y, G.S(i, i+1))) }
	fall := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Concat(0, at(y, 1), G.Must(graph.Constant(y, []float64{-9.81}, 1)))
	}
	ground := odeop.Event{
		When:      func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return at(y, 0), nil },
		Direction: solvers.Falling,
		Map: func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			kept := G.Must(G.HadamardProd(restitution.In(y.Graph()), at(y, 1)))
			return G.Concat(0, G.Must(graph.Constant(y, []float64{0}, 1)), G.Must(G.Neg(kept)))
		},
		Terminal: true,
		Count:    3,
	}
	g := G.NewGraph()
	y0 := G.NewVector(g, G.Float64, G.WithName("y0"), G.WithValue(tensor.New(tensor.WithBacking([]float64{1, 0}))))
	sol, err := odeop.SolveEvents(fall, y0, []float64{0, 10}, []odeop.Event{ground}, odeop.Occurrences(3))
	if err != nil {
		log.Fatal(err)
	}
	times, end := G.Must(sol.Times()), G.Must(sol.EndTime())
	if _, err := G.Grad(end, y0, restitution.In(g)); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(y0, restitution.In(g)))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(odeop.Cause(err))
	}
	byState, err := y0.Grad()
	if err != nil {
		log.Fatal(err)
	}
	byRestitution, err := restitution.In(g).Grad()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("impacts at %.4f s\n", times.Value().Data())
	fmt.Printf("the third by height and speed: %.4f\n", byState.Data())
	fmt.Printf("by restitution: %.4f, exactly %.4f\n", byRestitution.Data(), math.Sqrt(2/9.81)*(2+4*0.8))
	// Output:
	// impacts at [0.4515 1.1740 1.7519] s
	// the third by height and speed: [0.8760 0.1019]
	// by restitution: [2.3479], exactly 2.3479
}
