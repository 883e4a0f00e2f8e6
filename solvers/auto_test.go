package solvers

import (
	"math"
	"testing"
)

// switches solves with Auto and returns where it goes over to the other method.
func switches(t *testing.T, m Auto, sys System[float64], y0 []float64, t1 float64, s Settings) (at []float64, stats Stats,
	y []float64) {
	t.Helper()
	s.Method = m
	it, err := NewIntegrator(sys, y0, 0, t1, &s)
	if err != nil {
		t.Fatal(err)
	}
	a := it.step.(*auto[float64])
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

// TestAutoFast: nor does Auto take solutions that turn or grow as fast as their fastest components for stiff, at any
// tolerance.
func TestAutoFast(t *testing.T) {
	lorenz := System[float64]{Dim: 3, F: func(_ float64, y, d []float64) error {
		d[0], d[1], d[2] = 10*(y[1]-y[0]), y[0]*(28-y[2])-y[1], y[0]*y[1]-8./3*y[2]
		return nil
	}}
	lotkaVolterra := System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error {
		d[0], d[1] = 1.5*y[0]-y[0]*y[1], -3*y[1]+y[0]*y[1]
		return nil
	}}
	for e := 2.0; e <= 12; e += 0.5 {
		s := Settings{RTol: math.Pow(10, -e), ATol: math.Pow(10, -e)}
		a, _, _ := switches(t, Auto{}, lorenz, []float64{1, 1, 1}, 10, s)
		b, _, _ := switches(t, Auto{}, lotkaVolterra, []float64{1, 1}, 20, s)
		if len(a)+len(b) > 0 {
			t.Errorf("tolerance %.2g: switches at %v on Lorenz's equations, at %v on Lotka's and Volterra's", s.RTol, a, b)
		}
	}
}

// TestAutoOscillation: fast components that turn while they decay are stiff, too, where the solution has none of them.
func TestAutoOscillation(t *testing.T) {
	const decay, turn = 50, 500
	sys := System[float64]{Dim: 2, F: func(x float64, y, d []float64) error {
		a, b := y[0]-math.Sin(x), y[1]-math.Cos(x)
		d[0], d[1] = -decay*a-turn*b+math.Cos(x), turn*a-decay*b-math.Sin(x)
		return nil
	}}
	for _, tol := range []float64{1e-3, 1e-6, 1e-9} {
		at, stats, y := switches(t, Auto{}, sys, []float64{0, 1}, 50, Settings{RTol: tol, ATol: tol})
		if e := math.Abs(y[0] - math.Sin(50)); len(at) != 1 || at[0] > 5 || e > 10*tol {
			t.Errorf("tolerance %g: switches at %v, error %g, %+v", tol, at, e, stats)
		}
	}
}

// TestAutoTight: at tight tolerances the solve costs about what the method for stiff problems alone does, or less, and
// what Dopri5 takes of it is where that is the cheaper one.
func TestAutoTight(t *testing.T) {
	for _, p := range stiffProblems(t) {
		s := Settings{RTol: 1e-10, ATol: 1e-10 * math.Min(p.small, 1e-2)}
		at, stats, _ := switches(t, Auto{}, p.system(true), p.y0, p.t1, s)
		s.Method = Radau{Stages: 5}
		sol, err := Solve(p.system(true), p.y0, 0, p.t1, &s)
		if err != nil {
			t.Fatal(err)
		}
		if float64(stats.F) > 1.5*float64(sol.Stats.F) {
			t.Errorf("%s: %d evaluations, switches at %v; radau9 alone %d", p.name, stats.F, at, sol.Stats.F)
		}
	}
}

// TestAutoSwitches: a problem that is stiff from t = 10 to 30 is solved with two switches, each soon after these times,
// and far fewer evaluations than Dopri5 needs.
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
