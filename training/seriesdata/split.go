package seriesdata

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// Split deals the series of a set out to parts at random, each to one of them. The fractions are positive and add up to 1 or
// less; what is left over is in no part. The sizes are those of the fractions, rounded so that parts which add up to 1 have
// every series. A part without a series is an error. Within a part the order is that of the set.
func Split(set *series.Set, seed uint64, fractions ...float64) ([]*series.Set, error) {
	if err := set.Validate(); err != nil {
		return nil, errors.WithMessage(err, "seriesdata: split")
	}
	n := len(set.Series)
	part := make([]int, n)
	for i := range part {
		part[i] = len(fractions) // in none
	}
	order := rand.New(rand.NewPCG(seed, 0)).Perm(n)
	sum, from := 0.0, 0
	for k, f := range fractions {
		if !(f > 0) || f > 1 {
			return nil, errors.Errorf("seriesdata: split: a fraction of %g, want more than 0 and no more than 1", f)
		}
		if sum += f; sum > 1+1e-9 {
			return nil, errors.Errorf("seriesdata: split: the fractions %v add up to more than 1", fractions)
		}
		to := min(n, int(math.Round(sum*float64(n))))
		if to == from {
			return nil, errors.Errorf("seriesdata: split: part %d, %g of %d series, would be empty", k, f, n)
		}
		for _, i := range order[from:to] {
			part[i] = k
		}
		from = to
	}
	lists := make([][]*series.Series, len(fractions)+1)
	for i, s := range set.Series {
		lists[part[i]] = append(lists[part[i]], s)
	}
	var parts []*series.Set
	for k := range fractions {
		parts = append(parts, set.With(lists[k]))
	}
	return parts, nil
}
