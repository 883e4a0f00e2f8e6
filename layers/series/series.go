package series

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
)

// Series is one record: rows of d values at increasing times. A missing value is NaN. It may have no row at all.
type Series struct {
	ID      string      // in messages
	Times   []float64   // of the n rows, strictly increasing
	Values  [][]float64 // n×d, NaN is missing
	Static  []float64   // s values that do not change with time; NaN is missing
	Label   []float64   // l values for the whole series, a class as its number; NaN is missing, nil is none
	Targets [][]float64 // n×k, values to predict at each time; NaN is missing, nil is none
}

// Len is the number of rows.
func (s *Series) Len() int { return len(s.Times) }

// Observed counts the values that are not missing.
func (s *Series) Observed() int {
	n := 0
	for _, row := range s.Values {
		for _, v := range row {
			if !math.IsNaN(v) {
				n++
			}
		}
	}
	return n
}

// Widths says how many numbers stand in each place of a series.
type Widths struct {
	Values  int // d, the channels
	Static  int // s
	Label   int // l
	Targets int // k
}

// Widths are those of the series. One without rows has no channels and no targets to count, and fits any number of both.
func (s *Series) Widths() Widths {
	w := Widths{Static: len(s.Static), Label: len(s.Label)}
	if len(s.Values) > 0 {
		w.Values = len(s.Values[0])
	}
	if len(s.Targets) > 0 {
		w.Targets = len(s.Targets[0])
	}
	return w
}

// Validate tells whether the series is whole: as many rows as times, finite and strictly increasing times, rows of the given
// widths, no infinite value.
func (s *Series) Validate(w Widths) error {
	if s == nil {
		return errors.New("series: a series is nil")
	}
	fail := func(format string, args ...any) error {
		return errors.Errorf("series: %s: %s", s.label(), fmt.Sprintf(format, args...))
	}
	switch {
	case len(s.Values) != len(s.Times):
		return fail("%d times for %d rows", len(s.Times), len(s.Values))
	case s.Targets != nil && len(s.Targets) != len(s.Times):
		return fail("%d times for %d rows of targets", len(s.Times), len(s.Targets))
	case s.Targets == nil && w.Targets > 0 && len(s.Times) > 0:
		return fail("no targets, want %d a row", w.Targets)
	case len(s.Static) != w.Static:
		return fail("%d static values, want %d", len(s.Static), w.Static)
	case len(s.Label) != w.Label:
		return fail("%d labels, want %d", len(s.Label), w.Label)
	}
	for i, t := range s.Times {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return fail("row %d: time %g is not a finite number", i, t)
		}
		if i > 0 && t <= s.Times[i-1] {
			return fail("row %d: time %g does not come after %g", i, t, s.Times[i-1])
		}
		if len(s.Values[i]) != w.Values {
			return fail("row %d: %d values, want %d", i, len(s.Values[i]), w.Values)
		}
		if j := infinite(s.Values[i]); j >= 0 {
			return fail("row %d: channel %d: infinite value", i, j)
		}
		if s.Targets == nil {
			continue
		}
		if len(s.Targets[i]) != w.Targets {
			return fail("row %d: %d targets, want %d", i, len(s.Targets[i]), w.Targets)
		}
		if j := infinite(s.Targets[i]); j >= 0 {
			return fail("row %d: target %d: infinite value", i, j)
		}
	}
	if j := infinite(s.Static); j >= 0 {
		return fail("static value %d is infinite", j)
	}
	if j := infinite(s.Label); j >= 0 {
		return fail("label %d is infinite", j)
	}
	return nil
}

func (s *Series) label() string {
	if s.ID == "" {
		return "a series without ID"
	}
	return fmt.Sprintf("%q", s.ID)
}

// infinite is the place of the first infinite value, −1 if there is none.
func infinite(v []float64) int {
	for j, x := range v {
		if math.IsInf(x, 0) {
			return j
		}
	}
	return -1
}
