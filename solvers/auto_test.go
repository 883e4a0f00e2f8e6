package solvers

import (
	"math"
	"testing"
)

// switches solves with Auto and returns where it goes over to the other method.
func switches(t *testing.T, m Auto, sys System[float64], y0 []float64, t1 float64, s Settings) (at []float64, stats Stats, y []float64) {
	t.Helper()
	s.Method = m
	it, err := NewIntegrator(sys, y0, 0, t1, &s)
	if err != nil {
		t.Fatal(err)
	}
	var a *auto[float64]
	switch s := it.step.(type) {
	case *auto[float64]:
		a = s
	case *autoDifferentiable[float64]:
		a = s.auto
	}
	for was := false; it.Step(); was = a.last {
		if a.last != was {
			at = append(at, it.T())
		}
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return at, it.Stats(), it.Y()
}

// TestAutoNonstiff: on problems that aren't stiff Auto is Dopri5.
func TestAutoNonstiff(t *testing.T) {
	for _, p := range problems() {
		for _, tol := range []float64{1e-3, 1e-6, 1e-10} {
			s := Settings{RTol: tol, ATol: tol}
			at, stats, y := switches(t, Auto{}, p.system(), p.exact(p.t0), p.t1-p.t0, s)
			s.Method = Dopri5{}
			sol, err := Solve(p.system(), p.exact(p.t0), 0, p.t1-p.t0, &s)
			if err != nil || len(at) != 0 || stats != sol.Stats || maxDiff(y, sol.LastY) != 0 {
				t.Errorf("%s: switches at %v, %+v; Dopri5 has %+v", p.name, at, stats, sol.Stats)
			}
		}
	}
}

// TestAutoSwitches: a problem that is stiff from t = 10 to 30 is solved with two switches, each soon after these times, and far
// fewer evaluations than Dopri5 needs.
func TestAutoSwitches(t *testing.T) {
	rate := func(x float64) float64 {
		if x > 10 && x < 30 {
			return 3e4
		}
		return 1
	}
	f := func(x float64, y, d []float64) error {
		d[0] = -rate(x) * (y[0] - math.Cos(x))
		return nil
	}
	sys := System[float64]{Dim: 1, F: f}
	jumps := Settings{RTol: 1e-6, ATol: 1e-6, Jumps: []float64{10, 30}}
	for _, m := range []Auto{{}, {Stiff: Rodas5P{}}, {Stiff: TRBDF2{}}, {Stiff: BDF{}}, {Stiff: Radau{}}} {
		at, stats, y := switches(t, m, sys, []float64{0}, 60, jumps)
		exact := math.Exp(-30)*(math.Cos(30)-(math.Cos(30)+math.Sin(30))/2) + (math.Cos(60)+math.Sin(60))/2
		if len(at) != 2 || at[0] < 10 || at[0] > 10.1 || at[1] < 30 || at[1] > 40 || math.Abs(y[0]-exact) > 1e-4 {
			t.Errorf("%s: switches at %v, error %g, %+v", m.stiff().Name(), at, y[0]-exact, stats)
		}
		t.Logf("%s: switches at %v, error %g, %+v", m.stiff().Name(), at, y[0]-exact, stats)
	}
}

// TestAutoVanDerPol: relaxation oscillations are stiff but for the jumps, where both may step.
func TestAutoVanDerPol(t *testing.T) {
	p := stiffProblems(t)[0]
	at, stats, _ := switches(t, Auto{}, p.system(true), p.y0, p.t1, Settings{RTol: 1e-6, ATol: 1e-8})
	if len(at) < 1 || at[0] > 1 || stats.F > 12000 {
		t.Errorf("switches at %v, %+v", at, stats)
	}
}

func TestAutoRefuses(t *testing.T) {
	for _, m := range []Method{Dopri5{}, Kvaerno5{Krylov: true}} {
		_, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: Auto{Stiff: m}})
		wantStatus(t, err, BadInput)
	}
}
