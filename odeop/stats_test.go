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
	// its first run doesn't know that a gradient will be wanted
	f.in(t, tensor.Float64).gradients(how{opts: opts, lisp: true}, true)
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

// A run that fails on its times leaves no record of the run before it.
func TestRecordOfBadTimes(t *testing.T) {
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	when := Event{When: func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }}
	var s Stats
	var rows RowStats
	for name, solve := range map[string]func(y0, times *G.Node) (*G.Node, error){
		"SolveAt": func(y0, times *G.Node) (*G.Node, error) { return SolveAt(field, y0, times, Record(&s)) },
		"PerRow": func(y0, times *G.Node) (*G.Node, error) {
			return SolveAt(field, y0, times, Record(&s), PerRow(), RecordRows(&rows))
		},
		"SolveEventsAt": func(y0, times *G.Node) (*G.Node, error) {
			sol, err := SolveEventsAt(field, y0, times, []Event{when}, Record(&s))
			if err != nil {
				return nil, err
			}
			return sol.Final()
		},
	} {
		g := G.NewGraph()
		times := newNode(g, tensor.Float64, "times", []int{2}, []float64{0, 1})
		must(solve(newNode(g, tensor.Float64, "y0", []int{2, 1}, []float64{1, 2}), times))
		vm := G.NewTapeMachine(g)
		if err := vm.RunAll(); err != nil || s.Forward().F == 0 || s.Status() != solvers.Success {
			t.Fatalf("%s: %v, %v after %+v", name, err, s.Status(), s.Forward())
		}
		times.Value().Data().([]float64)[1] = 0
		vm.Reset()
		if err := vm.RunAll(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if s.Status() != solvers.BadInput || s.Forward() != (solvers.Stats{}) {
			t.Errorf("%s: %v after %+v", name, s.Status(), s.Forward())
		}
		vm.Close()
	}
	for i, r := range rows.Rows() {
		if r.Status != solvers.BadInput || r.Err == nil || r.Forward != (solvers.Stats{}) {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	if f, b := rows.Calls(); len(rows.Rows()) != 2 || f != 0 || b != 0 {
		t.Errorf("%d rows, %d and %d calls", len(rows.Rows()), f, b)
	}
}
