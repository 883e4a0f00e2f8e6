package solvers

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// doubled are the methods to double with general systems.
func doubled() (ms []StepDoubling) {
	for _, m := range []Method{Euler{}, Midpoint{}, RK4{}, Dopri5{}, ImplicitEuler{}, Trapezoid{}} {
		ms = append(ms, StepDoubling{Method: m}, StepDoubling{Method: m, Plain: true})
	}
	return ms
}

// TestDoublingOrder measures the order of the states, p or extrapolated p + 1, and that of the estimate.
func TestDoublingOrder(t *testing.T) {
	var table strings.Builder
	for _, m := range append(doubled(), StepDoubling{Method: Verlet{}}, StepDoubling{Method: Verlet{}, Plain: true},
		StepDoubling{Method: Suzuki4{}}) {
		ps := problems()
		if m.Info().Separable {
			ps = []problem{ps[2], swung()}
		}
		for _, p := range ps {
			var x, y []float64
			for _, n := range []int{20, 40, 80, 160} {
				if e := onGrid(t, m, p, n, false); e > 2e-14 {
					x, y = append(x, -math.Log(float64(n))), append(y, math.Log(e))
				}
			}
			got, want := slope(x, y), float64(m.Order())
			fmt.Fprintf(&table, "%-15s plain=%-5t %-10s order %.2f\n", m.Method.Name(), m.Plain, p.name, got)
			if got < want-0.35 || got > want+1.2 {
				t.Errorf("%s, plain %t, on %s: order %.2f; want %g", m.Method.Name(), m.Plain, p.name, got, want)
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestDoublingEstimate: of short steps the estimate is the error of the halves.
func TestDoublingEstimate(t *testing.T) {
	for _, m := range doubled() {
		p := problems()[2]
		h := 0.02
		if m.Method.Order() > 3 {
			h = 0.2
		}
		env := newEnvironment(p.system(), &Settings{Norm: Max{}, ATol: 1})
		s, err := newStepper[float64](m, env)
		if err != nil {
			t.Fatal(err)
		}
		s.reset()
		y1 := make([]float64, 2)
		o, err := s.attempt(0.5, 0.5+h, p.exact(0.5), y1)
		if err != nil || o.fail != nil {
			t.Fatal(o, err)
		}
		d := s.(*doubling[float64])
		if e := maxDiff(d.y2, p.exact(0.5+h)); math.Abs(e-o.err) > 0.15*e {
			t.Errorf("%s: estimate %g; error %g", m.Method.Name(), o.err, e)
		}
		if s.controlOrder() != m.Method.Order()+1 {
			t.Errorf("%s: the controller's order is %d", m.Method.Name(), s.controlOrder())
		}
	}
}

// TestDoublingConverges: the error follows the tolerance, in both directions and between the steps.
func TestDoublingConverges(t *testing.T) {
	for _, m := range append(doubled(), StepDoubling{Method: Verlet{}}, StepDoubling{Method: Suzuki4{}}) {
		p := problems()[2]
		for _, q := range []problem{p, p.backwards()} {
			for _, tol := range []float64{1e-3, 1e-5, 1e-7} {
				if m.Order() == 1 && tol < 1e-5 {
					continue // tens of thousands of steps
				}
				s := &Settings{Method: m, RTol: tol, ATol: tol, SaveAt: nodes(q.t0, q.t1, 17, true)}
				sol, err := Solve(q.system(), q.exact(q.t0), q.t0, q.t1, s)
				if err != nil {
					t.Fatal(err)
				}
				var e float64
				for i, x := range sol.T {
					e = math.Max(e, maxDiff(sol.Y[i], q.exact(x)))
				}
				if e > 3*tol*float64(sol.Stats.Accepted) {
					t.Errorf("%s, plain %t, on %s: error %.2g at tolerance %g after %d steps", m.Method.Name(), m.Plain, q.name, e, tol,
						sol.Stats.Accepted)
				}
			}
		}
	}
}

// TestDoublingGradient compares with central differences on the recorded grid, with states saved between the steps.
func TestDoublingGradient(t *testing.T) {
	for _, m := range doubled() {
		for _, backwards := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/plain=%t/backwards=%t", m.Method.Name(), m.Plain, backwards), func(t *testing.T) {
				in, w := gradientCase(11, backwards)
				s := &Settings{Method: m, RTol: 1e-3, ATol: 1e-3}
				g, tape := taped[float64](t, in, w, s)
				compare(t, in, flat(g), 1e-8, frozen(t, m, in, w, tape))
			})
		}
	}
}

// TestDoublingCounts: RK4 doubled takes 4 + 4 + 4 evaluations a step, and its first is shared; a rejected step begins
// with it again.
func TestDoublingCounts(t *testing.T) {
	p := problems()[2]
	sol, err := Solve(p.system(), p.exact(0), 0, 1, &Settings{Method: StepDoubling{}, Step: 0.1})
	if err != nil || sol.Stats.F != 11*10 {
		t.Errorf("%+v, %v", sol.Stats, err)
	}
	// The interpolant's f at the end is the next step's first.
	sol, err = Solve(p.system(), p.exact(0), 0, 1, &Settings{Method: StepDoubling{}, Step: 0.1, Dense: true})
	if err != nil || sol.Stats.F != 11*10+1 {
		t.Errorf("%+v, %v", sol.Stats, err)
	}
	sol, err = Solve(p.system(), p.exact(0), 0, 1, &Settings{Method: StepDoubling{}, RTol: 1e-8, ATol: 1e-8, FirstStep: 1})
	if err != nil || sol.Stats.Rejected == 0 || sol.Stats.F != 11*sol.Stats.Accepted+10*sol.Stats.Rejected {
		t.Errorf("%+v, %v", sol.Stats, err)
	}
}

// TestDoublingRefuses methods whose steps depend on those before, by name.
func TestDoublingRefuses(t *testing.T) {
	for _, m := range []Method{Adams{}, AdamsBashforth{}, BDF{}, Auto{}, Reversible{}, StepDoubling{}} {
		_, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: StepDoubling{Method: m}})
		if e := wantStatus(t, err, NotSupported); !strings.Contains(e.Error(), m.Name()) {
			t.Errorf("%v", err)
		}
	}
}
