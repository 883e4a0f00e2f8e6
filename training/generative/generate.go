package generative

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// Generate draws n new series from the prior, as they would be measured: with the noise of observations. Times increase, are
// in the data's time, and count from time 0 of a series: Config.Origin, or 0 where each series has its own.
func (f *Fitted) Generate(ctx context.Context, n int, times []float64, seed uint64) (*series.Set, error) {
	set, err := f.generate(ctx, n, times, seed)
	return set, errors.WithMessage(err, "generative: generate")
}

func (f *Fitted) generate(ctx context.Context, n int, times []float64, seed uint64) (*series.Set, error) {
	const most = 1 << 22
	if n < 1 || n > most/max(1, len(times)) {
		return nil, errors.Errorf("%d series of %d rows, want at least 1 and no more than %d rows in all",
			n, len(times), most)
	}
	from := 0.0
	if f.Config.Origin != nil {
		from = *f.Config.Origin
	}
	var scaled []float64
	for i, t := range times {
		if !(t >= from) || math.IsInf(t, 0) || i > 0 && t <= times[i-1] {
			return nil, errors.Errorf("time %d is %g: want them finite, increasing, and not before %g", i, t, from)
		}
		scaled = append(scaled, (t-from)/f.Config.TimeUnit)
	}
	set := &series.Set{Name: f.Config.Model, Channels: f.Channels}
	const together = 256
	for first := 0; first < n; first += together {
		count := min(together, n-first)
		// The seed of a group is its own: what is drawn first does not depend on how many are.
		p, err := f.model.prior(ctx, count, scaled, seed+uint64(first)<<32)
		if err != nil {
			return nil, err
		}
		for i := range count {
			s := &series.Series{ID: fmt.Sprint(first + i + 1), Times: times}
			noise := rand.New(rand.NewPCG(seed, uint64(first+i)+1))
			for j := range times {
				row := make([]float64, len(f.Channels))
				for k, a := range f.Scaling.Channels {
					row[k] = inUnits(a, float64(p.values[i][j*p.width+k])+p.sigma[k]*noise.NormFloat64())
				}
				s.Values = append(s.Values, row)
			}
			set.Series = append(set.Series, s)
		}
	}
	return set, errors.WithMessage(set.Validate(), "what was drawn")
}
