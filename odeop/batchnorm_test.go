package odeop

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A batch normalisation inside of a field updates its running statistics in the forward solve, and not in the backward
// pass, which evaluates the field again.
func TestBackwardPassLeavesRunningStatisticsAlone(t *testing.T) {
	g := G.NewGraph()
	y0 := G.NewMatrix(g, tensor.Float64, G.WithShape(4, 2), G.WithName("y0"),
		G.WithValue(tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float64{1, 2, -1, 0.5, 0.3, -2, 0.8, 1}))))
	ones := func(name string, g *G.ExprGraph) *G.Node {
		return G.NewMatrix(g, tensor.Float64, G.WithShape(4, 2), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float64{1, 1, 1, 1, 1, 1, 1, 1}))))
	}
	scale, shift := ones("scale", g), ones("shift", g)
	var op *G.BatchNormOp
	field := func(_, y *G.Node, args ...*G.Node) (out *G.Node, err error) {
		out, _, _, op, err = G.BatchNorm(y, args[0], args[1], 0.1, 1e-5)
		return out, err
	}
	ys, err := SolveFinal(field, y0, []float64{0, 1}, Args(scale, shift))
	if err != nil {
		t.Fatal(err)
	}
	if err := op.SetTraining(true); err != nil {
		t.Fatal(err)
	}
	mean := func() []float64 {
		m, _ := op.Stats()
		return slices.Clone(m.Data().([]float64))
	}
	forwardOnly := func() []float64 {
		vm := G.NewTapeMachine(g, G.EvalMode())
		defer vm.Close()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return mean()
	}
	before := mean()
	after := forwardOnly()
	if slices.Equal(before, after) {
		t.Errorf("the forward solve left the running mean %v alone", before)
	}
	if err := op.SetTraining(true); err != nil { // and reset the statistics
		t.Fatal(err)
	}
	if _, err := G.Grad(G.Must(G.Sum(ys)), y0); err != nil {
		t.Fatal(err)
	}
	if again := forwardOnly(); !slices.Equal(after, again) {
		t.Errorf("with a backward pass the running mean is %v, without %v", again, after)
	}
}
