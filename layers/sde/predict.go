package sde

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

	"gorgonode/internal/empirical"
	"gorgonode/layers/latent"
	"gorgonode/layers/series"
)

// Predict is the mean over paths of the posterior, and quantiles, at any times: times[b] are those of series b of the batch,
// increasing and none before its first row; nil are those of the batch, which imputes what is missing there. Behind its last
// row a series is forecast, and one without rows gets the prior. A series has the same prediction in any batch.
func (m *Latent) Predict(batch *series.Batch, times [][]float64, o latent.PredictOptions) (*latent.Prediction, error) {
	p, err := m.predict(batch, times, o)
	return p, errors.WithMessagef(err, "sde: latent %q: predict", m.name)
}

func (m *Latent) predict(batch *series.Batch, times [][]float64, o latent.PredictOptions) (*latent.Prediction, error) {
	if o.Samples == 0 {
		o.Samples = 100
	}
	for _, q := range o.Quantiles {
		if !(q >= 0 && q <= 1) {
			return nil, errors.Errorf("a quantile of %g, want it between 0 and 1", q)
		}
	}
	if times == nil && batch != nil {
		for b := range batch.Batch {
			times = append(times, batch.Times[b*batch.Steps:][:batch.Lengths[b]])
		}
	}
	paths, err := m.sample(batch, times, o.Samples, o.Seed)
	if err != nil {
		return nil, err
	}
	p := &latent.Prediction{Times: times, Mean: empty(times, m.Channels)}
	for range o.Quantiles {
		p.Quantiles = append(p.Quantiles, empty(times, m.Channels))
	}
	scale := m.ObservationScale()
	at := make([]float64, o.Samples)
	for b, ts := range times {
		var noise []*rand.Rand // of each sample, and the same for every series
		for k := range o.Samples {
			noise = append(noise, rand.New(rand.NewPCG(o.Seed, uint64(k)+1)))
		}
		for i := range ts {
			for j := range m.Channels {
				for k := range at {
					at[k] = paths.Values[b][k][i][j]
				}
				p.Mean[b][i][j] = stat.Mean(at, nil)
				for k := range at {
					if o.Observed {
						at[k] += scale[j] * m.Likelihood.draw(noise[k])
					}
				}
				slices.Sort(at)
				for n, q := range o.Quantiles {
					p.Quantiles[n][b][i][j] = empirical.Quantile(at, q)
				}
			}
		}
	}
	return p, nil
}

// draw is a number of scale 1 from the distribution.
func (l Likelihood) draw(rng *rand.Rand) float64 {
	if l == Laplace {
		return math.Copysign(rng.ExpFloat64(), rng.Float64()-0.5)
	}
	return rng.NormFloat64()
}

func empty(times [][]float64, channels int) [][][]float64 {
	all := make([][][]float64, len(times))
	for b, ts := range times {
		all[b] = make([][]float64, len(ts))
		for i := range ts {
			all[b][i] = make([]float64, channels)
		}
	}
	return all
}

// Generate draws n series from the prior, each at the given increasing times of which the first is where a series begins:
// the decoder's values at them, [series][time][channel], without the noise of observations.
func (m *Latent) Generate(n int, times []float64, seed uint64) ([][][]float64, error) {
	none, err := series.NewBatch(nil, series.Shape{Batch: 1, Steps: 1, Widths: series.Widths{Values: m.Channels}})
	if err == nil {
		var all *Paths
		if all, err = m.sample(none, [][]float64{times}, n, seed); err == nil {
			return all.Values[0], nil
		}
	}
	return nil, errors.WithMessagef(err, "sde: latent %q: generate", m.name)
}
