package solvers

import (
	"math"
	"slices"
	"testing"
)

// restartCase are settings for a method: with error control, or constant steps where it has none.
func restartCase(m Method) *Settings {
	s := &Settings{Method: m, RTol: 1e-5, ATol: 1e-7, Through: []float64{0.35, 1.1}, Jumps: []float64{0.5}}
	if !m.Info().Adaptive() {
		s.Step = 0.005
	}
	return s
}

// TestRestartIsANewSolve: what an Integrator has done before, whole or cut off, forwards or backwards, is forgotten to
// the last bit.
func TestRestartIsANewSolve(t *testing.T) {
	sys := stiffSpring()
	type solve struct {
		t0, t1 float64
		y0     []float64
	}
	methods := append(methodsUnderTest(), Radau{Stages: 5}, Radau{Krylov: true}, Auto{Stiff: Radau{}})
	for _, m := range methods {
		used, err := NewIntegrator(sys, []float64{2, 0}, 0, 1, restartCase(m))
		if err != nil {
			t.Fatal(err)
		}
		for used.Step() {
		}
		for _, s := range []solve{
			{1, 0.95, []float64{0.1, -0.5}}, {0, 1.5, []float64{2, 0}}, {0.3, 0.3, []float64{1, 1}}, {0.4, 3, []float64{-1, 0.5}},
		} {
			fresh, err := NewIntegrator(sys, s.y0, s.t0, s.t1, restartCase(m))
			if err == nil {
				err = used.Restart(s.t0, s.y0, s.t1)
			}
			if err != nil {
				t.Fatalf("%s: %v", m.Name(), err)
			}
			for n := 0; ; n++ {
				a, b := fresh.Step(), used.Step()
				if a != b || fresh.T() != used.T() || !slices.Equal(fresh.Y(), used.Y()) || fresh.Stats() != used.Stats() ||
					fresh.Status() != used.Status() {
					t.Fatalf("%s from %g to %g, step %d: t=%g %v %+v, anew t=%g %v %+v", m.Name(), s.t0, s.t1, n,
						used.T(), used.Y(), used.Stats(), fresh.T(), fresh.Y(), fresh.Stats())
				}
				if !a {
					break
				}
			}
		}
	}
}

// stiffSpring is Van der Pol's equation, stiff enough for Auto to change over.
func stiffSpring() System[float64] {
	return System[float64]{Dim: 2, F: func(_ float64, y, dydt []float64) error {
		dydt[0], dydt[1] = y[1], 30*((1-y[0]*y[0])*y[1]-y[0])
		return nil
	}, Jacobian: func(_ float64, y, jac []float64) error {
		jac[1], jac[2], jac[3] = 1, -30*(2*y[0]*y[1]+1), 30*(1-y[0]*y[0])
		return nil
	}}
}

