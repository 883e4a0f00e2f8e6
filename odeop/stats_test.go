package odeop

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// RK4 has four stages: forward as many evaluations a step, backward as many replays and products.
func TestRecordCountsEvaluations(t *testing.T) {
	f := testFields()[0] // 7, 9 and 6 steps of at most 0.05
	const steps = 22
	var s Stats
	f.in(t, tensor.Float64).gradients(how{opts: []Option{Method(solvers.RK4{}), Step(0.05), Record(&s)}}, true)
	if w := s.Forward(); w.F != 4*steps || w.Steps != steps || w.Accepted != steps || w.Rejected != 0 || w.VJP != 0 {
		t.Errorf("forward %+v", w)
	}
	if w := s.Backward(); w.VJP != 4*steps || w.F+w.VJP > 2*4*steps {
		t.Errorf("backward %+v", w)
	}
	if st := s.Status(); st != solvers.Success {
		t.Errorf("status %v", st)
	}
}

// A forward run begins anew, and a backward pass that finds no record of the forward one counts that too.
func TestRecordIsOfTheNewestRun(t *testing.T) {
	f := testFields()[0]
	var s Stats
	if f, b := s.Forward(), s.Backward(); f != (solvers.Stats{}) || b != f || s.Status() != solvers.Running {
		t.Errorf("before a run: %+v, %+v, %v", f, b, s.Status())
	}
	opts := []Option{Method(solvers.RK4{}), Record(&s)}
	f.in(t, tensor.Float64).gradients(how{opts: opts}, true)
	tape := s.Backward()
	f.in(t, tensor.Float64).gradients(how{opts: opts, lisp: true}, true) // its first run doesn't know that a gradient will be wanted
	if b := s.Backward(); b.F != tape.F+4*3 || b.VJP != tape.VJP {
		t.Errorf("backward pass with a repeated solve %+v, without %+v", b, tape)
	}
	evaluated(t, f.in(t, tensor.Float64).solve(how{opts: opts}))
	if b := s.Backward(); b != (solvers.Stats{}) {
		t.Errorf("after an evaluation: %+v", b)
	}
}

func TestRecordOfAFailure(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{1})
	var s Stats
	_, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) },
		y0, []float64{0, 2}, Record(&s), MaxSteps(5))
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if vm.RunAll() == nil {
		t.Fatal("no error")
	}
	if w := s.Forward(); s.Status() != solvers.MaxStepsReached || w.Steps != 5 {
		t.Errorf("%v after %+v", s.Status(), w)
	}
}
