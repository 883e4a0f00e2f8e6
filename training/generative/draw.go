package generative

import (
	"context"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// query asks for paths of the series of a set, which is in the scale of training.
type query struct {
	set *series.Set
	exercise
	times   [][]float64 // of each series, in the scale of training; nil are those of its rows
	samples int
	seed    uint64
}

// group are the draws for some of the series, one behind the other.
type group struct {
	first int           // the place of the first in the set
	whole *series.Batch // as they are
	seen  *series.Batch // as the encoder saw them
	times [][]float64
	paths *paths
}

// draw goes through the series in groups that are not too large for the memory.
func (f *Fitted) draw(ctx context.Context, q query, each func(g group) error) error {
	const most = 1 << 23 // numbers of the states of all paths
	n := len(q.set.Series)
	shape := series.Shape{Steps: max(1, q.set.Longest()), Widths: q.set.Widths()}
	times := q.times
	if times == nil {
		for _, s := range q.set.Series {
			times = append(times, s.Times)
		}
	}
	longest := 1
	for i, ts := range times {
		all, _, err := refine(ts, f.Config.longest())
		if err != nil {
			return errors.WithMessagef(err, "series %q", q.set.Series[i].ID)
		}
		longest = max(longest, len(all))
	}
	width := f.Config.Latent + len(f.Channels)
	shape.Batch = max(1, min(n, 256, most/(q.samples*longest*width)))
	for first := 0; first < n; first += shape.Batch {
		last := min(n, first+shape.Batch)
		whole, err := series.NewBatch(q.set.Series[first:last], shape)
		if err != nil {
			return err
		}
		g := group{first: first, whole: whole, seen: q.exercise.seen(whole, uint64(first)), times: times[first:last]}
		if g.paths, err = f.model.posterior(ctx, g.seen, g.times, q.samples, q.seed); err != nil {
			return err
		}
		if err := each(g); err != nil {
			return err
		}
	}
	return nil
}
