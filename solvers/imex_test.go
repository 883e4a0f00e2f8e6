package solvers

import (
	"math"
	"testing"
)

// split is y1' = −λ(y1 − cos t) + y2, y2' = −y1 y2 + sin t with the first term for its stiff part.
func split(lambda float64) System[float64] {
	return System[float64]{
		Dim: 2,
		F: func(t float64, y, d []float64) error {
			d[0] = -lambda*(y[0]-math.Cos(t)) + y[1]
			d[1] = -y[0]*y[1] + math.Sin(t)
			return nil
		},
		Stiff: func(t float64, y, d []float64) error {
			d[0], d[1] = -lambda*(y[0]-math.Cos(t)), 0
			return nil
		},
	}
}

// TestIMEXOrder: 4 with constant steps, and the interpolant's 3, forward and backward in time.
func TestIMEXOrder(t *testing.T) {
	sys := split(2)
	y0 := []float64{0.5, 1}
	for _, t1 := range []float64{2, -1} {
		ref, err := Solve(sys, y0, 0, t1, &Settings{Method: Vern9{}, RTol: 1e-13, ATol: 1e-13, Dense: true})
		if err != nil {
			t.Fatal(err)
		}
		var x, ends, middles []float64
		for _, n := range []float64{20, 40, 80, 160} {
			sol, err := Solve(sys, y0, 0, t1, &Settings{Method: KenCarp4{}, Step: math.Abs(t1) / n, Dense: true})
			if err != nil {
				t.Fatal(err)
			}
			at := t1 * (0.5 + 0.4/n)
			a, b := make([]float64, 2), make([]float64, 2)
			if err := sol.Eval(at, a); err != nil {
				t.Fatal(err)
			}
			if err := ref.Eval(at, b); err != nil {
				t.Fatal(err)
			}
			x = append(x, -math.Log(n))
			ends = append(ends, math.Log(maxDiff(sol.LastY, ref.LastY)))
			middles = append(middles, math.Log(maxDiff(a, b)))
		}
		a, b := slope(x, ends), slope(x, middles)
		t.Logf("to %g: order %.2f, between the steps %.2f", t1, a, b)
		if math.Abs(a-4) > 0.3 || b < 3.5 {
			t.Errorf("to %g: order %.2f, between the steps %.2f", t1, a, b)
		}
	}
}

// TestIMEXStiff: the steps do not shrink with 1/λ, and the error stays within the tolerance.
func TestIMEXStiff(t *testing.T) {
	for _, lambda := range []float64{1e2, 1e4, 1e6} {
		sys := split(lambda)
		ref, err := Solve(sys, []float64{1, 1}, 0, 5, &Settings{Method: Radau{}, RTol: 1e-11, ATol: 1e-11})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := Solve(sys, []float64{1, 1}, 0, 5, &Settings{Method: KenCarp4{}, RTol: 1e-6, ATol: 1e-6})
		if err != nil {
			t.Fatal(err)
		}
		e := maxDiff(sol.LastY, ref.LastY)
		t.Logf("λ = %g: error %.2g, %+v", lambda, e, sol.Stats)
		if e > 1e-6 || sol.Stats.Steps > 1500 {
			t.Errorf("λ = %g: error %g, %+v", lambda, e, sol.Stats)
		}
	}
}

// TestIMEXConditions: the explicit part meets its row sums and, with the common b, the conditions to order 4; so do the
// mixed ones, for the stages' c are the same.
func TestIMEXConditions(t *testing.T) {
	s := len(kencarp4.A)
	a := make([][]float64, s)
	for i := range a {
		a[i] = make([]float64, s)
		copy(a[i], kencarp4Explicit[i])
		if e := math.Abs(sum(a[i]) - kencarp4.C[i]); e > 1e-15 {
			t.Errorf("row %d of the explicit A has the sum c + %g", i, e)
		}
	}
	b := kencarp4.full()[s-1]
	order, phi, density := conditions(a, kencarp4.C)
	for k, o := range order {
		if e := math.Abs(inner(b, phi[k]) - density[k]); o <= 4 && e > 1e-14 {
			t.Errorf("a condition of order %d is missed by %g", o, e)
		}
	}
}

func TestIMEXAllocations(t *testing.T) {
	for _, s := range []*Settings{{Method: KenCarp4{}, MaxStep: 0.1}, {Method: KenCarp4{}, Step: 1e-2}} {
		it, err := NewIntegrator(split(100), []float64{1, 1}, 0, 1e5, s)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			it.Step()
		}
		if n := testing.AllocsPerRun(100, func() { it.Step() }); n != 0 || it.Err() != nil {
			t.Errorf("Step %g: %g allocations a step, %v", s.Step, n, it.Err())
		}
	}
}
