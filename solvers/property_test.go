package solvers

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"pgregory.net/rapid"
)

// methods draws a method.
func methods() *rapid.Generator[Method] { return rapid.SampledFrom(methodsUnderTest()) }

// ofOneOrder draws a method whose constant steps are the same for all problems.
func ofOneOrder() *rapid.Generator[Method] {
	return methods().Filter(func(m Method) bool { return !variableOrder(m) })
}

// components draws n numbers of moderate size.
func components(t *rapid.T, label string, n int) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(-2, 2), n, n).Draw(t, label)
}

// matrixSystem is y' = A y + sin(t) b.
func matrixSystem(a, b []float64) System[float64] {
	n := len(b)
	return System[float64]{Dim: n, F: func(t float64, y, d []float64) error {
		for i := range d {
			d[i] = b[i]*math.Sin(t) + dot(a[i*n:(i+1)*n], y)
		}
		return nil
	}}
}

func mustSolve(t *rapid.T, sys System[float64], y0 []float64, t0, t1 float64, s *Settings) *Solution[float64] {
	t.Helper()
	sol, err := Solve(sys, y0, t0, t1, s)
	if err != nil {
		t.Fatal(err)
	}
	return sol
}

// TestLinearity: with constant steps a linear problem's solution is linear in y0, to rounding.
func TestLinearity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Rodas5P is as linear as its Jacobian.
		m := ofOneOrder().Filter(func(m Method) bool { return m.Name() != "rodas5p" }).Draw(t, "method")
		sys := matrixSystem(components(t, "A", 9), make([]float64, 3))
		u, v := components(t, "u", 3), components(t, "v", 3)
		x := rapid.Float64Range(-3, 3).Draw(t, "x")
		s := &Settings{Method: m, Step: 0.07}
		sum := make([]float64, 3)
		for i := range sum {
			sum[i] = u[i] + x*v[i]
		}
		yu, yv := mustSolve(t, sys, u, 0, 1, s).LastY, mustSolve(t, sys, v, 0, 1, s).LastY
		for i, got := range mustSolve(t, sys, sum, 0, 1, s).LastY {
			// ‖A‖ ≤ 6: nothing grows by more than e⁶.
			if want := yu[i] + x*yv[i]; math.Abs(got-want) > 1e-15*20*400*10 {
				t.Fatalf("%s: component %d is %g; linearity gives %g", m.Name(), i, got, want)
			}
		}
	})
}

// TestTimeReversal: y(t) solves y' = f(t, y) from t0 to t1 exactly when z(s) = y(−s) solves z' = −f(−s, z) from −t0 to −t1.
// All the arithmetic is the same but for signs, so that the numbers are equal.
func TestTimeReversal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := methods().Draw(t, "method")
		sys := matrixSystem(components(t, "A", 4), components(t, "b", 2))
		mirror := System[float64]{Dim: 2, F: func(s float64, z, d []float64) error {
			err := sys.F(-s, z, d)
			d[0], d[1] = -d[0], -d[1]
			return err
		}}
		y0 := components(t, "y0", 2)
		t0, t1 := rapid.Float64Range(-2, 2).Draw(t, "t0"), rapid.Float64Range(-2, 2).Draw(t, "t1")
		s := &Settings{Method: m, Step: rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "step")}
		a, b := mustSolve(t, sys, y0, t0, t1, s), mustSolve(t, mirror, y0, -t0, -t1, s)
		if !slices.Equal(a.LastY, b.LastY) || a.Stats != b.Stats {
			t.Fatalf("%s: %v (%+v) and mirrored %v (%+v)", m.Name(), a.LastY, a.Stats, b.LastY, b.Stats)
		}
	})
}

// TestThereAndBack: a solve forward and one back end at y0, to the tolerance.
func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sys := matrixSystem(components(t, "A", 4), components(t, "b", 2))
		y0 := components(t, "y0", 2)
		s := &Settings{RTol: 1e-9, ATol: 1e-9}
		back := mustSolve(t, sys, mustSolve(t, sys, y0, 0, 1, s).LastY, 1, 0, s)
		// ‖A‖ ≤ 4: errors grow by at most e⁴ on the way.
		if d := maxDiff(back.LastY, y0); d > 1e-9*55*20 {
			t.Fatalf("%g away from y0", d)
		}
	})
}

