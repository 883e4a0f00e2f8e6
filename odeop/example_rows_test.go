package odeop_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// Oscillators x” = −ω²x, each with a frequency and a span of its own. The second is quick, and it alone takes many steps.
func ExampleSolveRows() {
	g := G.NewGraph()
	y0 := G.NewMatrix(g, G.Float64, G.WithName("y0"), // rows (x, x')
		G.WithValue(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 0, 1, 0, 1, 0}))))
	omega2 := G.NewMatrix(g, G.Float64, G.WithName("ω²"),
		G.WithValue(tensor.New(tensor.WithShape(3, 1), tensor.WithBacking([]float64{1, 400, 1}))))
	field := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		x, v := G.Must(graph.Slice(y, nil, G.S(0, 1))), G.Must(graph.Slice(y, nil, G.S(1, 2)))
		return G.Concat(1, v, G.Must(G.Neg(G.Must(G.HadamardProd(args[0], x)))))
	}
	var rows odeop.RowStats
	times := [][]float64{{0, 1, 2}, {0, 1, 2}, {5, 5.5}}
	ys, err := odeop.SolveRows(field, y0, times, odeop.RowArgs(omega2), odeop.RecordRows(&rows))
	if err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(odeop.Cause(err))
	}
	fmt.Println("states:", ys.Shape())
	for i, r := range rows.Rows() {
		fmt.Printf("row %d: %v at t=%g, more than 50 steps: %t\n", i, r.Status, r.T, r.Forward.Steps > 50)
	}
	// Output:
	// states: (3, 3, 2)
	// row 0: Success at t=2, more than 50 steps: false
	// row 1: Success at t=2, more than 50 steps: true
	// row 2: Success at t=5.5, more than 50 steps: false
}
