package generative

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// origin is time 0 of a series.
func (c Config) origin(s *series.Series) float64 {
	switch {
	case c.Origin != nil:
		return *c.Origin
	case s.Len() > 0:
		return s.Times[0]
	}
	return 0
}

// clock is the set with times since time 0, without what a generative model has no part for.
func (c Config) clock(set *series.Set) (*series.Set, error) {
	out := set.With(make([]*series.Series, len(set.Series)))
	if !c.classifies(set) {
		out.Labels, out.Classes = nil, nil
	}
	for i, s := range set.Series {
		one := *s
		from := c.origin(s)
		one.Times = make([]float64, s.Len())
		for j, t := range s.Times {
			one.Times[j] = t - from
			switch {
			case one.Times[j] < 0:
				return nil, errors.Errorf("%s: series %q has a row at %g, before the origin %g", set.Name, s.ID, t, from)
			case j > 0 && one.Times[j] <= one.Times[j-1]:
				return nil, errors.Errorf("%s: series %q: the time from %g to %g is lost beside an origin of %g",
					set.Name, s.ID, s.Times[j-1], t, from)
			}
		}
		if out.Labels == nil {
			one.Label = nil
		}
		out.Series[i] = &one
	}
	return out, nil
}

// complete fills in what the training part, whose times begin at 0, decides.
func (c Config) complete(train *series.Set) (Config, error) {
	span, rows, sum := 0.0, 0, 0.0
	for _, s := range train.Series {
		if n := s.Len(); n > 0 {
			span = math.Max(span, s.Times[n-1])
			rows, sum = rows+n-1, sum+s.Times[n-1]-s.Times[0]
		}
	}
	if train.Observed() == 0 || !(span > 0) || rows == 0 {
		return c, errors.Errorf("%d series to learn from, with %d values over a time of %g: there is nothing to follow in time",
			len(train.Series), train.Observed(), span)
	}
	c.Span = span
	if c.Epochs == 0 {
		const steps, least = 1500, 20
		batch := min(c.Batch, len(train.Series))
		batches := (len(train.Series) + batch - 1) / batch
		c.Epochs = max(least, (steps+batches-1)/batches)
	}
	if c.Step == 0 {
		c.Step = math.Min(sum/float64(rows), span/20)
	}
	if c.TimeUnit == 0 {
		c.TimeUnit = span / 5
	}
	if c.Objective == Extrapolate && c.Split == 0 {
		c.Split = span / 2
	}
	if c.Objective == Extrapolate && c.Split >= span {
		return c, errors.Errorf("a split at %g: the longest series to learn from ends at %g", c.Split, span)
	}
	return c, nil
}

// longest is the longest step in the scale of training.
func (c Config) longest() float64 { return c.Step / c.TimeUnit }

const mostTimes = 1 << 20 // for a series

// refine adds times to increasing ones, so that from 0 on no gap is longer than step. at are the places of the given ones.
func refine(times []float64, step float64) (all []float64, at []int, err error) {
	before := 0.0
	for _, t := range times {
		n := math.Ceil((t-before)/step - 1e-9)
		if !(n < mostTimes-float64(len(all))) {
			return nil, nil, errors.Errorf("from %g to %g in steps of %g: more than %d", before, t, step, mostTimes)
		}
		for k := 1.0; k < n; k++ {
			all = append(all, before+(t-before)*k/n)
		}
		at, all, before = append(at, len(all)), append(all, t), t
	}
	return all, at, nil
}

// refined is the set with rows in which nothing is observed, where gaps are longer than a step: solvers take a step a row.
func (c Config) refined(set *series.Set) (*series.Set, error) {
	out := set.With(make([]*series.Series, len(set.Series)))
	empty := missing(len(set.Channels))
	for i, s := range set.Series {
		one := *s
		times, at, err := refine(s.Times, c.longest())
		if err != nil {
			return nil, errors.WithMessagef(err, "series %q", s.ID)
		}
		one.Times, one.Values = times, make([][]float64, len(times))
		for j := range one.Values {
			one.Values[j] = empty
		}
		for j, k := range at {
			one.Values[k] = s.Values[j]
		}
		out.Series[i] = &one
	}
	return out, nil
}

func missing(n int) []float64 {
	row := make([]float64, n)
	for i := range row {
		row[i] = math.NaN()
	}
	return row
}
