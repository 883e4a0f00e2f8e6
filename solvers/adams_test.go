package solvers

import (
	"math"
	"math/rand"
	"testing"

	"github.com/pkg/errors"
)

// TestAdamsWeightsEqualSteps: on equal steps the coefficients are the known ones (Hairer, Nørsett and Wanner I, III.1).
func TestAdamsWeightsEqualSteps(t *testing.T) {
	const h = 0.5
	past := []float64{1, 0.5, 0, -0.5, -1}
	bashforth := [][]float64{
		{1}, {3. / 2, -1. / 2}, {23. / 12, -16. / 12, 5. / 12}, {55. / 24, -59. / 24, 37. / 24, -9. / 24},
		{1901. / 720, -2774. / 720, 2616. / 720, -1274. / 720, 251. / 720},
	}
	moulton := [][]float64{ // the new value last
		{1}, {1. / 2, 1. / 2}, {8. / 12, -1. / 12, 5. / 12}, {19. / 24, -5. / 24, 1. / 24, 9. / 24},
		{646. / 720, -264. / 720, 106. / 720, -19. / 720, 251. / 720},
	}
	var w adamsWeights
	w.on(1, 1+h, past)
	for k := 1; k <= 5; k++ {
		b := make([]float64, maxAdams+1)
		w.predictor(k, b)
		for j, want := range bashforth[k-1] {
			if math.Abs(b[j]-h*want) > 1e-14 {
				t.Errorf("predictor of %d: weight %d is %g; want %g", k, j, b[j]/h, want)
			}
		}
		b[k-1] = w.corrector(k-1, b)
		for j, want := range moulton[k-1] {
			if math.Abs(b[j]-h*want) > 1e-14 {
				t.Errorf("corrector of %d: weight %d is %g; want %g", k, j, b[j]/h, want)
			}
		}
	}
	for i, want := range []float64{1. / 2, 1. / 12, 1. / 24, 19. / 720, 3. / 160, 863. / 60480, 275. / 24192,
		33953. / 3628800} {
		if got := adamsMoulton[i+1]; math.Abs(got-want) > 1e-15 {
			t.Errorf("γ*_%d = %g; want %g", i+1, got, want)
		}
	}
}

// irregularPast are n times before t that neighbours' distances differ between, forwards or backwards in time.
func irregularPast(rng *rand.Rand, t float64, n int, dir float64) []float64 {
	past := []float64{t}
	for len(past) < n {
		t -= dir * (0.05 + 0.3*rng.Float64())
		past = append(past, t)
	}
	return past
}

// TestAdamsWeightsExact: on irregular steps all formulas integrate the polynomials that they should.
func TestAdamsWeightsExact(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for trial := range 40 {
		k, dir := 1+trial%maxAdams, 1.0
		if trial%3 == 0 {
			dir = -1
		}
		t0 := rng.NormFloat64()
		past := irregularPast(rng, t0, k, dir)
		t1 := t0 + dir*0.3*(0.2+rng.Float64())
		var w adamsWeights
		w.on(t0, t1, past)
		c := draw(rng, k+1) // ∫ Σ c_i (t − t0)^i
		value := func(x float64, degree int) (v float64) {
			for i := degree; i >= 0; i-- {
				v = v*(x-t0) + c[i]
			}
			return v
		}
		integral := func(x float64, degree int) (v float64) {
			for i := degree; i >= 0; i-- {
				v = (v + c[i]/float64(i+1)) * (x - t0)
			}
			return v
		}
		sums := func(b []float64, degree int) (s, size float64) {
			for j, x := range past {
				s += b[j] * value(x, degree)
				size += math.Abs(b[j] * value(x, degree))
			}
			return s, size
		}
		b := make([]float64, maxAdams+1)
		w.predictor(k, b)
		if s, size := sums(b, k-1); math.Abs(s-integral(t1, k-1)) > 1e-13*(1+size) {
			t.Errorf("predictor of %d: %g; want %g", k, s, integral(t1, k-1))
		}
		end := w.corrector(k, b)
		if s, size := sums(b, k); math.Abs(s+end*value(t1, k)-integral(t1, k)) > 1e-13*(1+size) {
			t.Errorf("corrector of %d: %g; want %g", k, s+end*value(t1, k), integral(t1, k))
		}
		var r [maxAdams + 1][maxAdams + 1]float64
		w.dense(k, &r)
		for _, theta := range []float64{0.3, 0.8, 1} {
			got, size := 0.0, 0.0
			for m := k; m >= 0; m-- {
				s, a := sums(r[m][:], k)
				got = (got + s + r[m][k]*value(t1, k)) * theta
				size += a
			}
			if want := integral(t0+theta*(t1-t0), k); math.Abs(got-want) > 1e-13*(1+size) {
				t.Errorf("dense output of %d at %g: %g; want %g", k, theta, got, want)
			}
		}
	}
}

