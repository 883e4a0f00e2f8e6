package series

import (
	"math"

	"github.com/pkg/errors"
)

// Shape is that of a batch: B series of at most T rows, with numbers of the given widths.
type Shape struct {
	Batch int // B
	Steps int // T
	Widths
}

func (s Shape) check() error {
	if s.Batch < 1 || s.Steps < 1 {
		return errors.Errorf("series: a batch of %d series with %d rows, want at least 1 of each", s.Batch, s.Steps)
	}
	if s.Values < 0 || s.Static < 0 || s.Label < 0 || s.Targets < 0 {
		return errors.Errorf("series: a batch with widths %+v, none may be negative", s.Widths)
	}
	const most = 1 << 31
	width := 1 + float64(s.Values) + float64(s.Targets) + float64(s.Static) + float64(s.Label)
	if float64(s.Batch)*float64(s.Steps)*width > most {
		return errors.Errorf("series: a batch of shape %+v has more than %d elements", s, most)
	}
	return nil
}

// Batch is several series as arrays, row-major, of the shapes that the package's documentation lists. What is missing is 0
// in the array of values and 0 in the mask beside it; so is padding, but for Times, which go on as the last time of the
// series (0 if it has none). Arrays of width 0 are empty.
type Batch struct {
	Shape
	IDs     []string // of the series, without the empty rows behind them
	Lengths []int    // (B), 0 for an empty row

	Times  []float64 // (B, T)
	Deltas []float64 // (B, T)
	Valid  []float64 // (B, T)
	Values []float64 // (B, T, d)
	Mask   []float64 // (B, T, d)

	Static, StaticMask []float64 // (B, s)
	Label, LabelMask   []float64 // (B, l)

	Targets, TargetMask []float64 // (B, T, k)
}

// NewBatch puts series into a batch of a shape. There may be fewer than shape.Batch: the rows behind them are of length 0.
// Zero for Batch or Steps takes the number of series and the length of the longest, at least 1. It is an error if there are
// more series, if one is longer than shape.Steps, or if one is not whole (Series.Validate).
func NewBatch(list []*Series, shape Shape) (*Batch, error) {
	for _, s := range list {
		if err := s.Validate(shape.Widths); err != nil {
			return nil, err
		}
	}
	if shape.Batch == 0 {
		shape.Batch = max(1, len(list))
	}
	if shape.Steps == 0 {
		shape.Steps = max(1, (&Set{Series: list}).Longest())
	}
	if err := shape.check(); err != nil {
		return nil, err
	}
	if len(list) > shape.Batch {
		return nil, errors.Errorf("series: %d series for a batch of %d", len(list), shape.Batch)
	}
	b := &Batch{Shape: shape}
	b.allocate()
	for i, s := range list {
		if s.Len() > shape.Steps {
			return nil, errors.Errorf("series: %s has %d rows, for a batch of %d", s.label(), s.Len(), shape.Steps)
		}
		b.IDs = append(b.IDs, s.ID)
		b.put(i, s)
	}
	return b, nil
}

// allocate makes all arrays from one piece of memory.
func (b *Batch) allocate() {
	rows := b.Batch * b.Steps
	n := 3*rows + 2*rows*(b.Widths.Values+b.Widths.Targets) + 2*b.Batch*(b.Widths.Static+b.Widths.Label)
	all := make([]float64, n)
	take := func(n int) []float64 {
		part := all[:n:n]
		all = all[n:]
		return part
	}
	b.Lengths = make([]int, b.Batch)
	b.Times, b.Deltas, b.Valid = take(rows), take(rows), take(rows)
	b.Values, b.Mask = take(rows*b.Widths.Values), take(rows*b.Widths.Values)
	b.Targets, b.TargetMask = take(rows*b.Widths.Targets), take(rows*b.Widths.Targets)
	b.Static, b.StaticMask = take(b.Batch*b.Widths.Static), take(b.Batch*b.Widths.Static)
	b.Label, b.LabelMask = take(b.Batch*b.Widths.Label), take(b.Batch*b.Widths.Label)
}

// put writes series s into row i.
func (b *Batch) put(i int, s *Series) {
	b.Lengths[i] = s.Len()
	observe(b.Static, b.StaticMask, i, s.Static)
	observe(b.Label, b.LabelMask, i, s.Label)
	for j, t := range s.Times {
		at := i*b.Steps + j
		b.Times[at], b.Valid[at] = t, 1
		if j > 0 {
			b.Deltas[at] = t - s.Times[j-1]
		}
		observe(b.Values, b.Mask, at, s.Values[j])
		if s.Targets != nil {
			observe(b.Targets, b.TargetMask, at, s.Targets[j])
		}
	}
	if n := s.Len(); n > 0 {
		for j := n; j < b.Steps; j++ {
			b.Times[i*b.Steps+j] = s.Times[n-1]
		}
	}
}

// observe writes entry i of an array whose entries are as wide as from, and of its mask.
func observe(values, mask []float64, i int, from []float64) {
	for j, v := range from {
		if !math.IsNaN(v) {
			values[i*len(from)+j], mask[i*len(from)+j] = v, 1
		}
	}
}
