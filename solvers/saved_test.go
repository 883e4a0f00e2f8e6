package solvers

import (
	"math"
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
// 1e-13 its steps are right to 1e-12 and what it saves is wrong by 1e-7 to 1e-6.) An interpolant of order p − 1 behaves as
// the global error of a method of order p, with a constant of its own; one of order p is as good as the steps.
func TestSavedStatesAreAsGoodAsSteps(t *testing.T) {
	for _, m := range methodsUnderTest() {
		i := m.Info()
		if _, ok := TableauOf(m); !ok || !i.Adaptive() {
			continue
		}
		if i.DenseOrder < min(i.Order-1, i.EmbeddedOrder) { // the steps of a lower order's estimate suit such an interpolant
			t.Errorf("%s is of order %d, its interpolant of order %d", i.Name, i.Order, i.DenseOrder)
		}
		for _, tol := range []float64{1e-4, 1e-7, 1e-10, 1e-13} {
			if i.Order < 5 && tol < 1e-7 {
				continue // too many steps
			}
			for _, p := range problems() {
				for _, q := range []problem{p, p.backwards()} {
					ends, within := betweenSteps[float64](t, m, q, tol)
					limit := 200 * math.Max(tol, ends)
					if i.DenseOrder == i.Order || i.Name == "vern7" {
						limit = 20*ends + 1e-14
					}
					if within > limit {
						t.Errorf("%s on %s at tolerance %g: errors to %.2g at the steps, to %.2g within them", i.Name, q.name, tol, ends, within)
					}
				}
			}
		}
	}
}

// TestInterpolantRounding: no interpolant loses digits to cancellation. At a tolerance that the rounding of float32 meets,
// the error within steps is a few roundings, where coefficients by powers would cost thousands.
func TestInterpolantRounding(t *testing.T) {
	for _, m := range []Method{Vern7{}, Vern9{}} {
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
	}{{DOP853{}, 12, 3}, {Vern7{}, 10, 5}, {Vern9{}, 16, 9}, {Fehlberg{}, 6, 1}, {Heun{}, 2, 0}} {
		p := problems()[2]
		solve := func(s Settings) Stats {
			s.Method = c.m
			sol, err := Solve(p.system(), p.exact(p.t0), p.t0, p.t1, &s)
			if err != nil {
				t.Fatal(err)
			}
			return sol.Stats
		}
		// f at the start, an attempt's own stages, and f at the new state except after the last step.
		if s := solve(Settings{FirstStep: 0.5}); s.F != (c.stages-1)*s.Steps+s.Accepted || s.Rejected == 0 && c.m.Order() < 7 {
			t.Errorf("%s: %+v", c.m.Name(), s)
		}
		if s := solve(Settings{FirstStep: 0.5, Dense: true}); s.F != (c.stages-1)*s.Steps+(c.more+1)*s.Accepted+1 {
			t.Errorf("%s, dense: %+v", c.m.Name(), s)
		}
		save := Settings{FirstStep: 0.5, MaxStep: 0.5, SaveAt: []float64{0.2, 0.21, 0.22}}
		plain := solve(Settings{FirstStep: 0.5, MaxStep: 0.5})
		if s := solve(save); s.F != plain.F+c.more && s.F != plain.F+2*c.more {
			t.Errorf("%s: %d evaluations without saving, %d with three times in a step or two", c.m.Name(), plain.F, s.F)
		}
	}
}
