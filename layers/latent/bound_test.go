package latent

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

func everything(b *Bound) G.Nodes {
	return G.Nodes{b.PerSeries, b.LogLikelihood, b.Posterior.Mean, b.Posterior.LogVariance, must(b.Path.Mean())}
}

// TestELBO writes the bound once more, from the posterior and the paths: the likelihood of normal distributions over what
// was observed, and KL(N(μ, eˢ)‖N(0, 1)) = ½ Σ (eˢ + μ² − 1 − s) (Kingma and Welling 2014, appendix B).
func TestELBO(t *testing.T) {
	const samples, weight = 3, 0.3
	m := newModel("gru", tensor.Float64, WithSigma(0.5, 2))
	b := must(series.NewBatch(ragged(), series.Shape{Widths: widths}))
	out, _ := newRun(t, m, b, samples, func(r *run, o Observations) (G.Nodes, error) {
		w := must(NewKLWeight(o.Values.Graph(), tensor.Float64))
		if err := w.Set(weight); err != nil {
			return nil, err
		}
		return bound(m, Objective{KLWeight: w.Node()}, everything)(r, o)
	}, false).run()
	cost, per, likelihoods, mu, s, mean := out[0][0], out[1], out[2], out[3], out[4], out[5]
	total := 0.0
	for i := range b.Batch {
		want := 0.0
		for k := range samples {
			l := 0.0
			for j, mask := range rowOf(b.Mask, i, b.Batch) {
				sigma := []float64{0.5, 2}[j%channels]
				z := (rowOf(b.Values, i, b.Batch)[j] - rowOf(rowOf(mean, k, samples), i, b.Batch)[j]) / sigma
				l -= mask * (z*z/2 + math.Log(sigma) + math.Log(2*math.Pi)/2)
			}
			near(t, "log-likelihood", likelihoods[k*b.Batch+i:][:1], []float64{l}, 1e-13)
			want += l / samples
		}
		for j := range width {
			m, v := mu[i*width+j], s[i*width+j]
			want -= weight * (math.Exp(v) + m*m - 1 - v) / 2
		}
		near(t, "bound of a series", per[i:i+1], []float64{want}, 1e-13)
		if b.Lengths[i] > 0 {
			total += want
		}
	}
	near(t, "cost", []float64{cost}, []float64{-total / 3}, 1e-13) // one of the four has no observation
}

// TestIWAE: for one sample the bound is ln p(x|z) + ln p(z) − ln q(z), written with densities; of K it is the logarithm
// of the mean of their exponentials, which by Jensen's inequality is not below their mean; and in expectation that mean
// is the ELBO.
func TestIWAE(t *testing.T) {
	const samples = 4000
	m := newModel("gru", tensor.Float64, WithSigma(1))
	b := must(series.NewBatch(ragged()[:2], series.Shape{Widths: widths}))
	r := newRun(t, m, b, samples, bound(m, Objective{}, everything), false)
	out, _ := r.run()
	elbo, likelihoods, mu, s := out[1], out[2], out[3], out[4]
	noise := numbers(r.noise.Node().Value())
	w := make([][]float64, 2) // of each series
	for i := range w {
		for k := range samples {
			v := likelihoods[k*2+i]
			for j := range width {
				e, mean, deviation := noise[(k*2+i)*width+j], mu[i*width+j], math.Exp(s[i*width+j]/2)
				z := mean + deviation*e
				v += logNormal(z, 0, 1) - logNormal(z, mean, deviation)
			}
			w[i] = append(w[i], v)
		}
		mean, variance := moments(w[i])
		if off := math.Abs(mean - elbo[i]); off > 5*math.Sqrt(variance/samples) {
			t.Errorf("series %d: the mean of the integrand is off the ELBO by %g", i, off)
		}
		five := 0.0
		for k := 0; k < samples; k += 5 {
			group := w[i][k : k+5]
			largest, sum := slices.Max(group), 0.0
			for _, v := range group {
				sum += math.Exp(v-largest) / 5
			}
			five += (largest + math.Log(sum)) * 5 / samples
		}
		if five <= mean {
			t.Errorf("series %d: IWAE of 5 is %g, below the ELBO %g", i, five, mean)
		}
	}
	for _, k := range []int{1, 5} {
		one := newRun(t, m, b, k, bound(m, Objective{Importance: true}, parts), false)
		setValue(one.noise.Node().Value(), func(i int) float64 { return noise[i] })
		out, _ := one.run()
		for i := range w {
			sum := 0.0
			for _, v := range w[i][:k] {
				sum += math.Exp(v) / float64(k)
			}
			near(t, "IWAE", out[1][i:i+1], []float64{math.Log(sum)}, 1e-12)
		}
	}
}

