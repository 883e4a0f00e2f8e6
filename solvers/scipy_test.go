package solvers

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// scipyRuns are runs of SciPy 1.17.1, solve_ivp(f, (0, T), y0, method=..., rtol=tol, atol=tol) on the problems of the
// reference file: nfev, and the largest error at T relative to 1 + |y|, both the geometric means over the 17 tolerances
// tol·10^(i/8), i = −8..8, since the error at one tolerance is a matter of luck. RK45 is Dormand and Prince's pair. From
// python3 bench/peers/scipycount.py explicit.
var scipyRuns = []struct {
	method, problem string
	tol             float64
	nfev            float64
	err             float64
}{
	{"dopri5", "LV", 1e-04, 288.2, 0.00153},
	{"dopri5", "LV", 1e-06, 610.6, 1.06e-05},
	{"dopri5", "LV", 1e-08, 1266.4, 4.05e-08},
	{"dopri5", "LV", 1e-10, 2984.0, 1.41e-10},
	{"dopri5", "LORENZ10", 1e-04, 982.3, 0.00922},
	{"dopri5", "LORENZ10", 1e-06, 2066.7, 0.0002},
	{"dopri5", "LORENZ10", 1e-08, 4778.1, 2.52e-06},
	{"dopri5", "LORENZ10", 1e-10, 11824.1, 2.62e-08},
	{"dopri5", "BRUS", 1e-04, 444.2, 0.000281},
	{"dopri5", "BRUS", 1e-06, 873.4, 2.04e-06},
	{"dopri5", "BRUS", 1e-08, 1767.0, 1.64e-08},
	{"dopri5", "BRUS", 1e-10, 3983.6, 9.83e-11},
	{"dopri5", "E2", 1e-04, 529.2, 0.00192},
	{"dopri5", "E2", 1e-06, 1138.0, 1.76e-05},
	{"dopri5", "E2", 1e-08, 2235.2, 1.05e-07},
	{"dopri5", "E2", 1e-10, 5104.5, 6.54e-10},
	{"dopri5", "B1", 1e-04, 394.0, 0.00214},
	{"dopri5", "B1", 1e-06, 857.7, 9.79e-06},
	{"dopri5", "B1", 1e-08, 1828.7, 1.59e-07},
	{"dopri5", "B1", 1e-10, 4241.5, 9.05e-10},
	{"dopri5", "B5", 1e-04, 227.3, 0.00132},
	{"dopri5", "B5", 1e-06, 479.8, 1.84e-05},
	{"dopri5", "B5", 1e-08, 995.4, 1.56e-07},
	{"dopri5", "B5", 1e-10, 2352.4, 1.49e-09},
	{"dopri5", "A3", 1e-04, 224.6, 0.000261},
	{"dopri5", "A3", 1e-06, 476.6, 2.1e-06},
	{"dopri5", "A3", 1e-08, 1017.3, 2.95e-08},
	{"dopri5", "A3", 1e-10, 2276.8, 2.33e-10},
	{"dopri5", "C2", 1e-04, 367.2, 6.78e-05},
	{"dopri5", "C2", 1e-06, 409.8, 4.52e-07},
	{"dopri5", "C2", 1e-08, 579.8, 4.68e-09},
	{"dopri5", "C2", 1e-10, 1140.3, 6.73e-11},
	{"dop853", "LV", 1e-04, 394.3, 0.000109},
	{"dop853", "LV", 1e-06, 586.0, 4.86e-06},
	{"dop853", "LV", 1e-08, 959.5, 4.09e-08},
	{"dop853", "LV", 1e-10, 1557.7, 1.59e-10},
	{"dop853", "LORENZ10", 1e-04, 1089.8, 0.00283},
	{"dop853", "LORENZ10", 1e-06, 1775.8, 5.18e-05},
	{"dop853", "LORENZ10", 1e-08, 2965.6, 2.3e-07},
	{"dop853", "LORENZ10", 1e-10, 4712.1, 1.18e-09},
	{"dop853", "BRUS", 1e-04, 523.8, 6.25e-06},
	{"dop853", "BRUS", 1e-06, 809.8, 8.82e-08},
	{"dop853", "BRUS", 1e-08, 1361.0, 1.98e-09},
	{"dop853", "BRUS", 1e-10, 2212.3, 5.74e-12},
	{"dop853", "E2", 1e-04, 645.9, 5.51e-05},
	{"dop853", "E2", 1e-06, 1041.0, 2.04e-06},
	{"dop853", "E2", 1e-08, 1755.9, 8.2e-09},
	{"dop853", "E2", 1e-10, 2862.0, 9.42e-11},
	{"dop853", "B1", 1e-04, 516.2, 0.000287},
	{"dop853", "B1", 1e-06, 789.8, 7.5e-06},
	{"dop853", "B1", 1e-08, 1318.3, 1.45e-07},
	{"dop853", "B1", 1e-10, 2116.8, 1.31e-09},
	{"dop853", "B5", 1e-04, 275.8, 7.5e-05},
	{"dop853", "B5", 1e-06, 410.7, 1.47e-06},
	{"dop853", "B5", 1e-08, 659.2, 1.41e-08},
	{"dop853", "B5", 1e-10, 1003.3, 1.57e-10},
	{"dop853", "A3", 1e-04, 272.9, 0.000116},
	{"dop853", "A3", 1e-06, 462.0, 3.06e-06},
	{"dop853", "A3", 1e-08, 796.5, 1.99e-08},
	{"dop853", "A3", 1e-10, 1307.9, 8.91e-10},
	{"dop853", "C2", 1e-04, 398.0, 5.31e-05},
	{"dop853", "C2", 1e-06, 434.2, 2.96e-07},
	{"dop853", "C2", 1e-08, 504.0, 2.3e-09},
	{"dop853", "C2", 1e-10, 624.1, 1.64e-11},
}

