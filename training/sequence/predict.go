package sequence

import (
	"context"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat/distuv"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
	"gorgonode/training/seriesfit"
)

// Prediction is what a model says about each series of a set.
type Prediction struct {
	IDs     []string
	Classes []string // of Classify
	// Probabilities (n, C) of Classify.
	Probabilities [][]float64
	Names         []string // of Regress and Forecast: the k predicted values
	// Times of series i: those of its rows for Regress; for Forecast those from its second row on, and a horizon after its
	// last.
	Times [][]float64
	// Mean and StdDev have for each series and each of its Times k values in the units of the data. StdDev is nil without a
	// distribution.
	Mean, StdDev [][][]float64
}

// Predict asks about the series of a set, which has the channels and static values that were learned from; labels and
// targets of it are not looked at. Horizon is how far after its last row Forecast goes in each series, in the unit of the
// data's times; 0 is not.
func (f *Fitted) Predict(ctx context.Context, set *series.Set, horizon float64) (*Prediction, error) {
	p, err := f.predict(ctx, set, horizon)
	return p, errors.WithMessage(err, "sequence: predict")
}

func (f *Fitted) predict(ctx context.Context, set *series.Set, horizon float64) (*Prediction, error) {
	task := f.Config.Task
	switch {
	case !(horizon >= 0) || math.IsInf(horizon, 0):
		return nil, errors.Errorf("a horizon of %g, want 0 or more", horizon)
	case horizon > 0 && task != Forecast:
		return nil, errors.Errorf("a horizon is for %q, and the model's task is %q", Forecast, task)
	}
	if err := set.Validate(); err != nil {
		return nil, err
	}
	p := &Prediction{Classes: f.Classes}
	if task != Classify {
		p.Names = f.Targets
	}
	bare := set.With(make([]*series.Series, len(set.Series)))
	bare.Labels, bare.Classes, bare.Targets = nil, nil, nil
	for i, s := range set.Series {
		one := *s
		one.Label, one.Targets = nil, nil
		times := s.Times
		if n := s.Len(); task == Forecast && n > 0 {
			times = s.Times[1:]
			if horizon > 0 {
				// A row with nothing in it says when the forecast is for; what comes of it is not used.
				one.Times = append(append([]float64{}, s.Times...), s.Times[n-1]+horizon)
				one.Values = append(append([][]float64{}, s.Values...), missing(len(set.Channels)))
				if one.Times[n] <= one.Times[n-1] {
					return nil, errors.Errorf("series %q: a horizon of %g is lost beside a time of %g", s.ID, horizon,
						s.Times[n-1])
				}
				times = one.Times[1:]
			}
		}
		bare.Series[i] = &one
		p.IDs, p.Times = append(p.IDs, s.ID), append(p.Times, times)
	}
	inputs := *f.Scaling
	inputs.Targets = nil
	scaled, err := inputs.Forward(bare)
	if err != nil {
		return nil, err
	}
	e, err := newEvaluator(f.network, f.network.shapeOf(scaled))
	if err != nil {
		return nil, err
	}
	defer e.vm.Close()
	a, err := e.ask(ctx, scaled, f.outputs())
	if err != nil {
		return nil, err
	}
	if task == Classify {
		p.Times = nil
		for _, logits := range a.values {
			p.Probabilities = append(p.Probabilities, seriesfit.Softmax(logits))
		}
		return p, nil
	}
	for i := range a.values {
		mean, std := f.unscaled(a, i, len(p.Times[i]))
		p.Mean = append(p.Mean, mean)
		if a.logVariances != nil {
			p.StdDev = append(p.StdDev, std)
		}
	}
	return p, nil
}

// unscaled are the first n rows of series i in the units of the data.
func (f *Fitted) unscaled(a *answers, i, n int) (mean, std [][]float64) {
	k := len(f.Targets)
	for j := range n {
		m, s := make([]float64, k), make([]float64, k)
		for c := range k {
			by := seriesdata.Affine{Scale: 1}
			if len(f.Scaling.Targets) > 0 {
				by = f.Scaling.Targets[c]
			}
			m[c] = a.values[i][j*k+c]*by.Scale + by.Offset
			if a.logVariances != nil {
				s[c] = math.Exp(a.logVariances[i][j*k+c]/2) * by.Scale
			}
		}
		mean, std = append(mean, m), append(std, s)
	}
	return mean, std
}

// Quantile is the value below which the prediction of value k at time j of series i stays with probability p, 0 < p < 1. It
// needs a distribution.
func (p *Prediction) Quantile(i, j, k int, probability float64) (float64, error) {
	switch {
	case p.StdDev == nil:
		return math.NaN(), errors.New("sequence: quantile: the model was fitted without a distribution")
	case !(probability > 0 && probability < 1):
		return math.NaN(), errors.Errorf("sequence: quantile: a probability of %g, want more than 0 and less than 1",
			probability)
	}
	return p.Mean[i][j][k] + p.StdDev[i][j][k]*distuv.UnitNormal.Quantile(probability), nil
}

func missing(n int) []float64 {
	row := make([]float64, n)
	for i := range row {
		row[i] = math.NaN()
	}
	return row
}
