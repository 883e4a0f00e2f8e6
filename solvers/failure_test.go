package solvers

import (
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// wantStatus checks that err is an *Error of that status, with a message of this package.
func wantStatus(t *testing.T, err error, want Status) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *Error", err)
	}
	if e.Status != want || !errors.Is(err, want.Err()) {
		t.Errorf("status %v (%v); want %v", e.Status, err, want)
	}
	if !strings.HasPrefix(err.Error(), "solvers: ") {
		t.Errorf("message %q", err)
	}
	return e
}

func decay() System[float64] {
	return System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error { d[0] = -y[0]; return nil }}
}

func TestBadInput(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		sys    System[float64]
		y0     []float64
		t0, t1 float64
		s      *Settings
	}{
		{name: "no dimension", sys: System[float64]{F: decay().F}, y0: []float64{}, t1: 1},
		{name: "no f", sys: System[float64]{Dim: 1}, t1: 1},
		{name: "parameters", sys: System[float64]{Dim: 1, F: decay().F, NumParams: -1}, t1: 1},
		{name: "y0 short", y0: []float64{}, t1: 1},
		{name: "y0 NaN", y0: []float64{nan}, t1: 1},
		{name: "y0 infinite", y0: []float64{-inf}, t1: 1},
		{name: "t0 NaN", t0: nan, t1: 1},
		{name: "t0 infinite", t0: -inf, t1: 1},
		{name: "t1 NaN", t1: nan},
		{name: "t1 infinite", t1: inf},
		{name: "span", t0: -math.MaxFloat64, t1: math.MaxFloat64},
		{name: "RTol negative", t1: 1, s: &Settings{RTol: -1}},
		{name: "RTol NaN", t1: 1, s: &Settings{RTol: nan}},
		{name: "ATol infinite", t1: 1, s: &Settings{ATol: inf}},
		{name: "Step negative", t1: 1, s: &Settings{Step: -0.1}},
		{name: "Step NaN", t1: 1, s: &Settings{Step: nan}},
		{name: "Step unresolved", t0: 1, t1: 2, s: &Settings{Step: 1e-17}},
		{name: "Step endless", t0: 0, t1: 1, s: &Settings{Step: 1e-300}},
		{name: "FirstStep", t1: 1, s: &Settings{FirstStep: -1}},
		{name: "MinStep", t1: 1, s: &Settings{MinStep: nan}},
		{name: "MaxStep", t1: 1, s: &Settings{MaxStep: -1}},
		{name: "MinStep over MaxStep", t1: 1, s: &Settings{MinStep: 1, MaxStep: 0.5}},
		{name: "MaxSteps", t1: 1, s: &Settings{MaxSteps: -1}},
		{name: "SaveAt NaN", t1: 1, s: &Settings{SaveAt: []float64{nan}}},
		{name: "SaveAt before", t1: 1, s: &Settings{SaveAt: []float64{-0.1}}},
		{name: "SaveAt behind", t1: 1, s: &Settings{SaveAt: []float64{1.1}}},
		{name: "SaveAt twice", t1: 1, s: &Settings{SaveAt: []float64{0.5, 0.5}}},
		{name: "SaveAt back", t1: 1, s: &Settings{SaveAt: []float64{0.5, 0.4}}},
		{name: "SaveAt direction", t1: -1, s: &Settings{SaveAt: []float64{-0.5, -0.4}}},
		{name: "SaveAt of a point", s: &Settings{SaveAt: []float64{0.5}}},
		{name: "Controller NaN", t1: 1, s: &Settings{Controller: Controller{I: nan}}},
		{name: "Controller sum", t1: 1, s: &Settings{Controller: Controller{I: -1}}},
		{name: "Controller safety", t1: 1, s: &Settings{Controller: Controller{Safety: 2}}},
		{name: "Controller min", t1: 1, s: &Settings{Controller: Controller{MinFactor: 1}}},
		{name: "Controller max", t1: 1, s: &Settings{Controller: Controller{MaxFactor: 0.5}}},
		{name: "Norm", t1: 1, s: &Settings{Norm: RMS{First: 2}}},
		{name: "Norm negative", t1: 1, s: &Settings{Norm: Max{First: -1}}},
		{name: "Norm nil", t1: 1, s: &Settings{Norm: NormFunc(nil)}},
		{name: "tableau", t1: 1, s: &Settings{Method: ExplicitRK{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.sys.F == nil && c.sys.Dim == 0 {
				c.sys = decay()
			}
			if c.y0 == nil {
				c.y0 = []float64{1}
			}
			sol, err := Solve(c.sys, c.y0, c.t0, c.t1, c.s)
			wantStatus(t, err, BadInput)
			if sol == nil || sol.Status != BadInput || len(sol.Y) != 0 {
				t.Errorf("solution %+v", sol)
			}
			if err := sol.Eval(0, []float64{0}); err == nil {
				t.Error("Eval of a solve that did not begin")
			}
			if _, _, err := SolveTape(c.sys, c.y0, c.t0, c.t1, c.s); !errors.Is(err, ErrBadInput) {
				t.Errorf("SolveTape: %v", err)
			}
		})
	}
}