// TestSciPyCounts: on every problem, Dopri5 and DOP853 need no more evaluations of f than SciPy's RK45 and DOP853 for
// the same error, and on no stretch of tolerances 5 % more. Ours for SciPy's mean error is by the line through the
// logarithms at the same tolerances.
func TestSciPyCounts(t *testing.T) {
	refs := references(t)
	var table strings.Builder
	total := make(map[string][]float64) // by method, and by method and problem
	for _, run := range scipyRuns {
		m, err := MethodByName(run.method)
		if err != nil {
			t.Fatal(err)
		}
		var x, y []float64 // log error, log evaluations
		for i := -8; i <= 8; i++ {
			e, f := endError(t, m, refs[run.problem], run.tol*math.Pow(10, float64(i)/8))
			x, y = append(x, math.Log(e)), append(y, math.Log(float64(f)))
		}
		at := onLine(x, y, math.Log(run.err))
		ratio := math.Exp(at) / run.nfev
		for _, key := range []string{run.method, run.method + " on " + run.problem} {
			total[key] = append(total[key], math.Log(ratio))
		}
		if ratio > 1.05 {
			t.Errorf("%s on %s at %g: %.3f of SciPy's evaluations", run.method, run.problem, run.tol, ratio)
		}
		fmt.Fprintf(&table, "%-7s %-9s %.0e  SciPy %5.0f for %.1e, here %5.0f: %.3f\n",
			run.method, run.problem, run.tol, run.nfev, run.err, math.Exp(at), ratio)
	}
	for _, name := range slices.Sorted(maps.Keys(total)) {
		r := math.Exp(mean(total[name]))
		fmt.Fprintf(&table, "%s: %.3f of SciPy's evaluations\n", name, r)
		if r > 1 {
			t.Errorf("%s: %.3f of SciPy's evaluations at the same error", name, r)
		}
	}
	t.Log("\n" + table.String())
}

// endError solves a problem of the reference file and returns the error at its end, relative to 1 + |y|, and the
// evaluations.
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
