package solvers

import (
	"math"
	"math/rand"
	"testing"
)

// TestBDFGradient: the gradient over the recorded steps and orders, with saved times between the steps, is that of Follow, to the
// rounding of the differences.
func TestBDFGradient(t *testing.T) {
	for _, m := range []BDF{{}, {MaxOrder: 1}, {MaxOrder: 2}, {MaxOrder: 3}} {
		for _, backwards := range []bool{false, true} {
			for _, s := range []Settings{
				{RTol: 1e-2, ATol: 1e-2}, {RTol: 1e-4, ATol: 1e-4}, {RTol: 1e-7, ATol: 1e-7}, {RTol: 1e-4, ATol: 1e-4, FirstStep: 2},
				{Step: 0.13},
			} {
				if m.MaxOrder == 1 && s.RTol == 1e-7 {
					continue // tens of thousands of steps
				}
				in, w := gradientCase(11, backwards)
				s.Method = m
				g, tape := taped[float64](t, in, w, &s)
				e, where := gradientError(t, in, w, flat(g), tape, 3e-4)
				t.Logf("MaxOrder %d, RTol %g, backwards %t, %d steps: %.1e", m.Order(), s.RTol, backwards, tape.Steps(), e)
				if !(e <= 1e-7) {
					t.Errorf("MaxOrder %d, %+v, backwards %t: the gradient is %.2g off at %s", m.Order(), s, backwards, e, where)
				}
			}
		}
	}
}

// TestBDFWeights: formula, predictor and error constant on irregular grids are exact for polynomials of their order, and the
// known ones on equal steps.
func TestBDFWeights(t *testing.T) {
	rng := rand.New(rand.NewSource(5))
	for k := 1; k <= maxBDF; k++ {
		past := make([]float64, maxBDF+2)
		for i := range past {
			past[i] = -float64(i) - 0.3*rng.Float64()
		}
		t1 := 0.9
		var w bdfWeights
		w.on(t1, past, k)
		for d := 0; d <= k; d++ {
			p := func(x float64) float64 { return math.Pow(x, float64(d)) }
			var psi, q float64
			for j, x := range past {
				psi += w.psi[j] * p(x)
				q += w.predict[j] * p(x)
			}
			f := 0.0
			if d > 0 {
				f = float64(d) * math.Pow(t1, float64(d-1))
			}
			if e := math.Abs(psi + w.g*f - p(t1)); e > 1e-10 {
				t.Errorf("order %d, degree %d: the formula is %g off", k, d, e)
			}
			if e := math.Abs(q - p(t1)); e > 1e-9 {
				t.Errorf("order %d, degree %d: the predictor is %g off", k, d, e)
			}
		}
		for i := range past {
			past[i] = -0.5 * float64(i)
		}
		w.on(0.5, past, k)
		var gamma float64
		for j := 1; j <= k; j++ {
			gamma += 1 / float64(j)
		}
		kappa := bdfKappa[k]
		c := (1/float64(k+1) + kappa*gamma) / ((1 - kappa) * gamma)
		if math.Abs(w.g-0.5/((1-kappa)*gamma)) > 1e-14 || math.Abs(w.constant-bdfCaution*c/(1+c)) > 1e-14 {
			t.Errorf("order %d: g %g, C %g", k, w.g, w.constant)
		}
	}
}

// TestBDFOrder: from exact past states on irregular grids a step of order k, and its interpolant, have errors of h^(k+1).
func TestBDFOrder(t *testing.T) {
	p := problems()[2]
	for k := 1; k <= maxBDF; k++ {
		var x, ends, middles []float64
		for _, h := range []float64{0.1, 0.07, 0.05, 0.035} {
			set, err := check(p.system(), p.exact(0), 0, 3, &Settings{Method: BDF{}})
			if err != nil {
				t.Fatal(err)
			}
			env := newEnvironment(p.system(), set)
			env.exact = true
			s, err := newBDF(BDF{}, env)
			if err != nil {
				t.Fatal(err)
			}
			m := s.(*bdf[float64])
			m.reset()
			at := 1.5
			m.points, m.k, m.guided = maxBDF+2, k, k
			for j := range m.past {
				m.time[j] = at - h*(float64(j)+0.2*math.Sin(float64(5*j)))
				copy(m.past[j], p.exact(m.time[j]))
			}
			y1 := make([]float64, 2)
			if out, err := m.attempt(at, at+h, m.past[0], y1); err != nil || out.fail != nil {
				t.Fatal(out, err)
			}
			m.accept()
			poly, err := m.interpolant(nil)
			if err != nil {
				t.Fatal(err)
			}
			y := make([]float64, 2)
			evalPolynomial(poly, 0.4, y)
			x = append(x, math.Log(h))
			ends = append(ends, math.Log(maxDiff(y1, p.exact(at+h))))
			middles = append(middles, math.Log(maxDiff(y, p.exact(at+0.4*h))))
		}
		a, b := slope(x, ends), slope(x, middles)
		t.Logf("order %d: the step's local order %.2f, the interpolant's %.2f", k, a, b)
		if math.Abs(a-float64(k+1)) > 0.4 || math.Abs(b-float64(k+1)) > 0.5 {
			t.Errorf("order %d: the step's local order %.2f, the interpolant's %.2f", k, a, b)
		}
	}
}

// TestBDFCounts: evaluations of f at rtol 1e-6 against those of SciPy 1.17's BDF, which takes the same Jacobian, and the
// relative errors of both; SUNDIALS' CVODE 6.4 takes 2112 for VDPOL, 910 for Robertson's problem and 689 for HIRES.
func TestBDFCounts(t *testing.T) {
	scipy := map[string]struct {
		f     int
		error float64
		small float64
	}{
		"VDPOL": {3452, 7.04e-5, 1e-2}, "ROBER": {1826, 2.42e-3, 1e-4}, "HIRES": {680, 1.45e-4, 1e-2}, "OREGO": {4301, 6.71e-5, 1e-2},
	}
	for _, p := range stiffProblems(t) {
		c, ok := scipy[p.name]
		if !ok {
			continue
		}
		sol, err := Solve(p.system(true), p.y0, 0, p.t1, &Settings{Method: BDF{}, RTol: 1e-6, ATol: 1e-6 * c.small})
		if err != nil {
			t.Fatal(err)
		}
		var e float64
		for i, v := range p.want {
			e = math.Max(e, math.Abs(sol.LastY[i]-v)/math.Abs(v))
		}
		t.Logf("%s: %d evaluations of f, error %.2g, %+v; SciPy %d, %.2g", p.name, sol.Stats.F, e, sol.Stats, c.f, c.error)
		if sol.Stats.F > c.f*2/3 || e > 1.2*c.error {
			t.Errorf("%s: %d evaluations of f, error %.2g; SciPy %d, %.2g", p.name, sol.Stats.F, e, c.f, c.error)
		}
	}
}

func TestBDFRefuses(t *testing.T) {
	for _, k := range []int{-1, 6} {
		_, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: BDF{MaxOrder: k}})
		wantStatus(t, err, BadInput)
	}
}
