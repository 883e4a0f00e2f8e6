package solvers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// TestRadauByTolerance: for the error that a chosen number of stages has, the others need more evaluations, or few
// less; and the choice keeps the tolerance as well as order 5 does.
func TestRadauByTolerance(t *testing.T) {
	tolerances := []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11}
	stages := []int{3, 5, 7}
	var table strings.Builder
	worst := make(map[int]float64)
	for _, p := range stiffProblems(t) {
		runs := make(map[int][]radauRun)
		for _, s := range stages {
			for _, rtol := range tolerances {
				sol, err := Solve(p.system(true), p.y0, 0, p.t1, &Settings{Method: Radau{Stages: s}, RTol: rtol, ATol: rtol * p.small})
				if err != nil {
					t.Fatalf("%s, %d stages at %g: %v", p.name, s, rtol, err)
				}
				runs[s] = append(runs[s], radauRun{p.name, rtol, sol.Stats.F, sol.Stats.Factorizations, p.scaled(sol.LastY)})
			}
		}
		for i, rtol := range tolerances {
			s := Radau{Stages: ByTolerance}.at(rtol, false).Stages
			chosen := runs[s][i]
			fmt.Fprintf(&table, "%-7s rtol %.0e: %d stages, %6d f, error %.1e\n", p.name, rtol, s, chosen.f, chosen.err)
			if chosen.err > rtol {
				t.Errorf("%s at %g: %d stages have an error of %.1e", p.name, rtol, s, chosen.err)
			}
			for _, other := range stages {
				// A line through the runs of neighbouring tolerances, where luck evens out.
				near := func(s int) []radauRun { return runs[s][max(0, i-2):min(len(tolerances), i+3)] }
				f := func(r radauRun) int { return r.f }
				target := math.Max(chosen.err, 1e-13)
				if q := costFor(near(s), target, f) / costFor(near(other), target, f); other != s {
					worst[s] = math.Max(worst[s], q)
					fmt.Fprintf(&table, "        %.2f times the evaluations of %d stages\n", q, other)
				}
			}
		}
	}
	// The orders cross within a decade of the tolerance, elsewhere for each problem.
	for s, q := range worst {
		if q > 1.3 {
			t.Errorf("%d stages where they are chosen need up to %.2f times the evaluations of others", s, q)
		}
	}
	t.Log("\n" + table.String())
}

// TestRadauByToleranceIsTheChosen: the numbers are those of the method chosen, and so is the gradient's tape; constant
// steps have 3 stages.
func TestRadauByToleranceIsTheChosen(t *testing.T) {
	p := problems()[2]
	for _, c := range []struct {
		s    Settings
		want Method
	}{
		{Settings{RTol: 1e-5}, Radau{}}, {Settings{RTol: 1.1e-6}, Radau{}}, {Settings{}, Radau{Stages: 5}},
		{Settings{RTol: 1.1e-9}, Radau{Stages: 5}}, {Settings{RTol: 1e-9}, Radau{Stages: 7}},
		{Settings{RTol: 1e-9, Step: 0.1}, Radau{}},
		{Settings{RTols: []float64{1e-4, 1e-8}}, Radau{Stages: 5}},
	} {
		var states [2][]float64
		for i, m := range []Method{Radau{Stages: ByTolerance}, c.want} {
			c.s.Method = m
			sol, tape, err := SolveTape(p.system(), p.exact(p.t0), p.t0, p.t1, &c.s)
			if err != nil {
				t.Fatal(err)
			}
			if states[i] = sol.LastY; tape.set.Method.Name() != c.want.Name() {
				t.Errorf("%+v took %s, want %s", c.s, tape.set.Method.Name(), c.want.Name())
			}
		}
		if !slices.Equal(states[0], states[1]) {
			t.Errorf("%+v: %v, want %v", c.s, states[0], states[1])
		}
	}
	m, err := MethodByName("Radau-Auto")
	if err != nil || m != (Radau{Stages: ByTolerance}) || m.Order() != 5 {
		t.Errorf("radau-auto is %#v of order %d, %v", m, m.Order(), err)
	}
	if _, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &Settings{Method: Radau{Stages: -2}}); !errors.Is(err,
		ErrBadInput) {
		t.Errorf("-2 stages: %v", err)
	}
}
