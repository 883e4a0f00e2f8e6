package training

import (
	"math"
	"math/rand/v2"
	"sync"

	"github.com/pkg/errors"
)

// Segment is a window of consecutive rows. Short windows are what makes training on a long oscillating series
// possible at all: over its whole length the loss has a flat valley in which the model forgets the oscillation.
type Segment struct {
	Start int         // the first row's place in the series
	T0    float64     // its time
	T     []float64   // times since T0: T[0] is 0
	X     [][]float64 // the rows; missing values are NaN. Shared with the series: not to be written to
	Mask  [][]bool    // Mask[i][j] is false where X[i][j] is missing
}

// SegmentOptions says how windows are cut. Length and Batch must be given.
type SegmentOptions struct {
	Length        int    // rows in a window, at least 2
	Batch         int    // windows in a batch, at least 1
	Seed          uint64 // of the order of windows
	CompleteStart bool   // only windows whose first row has every value: they give an initial state
}

// Segments deals the windows of a series out in batches of one size, in a random order that depends on the seed alone.
//
// Batch is a function of the step: a run that goes on from a checkpoint needs no state of a random generator, and
// sees the batches that it would have seen. Within one pass each window comes once; a batch at the border of two
// passes is filled from the next one.
type Segments struct {
	series *Series
	opts   SegmentOptions
	starts []int

	mu   sync.Mutex
	pass uint64
	perm []int
}

// NewSegments lists the windows of s. Left out are windows that say nothing: those without a value after their first
// row, and those that CompleteStart excludes.
func NewSegments(s *Series, opts SegmentOptions) (*Segments, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if opts.Length < 2 || opts.Length > s.Len() {
		return nil, errors.Errorf("training: %s: windows of %d rows wanted; from 2 to %d are possible", s.label(), opts.Length,
			s.Len())
	}
	g := &Segments{series: s, opts: opts}
	for i := 0; i+opts.Length <= s.Len(); i++ {
		first, err := s.Slice(i, i+1)
		if err != nil {
			return nil, err
		}
		rest, err := s.Slice(i+1, i+opts.Length)
		if err != nil {
			return nil, err
		}
		if rest.Observed() > 0 && (!opts.CompleteStart || first.Observed() == s.Dim()) {
			g.starts = append(g.starts, i)
		}
	}
	if opts.Batch < 1 || opts.Batch > len(g.starts) {
		return nil, errors.Errorf("training: %s: batches of %d windows wanted; there are %d usable windows of %d rows",
			s.label(), opts.Batch, len(g.starts), opts.Length)
	}
	return g, nil
}

// Count is the number of different windows.
func (g *Segments) Count() int { return len(g.starts) }

// Batch is the batch of a step, counted from 0. It may be called from several goroutines.
func (g *Segments) Batch(step int) ([]Segment, error) {
	n := uint64(len(g.starts))
	if step < 0 || uint64(step) > math.MaxInt64/uint64(g.opts.Batch)-1 {
		return nil, errors.Errorf("training: %s: no batch %d", g.series.label(), step)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	batch := make([]Segment, g.opts.Batch)
	for i := range batch {
		at := uint64(step)*uint64(g.opts.Batch) + uint64(i)
		batch[i] = g.segment(g.order(at / n)[at%n])
	}
	return batch, nil
}

// order is the order of windows in a pass. The generator is made anew from seed and pass.
func (g *Segments) order(pass uint64) []int {
	if g.perm == nil || g.pass != pass {
		g.perm = rand.New(rand.NewPCG(g.opts.Seed, pass)).Perm(len(g.starts))
		g.pass = pass
	}
	return g.perm
}

// All is every window once, in the order of time.
func (g *Segments) All() []Segment {
	all := make([]Segment, len(g.starts))
	for i := range all {
		all[i] = g.segment(i)
	}
	return all
}

func (g *Segments) segment(k int) Segment {
	start, end := g.starts[k], g.starts[k]+g.opts.Length
	seg := Segment{Start: start, T0: g.series.T[start], X: g.series.X[start:end:end]}
	for i := start; i < end; i++ {
		seg.T = append(seg.T, g.series.T[i]-seg.T0)
		seg.Mask = append(seg.Mask, observed(g.series.X[i]))
	}
	return seg
}

// SharedTimes is the one list of relative times of all windows, if they have one: only then can a batch be solved as
// one equation with common output times. Differences up to a billionth of the window's length are rounding.
func (g *Segments) SharedTimes() (times []float64, ok bool) {
	all := g.All()
	times = all[0].T
	for _, seg := range all[1:] {
		for i, t := range seg.T {
			if math.Abs(t-times[i]) > 1e-9*times[len(times)-1] {
				return nil, false
			}
		}
	}
	return times, true
}
