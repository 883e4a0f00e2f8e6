package odeop

import (
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"gorgonode/solvers"
)

func TestKronrodIsExactForPolynomials(t *testing.T) {
	for _, c := range []struct {
		formula        formula
		kronrod, gauss int // degrees
	}{{kronrod7, 11, 5}, {kronrod15, 23, 13}} {
		for d := 0; d <= c.kronrod+1; d++ {
			var k, g float64
			for _, n := range c.formula {
				for _, x := range []float64{n.x, -n.x} {
					k += n.kronrod * math.Pow(x, float64(d))
					g += n.gauss * math.Pow(x, float64(d))
					if x == 0 {
						break
					}
				}
			}
			want := 0.0
			if d%2 == 0 {
				want = 2 / float64(d+1)
			}
			if ok := math.Abs(k-want) <= 1e-15; ok != (d <= c.kronrod) {
				t.Errorf("Kronrod's formula gives %g for x^%d, want %g up to degree %d", k, d, want, c.kronrod)
			}
			if ok := math.Abs(g-want) <= 1e-15; ok != (d <= c.gauss || d%2 == 1) {
				t.Errorf("Gauss's formula gives %g for x^%d, want %g up to degree %d", g, d, want, c.gauss)
			}
		}
	}
}

func TestQuadratureMeetsItsTolerance(t *testing.T) {
	for _, c := range []struct {
		name      string
		f         func(t float64) float64
		integral  float64 // from −1 to 2
		evaluates [2]int  // at least and at most
	}{
		{"smooth", math.Exp, math.Exp(2) - math.Exp(-1), [2]int{15, 15}},
		{"kink", func(t float64) float64 { return math.Abs(t - 0.3) }, (1.3*1.3 + 1.7*1.7) / 2, [2]int{45, 900}},
		{"zero", func(float64) float64 { return 0 }, 0, [2]int{15, 15}},
		{"oscillating", func(t float64) float64 { return math.Cos(40 * t) }, (math.Sin(80) + math.Sin(40)) / 40, [2]int{45, 900}},
	} {
		for _, back := range []bool{false, true} {
			sum, calls := []float64{5, 0}, 0
			q := newQuadrature(sum, &solvers.Settings{Method: solvers.Vern9{}, RTol: 1e-9, ATol: 1e-9},
				func(t float64, out []float64) error {
					calls++
					out[0] += c.f(t)
					out[1] += 1
					return nil
				})
			a, b, sign := -1.0, 2.0, 1.0
			if back {
				a, b, sign = b, a, -1
			}
			if err := q.add(a, b); err != nil {
				t.Fatal(err)
			}
			if d := sum[0] - 5 - sign*c.integral; !(math.Abs(d) <= 1e-7) || !(math.Abs(sum[1]-3*sign) <= 1e-14) {
				t.Errorf("%s: integrals %g and %g, want %g and %g", c.name, sum[0]-5, sum[1], sign*c.integral, 3*sign)
			}
			if calls < c.evaluates[0] || calls > c.evaluates[1] {
				t.Errorf("%s: %d evaluations", c.name, calls)
			}
		}
	}
}

func TestQuadratureThatCannotBe(t *testing.T) {
	q := newQuadrature([]float64{0}, &solvers.Settings{Method: solvers.Vern9{}, RTol: 1e-9, ATol: 1e-9},
		func(t float64, out []float64) error {
			out[0] = 1 / (t - 1/math.Pi)
			return nil
		})
	if err := q.add(0, 1); err == nil || !strings.Contains(err.Error(), "integral near t=0.318") {
		t.Errorf("a pole: error %v", err)
	}
	q = newQuadrature([]float64{0}, &solvers.Settings{Method: solvers.Dopri5{}}, func(t float64, out []float64) error {
		out[0] = math.Log(t - 0.5)
		return nil
	})
	if err := q.add(0, 1); !errors.Is(err, solvers.ErrNonFinite) {
		t.Errorf("a NaN: error %v", err)
	}
	boom := errors.New("boom")
	q = newQuadrature([]float64{0}, &solvers.Settings{Method: solvers.Dopri5{}}, func(float64, []float64) error { return boom })
	if err := q.add(0, 1); !errors.Is(err, boom) {
		t.Errorf("a failing integrand: error %v", err)
	}
}
