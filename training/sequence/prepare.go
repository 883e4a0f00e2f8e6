package sequence

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// parts are the sets of a fit, in the units of the data.
type parts struct{ train, valid, test *series.Set }

func split(set *series.Set, c Config, o Options) (*parts, error) {
	p := &parts{valid: o.Valid, test: o.Test}
	var fractions []float64
	var to []**series.Set
	take := func(given *series.Set, part float64, where **series.Set) {
		if given == nil && part > 0 {
			fractions, to = append(fractions, part), append(to, where)
		}
	}
	take(o.Valid, c.Valid, &p.valid)
	take(o.Test, c.Test, &p.test)
	if len(fractions) == 0 {
		p.train = set
		return p, nil
	}
	rest := 1.0
	for _, f := range fractions {
		rest -= f
	}
	sets, err := seriesdata.Split(set, c.Seed, append([]float64{rest}, fractions...)...)
	if err != nil {
		return nil, err
	}
	p.train = sets[0]
	for i, where := range to {
		*where = sets[i+1]
	}
	return p, nil
}

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

// same tells whether a set has the columns that another was trained on.
func same(train, other *series.Set, t Task) error {
	for _, x := range []struct {
		what       string
		have, want []string
		asked      bool
	}{
		{"channels", other.Channels, train.Channels, true}, {"static values", other.Statics, train.Statics, true},
		{"classes", other.Classes, train.Classes, t == Classify}, {"targets", other.Targets, train.Targets, t == Regress},
	} {
		if x.asked && !slices.Equal(x.have, x.want) {
			return errors.Errorf("sequence: %s has the %s %q, and %s has %q", other.Name, x.what, x.have, train.Name, x.want)
		}
	}
	return nil
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
	counts := make([]float64, len(train.Classes))
	n := 0.0
	for _, s := range train.Series {
		if l := s.Label[0]; !math.IsNaN(l) {
			counts[int(l)]++
			n++
		}
	}
	for i, k := range counts {
		if k == 0 && c.Balance {
			return c, errors.Errorf("sequence: the training part has no series of class %q to balance", train.Classes[i])
		}
	}
	if n == 0 {
		return c, errors.Errorf("sequence: no series of %s has a class", train.Name)
	}
	if c.ClassWeights != nil && len(c.ClassWeights) != len(counts) {
		return c, errors.Errorf("sequence: %d class weights for the classes %q", len(c.ClassWeights), train.Classes)
	}
	if c.Balance {
		c.Balance, c.ClassWeights = false, make([]float64, len(counts))
		for i, k := range counts {
			c.ClassWeights[i] = n / (k * float64(len(counts)))
		}
	}
	return c, nil
}