// TestEmptyInterval: t1 == t0 is a solve that has nothing to do.
func TestEmptyInterval(t *testing.T) {
	for _, m := range methodsUnderTest() {
		s := &Settings{Method: m, Dense: true}
		sol, tape, err := SolveTape(decay(), []float64{3}, 2, 2, s)
		if err != nil || sol.Status != Success || len(sol.Y) != 1 || sol.Y[0][0] != 3 || sol.Stats != (Stats{}) {
			t.Fatalf("%s: %+v, %v", m.Name(), sol, err)
		}
		y := make([]float64, 1)
		if err := sol.Eval(2, y); err != nil || y[0] != 3 {
			t.Errorf("%s: Eval gives %v, %v", m.Name(), y, err)
		}
		sys := decay()
		sys.VJP = func(float64, []float64, []float64, []float64, []float64, []float64) (float64, error) { panic("unused") }
		g, err := tape.Backward(sys, [][]float64{{5}})
		if err != nil || g.Y0[0] != 5 || g.T0 != 0 || g.T1 != 0 || g.SaveAt[0] != 0 {
			t.Errorf("%s: gradient %+v, %v", m.Name(), g, err)
		}
	}
}

// TestShortIntervals: an interval of a few spacings of the floats is a step.
func TestShortIntervals(t *testing.T) {
	for _, m := range methodsUnderTest() {
		for _, dir := range []float64{math.Inf(1), math.Inf(-1)} {
			t1 := math.Nextafter(1, dir)
			sol, err := Solve(decay(), []float64{1}, 1, t1, &Settings{Method: m})
			if err != nil || sol.Stats.Accepted != 1 || sol.LastT != t1 {
				t.Errorf("%s: %+v, %v", m.Name(), sol, err)
			}
		}
	}
}

// TestNonFiniteTrial: f isn't finite beyond y = 1.05, where long trial steps of a solution that stays below 1 end. They are
// rejected and the solve goes on.
func TestNonFiniteTrial(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		met := 0
		sys := System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error {
			d[0], d[1] = 50*(1-y[0]), 0
			if y[0] > 1.05 {
				met++
				d[0], d[1] = bad, bad
			}
			return nil
		}}
		sol, err := Solve(sys, []float64{0, 1}, 0, 1, &Settings{FirstStep: 0.5, RTol: 1e-4, ATol: 1e-4})
		if err != nil || met == 0 || sol.Stats.Rejected == 0 {
			t.Fatalf("f=%g: met %d times, %+v, %v", bad, met, sol.Stats, err)
		}
		if e := math.Abs(sol.LastY[0] - 1); e > 1e-3 {
			t.Errorf("f=%g: error %g", bad, e)
		}
	}
}

// TestNormNotANumber: a norm that isn't a number, or is negative, rejects the step and never reaches the controller.
func TestNormNotANumber(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), -1} {
		met := 0
		norm := NormFunc(func(e []float64) float64 {
			if r := (RMS{}).Norm(e); r < 1 || r > 1e3 { // 1e3: the sizes that the first step is chosen by
				return r
			}
			met++
			return bad
		})
		p := problems()[2]
		sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &Settings{Norm: norm, FirstStep: 0.3})
		if err != nil || met == 0 || sol.Stats.Rejected < met {
			t.Fatalf("%g: met %d times, %+v, %v", bad, met, sol.Stats, err)
		}
		if e := maxDiff(sol.LastY, p.exact(p.t1)); e > 1e-4 {
			t.Errorf("%g: error %g", bad, e)
		}
	}
}

// TestNonFiniteHidden: a component that the norm leaves out must be finite all the same.
func TestNonFiniteHidden(t *testing.T) {
	sys := System[float64]{Dim: 2, F: func(x float64, y, d []float64) error {
		d[0], d[1] = 0, 1/(0.5-x)
		if x >= 0.5 {
			d[1] = math.NaN()
		}
		return nil
	}}
	sol, err := Solve(sys, []float64{1, 0}, 0, 1, &Settings{Norm: RMS{First: 1}})
	e := wantStatus(t, err, StepTooSmall)
	if !errors.Is(err, ErrNonFinite) || e.Component != 1 || sol.LastT > 0.5 || sol.LastT < 0.4999 {
		t.Errorf("%+v, last t %g", e, sol.LastT)
	}
}

