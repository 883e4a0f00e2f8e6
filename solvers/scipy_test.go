package solvers

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// scipyRuns are runs of SciPy 1.17.1, solve_ivp(f, (0, T), y0, method=..., rtol=tol, atol=tol) on the problems of the reference
// file: nfev, and the largest error at T relative to 1 + |y|. RK45 is Dormand and Prince's pair.
var scipyRuns = []struct {
	method, problem string
	tol             float64
	nfev            int
	err             float64
}{
	{"dopri5", "LV", 1e-04, 284, 0.0029},
	{"dopri5", "LV", 1e-06, 620, 1.1e-05},
	{"dopri5", "LV", 1e-08, 1268, 4.2e-08},
	{"dopri5", "LV", 1e-10, 2978, 9.6e-11},
	{"dopri5", "LORENZ10", 1e-04, 992, 0.0091},
	{"dopri5", "LORENZ10", 1e-06, 2048, 0.00021},
	{"dopri5", "LORENZ10", 1e-08, 4772, 2.5e-06},
	{"dopri5", "LORENZ10", 1e-10, 11816, 2.6e-08},
	{"dopri5", "BRUS", 1e-04, 434, 0.00026},
	{"dopri5", "BRUS", 1e-06, 866, 1.9e-06},
	{"dopri5", "BRUS", 1e-08, 1766, 1.7e-08},
	{"dopri5", "BRUS", 1e-10, 3968, 1e-10},
	{"dopri5", "E2", 1e-04, 548, 0.0021},
	{"dopri5", "E2", 1e-06, 1142, 2e-05},
	{"dopri5", "E2", 1e-08, 2198, 1e-07},
	{"dopri5", "E2", 1e-10, 5120, 6.5e-10},
	{"dopri5", "B1", 1e-04, 392, 0.0061},
	{"dopri5", "B1", 1e-06, 866, 1.7e-05},
	{"dopri5", "B1", 1e-08, 1826, 1.7e-07},
	{"dopri5", "B1", 1e-10, 4238, 9.1e-10},
	{"dopri5", "B5", 1e-04, 224, 0.00019},
	{"dopri5", "B5", 1e-06, 482, 2e-05},
	{"dopri5", "B5", 1e-08, 998, 1.5e-07},
	{"dopri5", "B5", 1e-10, 2354, 1.5e-09},
	{"dopri5", "A3", 1e-04, 242, 0.0003},
	{"dopri5", "A3", 1e-06, 482, 3.1e-06},
	{"dopri5", "A3", 1e-08, 992, 3.2e-08},
	{"dopri5", "A3", 1e-10, 2270, 2.2e-10},
	{"dopri5", "C2", 1e-04, 362, 0.0001},
	{"dopri5", "C2", 1e-06, 416, 4.6e-07},
	{"dopri5", "C2", 1e-08, 566, 1e-08},
	{"dopri5", "C2", 1e-10, 1136, 3.9e-11},
	{"dop853", "LV", 1e-04, 410, 4.5e-05},
	{"dop853", "LV", 1e-06, 518, 8e-06},
	{"dop853", "LV", 1e-08, 998, 4.3e-08},
	{"dop853", "LV", 1e-10, 1526, 1.3e-10},
	{"dop853", "LORENZ10", 1e-04, 1058, 0.016},
	{"dop853", "LORENZ10", 1e-06, 1742, 8.8e-05},
	{"dop853", "LORENZ10", 1e-08, 2978, 2.2e-07},
	{"dop853", "LORENZ10", 1e-10, 4706, 1.1e-09},
	{"dop853", "BRUS", 1e-04, 482, 2.1e-05},
	{"dop853", "BRUS", 1e-06, 818, 1.9e-08},
	{"dop853", "BRUS", 1e-08, 1382, 1.2e-09},
	{"dop853", "BRUS", 1e-10, 2258, 5.1e-12},
	{"dop853", "E2", 1e-04, 602, 0.0001},
	{"dop853", "E2", 1e-06, 1094, 8.4e-07},
	{"dop853", "E2", 1e-08, 1838, 1.7e-09},
	{"dop853", "E2", 1e-10, 2882, 9.1e-11},
	{"dop853", "B1", 1e-04, 518, 0.00042},
	{"dop853", "B1", 1e-06, 722, 7.5e-05},
	{"dop853", "B1", 1e-08, 1298, 1.5e-07},
	{"dop853", "B1", 1e-10, 2078, 1.4e-09},
	{"dop853", "B5", 1e-04, 266, 0.00011},
	{"dop853", "B5", 1e-06, 446, 9.1e-07},
	{"dop853", "B5", 1e-08, 650, 1.4e-08},
	{"dop853", "B5", 1e-10, 974, 1.7e-10},
	{"dop853", "A3", 1e-04, 254, 0.0005},
	{"dop853", "A3", 1e-06, 446, 4.1e-07},
	{"dop853", "A3", 1e-08, 734, 1.6e-06},
	{"dop853", "A3", 1e-10, 1298, 7.1e-10},
	{"dop853", "C2", 1e-04, 398, 1.2e-05},
	{"dop853", "C2", 1e-06, 434, 1.7e-06},
	{"dop853", "C2", 1e-08, 470, 4.3e-09},
	{"dop853", "C2", 1e-10, 638, 1.3e-11},
}

