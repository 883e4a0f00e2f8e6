package solvers

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// betweenSteps solves p and returns the largest error at the steps' ends and the largest of the interpolants within them.
func betweenSteps[T Float](t *testing.T, m Method, p problem, tol float64) (ends, within float64) {
	t.Helper()
	y0 := convert[T](p.exact(p.t0))
	d := make([]float64, len(y0))
	sys := System[T]{Dim: len(y0), F: func(t float64, y, dydt []T) error {
		err := p.f(t, f64(y), d)
		copy(dydt, convert[T](d))
		return err
	}}
	it, err := NewIntegrator(sys, y0, p.t0, p.t1, &Settings{Method: m, RTol: tol, ATol: tol})
	if err != nil {
		t.Fatal(err)
	}
	y := make([]T, len(y0))
	for it.Step() {
		from, _ := it.Last()
		ends = math.Max(ends, maxDiff(f64(it.Y()), p.exact(it.T())))
		for i := 1; i < 20; i++ {
			s := from + (it.T()-from)*float64(i)/20
			if err := it.Interpolate(s, y); err != nil {
				t.Fatal(err)
			}
			within = math.Max(within, maxDiff(f64(y), p.exact(s)))
		}
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return ends, within
}

// TestSavedStatesAreAsGoodAsSteps: a state saved within a step has the accuracy of the method, and not that of a low order's
// interpolant between a high order's steps. (torchdiffeq's dopri8 lays a quartic through steps of order 8: at a tolerance of
// 1e-13 its steps are right to 1e-12 and what it saves is wrong by 1e-7 to 1e-6.) With an interpolant of the method's
// order both errors are of one order in the tolerance, so that their ratio is bounded at every tolerance; with one of
// order p−1 it grows, to 10 to 200 at 1e-13. Where the steps' errors happen to cancel, a saved state is still within
// the tolerance.
func TestSavedStatesAreAsGoodAsSteps(t *testing.T) {
	var table strings.Builder
	for _, m := range methodsUnderTest() {
		i := m.Info()
		if _, ok := TableauOf(m); !ok || !i.Adaptive() {
			continue
		}
		if i.DenseOrder < i.Order && i.Name != "vern7" { // whose conditions of order 7 hold to 1e-4
			t.Errorf("%s is of order %d, its interpolant of order %d", i.Name, i.Order, i.DenseOrder)
		}
		fmt.Fprintf(&table, "%-10s", i.Name)
		for _, tol := range []float64{1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13} {
			if i.Order < 5 && tol < 1e-7 {
				continue // too many steps
			}
			var logs []float64
			for _, p := range problems() {
				for _, q := range []problem{p, p.backwards()} {
					const rounding = 1e-14
					ends, within := betweenSteps[float64](t, m, q, tol)
					if within > math.Max(3*ends, tol)+rounding {
						t.Errorf("%s on %s at tolerance %g: errors to %.2g at the steps, to %.2g within them", i.Name, q.name, tol, ends,
							within)
					}
					logs = append(logs, math.Log((within+rounding)/(ends+rounding)))
				}
			}
			ratio := math.Exp(mean(logs))
			fmt.Fprintf(&table, " %.2f", ratio)
			if ratio > 2 {
				t.Errorf("%s at tolerance %g: errors within the steps are %.1f times those at their ends", i.Name, tol, ratio)
			}
		}
		fmt.Fprintln(&table)
	}
	t.Log("errors within the steps divided by those at their ends, by tolerances from 1e-3 by tens\n" + table.String())
}

// TestLowOrderInterpolants: the interpolants without further stages, or with fewer, are there for who asks. Their
// errors follow the tolerance, as the estimate does, with constants of their own.
func TestLowOrderInterpolants(t *testing.T) {
	for _, c := range []struct {
		low, high Method
		order     int
	}{{Dopri5{Quartic: true}, Dopri5{}, 4}, {Tsit5{Quartic: true}, Tsit5{}, 4}, {DOP853{Septic: true}, DOP853{}, 7}} {
		if q := c.low.Info().DenseOrder; q != c.order {
			t.Errorf("%s: order %d; want %d", c.low.Name(), q, c.order)
		}
		for _, p := range problems() {
			for _, tol := range []float64{1e-4, 1e-8, 1e-12} {
				lowEnds, low := betweenSteps[float64](t, c.low, p, tol)
				highEnds, high := betweenSteps[float64](t, c.high, p, tol)
				if lowEnds != highEnds {
					t.Errorf("%s on %s: the interpolant changes the steps' errors from %g to %g", c.low.Name(), p.name, highEnds, lowEnds)
				}
				if low > 100*math.Max(tol, lowEnds) || low < high/2-1e-14 {
					t.Errorf("%s on %s at tolerance %g: errors to %.2g, to %.2g with the high order", c.low.Name(), p.name, tol, low, high)
				}
			}
		}
	}
}

// TestInterpolantRounding: no interpolant loses digits to cancellation. At a tolerance that the rounding of float32 meets,
// the error within steps is a few roundings, where coefficients by powers would cost thousands.
func TestInterpolantRounding(t *testing.T) {
	for _, m := range []Method{Dopri5{}, Tsit5{}, DOP853{}, Vern7{}, Vern9{}} {
		for _, p := range problems() {
			const tol = 2e-6
			ends, within := betweenSteps[float32](t, m, p, tol)
			if within > ends+100*0x1p-24 {
				t.Errorf("%s on %s in float32: errors to %.2g at the steps, to %.2g within them", m.Name(), p.name, ends, within)
			}
		}
	}
}

// TestPowers: the nested form turned into powers has its values, and transposed is its transpose.
func TestPowers(t *testing.T) {
	for d := 1; d <= 9; d++ {
		c := make([][]float64, d+1)
		bar := make([][]float64, d+1)
		for j := range c {
			c[j] = make([]float64, d+1) // powers of φ_(j−1)
			c[j][j] = 1
			powers(c[j], 1)
			bar[j] = []float64{float64(j*j%7) - 2}
		}
		const x = 0.3
		phi := 1.0
		for j := range c {
			y := make([]float64, 1)
			evalPolynomial(c[j], x, y)
			if math.Abs(y[0]-phi) > 1e-14 {
				t.Errorf("degree %d: φ_%d is %g; want %g", d, j-1, y[0], phi)
			}
			if j%2 == 0 {
				phi *= x
			} else {
				phi *= 1 - x
			}
		}
		want := make([]float64, d+1)
		for j := range c {
			for l, v := range c[j] {
				want[j] += v * bar[l][0]
			}
		}
		transposed(bar)
		for j, v := range want {
			if bar[j][0] != v {
				t.Errorf("degree %d: the transpose has %g at %d; want %g", d, bar[j][0], j, v)
			}
		}
	}
}

// TestLazyStages: a step of the high orders costs its stages alone, and an interpolant those that it needs besides, once a
// step; f at the new state is the next step's first stage, and a rejected step doesn't pay for it.
func TestLazyStages(t *testing.T) {
	for _, c := range []struct {
		m            Method
		stages, more int
	}{
		{Dopri5{}, 7, 2}, {Tsit5{}, 7, 2}, {DOP853{}, 12, 8}, {Vern7{}, 10, 5}, {Vern9{}, 16, 9}, {Fehlberg{}, 6, 3},
		{Heun{}, 2, 0},
		{Dopri5{Quartic: true}, 7, 0}, {Tsit5{Quartic: true}, 7, 0}, {DOP853{Septic: true}, 12, 3},
	} {
		p := problems()[2]
		solve := func(s Settings) Stats {
			s.Method = c.m
			sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &s)
			if err != nil {
				t.Fatal(err)
			}
			return sol.Stats
		}
		// f at the start, an attempt's own stages, and f at the new state: as a stage of its own, or except after the
		// last step.
		end, last := 1, 0
		if c.m.Info().FSAL {
			end, last = 0, 1
		}
		if s := solve(Settings{FirstStep: 0.5}); s.F != (c.stages-1)*s.Steps+end*s.Accepted+last || s.Rejected == 0 &&
			c.m.Order() < 7 {
			t.Errorf("%s: %+v", c.m.Name(), s)
		}
		if s := solve(Settings{FirstStep: 0.5, Dense: true}); s.F != (c.stages-1)*s.Steps+(c.more+end)*s.Accepted+1 {
			t.Errorf("%s, dense: %+v", c.m.Name(), s)
		}
		save := Settings{FirstStep: 0.5, MaxStep: 0.5, SaveAt: []float64{0.2, 0.21, 0.22}}
		plain := solve(Settings{FirstStep: 0.5, MaxStep: 0.5})
		if s := solve(save); s.F != plain.F+c.more && s.F != plain.F+2*c.more {
			t.Errorf("%s: %d evaluations without saving, %d with three times in a step or two", c.m.Name(), plain.F, s.F)
		}
	}
}
