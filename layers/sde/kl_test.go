package sde

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/odeop/sdeop"
)

// Two Ornstein–Uhlenbeck processes dz = (a z + b) dt + s dW that differ by b alone: (f − h)/g = (b − b')/s is constant, and
// the divergence is ½ d (b − b')² T/s² on every path, whatever the steps.
func TestDivergenceOfConstantDifference(t *testing.T) {
	const rows, d, b, prior, s, end = 3, 2, 0.7, -0.2, 0.4, 1.5
	want := 0.5 * d * (b - prior) * (b - prior) * end / (s * s)
	for _, c := range []sdeop.Calculus{sdeop.Ito, sdeop.Stratonovich} {
		for _, m := range []sdeop.Stepper{sdeop.EulerMaruyama{}, sdeop.Heun{}, sdeop.ReversibleHeun{}, sdeop.ShARK{}} {
			g := G.NewGraph()
			laws := Laws{Posterior: linear(-1, b), Prior: linear(-1, prior), Diffusion: constant(s), Calculus: c}
			zs, kl, err := SolveWithKL(laws, input(g, "z0", wave(rows*d, 0), rows, d), []float64{0, 0.5, end},
				sdeop.Method(m), sdeop.Step(0.1), sdeop.Seed(3))
			if err != nil {
				t.Fatal(err)
			}
			if s := zs.Shape(); len(s) != 3 || s[0] != 3 || s[1] != rows || s[2] != d {
				t.Errorf("the states have shape %v", s)
			}
			v := values(t, kl, zs)
			for _, kl := range v[0] {
				if len(v[0]) != rows || math.Abs(kl-want) > 1e-12*want { // a sum of 15 steps
					t.Errorf("%s, %v: the divergence is %v, want %g", m.Name(), c, v[0], want)
				}
			}
		}
	}
}

// Two Ornstein–Uhlenbeck processes with rates a and a' of return: (f − h)/g = −(a − a') z/s, and with z(0) = x under the
// posterior E z² = x² e^(−2at) + s²/2a (1 − e^(−2at)), so that the divergence is, with q = (1 − e^(−2aT))/2a,
//
//	½ (a − a')²/s² [x² q + s²/2a (T − q)]
//
// The mean over 4096 rows is off by four standard errors at most, which the spread of the rows gives, and by the error of
// the method: for Euler–Maruyama's variance, a part a h/2 = 0.5 %.
func TestDivergenceOfDifferentRates(t *testing.T) {
	const rows, a, prior, s, x, end = 4096, 1.0, 0.3, 0.5, 0.8, 2.0
	q := (1 - math.Exp(-2*a*end)) / (2 * a)
	want := 0.5 * (a - prior) * (a - prior) / (s * s) * (x*x*q + s*s/(2*a)*(end-q))
	start := make([]float64, rows)
	for i := range start {
		start[i] = x
	}
	laws := Laws{Posterior: linear(-a, 0), Prior: linear(-prior, 0), Diffusion: constant(s)}
	_, kl, err := SolveWithKL(laws, input(G.NewGraph(), "z0", start, rows, 1), []float64{0, end}, sdeop.Step(0.01), sdeop.Seed(5))
	if err != nil {
		t.Fatal(err)
	}
	var mean, square float64
	for _, v := range values(t, kl)[0] {
		mean, square = mean+v/rows, square+v*v/rows
	}
	deviation := math.Sqrt((square - mean*mean) / rows)
	if math.Abs(mean-want) > 4*deviation+0.01*want {
		t.Errorf("the divergence is %g, want %g; its standard error is %g", mean, want, deviation)
	}
}

// E dP/dQ = 1 under Q, for drifts that differ by a rotation too and noise that depends on the state. By Euler's method that
// holds for steps of any length, as the mean of e^(−uΔW − u²Δt/2) is 1 for each; by Heun's up to the error of the steps,
// which in laws of paths is of order 1: a hundredth here. Means of 4096 rows are off by four standard errors. Without the
// difference of Itô's and Stratonovich's integral the mean would be about e^(½ Σ gᵢ ∂uᵢ/∂zᵢ T) ≈ e^(0.3) times as large
// or as small.
func TestMeanOfPathWeights(t *testing.T) {
	const rows, d = 4096, 2
	rate := func(m ...float64) odeop.Field {
		return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			f := formula.For(y)
			return f.Result(f.MatMul(y, f.Constant(y, m, d, d)))
		}
	}
	shaken := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { // 0.5 + 0.2 tanh z
		f := formula.For(y)
		return f.Result(f.Add(f.Number(0.5), f.Mul(f.Number(0.2), f.Tanh(y))))
	}
	for name, c := range map[string]struct {
		calculus sdeop.Calculus
		step     float64
	}{"ito": {sdeop.Ito, 0.1}, "stratonovich": {sdeop.Stratonovich, 0.02}} {
		t.Run(name, func(t *testing.T) {
			laws := Laws{Posterior: rate(-0.7, 0.2, -0.1, -0.6), Prior: rate(-1, 0, 0, -0.9), Diffusion: shaken,
				Calculus: c.calculus, withNoise: true}
			start := make([]float64, rows*d)
			for i := range start {
				start[i] = 0.4
			}
			_, kl, err := SolveWithKL(laws, input(G.NewGraph(), "z0", start, rows, d), []float64{0, 1},
				sdeop.Step(c.step), sdeop.Seed(8))
			if err != nil {
				t.Fatal(err)
			}
			weights := values(t, kl)[0]
			for i, v := range weights {
				weights[i] = math.Exp(-v)
			}
			mean, deviation := meanAndError(weights)
			if t.Logf("%g ± %g", mean, deviation); math.Abs(mean-1) > 4*deviation+0.01 || !(deviation < 0.03) {
				t.Errorf("the mean of dP/dQ is %g, want 1; its standard error is %g", mean, deviation)
			}
		})
	}
}

