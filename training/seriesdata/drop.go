package seriesdata

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// DropRows takes a fraction of the rows out of every series, chosen at random: times, values and targets. It is how
// regular series become irregular in the comparisons of the literature (Kidger et al. 2020, section 4.1). Of n rows it
// drops the integer next to fraction·n, and leaves at least one. What a series keeps depends on the seed and on its place
// in the set.
func DropRows(set *series.Set, seed uint64, fraction float64) (*series.Set, error) {
	return thinned(set, fraction, func(i int, s *series.Series) {
		n := s.Len()
		kept := max(min(n, 1), n-int(math.Round(fraction*float64(n))))
		chosen := make([]bool, n)
		for _, j := range rand.New(rand.NewPCG(seed, uint64(i))).Perm(n)[:kept] {
			chosen[j] = true
		}
		var times []float64
		var values, targets [][]float64
		for j, t := range s.Times {
			if !chosen[j] {
				continue
			}
			times, values = append(times, t), append(values, s.Values[j])
			if s.Targets != nil {
				targets = append(targets, s.Targets[j])
			}
		}
		s.Times, s.Values, s.Targets = times, values, targets
	})
}

// DropValues makes each observed value missing with the probability of fraction. Rows stay, also those that lose all values;
// targets stay.
func DropValues(set *series.Set, seed uint64, fraction float64) (*series.Set, error) {
	return thinned(set, fraction, func(i int, s *series.Series) {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		values := make([][]float64, len(s.Values))
		for j, row := range s.Values {
			values[j] = append([]float64(nil), row...)
			for k := range row {
				if rng.Float64() < fraction {
					values[j][k] = math.NaN()
				}
			}
		}
		s.Values = values
	})
}

// thinned is the set with series that drop has changed; it gets copies that share their rows.
func thinned(set *series.Set, fraction float64, drop func(i int, s *series.Series)) (*series.Set, error) {
	if err := set.Validate(); err != nil {
		return nil, errors.WithMessage(err, "seriesdata: drop")
	}
	if !(fraction >= 0 && fraction < 1) {
		return nil, errors.Errorf("seriesdata: drop: a fraction of %g, want 0 or more and less than 1", fraction)
	}
	list := make([]*series.Series, len(set.Series))
	for i, s := range set.Series {
		changed := *s
		drop(i, &changed)
		list[i] = &changed
	}
	return set.With(list), nil
}
