package solvers

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
)

// TestResume: a solve that ran out of steps, however often, goes on to the digits of one that didn't.
func TestResume(t *testing.T) {
	p := problems()[2]
	for _, m := range methodsUnderTest() {
		for _, s := range []Settings{{Method: m, MaxStep: 0.2}, {Method: m, Step: 0.05}} {
			s.SaveAt, s.Dense, s.SaveEvery = nodes(p.t0, p.t1, 7, true), true, 3
			g := Event[float64]{G: level(0.3, 0), Gradient: func(_ float64, _, gy, _ []float64) (float64, error) {
				gy[0], gy[1] = 1, 0
				return 0, nil
			}}
			whole, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &s, g)
			if err != nil {
				t.Fatal(err)
			}
			s.MaxSteps = 4
			sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &s, g)
			resumed := 0
			for ; errors.Is(err, ErrMaxSteps); resumed++ {
				if sol.Status != MaxStepsReached || sol.Tape() != nil {
					t.Fatal(sol.Status)
				}
				err = sol.Resume(resumed % 5)
			}
			if err != nil || resumed < 2 && whole.Stats.Steps > 10 {
				t.Fatalf("%s: %v after %d times", m.Name(), err, resumed)
			}
			if !slices.Equal(sol.T, whole.T) || !slices.EqualFunc(sol.Y, whole.Y, slices.Equal[[]float64]) ||
				sol.Stats != whole.Stats || sol.Status != Success {
				t.Errorf("%s: resumed %+v; at once %+v", m.Name(), sol.Stats, whole.Stats)
			}
			if len(sol.Events) != len(whole.Events) || len(sol.Events) == 0 || sol.Events[0].T != whole.Events[0].T {
				t.Errorf("%s: events %v, at once %v", m.Name(), sol.Events, whole.Events)
			}
			a, b := make([]float64, 2), make([]float64, 2)
			for x := p.t0; x < p.t1; x += 0.05 {
				if sol.Eval(x, a) != nil || whole.Eval(x, b) != nil || !slices.Equal(a, b) {
					t.Errorf("%s: Eval %v; at once %v", m.Name(), a, b)
				}
			}
			if err := sol.Resume(1); !errors.Is(err, ErrBadInput) {
				t.Errorf("resumed after the end: %v", err)
			}
		}
	}
	if err := (&Solution[float64]{}).Resume(0); !errors.Is(err, ErrBadInput) {
		t.Error(err)
	}
}

// TestResumeTape: the tape of a resumed solve is that of the whole.
func TestResumeTape(t *testing.T) {
	in, w := gradientCase(2, false)
	sys := network(3, in.theta)
	s := Settings{SaveAt: in.ts}
	_, whole, err := SolveTape(sys, in.y0, in.t0, in.t1, &s)
	if err != nil {
		t.Fatal(err)
	}
	s.MaxSteps = 3
	sol, tape, err := SolveTape(sys, in.y0, in.t0, in.t1, &s)
	if wantStatus(t, err, MaxStepsReached); tape != nil || sol.Tape() != nil {
		t.Fatal("a tape of a solve that has not ended")
	}
	for err != nil {
		if err = sol.Resume(0); err != nil && !errors.Is(err, ErrMaxSteps) {
			t.Fatal(err)
		}
	}
	a, err := whole.Backward(sys, w)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sol.Tape().Backward(sys, w)
	if err != nil || !slices.Equal(flat(a), flat(b)) {
		t.Errorf("%v and resumed %v, %v", flat(a), flat(b), err)
	}
}

// TestSetTarget: going on beyond t1 keeps the method's history; turning round begins anew.
func TestSetTarget(t *testing.T) {
	p := problems()[2]
	for _, m := range methodsUnderTest() {
		for _, s := range []Settings{{Method: m, RTol: 1e-9, ATol: 1e-9}, {Method: m, Step: 0.01}} {
			if s.Step == 0 && !m.Info().Adaptive() {
				continue
			}
			it, err := NewIntegrator(p.system(), p.exact(0), 0, 1, &s)
			if err != nil {
				t.Fatal(err)
			}
			to := func(want float64) {
				t.Helper()
				for it.Step() {
				}
				tol := 1e-5
				if m.Order() < 3 || coarse(m) {
					tol = 0.1
				}
				if it.Err() != nil || it.T() != want || maxDiff(it.Y(), p.exact(want)) > tol {
					t.Errorf("%s: %v at t=%g, %v; want %v", m.Name(), it.Y(), it.T(), it.Err(), p.exact(want))
				}
			}
			to(1)
			for _, x := range []float64{2.5, 2.5, 0.3, 1} {
				f := it.Stats().F
				if err := it.SetTarget(x); err != nil {
					t.Fatal(err)
				}
				if x == it.T() && it.Status() != Success {
					t.Errorf("%v", it.Status())
				}
				to(x)
				if x == 2.5 && it.Stats().F == f && it.Status() != Success {
					t.Errorf("%+v", it.Stats())
				}
			}
			if err := it.SetTarget(math.NaN()); !errors.Is(err, ErrBadInput) {
				t.Error(err)
			}
		}
	}
}