// TestSciPyCounts: Dopri5 and DOP853 need no more evaluations of f than SciPy's RK45 and DOP853 for the same error. A single
// end value's error goes up and down with the tolerance by chance, on both sides; so ours is the geometric mean over
// tolerances about the one that meets SciPy's error, by the line through their logarithms.
func TestSciPyCounts(t *testing.T) {
	refs := references(t)
	var table strings.Builder
	total := make(map[string][]float64)
	for _, run := range scipyRuns {
		m, err := MethodByName(run.method)
		if err != nil {
			t.Fatal(err)
		}
		var x, y []float64 // log error, log evaluations
		for tol := run.tol * 10; tol > run.tol/10.1; tol /= math.Pow(10, 0.125) {
			e, f := endError(t, m, refs[run.problem], tol)
			x, y = append(x, math.Log(e)), append(y, math.Log(float64(f)))
		}
		b := slope(x, y)
		at := mean(y) + b*(math.Log(run.err)-mean(x))
		ratio := math.Exp(at) / float64(run.nfev)
		total[run.method] = append(total[run.method], math.Log(ratio))
		if ratio > 1.25 {
			t.Errorf("%s on %s at %g: %.2f of SciPy's evaluations", run.method, run.problem, run.tol, ratio)
		}
		fmt.Fprintf(&table, "%-7s %-9s %.0e  SciPy %5d for %.1e, here %5.0f: %.2f\n",
			run.method, run.problem, run.tol, run.nfev, run.err, math.Exp(at), ratio)
	}
	for name, logs := range total {
		r := math.Exp(mean(logs))
		fmt.Fprintf(&table, "%s: %.3f of SciPy's evaluations\n", name, r)
		if r > 1 {
			t.Errorf("%s: %.3f of SciPy's evaluations at the same error", name, r)
		}
	}
	t.Log("\n" + table.String())
}

func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

// endError solves a problem of the reference file and returns the error at its end, relative to 1 + |y|, and the evaluations.
func endError(t *testing.T, m Method, ref reference, tol float64) (float64, int) {
	t.Helper()
	var f field
	for _, p := range detest {
		if p.id == ref.ID {
			f = p.f
		}
	}
	y0, want := numbers(t, ref.Y0), numbers(t, ref.Verified)
	sys := System[float64]{Dim: len(y0), F: func(t float64, y, d []float64) error { f(t, y, d); return nil }}
	sol, err := Solve(sys, y0, number(t, ref.T0), number(t, ref.T), &Settings{Method: m, RTol: tol, ATol: tol})
	if err != nil {
		t.Fatal(err)
	}
	var e float64
	for i, v := range want {
		e = math.Max(e, math.Abs(sol.LastY[i]-v)/(1+math.Abs(v)))
	}
	return e, sol.Stats.F
}
