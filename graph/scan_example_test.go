package graph_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// A gated recurrent unit over two sequences of different length. The shorter one keeps its state when it has ended,
// whatever its padding holds.
func ExampleScanFinal() {
	const batch, steps, in, units = 2, 3, 1, 2
	rng := rand.New(rand.NewPCG(1, 1))
	var params []*graph.Param
	param := func(name string, shape ...int) *graph.Param {
		p, err := graph.NewParam(name, graph.Glorot(rng), tensor.Float64, shape...)
		if err != nil {
			log.Fatal(err)
		}
		params = append(params, p)
		return p
	}
	wz, uz := param("Wz", in, units), param("Uz", units, units)
	wr, ur := param("Wr", in, units), param("Ur", units, units)
	wc, uc := param("Wc", in, units), param("Uc", units, units)
	// z = σ(x·Wz + h·Uz), r = σ(x·Wr + h·Ur), c = tanh(x·Wc + r⊙(h·Uc)); then h' = c + z⊙(h − c).
	cell := func(n ...*G.Node) (G.Nodes, error) {
		h, x := n[0], n[1]
		times := func(x *G.Node, w *graph.Param) *G.Node { return G.Must(G.Mul(x, w.In(x.Graph()))) }
		z := G.Must(G.Sigmoid(G.Must(G.Add(times(x, wz), times(h, uz)))))
		r := G.Must(G.Sigmoid(G.Must(G.Add(times(x, wr), times(h, ur)))))
		c := G.Must(G.Tanh(G.Must(G.Add(times(x, wc), G.Must(G.HadamardProd(r, times(h, uc)))))))
		next, err := G.Add(c, G.Must(G.HadamardProd(z, G.Must(G.Sub(h, c)))))
		return G.Nodes{next}, err
	}

	g := G.NewGraph()
	node := func(name string, values []float64, shape ...int) *G.Node {
		v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
		return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(v))
	}
	h0 := node("h0", make([]float64, batch*units), batch, units)
	xs := node("xs", []float64{1, 2, 3, 4, 5, 99}, steps, batch, in) // 1, 3, 5 and 2, 4
	mask := node("mask", []float64{1, 1, 1, 1, 1, 0}, steps, batch)
	h, err := graph.ScanFinal(cell, h0, G.Nodes{xs}, graph.ScanMask(mask))
	if err != nil {
		log.Fatal(err)
	}

	cost := G.Must(G.Sum(G.Must(G.Square(h))))
	weights := graph.ParamNodes(g, params)
	if _, err := G.Grad(cost, weights...); err != nil {
		log.Fatal(err)
	}
	var state G.Value
	G.Read(h, &state)
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	d, _ := weights[0].Grad()
	fmt.Printf("states %.4f\n", state.Data())
	fmt.Printf("∂cost/∂Wz %.4f\n", d.Data())
	// Output:
	// states [-0.9966 0.1581 -0.9743 0.0867]
	// ∂cost/∂Wz [-0.3209 -0.0937]
}

// A field may hold a recurrence: here each evaluation reads a series from the state on.
func TestScanInField(t *testing.T) {
	w, err := graph.NewParam("w", graph.Values([]float64{0.3, -0.5, 0.2, 0.4}), tensor.Float64, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	field := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
		step := func(n ...*G.Node) (G.Nodes, error) {
			next, err := G.Tanh(G.Must(G.Add(G.Must(G.Mul(n[0], w.In(n[0].Graph()))), n[1])))
			return G.Nodes{next}, err
		}
		return graph.ScanFinal(step, y, G.Nodes{args[0]}, graph.ScanCheckpoints())
	}
	g := G.NewGraph()
	y0 := G.NewMatrix(g, G.Float64, G.WithName("y0"),
		G.WithValue(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, -0.5}))))
	xs := G.NewTensor(g, G.Float64, 3, G.WithName("xs"),
		G.WithValue(tensor.New(tensor.WithShape(3, 1, 2), tensor.WithBacking([]float64{0.5, 1, -1, 0.3, 0.2, 0.8}))))
	check, err := odeop.CheckGradient(field, y0, []float64{0, 0.5, 1}, odeop.Args(xs))
	if err == nil {
		err = check.Err(1e-6)
	}
	if err != nil {
		t.Error(err)
	}
}