// TestBlowUp: y' = y² reaches infinity at t = 1. The solve ends there with a status and what it has.
func TestBlowUp(t *testing.T) {
	sys := System[float64]{Dim: 2, F: func(_ float64, y, d []float64) error { d[0], d[1] = -1, y[1]*y[1]; return nil }}
	sol, err := Solve(sys, []float64{1, 1}, 0, 2, &Settings{SaveAt: []float64{0, 0.5, 1.5}, Dense: true})
	e := wantStatus(t, err, StepTooSmall)
	if e.Component != 1 || math.Abs(e.T-1) > 1e-3 || sol.Status != StepTooSmall {
		t.Errorf("%+v", e)
	}
	if len(sol.Y) != 2 || len(sol.T) != 2 || math.Abs(sol.Y[1][1]-2) > 1e-4 || sol.LastT != e.T {
		t.Errorf("partial solution %+v", sol)
	}
	y := make([]float64, 2)
	if err := sol.Eval(0.75, y); err != nil || math.Abs(y[1]-4) > 1e-3 {
		t.Errorf("Eval of the partial solution: %v, %v", y, err)
	}
	if err := sol.Eval(1.5, y); !errors.Is(err, ErrBadInput) {
		t.Errorf("Eval beyond the partial solution: %v", err)
	}
	// With constant steps there is no smaller step.
	_, err = Solve(sys, []float64{1, 1}, 0, 2, &Settings{Method: Euler{}, Step: 0.01})
	if e := wantStatus(t, err, NonFinite); e.Component != 1 || e.T < 1 {
		t.Errorf("%+v", e)
	}
}

func TestNonFiniteBeginning(t *testing.T) {
	sys := System[float64]{Dim: 2, F: func(x float64, _, d []float64) error { d[0], d[1] = 1, math.Log(x-1); return nil }}
	sol, err := Solve(sys, []float64{0, 0}, 0, 1, nil)
	if e := wantStatus(t, err, NonFinite); e.Component != 1 || e.T != 0 || sol.Stats.F != 1 {
		t.Errorf("%+v, %+v", e, sol.Stats)
	}
}

// TestInitialStepOutside: the Euler step of the starting rule may leave the domain of f.
func TestInitialStepOutside(t *testing.T) {
	// y = (1 − 500t)², f is NaN where y < 0.
	sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error {
		d[0] = -1000 * math.Sqrt(y[0])
		if y[0] < 0.995 {
			d[0] *= math.Sqrt(y[0] - 0.9)
		}
		return nil
	}}
	if _, err := Solve(sys, []float64{1}, 0, 1e-5, nil); err != nil {
		t.Error(err)
	}
}

func TestMaxSteps(t *testing.T) {
	for _, s := range []*Settings{
		{MaxSteps: 5, RTol: 1e-10, SaveAt: []float64{0, 0.01, 10}},
		{MaxSteps: 5, Method: RK4{}, Step: 0.01, SaveAt: []float64{0, 0.01, 10}},
	} {
		sol, err := Solve(decay(), []float64{1}, 0, 10, s)
		e := wantStatus(t, err, MaxStepsReached)
		if sol.Stats.Steps != 5 || len(sol.Y) != 2 || sol.LastT != e.T || !(e.T > 0.01) {
			t.Errorf("%+v at t=%g", sol.Stats, e.T)
		}
		if d := math.Abs(sol.LastY[0] - math.Exp(-sol.LastT)); d > 1e-8 {
			t.Errorf("the last state is %g off", d)
		}
		if !strings.Contains(err.Error(), "raise MaxSteps") {
			t.Errorf("no advice in %q", err)
		}
	}
	_, tape, err := SolveTape(decay(), []float64{1}, 0, 10, &Settings{MaxSteps: 5})
	if wantStatus(t, err, MaxStepsReached); tape != nil {
		t.Error("a tape of a solve that failed")
	}
}

func TestMinStep(t *testing.T) {
	p := problems()[0]
	s := &Settings{RTol: 1e-12, ATol: 1e-12, MinStep: 0.5}
	_, err := Solve(p.system(), p.exact(0), 0, 2, s)
	if e := wantStatus(t, err, StepTooSmall); math.Abs(e.Step) != 0.5 {
		t.Errorf("step %g", e.Step)
	}
	// The last step may be smaller.
	s = &Settings{RTol: 1e-1, ATol: 1e-1, MinStep: 0.3, MaxStep: 0.3}
	sol, err := Solve(p.system(), p.exact(0), 0, 1, s)
	if err != nil || sol.LastT != 1 {
		t.Error(err)
	}
}

