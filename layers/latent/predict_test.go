package latent

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/series"
)

// TestPredict: the mean and the quantiles are those of the paths that the graph of the bound has, at the times of the
// batch; a series alone has the same ones.
func TestPredict(t *testing.T) {
	m := newModel("gru", tensor.Float64, WithSigma(0.5, 2))
	b := must(series.NewBatch(ragged(), series.Shape{Steps: 5, Widths: widths}))
	o := PredictOptions{Samples: 7, Seed: 3, Quantiles: []float64{0, 0.5, 1}}
	p := must(m.Predict(b, nil, o))
	r := newRun(t, m, b, 7, bound(m, Objective{}, everything), false)
	draws := newDraws(3, 7*width)
	setValue(r.noise.Node().Value(), func(i int) float64 { return draws[i/(b.Batch*width)*width+i%width] })
	out, _ := r.run()
	for s, n := range b.Lengths {
		if len(p.Mean[s]) != n || len(p.Quantiles[1][s]) != n {
			t.Fatalf("%d rows for a series of %d", len(p.Mean[s]), n)
		}
		for i := range n {
			for j := range channels {
				var at []float64
				for k := range 7 {
					at = append(at, out[5][((k*b.Batch+s)*5+i)*channels+j])
				}
				slices.Sort(at)
				mean, _ := moments(at)
				got := []float64{p.Mean[s][i][j], p.Quantiles[0][s][i][j], p.Quantiles[1][s][i][j], p.Quantiles[2][s][i][j]}
				near(t, "mean and quantiles", got, []float64{mean, at[0], at[3], at[6]}, 1e-12)
			}
		}
	}
	o.Observed = true
	times := [][]float64{{0, 1, 2}, {0.1}, nil, {3, 4}}
	all := must(m.Predict(b, times, o))
	alone := must(m.Predict(must(series.NewBatch(ragged()[1:2], series.Shape{Widths: widths})), times[1:2], o))
	near(t, "mean alone", alone.Mean[0][0], all.Mean[1][0], 1e-12)
	near(t, "quantile alone", alone.Quantiles[1][0][0], all.Quantiles[1][1][0], 1e-12)
}

// newDraws are the normal numbers that Predict begins with.
func newDraws(seed uint64, n int) []float64 {
	noise := must(NewNoise(G.NewGraph(), tensor.Float64, 1, 1, n, seed))
	return numbers(noise.Node().Value())
}

// TestObserved: with the noise of observations the spread of many samples is that of the path and of the noise together.
// The path of a series stands for one place, so that the variance is known to 1/√n.
func TestObserved(t *testing.T) {
	const n = 4000
	m := newModel("gru", tensor.Float64, WithSigma(3))
	b := must(series.NewBatch(ragged()[:1], series.Shape{Widths: widths}))
	spread := func(observed bool) float64 {
		o := PredictOptions{Samples: n, Seed: 1, Quantiles: []float64{0.1587, 0.8413}, Observed: observed}
		p := must(m.Predict(b, [][]float64{{0.5}}, o))
		return (p.Quantiles[1][0][0][0] - p.Quantiles[0][0][0][0]) / 2
	}
	path, seen := spread(false), spread(true)
	// The deviation of an estimate from two quantiles is below 2/√n of it.
	if want := math.Hypot(path, 3); math.Abs(seen-want) > 5*2/math.Sqrt(n)*want {
		t.Errorf("the spread is %g with noise and %g without, want %g", seen, path, want)
	}
}

func TestGenerate(t *testing.T) {
	m := newModel("gru", tensor.Float32)
	x := must(m.Generate(3, []float64{0, 0.5, 2}, 1))
	again := must(m.Generate(3, []float64{0, 0.5, 2}, 1))
	other := must(m.Generate(3, []float64{0, 0.5, 2}, 2))
	if len(x) != 3 || len(x[0]) != 3 || len(x[0][0]) != channels {
		t.Fatalf("%v", x)
	}
	if x[1][2][0] != again[1][2][0] || x[1][2][0] == other[1][2][0] || x[0][2][0] == x[1][2][0] {
		t.Error("what is generated is not a function of the seed")
	}
}
