package training

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// A parameter of one number trains: the first step of Adam (Kingma and Ba 2015) is η g/(|g| + ε), with g = 2w of the cost
// w², η = 1e-3 and ε = 1e-8, to rounding.
func TestLoopOfOneNumber(t *testing.T) {
	for dt, eps := range map[tensor.Dtype]float64{tensor.Float64: 0x1p-52, tensor.Float32: 0x1p-23} {
		p := param(t, "w", dt, 2)
		l := Loop{Cost: squares(p), Params: []*graph.Param{p}}
		if err := l.Run(t.Context(), 0, 1); err != nil {
			t.Fatalf("%v: %v", dt, err)
		}
		want := 2 - 1e-3*4/(4+1e-8)
		if got := p.Float64s()[0]; math.Abs(got-want) > 4*eps*want {
			t.Errorf("%v: %.17g after a step, want %.17g", dt, got, want)
		}
	}
}

// Without its shape a tensor of one number has none, and Gorgonia's Adam panics on it: its gradient is no tensor.
func TestAdamOfANumberWithoutShape(t *testing.T) {
	value := tensor.New(tensor.WithBacking([]float64{2}))
	if !value.Shape().Eq(tensor.ScalarShape()) {
		t.Errorf("Gorgonia is mended: the shape is %v", value.Shape())
	}
	w := G.NodeFromAny(G.NewGraph(), value, G.WithName("w"))
	cost := G.Must(G.Neg(w))
	if _, err := G.Grad(cost, w); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(w.Graph(), G.BindDualValues(w))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Gorgonia is mended: Adam takes a number without a shape, so docs/gorgonia.md need not warn")
		}
	}()
	_ = G.NewAdamSolver().Step(G.NodesToValueGrads(G.Nodes{w}))
}
