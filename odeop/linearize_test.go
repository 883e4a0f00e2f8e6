package odeop

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// The replay of an explicit step evaluates the field once a stage: four times and four products a step of RK4.
func TestReplayEvaluatesOnce(t *testing.T) {
	f := testFields()[0]
	m := f.in(t, tensor.Float64)
	var s Stats
	ys := m.solve(how{opts: []Option{Method(solvers.RK4{}), Step(0.1), Record(&s)}})
	if _, err := G.Grad(G.Must(G.Sum(ys)), m.inputs[0].node); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(ys.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	steps := s.Forward().Accepted
	if b := s.Backward(); b.F != 4*steps || b.VJP != 4*steps {
		t.Errorf("%d evaluations and %d products for %d steps, want 4 of each a step", b.F, b.VJP, steps)
	}
}
