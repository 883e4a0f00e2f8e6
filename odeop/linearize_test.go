package odeop

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// The replay of an explicit step evaluates the field once a stage, four times and four products a step of RK4; a step
// whose stages were kept is not replayed.
func TestReplayEvaluatesOnce(t *testing.T) {
	replayed := backwardWork(t, Backprop{Memory: -1})
	if n := 4 * replayed.steps; replayed.F != n || replayed.VJP != n {
		t.Errorf("%d evaluations and %d products for %d steps, want 4 of each a step", replayed.F, replayed.VJP, replayed.steps)
	}
	if kept := backwardWork(t, Backprop{}); kept.F != 0 || kept.VJP != replayed.VJP {
		t.Errorf("%d evaluations and %d products with all stages kept", kept.F, kept.VJP)
	}
	if some := backwardWork(t, Backprop{Memory: 4000}); some.F == 0 || some.F >= replayed.F || some.F%4 != 0 ||
		some.VJP != replayed.VJP {
		t.Errorf("%d evaluations and %d products with some stages kept", some.F, some.VJP)
	}
	if none := backwardWork(t, Backprop{Checkpoints: 3}); none.F < replayed.F {
		t.Errorf("%d evaluations with checkpoints, without %d", none.F, replayed.F)
	}
}

type backwardCounts struct {
	solvers.Stats
	steps int
}

func backwardWork(t *testing.T, mode GradientMode) backwardCounts {
	t.Helper()
	f := testFields()[0]
	m := f.in(t, tensor.Float64)
	var s Stats
	ys := m.solve(how{opts: []Option{Method(solvers.RK4{}), Step(0.1), Gradient(mode), Record(&s)}})
	if _, err := G.Grad(G.Must(G.Sum(ys)), m.inputs[0].node); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(ys.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return backwardCounts{s.Backward(), s.Forward().Accepted}
}
