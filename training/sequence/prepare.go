package sequence

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training/seriesfit"
)

// ready is a set with the targets of its task: those of the next row for Forecast, none for Classify.
func ready(set *series.Set, t Task) *series.Set {
	out := set.With(make([]*series.Series, len(set.Series)))
	switch t {
	case Classify:
		out.Targets = nil
	case Forecast:
		out.Targets, out.Labels, out.Classes = slices.Clone(set.Channels), nil, nil
	case Regress:
		out.Labels, out.Classes = nil, nil
	}
	for i, s := range set.Series {
		one := *s
		switch t {
		case Classify:
			one.Targets = nil
		case Regress:
			one.Label = nil
		case Forecast:
			one.Label, one.Targets = nil, make([][]float64, s.Len())
			for j := range s.Len() {
				if j+1 < s.Len() {
					one.Targets[j] = s.Values[j+1]
				} else {
					one.Targets[j] = missing(len(set.Channels))
				}
			}
		}
		out.Series[i] = &one
	}
	return out
}

// taskOf is the task that a set suggests.
func taskOf(set *series.Set) Task {
	switch {
	case len(set.Classes) > 0:
		return Classify
	case len(set.Targets) > 0:
		return Regress
	}
	return Forecast
}

// fits tells whether a task can be learned from a set.
func fits(set *series.Set, t Task) error {
	switch {
	case len(set.Channels) == 0:
		return errors.Errorf("sequence: %s has no channels", set.Name)
	case t == Classify && (len(set.Classes) < 2 || len(set.Labels) != 1):
		return errors.Errorf("sequence: %s has %d classes, want at least 2 to tell apart", set.Name, len(set.Classes))
	case t == Regress && len(set.Targets) == 0:
		return errors.Errorf("sequence: %s has no targets to regress on", set.Name)
	}
	return nil
}

// columns are those that a set must share with the one that is learned from.
func columns(t Task) []seriesfit.Columns {
	list := []seriesfit.Columns{seriesfit.Channels, seriesfit.Statics}
	switch t {
	case Classify:
		list = append(list, seriesfit.Classes)
	case Regress:
		list = append(list, seriesfit.Targets)
	}
	return list
}

// complete fills in what the training part decides: the mask, the time unit, balanced weights.
func (c Config) complete(train *series.Set) (Config, error) {
	total, gaps, rows, span, longest := 0, false, 0, 0.0, 0.0
	for _, s := range train.Series {
		total += s.Len()
		gaps = gaps || s.Observed() < s.Len()*len(train.Channels)
		if n := s.Len(); n > 1 {
			d := s.Times[n-1] - s.Times[0]
			rows, span, longest = rows+n-1, span+d, math.Max(longest, d)
		}
	}
	if total == 0 {
		return c, errors.Errorf("sequence: the series of %s have no rows", train.Name)
	}
	c.Mask = c.Mask || gaps
	if c.TimeUnit == 0 {
		c.TimeUnit = 1
		if models[c.Model].solve && longest > 0 {
			c.TimeUnit = longest
		} else if rows > 0 {
			c.TimeUnit = span / float64(rows)
		}
	}
	if c.Task != Classify {
		return c, nil
	}
	weights, err := seriesfit.ClassWeights(train, c.ClassWeights, c.Balance)
	c.Balance, c.ClassWeights = false, weights
	return c, errors.WithMessage(err, "sequence")
}