// TestRestartEvents: events count anew.
func TestRestartEvents(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, _, dydt []float64) error { dydt[0] = 1; return nil }}
	e := Event[float64]{G: func(_ float64, y []float64) (float64, error) { return y[0] - 0.5, nil }, Terminal: true}
	it, err := NewIntegrator(sys, []float64{0}, 0, 1, nil, e)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		for it.Step() {
		}
		if it.Status() != EventOccurred || math.Abs(it.T()-0.5) > 1e-12 || len(it.Events()) != 1 {
			t.Errorf("solve %d ended at %g with %v and %d events", n, it.T(), it.Status(), len(it.Events()))
		}
		if err := it.Restart(0, []float64{0}, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRestartRefuses what NewIntegrator does, and goes on with what there was.
func TestRestartRefuses(t *testing.T) {
	sys := stiffSpring()
	it, err := NewIntegrator(sys, []float64{2, 0}, 0, 1, &Settings{Method: RK4{}, Step: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	it.Step()
	at := it.T()
	for name, err := range map[string]error{
		"short":    it.Restart(0, []float64{1}, 1),
		"NaN":      it.Restart(0, []float64{1, math.NaN()}, 1),
		"infinite": it.Restart(0, []float64{1, 1}, math.Inf(1)),
		"far":      it.Restart(0, []float64{1, 1}, 1e300),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if it.T() != at {
		t.Errorf("after an error the integrator is at %g, not %g", it.T(), at)
	}
	for it.Step() {
	}
	if it.Status() != Success || it.T() != 1 || it.Stats().Accepted != 100 {
		t.Errorf("%v at %g after %d steps", it.Status(), it.T(), it.Stats().Accepted)
	}
}

// TestRestartDoesNotAllocate.
func TestRestartDoesNotAllocate(t *testing.T) {
	sys := stiffSpring()
	y0 := []float64{2, 0}
	for _, m := range methodsUnderTest() {
		it, err := NewIntegrator(sys, y0, 0, 0.2, restartCase(m))
		if err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(5, func() {
			if err := it.Restart(0.4, y0, 0.6); err != nil {
				t.Fatal(err)
			}
			for it.Step() {
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
		})
		if n > 0 {
			t.Errorf("%s: %g allocations a solve", m.Name(), n)
		}
	}
}

// TestContinueKeepsTheStep: what goes on from the end of a solve takes fewer evaluations than a new one. A method that
// begins at a low order and a first step in the settings begin as with Restart.
func TestContinueKeepsTheStep(t *testing.T) {
	sys := System[float64]{Dim: 2, F: func(_ float64, y, dydt []float64) error { dydt[0], dydt[1] = y[1], -y[0]; return nil }}
	const middle, end = 1, 2.5
	for _, c := range []struct {
		set       Settings
		continues bool
	}{
		{Settings{Method: Dopri5{}}, true}, {Settings{Method: Tsit5{}}, true}, {Settings{Method: Kvaerno5{}}, true},
		{Settings{Method: Radau{}}, true},
		{Settings{Method: Adams{}}, false}, {Settings{Method: BDF{}}, false}, {Settings{Method: Auto{}}, false},
		{Settings{Method: Dopri5{}, FirstStep: 0.01}, false}, {Settings{Method: RK4{}, Step: 0.1}, false},
	} {
		c.set.RTol, c.set.ATol = 1e-6, 1e-6
		run := func(it *Integrator[float64], err error) (evaluations int, y []float64) {
			for err == nil && it.Step() {
			}
			if err == nil {
				err = it.Err()
			}
			if err != nil {
				t.Fatalf("%s: %v", c.set.Method.Name(), err)
			}
			return it.Stats().F, slices.Clone(it.Y())
		}
		it, err := NewIntegrator(sys, []float64{1, 0}, 0, middle, &c.set)
		_, y := run(it, err)
		anew, want := run(it, it.Restart(middle, y, end))
		run(it, it.Restart(0, []float64{1, 0}, middle))
		on, got := run(it, it.Continue(middle, y, end))
		if !c.continues {
			if on != anew || !slices.Equal(got, want) {
				t.Errorf("%s: %d evaluations to %v, with Restart %d to %v", c.set.Method.Name(), on, got, anew, want)
			}
			continue
		}
		if !(on < anew) || !(math.Abs(got[0]-math.Cos(end)) < 1e-4) {
			t.Errorf("%s: %d evaluations to %v, with Restart %d", c.set.Method.Name(), on, got, anew)
		}
	}
}

// TestContinueAfterAFailure begins as a new solve does.
func TestContinueAfterAFailure(t *testing.T) {
	sys := stiffSpring()
	y0 := []float64{2, 0}
	set := &Settings{MaxSteps: 10}
	it, err := NewIntegrator(sys, y0, 0, 1, set)
	if err != nil {
		t.Fatal(err)
	}
	for it.Step() {
	}
	if it.Status() != MaxStepsReached {
		t.Fatal(it.Status())
	}
	fresh, err := NewIntegrator(sys, y0, 0, 0.01, set)
	if err == nil {
		err = it.Continue(0, y0, 0.01)
	}
	if err != nil {
		t.Fatal(err)
	}
	for fresh.Step() {
	}
	for it.Step() {
	}
	if it.T() != fresh.T() || it.Stats() != fresh.Stats() || !slices.Equal(it.Y(), fresh.Y()) {
		t.Errorf("at %g with %+v, a new solve at %g with %+v", it.T(), it.Stats(), fresh.T(), fresh.Stats())
	}
}