// TestAdamsTimes compares the derivatives of predictor, corrector and dense output by the grid with differences.
func TestAdamsTimes(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	for k := 1; k <= maxAdams; k++ {
		grid := irregularPast(rng, 0.7, k, 1)
		grid = append([]float64{1}, grid...) // t₁, t_n, t_{n−1}, ...
		v, cs := draw(rng, k+1), draw(rng, k+1)
		var w adamsWeights
		var b [maxAdams + 1]float64
		var r [maxAdams + 1][maxAdams + 1]float64
		value := func() (s float64) {
			w.on(grid[1], grid[0], grid[1:])
			w.predictor(k, b[:])
			for j := range k {
				s += b[j] * v[j]
			}
			s += w.corrector(k, b[:]) * v[k]
			for j := range k {
				s += b[j] * v[j]
			}
			w.dense(k, &r)
			for m, c := range cs {
				for j := range v {
					s += c * r[m][j] * v[j]
				}
			}
			return s
		}
		value()
		var a adamsTimes
		a.begin(&w)
		a.nodes(k, false)
		w.predictor(k, b[:])
		a.add(b[:k], v[:k])
		a.nodes(k, true)
		b[k] = w.corrector(k, b[:])
		a.add(b[:k+1], v)
		scaled := make([]float64, k+1)
		for m, c := range cs {
			for j := range v {
				scaled[j] = c * v[j]
			}
			a.add(r[m][:k+1], scaled)
		}
		got := make([]float64, k+1) // by t_{n−k+1}, ..., t_n, t₁
		a.to(got, k-1)
		scale := 0.0
		for _, g := range got {
			scale = math.Max(scale, math.Abs(g))
		}
		for i := range grid {
			const e = 1e-4
			x := grid[i]
			at := func(d float64) float64 { grid[i] = x + d; return value() }
			fd := (8*(at(e)-at(-e)) - (at(2*e) - at(-2*e))) / (12 * e)
			grid[i] = x
			if d := math.Abs(fd - got[k-i]); d > 1e-8*scale {
				t.Errorf("k = %d, point %d: %.10g; differences give %.10g", k, i, got[k-i], fd)
			}
		}
	}
}

// detestProblem is a problem of the reference file with its end values.
func detestProblem(t testing.TB, id string) (sys System[float64], y0 []float64, t1 float64, want []float64) {
	t.Helper()
	ref := references(t)[id]
	for _, p := range detest {
		if p.id == id {
			sys.F = func(t float64, y, d []float64) error { p.f(t, y, d); return nil }
		}
	}
	y0 = numbers(t, ref.Y0)
	sys.Dim = len(y0)
	return sys, y0, number(t, ref.T), numbers(t, ref.Verified)
}

// TestAdamsEvaluations counts against SUNDIALS' CVODE 6.4 (Adams, functional iteration) at RTol = ATol = 1e-6 and its
// errors, the
// largest relative one of a component at the end: Lotka–Volterra 435 evaluations, 7.8e-5; Lorenz 1560, 1.3e-4. The
// counts are golden, so that a change of the order or step control is seen and argued for.
func TestAdamsEvaluations(t *testing.T) {
	for _, c := range []struct {
		id   string
		tol  float64
		most float64
		want Stats
	}{
		{"LV", 3e-6, 7.8e-5, Stats{F: 348, Steps: 175, Accepted: 171, Rejected: 4}},
		{"LV", 1e-6, 7.8e-5, Stats{F: 389, Steps: 195, Accepted: 192, Rejected: 3}},
		{"LORENZ10", 4e-7, 1.3e-4, Stats{F: 1255, Steps: 627, Accepted: 626, Rejected: 1}},
		{"E2", 1e-7, 1e-4, Stats{F: 739, Steps: 372, Accepted: 365, Rejected: 7}},
		{"BRUS", 1e-4, 1e-3, Stats{F: 314, Steps: 161, Accepted: 151, Rejected: 10}},
	} {
		sys, y0, t1, want := detestProblem(t, c.id)
		sol, err := Solve(sys, y0, 0, t1, &Settings{Method: Adams{}, RTol: c.tol, ATol: c.tol})
		if err != nil {
			t.Fatal(err)
		}
		var e float64
		for i, v := range want {
			e = math.Max(e, math.Abs(sol.LastY[i]/v-1))
		}
		t.Logf("%s at %g: error %.2g, %+v", c.id, c.tol, e, sol.Stats)
		if e > c.most || sol.Stats != c.want {
			t.Errorf("%s at %g: error %.2g, %+v; want at most %g and %+v", c.id, c.tol, e, sol.Stats, c.most, c.want)
		}
	}
}

