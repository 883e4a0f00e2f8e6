package solvers

import (
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// TestNonFiniteJacobian: an entry of ∂f/∂y that isn't finite ends a solve at once where the step begins with it, and the
// error says which it is, whatever gave it: System.Jacobian, System.JVP, or differences of f.
func TestNonFiniteJacobian(t *testing.T) {
	f := func(_ float64, y, d []float64) error { d[0], d[1], d[2] = -y[0], -y[1], y[0]-y[2]; return nil }
	given := System[float64]{Dim: 3, F: f, Jacobian: func(_ float64, _, j []float64) error {
		copy(j, []float64{-1, 0, 0, 0, -1, 0, math.NaN(), 0, -1})
		return nil
	}}
	product := System[float64]{Dim: 3, F: f, JVP: func(_ float64, _, v, out []float64) error {
		out[0], out[1], out[2] = -v[0], -v[1], -v[2]
		if v[0] != 0 {
			out[2] = math.Inf(1)
		}
		return nil
	}}
	banded := given
	banded.Pattern = Banded(2, 0)
	differences := System[float64]{Dim: 3, F: func(_ float64, y, d []float64) error {
		if d[0], d[1], d[2] = -y[0], -y[1], -y[2]; y[0] != 1 {
			d[2] = math.NaN()
		}
		return nil
	}}
	implicit := []Method{Radau{}, BDF{}, Trapezoid{}, TRBDF2{}, Kvaerno5{}, ImplicitEuler{}, Rodas5P{}, KenCarp4{}}
	for name, sys := range map[string]System[float64]{"Jacobian": given, "JVP": product, "pattern": banded} {
		for _, m := range implicit {
			for _, s := range []Settings{{Method: m}, {Method: m, Step: 0.1}} {
				sol, err := Solve(sys, []float64{1, 1, 1}, 0.25, 1, &s)
				var e *Error
				var v *ValueError
				if !errors.As(err, &e) || !errors.As(err, &v) || !errors.Is(err, ErrNonFinite) {
					t.Errorf("%s by %s, step %g: %v", name, m.Name(), s.Step, err)
					continue
				}
				if !v.Jacobian || v.Row != 2 || v.Column != 0 || v.T < 0.25 || v.T > 0.4 ||
					!strings.Contains(err.Error(), "row 2, column 0 at t=0.") {
					t.Errorf("%s by %s, step %g: %v, %+v", name, m.Name(), s.Step, err, v)
				}
				if s.Step == 0 && m != (BDF{}) && (e.Status != NonFinite || sol.Stats.Steps != 1) {
					t.Errorf("%s by %s: %v after %d steps", name, m.Name(), e.Status, sol.Stats.Steps)
				}
			}
		}
	}
	for _, m := range []Method{Radau{}, Trapezoid{}, Rodas5P{}} {
		_, err := Solve(differences, []float64{1, 1, 1}, 0, 1, &Settings{Method: m, FirstStep: 0.1})
		var v *ValueError
		if !errors.As(err, &v) || !v.Jacobian || v.Row != 2 || v.Column != 0 {
			t.Errorf("differences by %s: %v", m.Name(), err)
		}
	}
	for _, m := range []Method{Radau{Krylov: true}, BDF{Krylov: true}, TRBDF2{Krylov: true}} {
		_, err := Solve(product, []float64{1, 1, 1}, 0, 1, &Settings{Method: m})
		var v *ValueError
		if !errors.As(err, &v) || v.Row != 2 || v.Column != -1 || !strings.Contains(err.Error(), "row 2 of a product") {
			t.Errorf("a product by %s: %v", m.Name(), err)
		}
	}
}

// TestBlame: the component of the error is the one that f returned NaN in, though the stages spread it over all, and the
// solve comes to where that begins.
func TestBlame(t *testing.T) {
	sys := System[float64]{Dim: 3, F: func(x float64, y, d []float64) error {
		if d[0], d[1], d[2] = y[1], -y[0], y[1]; x > 0.5 {
			d[1] = math.NaN()
		}
		return nil
	}}
	for _, m := range methodsUnderTest() {
		for _, s := range []Settings{{Method: m}, {Method: m, Step: 0.03}} {
			if s.Step == 0 && !m.Info().Adaptive() || m.Info().Family == "symplectic" {
				continue
			}
			sol, err := Solve(sys, []float64{1, 0, 1}, 0, 1, &s)
			var e *Error
			if !errors.As(err, &e) || e.Component != 1 || !errors.Is(err, ErrNonFinite) ||
				!strings.Contains(err.Error(), "component 1 of f is NaN at t=0.5") {
				t.Errorf("%s, step %g: %v", m.Name(), s.Step, err)
				continue
			}
			if strings.Contains(err.Error(), "MinStep") || strings.Contains(err.Error(), "RTol") {
				t.Errorf("%s: the advice of %v", m.Name(), err)
			}
			if s.Step == 0 && sol.LastT < 0.5-1e-12 || sol.LastT > 0.53 || sol.LastT < 0.4 {
				t.Errorf("%s, step %g: the end is at t=%.16g", m.Name(), s.Step, sol.LastT)
			}
		}
	}
}

// TestAdviceOfMinStep: MinStep is spoken of where it is what ended the solve.
func TestAdviceOfMinStep(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error { d[0] = y[0] * y[0]; return nil }}
	for _, least := range []float64{0, 1e-3} {
		_, err := Solve(sys, []float64{1}, 0, 2, &Settings{MinStep: least})
		wantStatus(t, err, StepTooSmall)
		if strings.Contains(err.Error(), "MinStep") != (least > 0) {
			t.Errorf("MinStep %g: %v", least, err)
		}
	}
}