// TestIWAEDoesNotOverflow: with a deviation of 1e-3 log-likelihoods are of the order of −1e6, whose exponentials are 0,
// and the bound is finite.
func TestIWAEDoesNotOverflow(t *testing.T) {
	m := newModel("gru", tensor.Float64, WithSigma(1e-3))
	b := must(series.NewBatch(ragged(), series.Shape{Widths: widths}))
	out, grads := newRun(t, m, b, 5, bound(m, Objective{Importance: true}, parts), true).run()
	if v := out[0][0]; !(v > 1e4 && v < 1e8) {
		t.Errorf("the cost is %g", v)
	}
	for k := range grads {
		for _, v := range grads[k] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatal("a gradient is not finite")
			}
		}
	}
}

func logNormal(x, mean, deviation float64) float64 {
	z := (x - mean) / deviation
	return -z*z/2 - math.Log(deviation) - math.Log(2*math.Pi)/2
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, variance
}

// TestPoisson: with a constant rate λ the log-likelihood is n ln λ − λT, T the last time, whatever the paths are, n events
// behind time 0, where the first series begins.
func TestPoisson(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Steps: 5, Widths: widths}))
	for _, solver := range []Option{WithRK4(1), WithSolve(odeop.Tolerance(1e-9, 1e-9))} {
		for _, c := range []int{1, channels} {
			rates := []float64{1.7, 0.4}[:c]
			bias := make([]float64, c)
			for i, r := range rates {
				bias[i] = math.Log(r)
			}
			constant := []layers.Option{layers.WithInit(graph.Zeros()), layers.WithBiasInit(graph.Values(bias))}
			rate := must(layers.NewLinear(nil, "rate", width, c, constant...))
			m := newModel("gru", tensor.Float64, solver)
			m = must(New("poisson", m.encoder, m.field, m.output, solver, WithIntensity(rate)))
			out, _ := newRun(t, m, b, 2, func(r *run, o Observations) (G.Nodes, error) {
				bound, err := m.Bound(o, o, r.noise.Node(), Objective{})
				if err != nil {
					return nil, err
				}
				l, err := bound.Path.PoissonLogLikelihood(o.Mask)
				return G.Nodes{l}, err
			}, false).run()
			events := map[int][][]float64{1: {{2}, {2}, {0}, {1}}, 2: {{1, 2}, {1, 1}, {0, 0}, {1, 1}}}[c]
			var want []float64
			for range 2 {
				for i, end := range []float64{1.2, 1.5, 0, 0.7} {
					l := 0.0
					for j, r := range rates {
						l += events[i][j]*math.Log(r) - r*end
					}
					want = append(want, l)
				}
			}
			near(t, "Poisson", out[0], want, 1e-12)
		}
	}
}

// TestStandingStill: where the field is zero an output is the same at all times.
func TestStandingStill(t *testing.T) {
	still := must(layers.NewLinear(nil, "field", width, width, layers.WithInit(graph.Zeros())))
	b := must(series.NewBatch(ragged(), series.Shape{Widths: widths}))
	for _, solver := range []Option{WithRK4(1), WithSolve()} {
		m := newModel("gru", tensor.Float64)
		m = must(New("still", m.encoder, still, m.output, solver))
		out, _ := newRun(t, m, b, 1, bound(m, Objective{}, everything), false).run()
		for i := range b.Batch {
			x := rowOf(out[5], i, b.Batch)
			for j := range x {
				if x[j] != x[j%channels] {
					t.Fatalf("%v moves", x)
				}
			}
		}
	}
}