// orders solves and returns the orders of the steps and the largest of them.
func orders[T Float](t *testing.T, sys System[T], y0 []T, t0, t1 float64, s *Settings) (it *Integrator[T], ks []int,
	top int) {
	t.Helper()
	it, err := NewIntegrator(sys, y0, t0, t1, s)
	if err != nil {
		t.Fatal(err)
	}
	for it.Step() {
		k := it.step.(*adams[T]).k
		ks, top = append(ks, k), max(top, k)
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return it, ks, top
}

// TestAdamsOrderRises: smooth problems at tight tolerances take high orders; the first step has order 1, and none exceeds
// MaxOrder.
func TestAdamsOrderRises(t *testing.T) {
	for _, id := range []string{"A3", "B5", "E1", "LV"} {
		sys, y0, t1, _ := detestProblem(t, id)
		_, ks, _ := orders(t, sys, y0, 0, t1, &Settings{Method: Adams{}, RTol: 1e-11, ATol: 1e-11})
		high := 0
		for _, k := range ks {
			if k >= 8 {
				high++
			}
		}
		if ks[0] != 1 || high < len(ks)/2 {
			t.Errorf("%s: orders %v", id, ks)
		}
		for _, most := range []int{1, 2, 5} {
			_, ks, top := orders(t, sys, y0, 0, t1, &Settings{Method: Adams{MaxOrder: most}, RTol: 1e-5, ATol: 1e-5})
			if top > most {
				t.Errorf("%s: order %d of at most %d in %d steps", id, top, most, len(ks))
			}
		}
	}
}

// TestAdamsStiff: where stability bounds the steps the method takes them at low orders, at a cost in proportion to the
// interval.
func TestAdamsStiff(t *testing.T) {
	const l = 500
	sys := System[float64]{Dim: 1, F: func(t float64, y, d []float64) error {
		d[0] = -l*(y[0]-math.Cos(t)) - math.Sin(t)
		return nil
	}}
	for _, tol := range []float64{1e-3, 1e-6} {
		it, ks, _ := orders(t, sys, []float64{0}, 0, 10, &Settings{Method: Adams{}, RTol: tol, ATol: tol})
		if e := math.Abs(it.Y()[0] - math.Cos(10)); e > 20*tol {
			t.Errorf("error %.2g at tolerance %g", e, tol)
		}
		mean := 0.0
		for _, k := range ks {
			mean += float64(k) / float64(len(ks))
		}
		t.Logf("tolerance %g: mean order %.1f, %+v", tol, mean, it.Stats())
		if s := it.Stats(); mean > 4 || s.F > 4*l*10 || s.Rejected > s.Accepted/2 {
			t.Errorf("tolerance %g: mean order %.1f, %+v", tol, mean, s)
		}
	}
}

// TestAdamsDense: at each tolerance the steps reach it within a factor of 30, saved times from the interpolant are as good
// as the
// steps, and they don't move these.
func TestAdamsDense(t *testing.T) {
	for _, p := range problems() {
		for _, q := range []problem{p, p.backwards()} {
			for _, tol := range []float64{1e-5, 1e-8, 1e-11} {
				var errs [2]float64
				var stats [2]Stats
				for i, ts := range [][]float64{nil, nodes(q.t0, q.t1, 211, true)} {
					s := &Settings{Method: Adams{}, RTol: tol, ATol: tol, SaveAt: ts, Dense: i == 1}
					sol, err := Solve(q.system(), q.exact(q.t0), q.t0, q.t1, s)
					if err != nil {
						t.Fatal(err)
					}
					stats[i] = sol.Stats
					if i == 0 {
						it, _ := NewIntegrator(q.system(), q.exact(q.t0), q.t0, q.t1, s)
						for it.Step() {
							errs[0] = math.Max(errs[0], maxDiff(it.Y(), q.exact(it.T())))
						}
						continue
					}
					for j, x := range sol.T {
						errs[1] = math.Max(errs[1], maxDiff(sol.Y[j], q.exact(x)))
					}
				}
				if errs[1] > 3*errs[0]+3*tol || errs[0] > 30*tol {
					t.Errorf("%s at %g: error %.2g at the steps, %.2g at saved times", q.name, tol, errs[0], errs[1])
				}
				if stats[0] != stats[1] {
					t.Errorf("%s at %g: %+v, with saved times %+v", q.name, tol, stats[0], stats[1])
				}
			}
		}
	}
}

// TestAdamsSingle: a float32 solve meets what float32 can.
func TestAdamsSingle(t *testing.T) {
	sys64, y0, t1, want := detestProblem(t, "LV")
	sys := System[float32]{Dim: 2, F: func(x float64, y, d []float32) error {
		out := make([]float64, 2)
		err := sys64.F(x, f64(y), out)
		d[0], d[1] = float32(out[0]), float32(out[1])
		return err
	}}
	for _, tol := range []float64{1e-3, 1e-4, 1e-5} {
		sol, err := Solve(sys, convert[float32](y0), 0, t1, &Settings{Method: Adams{}, RTol: tol, ATol: tol})
		if err != nil {
			t.Fatal(err)
		}
		e := maxDiff(f64(sol.LastY), want)
		t.Logf("tolerance %g: error %.2g, %+v", tol, e, sol.Stats)
		if e > 100*tol || sol.Stats.F > 500 {
			t.Errorf("tolerance %g: error %.2g, %+v", tol, e, sol.Stats)
		}
	}
}

// TestAdamsWall: f is not a number beyond y = 1, where the solution doesn't go; steps that look there are tried again
// smaller. A solution
// that does go there ends the solve with its time.
func TestAdamsWall(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error {
		d[0] = 2 * math.Sqrt(1-y[0]) // 1 − y = (1 − t)²
		return nil
	}}
	sol, err := Solve(sys, []float64{0}, 0, 0.999, &Settings{Method: Adams{}, RTol: 1e-6, ATol: 1e-6})
	if err != nil || math.Abs(sol.LastY[0]-(1-1e-6)) > 1e-5 {
		t.Errorf("%v, %v, %+v", sol.LastY, err, sol.Stats)
	}
	sys.F = func(_ float64, y, d []float64) error {
		d[0] = 1
		if y[0] > 0.5 {
			d[0] = math.NaN()
		}
		return nil
	}
	sol, err = Solve(sys, []float64{0}, 0, 1, &Settings{Method: Adams{}})
	if wantStatus(t, err, StepTooSmall); !errors.Is(err, ErrNonFinite) || math.Abs(sol.LastT-0.5) > 1e-6 {
		t.Errorf("ended at %g: %v", sol.LastT, err)
	}
}

