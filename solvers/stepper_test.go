package solvers

import (
	"math"
	"testing"

	"github.com/pkg/errors"
)

// grudging is a method of another family, as the integrator sees one: it is Euler's, whose equations have no solution for
// steps over limit; whose next step is its own choice, twice the last; and which has no gradient.
type grudging struct {
	Euler
	limit  float64
	factor float64 // advice after a failure
	log    *[]string
}

func (grudging) Name() string { return "grudging" }

func (grudging) Info() Info { return Info{Name: "grudging", Order: 1, EmbeddedOrder: 1} }

func (g grudging) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return &grudgingStepper{inner: newERK(e, &euler), env: e, g: g}, nil
}

type grudgingStepper struct {
	inner *erk[float64]
	env   *environment[float64]
	g     grudging
}

func (s *grudgingStepper) say(what string) { *s.g.log = append(*s.g.log, what) }

func (s *grudgingStepper) reset()            { s.say("reset"); s.inner.reset() }
func (s *grudgingStepper) controlOrder() int { return 2 }
func (s *grudgingStepper) accept()           { s.say("accept"); s.inner.accept() }

func (s *grudgingStepper) slope(t float64, y []float64) ([]float64, error) {
	return s.inner.slope(t, y)
}

func (s *grudgingStepper) interpolant(dst []float64) ([]float64, error) {
	return s.inner.interpolant(dst)
}

func (s *grudgingStepper) attempt(t, t1 float64, y, y1 []float64) (outcome, error) {
	s.say("attempt")
	s.env.stats.NewtonIterations++
	if math.Abs(t1-t) > s.g.limit {
		return outcome{fail: ErrNoConvergence, factor: s.g.factor}, nil
	}
	if _, err := s.inner.attempt(t, t1, y, y1); err != nil {
		return outcome{}, err
	}
	return outcome{err: 0.5, factor: 2}, nil
}

// TestForeignStepper walks the integrator through failures and advice. From a step of 1: 1 and, by the stepper's factor, 0.5
// fail, 0.25 is taken. Then 0.5 is proposed, of which half of the rest, 0.375, is tried and fails; 0.1875 is taken. Then
// 0.375 is proposed, and the rest goes in two halves of 0.28125.
func TestForeignStepper(t *testing.T) {
	var log []string
	m := grudging{limit: 0.3, factor: 0.5, log: &log}
	it, err := NewIntegrator(decay(), []float64{1}, 0, 1, &Settings{Method: m, FirstStep: 1})
	if err != nil {
		t.Fatal(err)
	}
	var ts []float64
	for it.Step() {
		ts = append(ts, it.T())
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	if want := []float64{0.25, 0.4375, 0.71875, 1}; maxDiff(ts, want) > 1e-15 || len(ts) != 4 {
		t.Errorf("steps to %v; want %v", ts, want)
	}
	s := it.Stats()
	if s.Accepted != 4 || s.NewtonIterations != s.Steps || s.Rejected < 3 || s.F != 4 {
		t.Errorf("%+v", s)
	}
	if log[0] != "reset" || log[1] != "attempt" || log[len(log)-1] != "accept" {
		t.Errorf("%v", log)
	}

	// With no advice the package's own factor; with none that converges, a status and both errors.
	m.factor, m.limit = 0, 0
	_, err = Solve(decay(), []float64{1}, 0, 1, &Settings{Method: m, FirstStep: 1})
	if e := wantStatus(t, err, StepTooSmall); !errors.Is(err, ErrNoConvergence) || e.Component != -1 {
		t.Errorf("%+v", e)
	}
	// Constant steps can't be retried.
	_, err = Solve(decay(), []float64{1}, 0, 1, &Settings{Method: m, Step: 0.5})
	wantStatus(t, err, NoConvergence)

	_, tape, err := SolveTape(decay(), []float64{1}, 0, 1, &Settings{Method: m})
	if e := wantStatus(t, err, NotSupported); tape != nil || e.Method != "grudging" {
		t.Errorf("%v", err)
	}
}

// TestAdviceCannotStall: advice to grow after a failure is not taken.
func TestAdviceCannotStall(t *testing.T) {
	var log []string
	m := grudging{limit: 0.3, factor: 5, log: &log}
	sol, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: m, FirstStep: 1})
	if err != nil || sol.Stats.Steps > 40 {
		t.Errorf("%+v, %v", sol.Stats, err)
	}
}

func TestTableauOf(t *testing.T) {
	for _, m := range Methods() {
		if m.Info().Family != "explicit Runge–Kutta" {
			continue
		}
		if tab, ok := TableauOf(m); !ok || tab.Name != m.Name() {
			t.Errorf("%s: %v, %t", m.Name(), tab, ok)
		}
	}
	for _, m := range []Method{nil, ExplicitRK{}, grudging{log: new([]string)}} {
		if _, ok := TableauOf(m); ok {
			t.Errorf("a tableau of %v", m)
		}
	}
}
