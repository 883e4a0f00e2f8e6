package generative

import (
	"math/rand/v2"
	"slices"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// pairs deals the series of a set out in batches, each twice: as it is encoded, and as it is decoded, with rows between its
// own for the solver. Its series and their times are in the scale of training.
type pairs struct {
	exercise
	encoded, decoded *seriesdata.Loader
}

// exercise is what the encoder does not see.
type exercise struct {
	hide  float64 // part of the values; 0 is none
	split float64 // time behind which nothing is seen; 0 is none
	seed  uint64
}

func (c Config) exercise() exercise {
	if c.Objective == Extrapolate {
		return exercise{split: c.Split / c.TimeUnit, seed: c.Seed}
	}
	return exercise{hide: max(c.Hide, 0), seed: c.Seed}
}

// newPairs takes the decoded series from the same places of another loader of the same seed.
func newPairs(set *series.Set, c Config, e exercise, o seriesdata.LoaderOptions) (*pairs, error) {
	p := &pairs{exercise: e}
	fine, err := c.refined(set)
	if err != nil {
		return nil, err
	}
	if p.encoded, err = seriesdata.NewLoader(set, o); err != nil {
		return nil, err
	}
	p.decoded, err = seriesdata.NewLoader(fine, o)
	return p, err
}

// shapes are those of the encoded and of the decoded batches.
func (p *pairs) shapes() (encoded, decoded series.Shape) {
	return p.encoded.Shapes()[0], p.decoded.Shapes()[0]
}

func (p *pairs) batch(step int) (encoded, decoded *series.Batch, err error) {
	if encoded, err = p.encoded.Batch(step); err != nil {
		return nil, nil, err
	}
	if decoded, err = p.decoded.Batch(step); err != nil {
		return nil, nil, err
	}
	encoded = p.seen(encoded, uint64(step))
	if p.split > 0 {
		decoded = masked(decoded, func(at int) bool { return decoded.Times[at] > p.split })
	}
	return encoded, decoded, nil
}

// seen is a batch as the encoder sees it.
func (e exercise) seen(b *series.Batch, draw uint64) *series.Batch {
	switch {
	case e.split > 0:
		before := func(at int) bool { return b.Times[at] <= e.split }
		out := masked(b, before)
		out.Valid = slices.Clone(b.Valid)
		for at := range out.Valid {
			if !before(at) {
				out.Valid[at] = 0
			}
		}
		return out
	case e.hide > 0:
		out := *b
		out.Mask = slices.Clone(b.Mask)
		rng := rand.New(rand.NewPCG(e.seed^0x68696465, draw))
		for i := range out.Mask {
			if out.Mask[i] == 1 && rng.Float64() < e.hide {
				out.Mask[i] = 0
			}
		}
		return &out
	}
	return b
}

// masked is a batch with the values of those rows alone that keep says. What stands behind the mask stays: nobody reads it.
func masked(b *series.Batch, keep func(at int) bool) *series.Batch {
	out := *b
	out.Mask = slices.Clone(b.Mask)
	d := b.Widths.Values
	for i := range out.Mask {
		if !keep(i / d) {
			out.Mask[i] = 0
		}
	}
	return &out
}