// A Brownian motion from 0 is 0 at the time 1, as seen with r = 0.001; the posterior's drift is K(0 − z). The evidence
// lower bound is below ln p = −½ ln 2π(1 + r²) whatever K is, by Euler's method in steps of any length, and is not by
// Heun's: in one step with K = 2 the end takes back all of ΔW, and the divergence is about 1 where it should be −ln r.
func TestBoundOfEulersMethod(t *testing.T) {
	const rows, r = 1000, 1e-3
	exact := -0.5 * math.Log(2*math.Pi*(1+r*r))
	bound := func(c sdeop.Calculus, k, step float64) (mean, deviation float64) {
		laws := Laws{Posterior: linear(-k, 0), Prior: linear(0, 0), Diffusion: constant(1), Calculus: c}
		zs, kl, err := SolveWithKL(laws, input(G.NewGraph(), "z0", make([]float64, rows), rows, 1), []float64{0, 1},
			sdeop.Step(step), sdeop.Seed(4))
		if err != nil {
			t.Fatal(err)
		}
		v := values(t, zs, kl)
		all := make([]float64, rows)
		for i := range all {
			z := v[0][rows+i]
			all[i] = -z*z/(2*r*r) - math.Log(r) - 0.5*math.Log(2*math.Pi) - v[1][i]
		}
		return meanAndError(all)
	}
	for _, k := range []float64{1, 2, 4} {
		for _, step := range []float64{1, 0.5, 0.25, 0.125} {
			if mean, deviation := bound(sdeop.Ito, k/step, step); !(mean < exact+4*deviation) {
				t.Errorf("K = %g, steps of %g: the bound is %g, and ln p %g", k/step, step, mean, exact)
			}
		}
	}
	mean, deviation := bound(sdeop.Stratonovich, 2, 1)
	if t.Logf("Heun's method: %.3f, ln p: %.3f", mean, exact); !(mean > exact+4*deviation) {
		t.Errorf("the bound by Heun's method is %g, which LatentConfig.Calculus says may pass ln p", mean)
	}
}

func TestLawsThatAreRefused(t *testing.T) {
	g := G.NewGraph()
	z0 := input(g, "z0", wave(4, 0), 2, 2)
	whole := Laws{Posterior: linear(1, 0), Prior: linear(1, 0), Diffusion: constant(1)}
	wide := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Concat(1, y, y) }
	nothing := func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return nil, nil }
	change := func(p *odeop.Field, f odeop.Field) Laws {
		old := *p
		*p = f
		l := whole
		*p = old
		return l
	}
	for name, c := range map[string]struct {
		laws Laws
		z0   *G.Node
		opts []sdeop.Option
	}{
		"no prior":        {change(&whole.Prior, nil), z0, []sdeop.Option{sdeop.Step(0.1)}},
		"wide prior":      {change(&whole.Prior, wide), z0, []sdeop.Option{sdeop.Step(0.1)}},
		"no node":         {change(&whole.Posterior, nothing), z0, []sdeop.Option{sdeop.Step(0.1)}},
		"wide diffusion":  {change(&whole.Diffusion, wide), z0, []sdeop.Option{sdeop.Step(0.1)}},
		"no z0":           {whole, nil, []sdeop.Option{sdeop.Step(0.1)}},
		"z0 is a vector":  {whole, input(g, "v", wave(2, 0), 2), []sdeop.Option{sdeop.Step(0.1)}},
		"no step":         {whole, z0, nil},
		"a step of minus": {whole, z0, []sdeop.Option{sdeop.Step(-1)}},
	} {
		if _, _, err := SolveWithKL(c.laws, c.z0, []float64{0, 1}, c.opts...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
