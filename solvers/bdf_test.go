package solvers

import (
	"encoding/json"
	"math"
	"math/rand"
	"os"
	"slices"
	"testing"
)

// TestBDFGradient: the gradient over the recorded steps and orders, with saved times between the steps, is that of
// Follow, to the rounding of the differences.
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
		if math.Abs(w.g-0.5/((1-kappa)*gamma)) > 1e-14 || math.Abs(w.constant-c/(1+c)) > 1e-14 {
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

// TestBDFErrors: on the stiff problems the error at the end is at most 30 times the tolerance, whatever the tolerance;
// no step jumps over an oscillation at a loose one.
func TestBDFErrors(t *testing.T) {
	for _, p := range stiffProblems(t) {
		for _, small := range slices.Compact([]float64{p.small, math.Min(p.small, 1e-2)}) {
			var worst float64
			for e := 3.0; e <= 10; e += 0.5 {
				rtol := math.Pow(10, -e)
				sol, err := Solve(p.system(true), p.y0, 0, p.t1, &Settings{Method: BDF{}, RTol: rtol, ATol: rtol * small})
				if err != nil {
					t.Fatalf("%s at %.2g: %v", p.name, rtol, err)
				}
				over := p.scaled(sol.LastY) / rtol
				if over > 30 {
					t.Errorf("%s, rtol %.2g, atol %.2g: the error is %.3g times rtol", p.name, rtol, rtol*small, over)
				}
				worst = math.Max(worst, over)
			}
			t.Logf("%s, atol %g·rtol: at most %.3g times rtol", p.name, small, worst)
		}
	}
}

// TestBDFJacobianAge: after a fast phase the Jacobian is not kept for the slow one. That of Van der Pol's equation within a
// jump makes the increments in the slow phase so small that an iteration with it would end at once, at any guess.
func TestBDFJacobianAge(t *testing.T) {
	p := stiffProblems(t)[0]
	it, err := NewIntegrator(p.system(true), p.y0, 0, p.t1, &Settings{Method: BDF{}, RTol: 1e-4, ATol: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	m := it.step.(*bdf[float64])
	for it.Step() {
		if g := math.Abs(m.w.g); g > bdfOld*math.Abs(m.evaluatedFor) {
			t.Fatalf("t = %g: g is %g, and was %g for the Jacobian", it.T(), g, m.evaluatedFor)
		}
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
}

// bdfPeers are runs of BDF in SciPy 1.17.1 and SUNDIALS CVODE 6.4.1 at rtol = 1e-3, 1e-4, ..., 1e-9 and atol =
// small·rtol, with exact Jacobians: evaluations of f, factorisations, and the largest error at the end relative to
// small + |y|, see bdfPeerProblems. They are what python3 bench/peers/ivp.py --raw FILE writes.
var bdfPeers = []struct {
	problem, peer string
	runs          []bdfRun
}{
	{"VDPOL", "SciPy", []bdfRun{{1090, 196, 0.013}, {1394, 162, 0.0023}, {1914, 165, 0.00042}, {2620, 198, 4.2e-05},
		{3900, 284, 5.5e-06}, {5467, 396, 9.3e-07}, {8599, 557, 1.1e-07}}},
	{"ROBER", "SciPy", []bdfRun{{822, 89, 0.00064}, {1225, 105, 0.00018}, {1670, 124, 2.7e-05}, {2427, 166, 4.6e-06},
		{3611, 225, 7.7e-07}, {5262, 313, 9.1e-08}, {7662, 439, 1.4e-08}}},
	{"HIRES", "SciPy", []bdfRun{{312, 45, 0.012}, {462, 54, 0.0012}, {648, 65, 8.2e-05}, {911, 85, 8.5e-06},
		{1281, 115, 1.2e-06}, {1981, 147, 7.6e-08}, {2873, 207, 1.3e-08}}},
	{"BRUSS1D", "SciPy", []bdfRun{{167, 19, 0.0026}, {281, 24, 0.00017}, {400, 29, 2.3e-05}, {516, 37, 4.6e-06},
		{740, 52, 8e-07}, {1107, 73, 8.7e-08}, {1718, 106, 1.4e-08}}},
	{"VDPOL", "CVODE", []bdfRun{{598, 108, 0.0059}, {780, 116, 0.00055}, {958, 149, 0.00025}, {1354, 173, 7.1e-05},
		{2145, 222, 6.4e-06}, {2833, 303, 1.4e-06}, {4011, 443, 2.1e-07}}},
	{"ROBER", "CVODE", []bdfRun{{662, 99, 0.0034}, {861, 109, 0.00023}, {1166, 152, 7.3e-05}, {1467, 172, 7.8e-06},
		{2160, 227, 6.2e-07}, {2900, 328, 1.2e-07}, {3769, 385, 1.7e-08}}},
	{"HIRES", "CVODE", []bdfRun{{382, 56, 0.012}, {382, 49, 0.00069}, {539, 63, 0.00023}, {872, 116, 2e-05},
		{1185, 141, 2e-06}, {1469, 164, 3.6e-07}, {1716, 178, 4.2e-08}}},
	{"BRUSS1D", "CVODE", []bdfRun{{105, 16, 0.00084}, {141, 15, 0.00028}, {172, 18, 9.1e-06}, {230, 23, 2.6e-06},
		{316, 31, 8.6e-07}, {433, 36, 1.3e-07}, {629, 45, 2.5e-08}}},
}

type bdfRun struct {
	f, factors int
	err        float64
}

// bdfPeerProblems are the problems of bdfPeers.
func bdfPeerProblems(t *testing.T) (ps []stiffProblem, systems []System[float64]) {
	for _, p := range stiffProblems(t) {
		switch p.name {
		case "VDPOL":
			p.small = 1
		case "ROBER":
			p.small = 1e-8
		case "HIRES":
			p.small = 1e-4
		default:
			continue
		}
		ps, systems = append(ps, p), append(systems, p.system(true))
	}
	b, err := os.ReadFile("../testdata/ivp/brusselator.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Problems []reference }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	p := file.Problems[0]
	sys, y0 := brusselator(250)
	sys.Pattern = Banded(2, 2)
	ps = append(ps, stiffProblem{name: p.ID, y0: y0, want: numbers(t, p.Verified), t1: number(t, p.T), small: 1})
	return ps, append(systems, sys)
}

// TestBDFCounts: for the same error BDF needs no more evaluations of f than SciPy's BDF and CVODE's, and at most a quarter
// more factorisations. The error at a single end goes up and down with the tolerance by chance, on both sides; so ours
// is that of the line through the logarithms of the solves whose errors are within a factor of ten of the peer's, and
// what is bounded is the geometric mean of a problem's ratios.
func TestBDFCounts(t *testing.T) {
	ps, systems := bdfPeerProblems(t)
	for i, p := range ps {
		var err, f, factors []float64 // logarithms
		for e := 2.0; e <= 9.5; e += 0.25 {
			rtol := math.Pow(10, -e)
			sol, fail := Solve(systems[i], p.y0, 0, p.t1, &Settings{Method: BDF{}, RTol: rtol, ATol: p.small * rtol})
			if fail != nil {
				t.Fatal(fail)
			}
			err = append(err, math.Log(p.scaled(sol.LastY)))
			f = append(f, math.Log(float64(sol.Stats.F)))
			factors = append(factors, math.Log(float64(sol.Stats.Factorizations)))
		}
		for _, peer := range bdfPeers {
			if peer.problem != p.name {
				continue
			}
			var ratioF, ratioFactors []float64
			for _, run := range peer.runs {
				var x, y, z []float64
				at := math.Log(run.err)
				for j := range err {
					if math.Abs(err[j]-at) <= math.Log(10) {
						x, y, z = append(x, err[j]), append(y, f[j]), append(z, factors[j])
					}
				}
				if len(x) < 4 {
					continue // looser than ours
				}
				ratioF = append(ratioF, onLine(x, y, at)-math.Log(float64(run.f)))
				ratioFactors = append(ratioFactors, onLine(x, z, at)-math.Log(float64(run.factors)))
			}
			a, b := math.Exp(mean(ratioF)), math.Exp(mean(ratioFactors))
			t.Logf("%s: %.2f of %s's evaluations and %.2f of its factorisations, over %d runs", p.name, a, peer.peer, b, len(ratioF))
			if len(ratioF) < 4 || a > 1 || b > 1.25 {
				t.Errorf("%s: %.2f of %s's evaluations and %.2f of its factorisations, over %d runs", p.name, a, peer.peer, b,
					len(ratioF))
			}
		}
	}
}

func TestBDFRefuses(t *testing.T) {
	for _, k := range []int{-1, 6} {
		_, err := Solve(decay(), []float64{1}, 0, 1, &Settings{Method: BDF{MaxOrder: k}})
		wantStatus(t, err, BadInput)
	}
}
