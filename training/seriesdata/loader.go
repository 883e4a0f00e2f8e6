package seriesdata

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// LoaderOptions says how batches are made. Batch must be given.
type LoaderOptions struct {
	Batch int    // series in a batch
	Steps int    // rows of a batch; 0 is the length of the longest series
	Seed  uint64 // of the order of series
	// Buckets sorts the series by length into so many groups of equal size, each with a shape of its own, so that short
	// series are not padded to the length of the longest. A graph is made for a shape, so there is one for each bucket;
	// they share the parameters. 0 is 1.
	Buckets int
	InOrder bool // as they stand in the set, in every pass: for evaluation
}

// Loader deals the series of a set out in batches. In one pass each series comes once; a batch for which none is left over
// has empty rows, which Valid and LabelMask tell apart.
type Loader struct {
	opts    LoaderOptions
	buckets []bucket
	perPass int
}

type bucket struct {
	list  []*series.Series
	shape series.Shape
	count int // of batches in a pass
}

// NewLoader prepares the batches of a set.
func NewLoader(set *series.Set, opts LoaderOptions) (*Loader, error) {
	if err := set.Validate(); err != nil {
		return nil, errors.WithMessage(err, "seriesdata: loader")
	}
	opts.Buckets = max(opts.Buckets, 1)
	longest := set.Longest()
	switch {
	case len(set.Series) == 0:
		return nil, errors.Errorf("seriesdata: loader: %s has no series", set.Name)
	case opts.Batch < 1:
		return nil, errors.Errorf("seriesdata: loader: batches of %d series, want at least 1", opts.Batch)
	case opts.Steps != 0 && opts.Steps < longest:
		return nil, errors.Errorf("seriesdata: loader: batches of %d rows, and a series has %d", opts.Steps, longest)
	case opts.Steps != 0 && opts.Buckets > 1:
		return nil, errors.New("seriesdata: loader: buckets have lengths of their own: leave Steps 0")
	case opts.Buckets > len(set.Series):
		return nil, errors.Errorf("seriesdata: loader: %d buckets for %d series", opts.Buckets, len(set.Series))
	}
	list := slices.Clone(set.Series)
	if opts.Buckets > 1 {
		slices.SortStableFunc(list, func(a, b *series.Series) int { return cmp.Compare(a.Len(), b.Len()) })
	}
	l := &Loader{opts: opts}
	for k := range opts.Buckets {
		part := set.With(list[k*len(list)/opts.Buckets : (k+1)*len(list)/opts.Buckets])
		b := bucket{
			list:  part.Series,
			shape: series.Shape{Batch: opts.Batch, Steps: max(1, opts.Steps, part.Longest()), Widths: set.Widths()},
			count: (len(part.Series) + opts.Batch - 1) / opts.Batch,
		}
		l.perPass += b.count
		l.buckets = append(l.buckets, b)
	}
	return l, nil
}

// Batches is how many batches make a pass.
func (l *Loader) Batches() int { return l.perPass }

// Shapes are those of the batches: one, or one for each bucket. Two buckets of equal lengths have the same.
func (l *Loader) Shapes() []series.Shape {
	var shapes []series.Shape
	for _, b := range l.buckets {
		if !slices.Contains(shapes, b.shape) {
			shapes = append(shapes, b.shape)
		}
	}
	return shapes
}

// Batch is the batch of a step, counted from 0 through all passes. Its Shape is one of Shapes. It may be called from several
// goroutines.
func (l *Loader) Batch(step int) (*series.Batch, error) {
	if step < 0 {
		return nil, errors.Errorf("seriesdata: loader: no batch %d", step)
	}
	pass, at := uint64(step/l.perPass), step%l.perPass
	if !l.opts.InOrder {
		at = l.generator(pass, 0).Perm(l.perPass)[at]
	}
	for k, b := range l.buckets {
		if at >= b.count {
			at -= b.count
			continue
		}
		var order []int
		if !l.opts.InOrder {
			order = l.generator(pass, uint64(k)+1).Perm(len(b.list))
		}
		var list []*series.Series
		for i := at * l.opts.Batch; i < min(len(b.list), (at+1)*l.opts.Batch); i++ {
			j := i
			if order != nil {
				j = order[i]
			}
			list = append(list, b.list[j])
		}
		batch, err := series.NewBatch(list, b.shape)
		return batch, errors.WithMessage(err, "seriesdata: loader")
	}
	return nil, errors.Errorf("seriesdata: loader: no batch %d", step)
}

// generator is made anew for every pass and purpose.
func (l *Loader) generator(pass, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(l.opts.Seed, pass<<16|purpose))
}
