package solvers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestReversibleOrder: the pair has the order of the method. Where that is odd the errors of both states have opposite
// signs, and the constant changes, as the states drift apart and λ holds them, over N(1−λ) = 1 to 100 of the N steps: λ
// keeps clear of that.
func TestReversibleOrder(t *testing.T) {
	var table strings.Builder
	for _, in := range []Method{Euler{}, Midpoint{}, Heun{}, Bosh3{}, RK4{}, Tsit5{}} {
		for _, lambda := range []float64{0.7, 0.9999, 1} {
			m := Reversible{Method: in, Lambda: lambda}
			if in.Order() == 5 && lambda < 0.9 {
				continue // the grids are too coarse
			}
			for _, p := range problems() {
				var x, y []float64
				for _, n := range grids(in.Order()) {
					if e := onGrid(t, m, p, n, false); e > 2e-14 {
						x, y = append(x, -math.Log(float64(n))), append(y, math.Log(e))
					}
				}
				got, want := slope(x, y), float64(in.Order())
				fmt.Fprintf(&table, "%-9s λ=%-5g %-10s order %.2f\n", in.Name(), lambda, p.name, got)
				if got < want-0.25 || got > want+1.2 {
					t.Errorf("%s, λ=%g, on %s: order %.2f; want %g", in.Name(), lambda, p.name, got, want)
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestReversibleInverse: a thousand steps undone end at the start, to rounding that grows by 1/λ.
func TestReversibleInverse(t *testing.T) {
	const steps = 1000
	for _, in := range []Method{Euler{}, Midpoint{}, RK4{}, Dopri5{}} {
		for _, lambda := range []float64{0.99, 0.999, 1} {
			p := problems()[2]
			sys, y0 := p.system(), p.exact(0)
			s, err := newStepper[float64](Reversible{Method: in, Lambda: lambda}, newEnvironment(sys, &Settings{Norm: RMS{}}))
			if err != nil {
				t.Fatal(err)
			}
			m := s.(*reversible[float64])
			m.reset()
			y, next := slices.Clone(y0), make([]float64, 2)
			grid := nodes(0, 10, steps, true)
			for n := range steps {
				if _, err := m.attempt(grid[n], grid[n+1], y, next); err != nil {
					t.Fatal(err)
				}
				m.accept()
				y, next = next, y
			}
			z := slices.Clone(m.z)
			for n := steps - 1; n >= 0; n-- {
				if _, err := m.undo(n, grid[n], grid[n+1], y, z, false); err != nil {
					t.Fatal(err)
				}
			}
			d := math.Max(maxDiff(y, y0), maxDiff(z, y0))
			t.Logf("%s, λ=%g: %.2g away", in.Name(), lambda, d)
			if bound := 1e-13 * math.Pow(lambda, -steps) * 10; d > bound {
				t.Errorf("%s, λ=%g: %g away from y0; want %g", in.Name(), lambda, d, bound)
			}
		}
	}
}

// TestReversibleBackward: undoing the steps gives the gradient of the tape, for all inputs.
func TestReversibleBackward(t *testing.T) {
	for _, m := range []Reversible{{}, {Method: Midpoint{}}, {Method: Euler{}, Lambda: 0.99}, {Method: Dopri5{}, Lambda: 1}} {
		for _, backwards := range []bool{false, true} {
			in, w := gradientCase(7, backwards)
			for _, last := range []bool{false, true} {
				if last {
					w[4] = nil // the last steps matter to nothing
				}
				s := &Settings{Method: m, Step: 0.02}
				want, tape := taped[float64](t, in, w, s)
				c := *s
				c.SaveAt = in.ts
				sys := network(3, in.theta)
				_, end, err := SolveReversible(sys, in.y0, in.t0, in.t1, &c)
				if err != nil {
					t.Fatal(err)
				}
				got, err := end.Backward(sys, w)
				if err != nil {
					t.Fatal(err)
				}
				a, b := flat(got), flat(want)
				d := maxDiff(a, b) / (1 + maxDiff(b, make([]float64, len(b))))
				t.Logf("%s: %.2g from the tape's", m.Info().Family, d)
				if d > 1e-12 || end.Steps() != tape.Steps() {
					t.Errorf("%s: %v after %d steps; by a tape %v after %d", m.Info().Family, a, end.Steps(), b, tape.Steps())
				}
				if again, err := end.Backward(sys, w); err != nil || !slices.Equal(flat(again), a) {
					t.Errorf("a second pass: %v, %v", again, err)
				}
				for i := range end.tape.t {
					if n := len(end.tape.state.at(i)); n != 0 {
						t.Fatalf("%d numbers are kept of a step", n)
					}
				}
			}
		}
	}
}

// TestReversibleBackwardAllocations: the memory of a pass is that of a step.
func TestReversibleBackwardAllocations(t *testing.T) {
	in, w := gradientCase(2, false)
	sys := network(3, in.theta)
	count := func(step float64) float64 {
		_, tape, err := SolveReversible(sys, in.y0, in.t0, in.t1, &Settings{Step: step, SaveAt: in.ts})
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(5, func() {
			if _, err := tape.Backward(sys, w); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := count(0.1), count(0.01); few != many {
		t.Errorf("%g allocations for few steps, %g for many", few, many)
	}
}

// TestReversibleEmpty: no step, and no tape where there is none.
func TestReversibleEmpty(t *testing.T) {
	sys := network(1, []float64{1, 1})
	_, tape, err := SolveReversible(sys, []float64{3}, 2, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g, err := tape.Backward(sys, [][]float64{{5}}); err != nil || g.Y0[0] != 5 || g.T0 != 0 {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := (*ReversibleTape[float64])(nil).Backward(sys, nil); err == nil {
		t.Error("Backward of no tape")
	}
	if _, err := tape.Backward(sys, nil); err == nil {
		t.Error("Backward without cotangents")
	}
	sol, tape, err := SolveReversible(sys, []float64{3}, 0, 2, &Settings{Step: 0.1, MaxSteps: 3})
	if wantStatus(t, err, MaxStepsReached); tape != nil || sol.Stats.Accepted != 3 {
		t.Errorf("%+v", sol)
	}
	if err := sol.Resume(1000); err != nil || sol.Tape() != nil {
		t.Errorf("%v", err)
	}
}

// TestReversibleRefuses what it can't do.
func TestReversibleRefuses(t *testing.T) {
	for _, c := range []struct {
		s    Settings
		want Status
	}{
		{Settings{Method: Reversible{Lambda: 1.5}}, BadInput},
		{Settings{Method: Reversible{Lambda: math.NaN()}}, BadInput},
		{Settings{Method: Reversible{Method: ExplicitRK{}}}, BadInput},
		{Settings{Method: Reversible{Method: Radau{}}}, NotSupported},
		{Settings{Method: Reversible{Method: Adams{}}}, NotSupported},
		{Settings{Method: RK4{}}, BadInput},
		{Settings{Jumps: []float64{0.5}}, NotSupported},
	} {
		sol, tape, err := SolveReversible(decay(), []float64{1}, 0, 1, &c.s)
		if wantStatus(t, err, c.want); sol.Status != c.want || tape != nil {
			t.Errorf("%+v: %+v", c.s, sol)
		}
	}
}
