package solvers

import (
	"math"
	"testing"
)

// TestCounters checks the counts that follow from the method, not those that a run happens to have.
func TestCounters(t *testing.T) {
	sys := decay()
	solve := func(s *Settings) Stats {
		t.Helper()
		sol, err := Solve(sys, []float64{1}, 0, 1, s)
		if err != nil {
			t.Fatal(err)
		}
		if s := sol.Stats; s.Steps != s.Accepted+s.Rejected {
			t.Errorf("%+v", s)
		}
		return sol.Stats
	}
	for _, c := range []struct {
		name string
		s    Settings
		want Stats
	}{
		{"Euler", Settings{Method: Euler{}, Step: 0.01}, Stats{F: 100, Steps: 100, Accepted: 100}},
		{"Euler, dense", Settings{Method: Euler{}, Step: 0.01, Dense: true}, Stats{F: 100, Steps: 100, Accepted: 100}},
		{"RK4", Settings{Method: RK4{}, Step: 0.01}, Stats{F: 400, Steps: 100, Accepted: 100}},
		{"RK4, one step", Settings{Method: RK4{}}, Stats{F: 4, Steps: 1, Accepted: 1}},
		{"RK4, a step a saved time", Settings{Method: RK4{}, SaveAt: []float64{0, 0.1, 0.4}}, Stats{F: 12, Steps: 3, Accepted: 3}},
		// The interpolant needs f once more in the step, and at the end: the next step has it, after the last it is one
		// more.
		{"RK4, dense", Settings{Method: RK4{}, Step: 0.01, Dense: true}, Stats{F: 501, Steps: 100, Accepted: 100}},
		{"Dopri5, constant", Settings{Step: 0.01}, Stats{F: 601, Steps: 100, Accepted: 100}},
		{"Dopri5, dense", Settings{Step: 0.01, Dense: true}, Stats{F: 801, Steps: 100, Accepted: 100}},
		{"Dopri5, quartic", Settings{Method: Dopri5{Quartic: true}, Step: 0.01, Dense: true},
			Stats{F: 601, Steps: 100, Accepted: 100}},
		// 0.3 + 0.7 with steps of at most 0.25: 2 and 3.
		{"pieces", Settings{Step: 0.25, SaveAt: []float64{0.3}}, Stats{F: 31, Steps: 5, Accepted: 5}},
		// 1/0.1 is 10 and 0.3/0.1 is 3, whatever floats say.
		{"whole pieces", Settings{Method: Euler{}, Step: 0.1, SaveAt: []float64{0.1, 0.3, 0.6, 0.7, 0.8, 0.9}},
			Stats{F: 10, Steps: 10, Accepted: 10}},
	} {
		if got := solve(&c.s); got != c.want {
			t.Errorf("%s: %+v; want %+v", c.name, got, c.want)
		}
	}
	// Under error control: f₀, one more for the first step, six an attempt; with FirstStep only f₀. The interpolant takes
	// two a step.
	for _, tol := range []float64{1e-3, 1e-9} {
		if s := solve(&Settings{RTol: tol, ATol: tol}); s.F != 6*s.Steps+2 {
			t.Errorf("%+v", s)
		}
		if s := solve(&Settings{RTol: tol, ATol: tol, FirstStep: 0.9, Dense: true,
			SaveAt: []float64{0.5, 0.6}}); s.F != 6*s.Steps+2*s.Accepted+1 {
			t.Errorf("%+v", s)
		}
	}
}

// TestGoldenCounts: counts of chosen runs, so that a change of the step control is seen and argued for.
func TestGoldenCounts(t *testing.T) {
	refs := references(t)
	for _, c := range []struct {
		id   string
		rtol float64
		want Stats
	}{
		{"LV", 1e-7, Stats{F: 830, Steps: 138, Accepted: 131, Rejected: 7}},
		{"E2", 1e-7, Stats{F: 1472, Steps: 245, Accepted: 225, Rejected: 20}},
		{"BRUS", 1e-4, Stats{F: 404, Steps: 67, Accepted: 55, Rejected: 12}},
	} {
		ref := refs[c.id]
		for _, p := range detest {
			if p.id != c.id {
				continue
			}
			f := p.f
			sys := System[float64]{Dim: 2, F: func(t float64, y, d []float64) error { f(t, y, d); return nil }}
			sol, err := Solve(sys, numbers(t, ref.Y0), 0, number(t, ref.T), &Settings{RTol: c.rtol, ATol: c.rtol})
			if err != nil || sol.Stats != c.want {
				t.Errorf("%s at rtol %g: %+v, %v; want %+v", c.id, c.rtol, sol.Stats, err, c.want)
			}
		}
	}
}

// TestStatsAdd adds every field.
func TestStatsAdd(t *testing.T) {
	a := Stats{1, 2, 3, 4, 5, 6, 7, 8, 9}
	b := a
	a.Add(b)
	if want := (Stats{2, 4, 6, 8, 10, 12, 14, 16, 18}); a != want {
		t.Errorf("%+v", a)
	}
}

// TestLastSteps: the last steps reach t1 with none that is much smaller than the ones before, and none beyond MaxStep.
func TestLastSteps(t *testing.T) {
	// f = 0 has no error: the steps are MaxStep.
	still := System[float64]{Dim: 1, F: func(_ float64, _, d []float64) error { d[0] = 0; return nil }}
	for _, t1 := range []float64{1, 1.001, 1.02, 1.3, 1.99, 2, 2.0001, -1.05} {
		it, err := NewIntegrator(still, []float64{1}, 0, t1, &Settings{FirstStep: 0.1, MaxStep: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		last := 0.0
		for it.Step() {
			h := math.Abs(it.T() - last)
			if h > 0.1*(1+1e-12) || h < 0.0499 {
				t.Errorf("t1 = %g: a step of %g to t=%g", t1, h, it.T())
			}
			last = it.T()
		}
		if it.Err() != nil || it.T() != t1 {
			t.Errorf("t1 = %g: ended at %g, %v", t1, it.T(), it.Err())
		}
	}
}
