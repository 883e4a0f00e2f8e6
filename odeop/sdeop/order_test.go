package sdeop

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/solvers/sde"
)

const samples = 1000

// final solves from 0 to 1, each sample in a row that begins at begin, with n constant steps.
func final(t *testing.T, e SDE, m Stepper, n int, begin ...float64) []float64 {
	t.Helper()
	var y0 []float64
	for range samples {
		y0 = append(y0, begin...)
	}
	y, err := SolveFinal(e, input(G.NewGraph(), "y0", y0, samples, len(begin)), []float64{0, 1}, Method(m), Step(1/float64(n)), Seed(3))
	if err != nil {
		t.Fatal(err)
	}
	return values(t, y)[0]
}

// errorsOf are the strong and the weak error, the root mean square and the mean of the differences.
func errorsOf(y, exact []float64) (strong, weak float64) {
	for i := range y {
		d := y[i] - exact[i]
		strong += d * d
		weak += d
	}
	n := float64(len(y))
	return math.Sqrt(strong / n), math.Abs(weak / n)
}

// Every method has the strong order that its Info says and the weak order that is known of it, on each kind of noise.
// The geometric Brownian motion has the solution y₀ exp((a − b²/2)t + bW) by Itô's integral and y₀ exp(at + bW) by
// Stratonovich's; all other are compared with themselves at a step 32 times smaller, on the same path. Slopes over four
// steps, each half of the last, of the errors of 1,000 paths are within 0.2 of an order that has been reached; more is
// no fault.
func TestOrders(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	drift := network(param(t, rng, "drift", 2, 2))
	mixing := matrix(param(t, rng, "mixing", 2, 6))
	for _, m := range Methods() {
		info := m.Info()
		for _, c := range []struct {
			name         string
			e            SDE
			strong, weak float64
			a            float64 // of the geometric motion; otherwise 0
			b            float64
			begin        []float64
		}{
			{"diagonal Itô", SDE{times(0.6), times(0.5), Diagonal, Ito}, info.Strong, 1, 0.6, 0.5, []float64{1}},
			{"diagonal Stratonovich", SDE{times(0.6), times(0.5), Diagonal, Stratonovich}, info.Strong, 1, 0.6, 0.5, []float64{1}},
			{"scalar Itô", SDE{times(0.6), times(0.5), Scalar, Ito}, info.Strong, 1, 0.6, 0.5, []float64{1, 2}},
			{"scalar Stratonovich", SDE{times(0.6), times(0.5), Scalar, Stratonovich}, info.Strong, 1, 0.6, 0.5, []float64{1, 2}},
			{"additive", SDE{drift, byTime(samples, 2), Diagonal, Ito}, info.StrongAdditive, math.Max(1, math.Floor(info.StrongAdditive+0.5)), 0, 0, []float64{1, -0.5}},
			{"additive general", SDE{drift, byTime(samples, 2, 3), General, Ito}, info.StrongAdditive, 1, 0, 0, []float64{1, -0.5}},
			{"general", SDE{drift, mixing, General, Ito}, info.StrongGeneral, 0.5, 0, 0, []float64{1, -0.5}},
			{"general Stratonovich", SDE{drift, mixing, General, Stratonovich}, info.StrongGeneral, 0.5, 0, 0, []float64{1, -0.5}},
		} {
			ito := c.e.Calculus == Ito
			if c.strong == 0 || c.name[0] != 'a' && !(ito && info.Ito || !ito && info.Stratonovich) {
				continue
			}
			t.Run(m.Name()+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				var exact []float64
				if c.a != 0 {
					exact = geometric(t, c.a, c.b, c.e, info, c.begin)
				} else {
					exact = final(t, c.e, m, 1024, c.begin...)
				}
				var strong, weak []float64
				for n := 4; n <= 32; n *= 2 {
					s, w := errorsOf(final(t, c.e, m, n, c.begin...), exact)
					strong, weak = append(strong, s), append(weak, w)
				}
				if got := slope(strong); got < c.strong-0.2 {
					t.Errorf("strong order %.2f, want %g: %.2g", got, c.strong, strong)
				}
				// The mean of differences has a statistical error, that of the root mean square by √1000 = 32: where
				// the weak error is smaller it shows no order.
				if got := slope(weak); got < c.weak-0.25 && weak[len(weak)-1] > 4*strong[len(strong)-1]/math.Sqrt(samples) {
					t.Errorf("weak order %.2f, want %g: %.2g", got, c.weak, weak)
				}
			})
		}
	}
}

// geometric is the exact solution on the path that the solve sees.
func geometric(t *testing.T, a, b float64, e SDE, info Info, begin []float64) []float64 {
	t.Helper()
	motions := samples * len(begin)
	if e.Noise == Scalar {
		motions = samples
	}
	w, err := sde.NewBrownian(motions, 0, 1, sde.Options{Seed: 3, LevyArea: info.LevyArea})
	if err != nil {
		t.Fatal(err)
	}
	dw := make([]float64, motions)
	if err := w.Increment(0, 1, dw, nil); err != nil {
		t.Fatal(err)
	}
	if e.Calculus == Ito {
		a -= b * b / 2
	}
	var y []float64
	for i := range samples * len(begin) {
		k := i
		if e.Noise == Scalar {
			k = i / len(begin)
		}
		y = append(y, begin[i%len(begin)]*math.Exp(a+b*dw[k]))
	}
	return y
}

// Under error control a smaller tolerance gives a smaller error, and the same path as constant steps.
func TestErrorControl(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	drift := network(param(t, rng, "drift", 2, 2))
	for _, m := range Methods() {
		if !m.Info().Adaptive {
			continue
		}
		e := SDE{drift, byTime(8, 2), Diagonal, Ito}
		y0 := make([]float64, 16)
		solve := func(opts ...Option) []float64 {
			y, err := SolveFinal(e, input(G.NewGraph(), "y0", y0, 8, 2), []float64{0, 0.3, 1}, append(opts, Method(m), Seed(5))...)
			if err != nil {
				t.Fatal(err)
			}
			return values(t, y)[0]
		}
		exact := solve(Step(1. / 2048))
		var errs []float64
		var steps []int
		for _, tol := range []float64{1e-2, 1e-3, 1e-4} {
			var stats Stats
			s, _ := errorsOf(solve(Tolerance(tol, tol), Record(&stats)), exact)
			n, _ := stats.Steps()
			errs, steps = append(errs, s), append(steps, n)
		}
		if !(errs[0] > errs[1] && errs[1] > errs[2] && errs[2] < 1e-2) || !(steps[0] < steps[1] && steps[1] < steps[2]) {
			t.Errorf("%s: errors %.2g, steps %d", m.Name(), errs, steps)
		}
	}
}
