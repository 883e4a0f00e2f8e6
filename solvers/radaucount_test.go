package solvers

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// scipyRadau are evaluations of f and errors of SciPy 1.17.1's Radau on the same problems with the same tolerances, its
// evaluations for Jacobians by differences counted; the error is that of stiffProblem.scaled.
var scipyRadau = []struct {
	id   string
	rtol float64
	f    int
	err  float64
}{
	{"VDPOL", 1e-4, 2210, 1.5e-5},
	{"VDPOL", 1e-6, 5411, 1.4e-7},
	{"VDPOL", 1e-8, 15003, 6.9e-10},
	{"ROBER", 1e-4, 1931, 2.6e-6},
	{"ROBER", 1e-6, 5498, 3.0e-9},
	{"ROBER", 1e-8, 16520, 5.6e-11},
	{"HIRES", 1e-4, 716, 2.1e-5},
	{"HIRES", 1e-6, 1755, 6.5e-8},
	{"HIRES", 1e-8, 4765, 3.6e-10},
	{"OREGO", 1e-4, 3879, 8.5e-6},
	{"OREGO", 1e-6, 9576, 6.0e-8},
	{"OREGO", 1e-8, 26343, 1.6e-10},
	{"VDPEPS", 1e-4, 3087, 4.7e-7},
	{"VDPEPS", 1e-6, 7750, 3.1e-9},
	{"VDPEPS", 1e-8, 22990, 9.5e-12},
}

// TestRadauAgainstSciPy: with differences for the Jacobian, as SciPy has it, no more evaluations for the same error. The two
// runs' errors differ, and evaluations go as error^(−1/6), about, for a local error of h⁶; what single runs differ by
// luck may cost a tenth.
func TestRadauAgainstSciPy(t *testing.T) {
	var table strings.Builder
	var mean float64
	for _, c := range scipyRadau {
		for _, p := range stiffProblems(t) {
			if p.name != c.id {
				continue
			}
			s := &Settings{Method: Radau{}, RTol: c.rtol, ATol: c.rtol * p.small}
			sol, err := Solve(p.system(false), p.y0, 0, p.t1, s)
			if err != nil {
				t.Fatal(err)
			}
			e := p.scaled(sol.LastY)
			ratio := float64(sol.Stats.F) / float64(c.f) * math.Pow(e/c.err, 1./6)
			fmt.Fprintf(&table, "%-7s rtol %.0e  %5d f, error %.1e; SciPy %5d f, %.1e; at the same error %.2f times\n",
				c.id, c.rtol, sol.Stats.F, e, c.f, c.err, ratio)
			mean += math.Log(ratio) / float64(len(scipyRadau))
			if ratio > 1.1 {
				t.Errorf("%s at rtol %g: %d f and error %.2g; SciPy %d and %.2g", c.id, c.rtol, sol.Stats.F, e, c.f, c.err)
			}
		}
	}
	fmt.Fprintf(&table, "geometric mean %.2f\n", math.Exp(mean))
	if mean > 0 {
		t.Errorf("in the mean %.2f times SciPy's evaluations", math.Exp(mean))
	}
	t.Log("\n" + table.String())
}

// TestRadauGoldenCounts: counts of chosen runs, so that a change of the reuse or of the step control is seen and argued for.
func TestRadauGoldenCounts(t *testing.T) {
	for _, c := range []struct {
		id          string
		m           Radau
		derivatives bool
		want        Stats
	}{
		{"ROBER", Radau{}, false, Stats{F: 4078, Jacobian: 137, Factorizations: 486, NewtonIterations: 1067, Steps: 465, Accepted: 464, Rejected: 1}},
		{"ROBER", Radau{}, true, Stats{F: 3666, Jacobian: 137, Factorizations: 486, NewtonIterations: 1067, Steps: 465, Accepted: 464, Rejected: 1}},
		{"HIRES", Radau{}, false, Stats{F: 1677, Jacobian: 32, Factorizations: 144, NewtonIterations: 422, Steps: 154, Accepted: 151, Rejected: 3}},
		{"HIRES", Radau{}, true, Stats{F: 1341, Jacobian: 44, Factorizations: 148, NewtonIterations: 397, Steps: 150, Accepted: 149, Rejected: 1}},
		{"HIRES", Radau{Stages: 5}, true, Stats{F: 1167, Jacobian: 28, Factorizations: 144, NewtonIterations: 224, Steps: 52, Accepted: 46, Rejected: 6}},
	} {
		for _, p := range stiffProblems(t) {
			if p.name != c.id {
				continue
			}
			sol, err := Solve(p.system(c.derivatives), p.y0, 0, p.t1, &Settings{Method: c.m, RTol: 1e-6, ATol: 1e-6 * p.small})
			if err != nil || sol.Stats != c.want {
				t.Errorf("%s on %s, derivatives %t: %+v, %v", c.m.Name(), c.id, c.derivatives, sol.Stats, err)
			}
		}
	}
}

// TestRadauCounts checks the counts that follow from the method. A linear problem needs its Jacobian once and, with constant
// steps, two iterations a step, the second of which finds nothing to do.
func TestRadauCounts(t *testing.T) {
	sys := decay()
	sys.JVP = func(_ float64, _, v, out []float64) error { out[0] = -v[0]; return nil }
	sol, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: Radau{}})
	if err != nil {
		t.Fatal(err)
	}
	s := sol.Stats
	// f₀ a step, one for the first step's size, and three an iteration.
	if s.Rejected != 0 || s.Jacobian != 1 || s.JVP != 1 || s.F != s.Accepted+1+3*s.NewtonIterations || s.NewtonIterations > 2*s.Accepted {
		t.Errorf("%+v", s)
	}
	sol, err = Solve(sys, []float64{1}, 0, 1, &Settings{Method: Radau{}, Step: 0.125})
	if err != nil {
		t.Fatal(err)
	}
	if s := sol.Stats; s.Accepted != 8 || s.Jacobian != 8 || s.NewtonIterations != 16 || s.F != 48 {
		t.Errorf("%+v", s)
	}
}