// TestSetState: a manual change, a failure taken up again, and what is refused.
func TestSetState(t *testing.T) {
	for _, s := range []Settings{{RTol: 1e-9, ATol: 1e-9}, {Method: RK4{}, Step: 0.01}} {
		it, err := NewIntegrator(decay(), []float64{1}, 0, 2, &s)
		if err != nil {
			t.Fatal(err)
		}
		for it.Step() && it.T() < 1 {
		}
		at := it.T()
		if err := it.SetState(at, []float64{5}); err != nil {
			t.Fatal(err)
		}
		for it.Step() {
		}
		if want := 5 * math.Exp(at-2); it.Err() != nil || it.T() != 2 || math.Abs(it.Y()[0]-want) > 1e-7 {
			t.Errorf("%v at t=%g, %v; want %g", it.Y(), it.T(), it.Err(), want)
		}
		// Elsewhere, and in the other direction.
		if err := it.SetState(3, []float64{1}); err != nil {
			t.Fatal(err)
		}
		for it.Step() {
		}
		if it.Err() != nil || it.T() != 2 || math.Abs(it.Y()[0]-math.E) > 1e-7 {
			t.Errorf("%v at t=%g, %v", it.Y(), it.T(), it.Err())
		}
		for _, err := range []error{it.SetState(0, nil), it.SetState(0, []float64{math.NaN()}),
			it.SetState(math.Inf(1), []float64{1}), it.Resume(0), it.Resume(-1)} {
			wantStatus(t, err, BadInput)
		}
	}
	// Past a wall that no step gets over.
	wall := System[float64]{Dim: 1, F: func(t float64, _, d []float64) error {
		if d[0] = 1; t > 0.5 && t < 0.6 {
			d[0] = math.NaN()
		}
		return nil
	}}
	it, err := NewIntegrator(wall, []float64{0}, 0, 1, &Settings{MaxStep: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	for it.Step() {
	}
	e := wantStatus(t, it.Err(), StepTooSmall)
	if !errors.Is(e, ErrNonFinite) || math.Abs(e.T-0.5) > 1e-6 {
		t.Errorf("%v", e)
	}
	if err := it.SetTarget(0.4); !errors.Is(err, ErrBadInput) {
		t.Error(err)
	}
	if err := it.SetState(0.6, it.Y()); err != nil {
		t.Fatal(err)
	}
	for it.Step() {
	}
	if it.Err() != nil || it.T() != 1 || math.Abs(it.Y()[0]-0.9) > 1e-6 {
		t.Errorf("%v at t=%g, %v", it.Y(), it.T(), it.Err())
	}
}

// TestResumeAfterEvents: MaxEvents is counted anew.
func TestResumeAfterEvents(t *testing.T) {
	sys, y0 := ball()
	whole, err := Solve(sys, y0, 0, 3, nil, bounce(0.8))
	if err != nil {
		t.Fatal(err)
	}
	sol, err := Solve(sys, y0, 0, 3, &Settings{MaxEvents: 2}, bounce(0.8))
	if wantStatus(t, err, MaxEventsReached); len(sol.Events) != 2 {
		t.Error(sol.Events)
	}
	for errors.Is(err, ErrMaxEvents) {
		err = sol.Resume(0)
	}
	if err != nil || !slices.Equal(sol.LastY, whole.LastY) || !slices.Equal(times(sol.Events), times(whole.Events)) {
		t.Errorf("%v, %v; at once %v", sol.LastY, err, whole.LastY)
	}
}

// TestResumeHybrid: with events that change the state too.
func TestResumeHybrid(t *testing.T) {
	in, _ := gradientCase(3, false)
	sys := network(3, in.theta)
	for _, m := range methodsUnderTest() {
		s := Settings{Method: m, SaveAt: in.ts, Jumps: []float64{0.9}, Step: 0.05}
		if m.Info().Adaptive() {
			s.Step = 0
		}
		whole, err := Solve(sys, in.y0, in.t0, in.t1, &s, hybrid(in.theta, false)...)
		if err != nil {
			t.Fatal(err)
		}
		s.MaxSteps = 1
		sol, err := Solve(sys, in.y0, in.t0, in.t1, &s, hybrid(in.theta, false)...)
		for errors.Is(err, ErrMaxSteps) {
			err = sol.Resume(1)
		}
		if err != nil || !slices.Equal(sol.LastY, whole.LastY) || !slices.Equal(times(sol.Events), times(whole.Events)) ||
			sol.Stats != whole.Stats {
			t.Errorf("%s: %v, %+v, %v; at once %v, %+v", m.Name(), sol.LastY, sol.Stats, err, whole.LastY, whole.Stats)
		}
	}
}