// TestTolerancesWithoutEstimate: tolerances that a method can't keep to are refused, and without them it takes one step an
// interval, as documented.
func TestTolerancesWithoutEstimate(t *testing.T) {
	for _, m := range Methods() {
		if m.Info().Adaptive() {
			continue
		}
		sys := System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error { d[0], d[1] = y[1], -y[0]; return nil }}
		for _, s := range []Settings{{RTol: 1e-6}, {ATol: 1e-6}, {RTols: []float64{1e-3, 1e-6}}, {ATols: []float64{1e-3, 0}}} {
			s.Method = m
			_, err := Solve(sys, []float64{1, 0}, 0, 1, &s)
			if wantStatus(t, err, BadInput); !strings.Contains(err.Error(), "give Step") {
				t.Error(err)
			}
			s.Step = 0.1
			if _, err := Solve(sys, []float64{1, 0}, 0, 1, &s); err != nil {
				t.Error(err)
			}
		}
		sol, err := Solve(sys, []float64{1, 0}, 0, 1, &Settings{Method: m})
		if err != nil || sol.Stats.Accepted != 1 {
			t.Errorf("%s: %+v, %v", m.Name(), sol.Stats, err)
		}
	}
}

// TestNothingThere: a tape that isn't there, an index beyond it, and an Integrator that nobody made don't panic.
func TestNothingThere(t *testing.T) {
	sol, err := Solve(decay(), []float64{1}, 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tp := sol.Tape(); tp.Steps() != 0 || !math.IsNaN(tp.Time(0)) || tp.State(0) != nil {
		t.Error("a nil tape")
	}
	for _, checkpoints := range []int{0, 3} {
		_, tape, err := SolveTape(decay(), []float64{1}, 0, 1, &Settings{Checkpoints: checkpoints})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{-1, tape.Steps() + 1, 10_000} {
			if !math.IsNaN(tape.Time(n)) || tape.State(n) != nil {
				t.Errorf("point %d of %d", n, tape.Steps())
			}
		}
		if tape.Time(tape.Steps()) != 1 || tape.Time(0) != 0 {
			t.Error("the ends")
		}
	}
	var it Integrator[float64]
	if it.Step() || it.Stats() != (Stats{}) || it.Events() != nil || it.Y() != nil {
		t.Error("a zero Integrator")
	}
	for _, err := range []error{it.Err(), it.SetTarget(1), it.SetState(0, nil), it.Resume(0), it.Restart(0, nil, 1),
		it.Interpolate(0.5, nil), it.Continue(0, nil, 1)} {
		wantStatus(t, err, BadInput)
	}
}