// TestAdamsJump: over jumps of f the method starts again at order 1, and goes on.
func TestAdamsJump(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(x float64, y, d []float64) error {
		d[0] = -y[0]
		if math.Mod(x, 2) > 1 {
			d[0] = 3 - y[0]
		}
		return nil
	}}
	exact := func(t1 float64) float64 {
		y := 1.0
		for x := 0.0; x < t1; x++ {
			u := 3 * math.Mod(x, 2)
			y = u + (y-u)*math.Exp(-math.Min(1, t1-x))
		}
		return y
	}
	for _, tol := range []float64{1e-4, 1e-6, 1e-8} {
		it, ks, top := orders(t, sys, []float64{1}, 0, 9.5, &Settings{Method: Adams{}, RTol: tol, ATol: tol})
		e := math.Abs(it.Y()[0] - exact(9.5))
		t.Logf("tolerance %g: error %.2g, top order %d, %+v", tol, e, top, it.Stats())
		if e > 30*tol || it.Stats().F > 3000 {
			t.Errorf("tolerance %g: error %.2g, %+v, orders %v", tol, e, it.Stats(), ks)
		}
	}
}

// TestAdamsConstantSteps: with constant steps the order still rises while the differences fall.
func TestAdamsConstantSteps(t *testing.T) {
	p := problems()[2]
	s := &Settings{Method: Adams{}, Step: 0.05, RTol: 1e-13, ATol: 1e-13}
	it, ks, top := orders(t, p.system(), p.exact(p.t0), p.t0, p.t1, s)
	if e := maxDiff(it.Y(), p.exact(p.t1)); top < 6 || e > 1e-3 {
		t.Errorf("error %.2g, orders %v", e, ks)
	}
}
