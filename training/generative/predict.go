package generative

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// PredictOptions say what is asked about the series of a set.
type PredictOptions struct {
	// Times of each series, increasing, in the data's time and not before the series' time 0: behind the last row it is a
	// forecast, between two rows it fills a gap. nil are those of its rows: what is missing there is imputed, what is there
	// smoothed.
	Times     [][]float64
	Samples   int       // draws from the posterior; 0 is 200
	Seed      uint64    // of the draws; all series share them, so a series gives the same alone and with others
	Quantiles []float64 // probabilities, more than 0 and less than 1; nil is none
}

// Prediction is what a model says about each series of a set.
type Prediction struct {
	IDs      []string
	Channels []string
	Times    [][]float64 // of series i, in the data's time
	// Mean has for each series and each of its times the values of the channels, in the data's units. Quantiles are as Mean,
	// for each of PredictOptions.Quantiles, of what would be measured: noise included.
	Mean      [][][]float64
	Quantiles [][][][]float64
	// Probabilities (n, C) of the classes, if any were learned.
	Classes       []string
	Probabilities [][]float64
}

// Predict asks about the series of a set that has the channels that were learned from. Labels of it are not looked at. A
// model that was trained to extrapolate reads no row behind Config.Split.
func (f *Fitted) Predict(ctx context.Context, set *series.Set, o PredictOptions) (*Prediction, error) {
	p, err := f.predict(ctx, set, o)
	return p, errors.WithMessage(err, "generative: predict")
}

func (f *Fitted) predict(ctx context.Context, set *series.Set, o PredictOptions) (*Prediction, error) {
	if o.Samples == 0 {
		o.Samples = 200
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	scaled, err := f.scaled(set)
	if err != nil {
		return nil, err
	}
	p := &Prediction{Channels: f.Channels, Classes: f.Classes, Quantiles: make([][][][]float64, len(o.Quantiles))}
	q := query{set: scaled, exercise: f.Config.exercise(), samples: o.Samples, seed: o.Seed}
	q.hide = 0
	if q.times, err = f.sinceStart(set, o.Times, p); err != nil {
		return nil, err
	}
	return p, f.draw(ctx, q, func(g group) error {
		f.summarise(p, g, o.Quantiles)
		if f.head == nil {
			return nil
		}
		probabilities, err := f.head.probabilities(g.paths, g.seen.Batch, len(g.seen.IDs))
		p.Probabilities = append(p.Probabilities, probabilities...)
		return err
	})
}

// scaled is a set, without labels, in the scale of training.
func (f *Fitted) scaled(set *series.Set) (*series.Set, error) {
	if err := set.Validate(); err != nil {
		return nil, err
	}
	bare := set.With(nil)
	bare.Labels, bare.Classes, bare.Statics, bare.Targets = nil, nil, nil, nil
	for _, s := range set.Series {
		one := *s
		one.Label, one.Static, one.Targets = nil, nil, nil
		bare.Series = append(bare.Series, &one)
	}
	clocked, err := f.Config.clock(bare)
	if err != nil {
		return nil, err
	}
	return f.Scaling.Forward(clocked)
}

func (o PredictOptions) check() error {
	const most = 1 << 20
	if o.Samples < 1 || o.Samples > most {
		return errors.Errorf("%d samples, want from 1 to %d", o.Samples, most)
	}
	for _, q := range o.Quantiles {
		if !(q > 0 && q < 1) {
			return errors.Errorf("a quantile of %g, want more than 0 and less than 1", q)
		}
	}
	return nil
}

// sinceStart are times in the scale of training. What was asked for goes into p.
func (f *Fitted) sinceStart(set *series.Set, times [][]float64, p *Prediction) ([][]float64, error) {
	if times != nil && len(times) != len(set.Series) {
		return nil, errors.Errorf("times for %d series, and there are %d", len(times), len(set.Series))
	}
	var scaled [][]float64
	for i, s := range set.Series {
		ts := s.Times
		if times != nil {
			ts = times[i]
		}
		from := f.Config.origin(s)
		var out []float64
		for j, t := range ts {
			switch {
			case math.IsNaN(t) || math.IsInf(t, 0):
				return nil, errors.Errorf("series %q: time %g is no finite number", s.ID, t)
			case j > 0 && t <= ts[j-1]:
				return nil, errors.Errorf("series %q: time %g does not come after %g", s.ID, t, ts[j-1])
			case t < from:
				return nil, errors.Errorf("series %q: time %g: the state begins at %g", s.ID, t, from)
			}
			out = append(out, (t-from)/f.Config.TimeUnit)
		}
		scaled = append(scaled, out)
		p.IDs, p.Times = append(p.IDs, s.ID), append(p.Times, slices.Clone(ts))
	}
	return scaled, nil
}

// summarise adds the means and quantiles of a group.
func (f *Fitted) summarise(p *Prediction, g group, quantiles []float64) {
	draws := make([]float64, 0, g.paths.samples)
	for i, ts := range g.times {
		values := make([][][]float64, 1+len(quantiles)) // the means and each quantile, at each time, of each channel
		for q := range values {
			values[q] = make([][]float64, len(ts))
			for j := range ts {
				values[q][j] = make([]float64, len(f.Channels))
			}
		}
		for j := range ts {
			for k, a := range f.Scaling.Channels {
				m := mixture{g.paths.at(i, j, k, draws), g.paths.sigma[k]}
				values[0][j][k] = inUnits(a, m.mean())
				for q, probability := range quantiles {
					values[q+1][j][k] = inUnits(a, m.quantile(probability))
				}
			}
		}
		p.Mean = append(p.Mean, values[0])
		for q := range quantiles {
			p.Quantiles[q] = append(p.Quantiles[q], values[q+1])
		}
	}
}

func inUnits(a seriesdata.Affine, v float64) float64 { return v*a.Scale + a.Offset }