// TestSplit: with constant steps, solving to a saved time and on from there is the same solve, to the last bit.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// The differences of Rodas5P's Jacobian depend on those before.
		m := methods().Filter(func(m Method) bool { return !multistep(m) && m.Name() != "rodas5p" }).Draw(t, "method")
		sys := matrixSystem(components(t, "A", 4), components(t, "b", 2))
		y0 := components(t, "y0", 2)
		mid := rapid.Float64Range(0.01, 1.99).Draw(t, "mid")
		step := rapid.Float64Range(0.02, 3).Draw(t, "step")
		if m.Info().Implicit {
			step = math.Min(step, 0.2) // the equations of a long step on a growing solution may have no solution nearby
		}
		whole := mustSolve(t, sys, y0, 0, 2, &Settings{Method: m, Step: step, SaveAt: []float64{mid, 2}})
		s := &Settings{Method: m, Step: step}
		first := mustSolve(t, sys, y0, 0, mid, s)
		second := mustSolve(t, sys, first.LastY, mid, 2, s)
		if !sameNumbers(m, whole.Y[0], first.LastY) || !sameNumbers(m, whole.Y[1], second.LastY) {
			t.Fatalf("%s: whole %v, in parts %v and %v", m.Name(), whole.Y, first.LastY, second.LastY)
		}
	})
}

// TestSavingChangesNothing: under error control saved times don't move the steps.
func TestSavingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sys := matrixSystem(components(t, "A", 4), components(t, "b", 2))
		y0 := components(t, "y0", 2)
		ts := rapid.SliceOfNDistinct(rapid.Float64Range(0, 2), 1, 20, rapid.ID).Draw(t, "ts")
		slices.Sort(ts)
		plain := mustSolve(t, sys, y0, 0, 2, nil)
		saved := mustSolve(t, sys, y0, 0, 2, &Settings{SaveAt: ts, Dense: true})
		steps := saved.Stats
		steps.F -= 2 * steps.Accepted // of the interpolants
		if !slices.Equal(plain.LastY, saved.LastY) || plain.Stats != steps {
			t.Fatalf("%v (%+v) and with saving %v (%+v)", plain.LastY, plain.Stats, saved.LastY, saved.Stats)
		}
		y := make([]float64, 2)
		for i, x := range ts {
			if err := saved.Eval(x, y); err != nil {
				t.Fatal(err)
			}
			if d := maxDiff(y, saved.Y[i]); d > 1e-13*(1+maxDiff(y, []float64{0, 0})) {
				t.Fatalf("Eval and SaveAt differ by %g at t=%g", d, x)
			}
		}
	})
}

// TestWithinInterval: f is not asked for times beyond t0 and t1, where it may not be defined.
func TestWithinInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Kvaerno5 has a stage beyond the step.
		m := methods().Filter(func(m Method) bool { return m.Name() != "kvaerno5" && m.Name() != "auto" }).Draw(t, "method")
		t0, t1 := rapid.Float64Range(-2, 2).Draw(t, "t0"), rapid.Float64Range(-2, 2).Draw(t, "t1")
		sys := System[float64]{Dim: 1, F: func(x float64, y, d []float64) error {
			d[0] = -y[0]
			if x < math.Min(t0, t1) || x > math.Max(t0, t1) {
				return errors.Errorf("t=%g", x)
			}
			return nil
		}}
		s := &Settings{Method: m, Step: rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "step"), Dense: true}
		mustSolve(t, sys, []float64{1}, t0, t1, s)
	})
}

// TestPrecisions: a float32 solve is the float64 one to the rounding of float32.
func TestPrecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ofOneOrder().Draw(t, "method")
		theta := components(t, "θ", 6)
		y0 := components(t, "y0", 2)
		// The same θ and y0 to the last bit.
		theta32, y32 := convert[float32](theta), convert[float32](y0)
		s := &Settings{Method: m, Step: 0.1}
		a := mustSolve(t, network(2, f64(theta32)), f64(y32), 0, 1, s)
		b, err := Solve(network(2, theta32), y32, 0, 1, s)
		if err != nil {
			t.Fatal(err)
		}
		// ‖∂f/∂y‖ ≤ 4 + 1/4, ten steps and six stages of 6e-8.
		if d := maxDiff(a.LastY, f64(b.LastY)); d > 6e-8*60*70 {
			t.Fatalf("%s: float32 is %g away", m.Name(), d)
		}
	})
}