// TestFieldError: the error of f ends the solve at once, is the cause, and leaves what was there.
func TestFieldError(t *testing.T) {
	mine := errors.New("out of the table")
	for _, m := range methodsUnderTest() {
		sys := System[float64]{Dim: 1, F: func(x float64, _, d []float64) error {
			if x > 0.5 {
				return mine
			}
			d[0] = 1
			return nil
		}}
		s := &Settings{Method: m, Step: 0.1, SaveAt: []float64{0, 0.2, 1}}
		sol, err := Solve(sys, []float64{0}, 0, 1, s)
		e := wantStatus(t, err, FieldFailed)
		if !errors.Is(err, mine) || e.Method != m.Name() || len(sol.Y) != 2 || sol.LastT > 0.61 || sol.LastT < 0.39 {
			t.Errorf("%s: %v, %+v", m.Name(), err, sol)
		}
		if sol.Stats.Steps != sol.Stats.Accepted+sol.Stats.Rejected {
			t.Errorf("%s: %+v", m.Name(), sol.Stats)
		}
		// At the very first evaluation, and at the one that an interpolant needs.
		sys.F = func(float64, []float64, []float64) error { return mine }
		if _, err := Solve(sys, []float64{0}, 0, 1, &Settings{Method: m}); !errors.Is(err, mine) {
			t.Errorf("%s: %v", m.Name(), err)
		}
	}
	sys := System[float64]{Dim: 1, F: func(x float64, _, d []float64) error {
		if d[0] = 1; x >= 1 {
			return mine
		}
		return nil
	}}
	_, err := Solve(sys, []float64{0}, 0, 1, &Settings{Method: Midpoint{}, Dense: true})
	if wantStatus(t, err, FieldFailed); !errors.Is(err, mine) {
		t.Error(err)
	}
}

func TestBackwardRefuses(t *testing.T) {
	_, tape, err := SolveTape(decay(), []float64{1}, 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tape.Backward(decay(), [][]float64{{1}})
	wantStatus(t, err, NotSupported)
	sys := decay()
	mine := errors.New("no derivative here")
	sys.VJP = func(float64, []float64, []float64, []float64, []float64, []float64) (float64, error) { return 0, mine }
	_, err = tape.Backward(sys, [][]float64{{1}})
	if wantStatus(t, err, FieldFailed); !errors.Is(err, mine) {
		t.Error(err)
	}
	for _, w := range [][][]float64{{}, {{1, 2}}, {{math.NaN()}}, {{1}, {1}}} {
		_, err = tape.Backward(sys, w)
		wantStatus(t, err, BadInput)
	}
	sys.VJP = func(_ float64, _, _, _, wy, _ []float64) (float64, error) { wy[0] = math.Inf(1); return 0, nil }
	_, err = tape.Backward(sys, [][]float64{{1}})
	if e := wantStatus(t, err, NonFinite); e.Component != 0 {
		t.Errorf("%+v", e)
	}
	sys.Dim = 2
	_, err = tape.Backward(sys, [][]float64{{1}})
	wantStatus(t, err, BadInput)
	_, err = (*Tape[float64])(nil).Backward(decay(), nil)
	wantStatus(t, err, BadInput)
}

func TestStatusTable(t *testing.T) {
	for s := Running; s <= NotSupported; s++ {
		if s.String() == "" {
			t.Errorf("status %d has no name", int(s))
		}
		if good := s <= EventOccurred; good != (s.Err() == nil) {
			t.Errorf("%v: error %v", s, s.Err())
		}
	}
	if s := Status(99); s.String() != "Status(unknown)" || s.Err() != nil || s.Advice() != "" {
		t.Error("an unknown status")
	}
}

func TestMethodByName(t *testing.T) {
	for _, m := range Methods() {
		if got, err := MethodByName(strings.ToLower(m.Name())); err != nil || got != m {
			t.Errorf("%s: %v, %v", m.Name(), got, err)
		}
	}
	_, err := MethodByName("nonesuch")
	if wantStatus(t, err, BadInput); !strings.Contains(err.Error(), "dopri5") {
		t.Error(err)
	}
}

// A constant step that would take for ever is refused, and not begun, unless a number of steps is asked for.
func TestEndlessConstantSteps(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, y, dydt []float64) error { dydt[0] = -y[0]; return nil }}
	sol, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: Euler{}, Step: 1e-8})
	if !errors.Is(err, ErrBadInput) || sol.Stats.F != 0 {
		t.Errorf("%d evaluations, %v", sol.Stats.F, err)
	}
	sol, err = Solve(sys, []float64{1}, 0, 1, &Settings{Method: Euler{}, Step: 1e-8, MaxSteps: 10})
	if !errors.Is(err, ErrMaxSteps) || sol.Stats.Accepted != 10 {
		t.Errorf("%d steps, %v", sol.Stats.Accepted, err)
	}
}
