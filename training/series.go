package training

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
)

// Series is a table of values measured at increasing times.
//
// A missing value is NaN. A row may be missing as a whole: it then says at which time nothing was seen, and the
// losses pass over it. A Series made by hand is checked by Validate; everything in this package that takes one
// calls it, so a broken Series is an error and not a panic.
type Series struct {
	Name     string      // where the values come from, for messages: a file name
	TimeName string      // heading of the time column
	TimeUnit string      // "year" when the times were dates, else empty
	Names    []string    // headings of the value columns
	T        []float64   // T[i] is the time of row i, strictly increasing
	X        [][]float64 // X[i][j] is the value of column j in row i; NaN is missing
	Lines    []int       // line of the file that row i stood on; nil when there was no file
}

// Len is the number of rows.
func (s *Series) Len() int { return len(s.T) }

// Dim is the number of value columns.
func (s *Series) Dim() int { return len(s.Names) }

// Index is the position of the value column of that name, or -1.
func (s *Series) Index(name string) int {
	for j, n := range s.Names {
		if n == name {
			return j
		}
	}
	return -1
}

// Mask says which values are there: Mask()[i][j] is false where X[i][j] is missing.
func (s *Series) Mask() [][]bool {
	mask := make([][]bool, len(s.X))
	for i, row := range s.X {
		mask[i] = observed(row)
	}
	return mask
}

// Observed counts the values that are not missing.
func (s *Series) Observed() int {
	n := 0
	for _, row := range s.X {
		for _, v := range row {
			if !math.IsNaN(v) {
				n++
			}
		}
	}
	return n
}

// Slice is the rows i to j-1. It shares its memory with s, as a slice does.
func (s *Series) Slice(i, j int) (*Series, error) {
	if i < 0 || j < i || j > s.Len() || j > len(s.X) {
		return nil, errors.Errorf("training: %s: rows %d to %d wanted of %d", s.label(), i, j, s.Len())
	}
	part := *s
	part.T, part.X = s.T[i:j:j], s.X[i:j:j]
	if len(s.Lines) >= j {
		part.Lines = s.Lines[i:j:j]
	}
	return &part, nil
}

// Validate tells whether the table is whole: at least one row and one column, as many rows as times, rows of equal
// width, distinct names, finite and strictly increasing times, no infinite value.
func (s *Series) Validate() error {
	if s == nil {
		return errors.New("training: no series given")
	}
	if len(s.T) != len(s.X) {
		return errors.Errorf("training: %s: %d times for %d rows", s.label(), len(s.T), len(s.X))
	}
	if s.Lines != nil && len(s.Lines) != len(s.T) {
		return errors.Errorf("training: %s: %d line numbers for %d rows", s.label(), len(s.Lines), len(s.T))
	}
	if len(s.T) == 0 {
		return errors.Errorf("training: %s: no rows", s.label())
	}
	if len(s.Names) == 0 {
		return errors.Errorf("training: %s: no value columns", s.label())
	}
	seen := make(map[string]int, len(s.Names))
	for j, name := range s.Names {
		if first, ok := seen[name]; ok {
			return errors.Errorf("training: %s: columns %d and %d are both named %q", s.label(), first, j, name)
		}
		seen[name] = j
	}
	for i, t := range s.T {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return errors.Errorf("training: %s: time %g is not a finite number", s.place(i), t)
		}
		if i > 0 && t <= s.T[i-1] {
			return errors.Errorf("training: %s: time %g does not come after %g", s.place(i), t, s.T[i-1])
		}
		if len(s.X[i]) != len(s.Names) {
			return errors.Errorf("training: %s: %d values for %d columns", s.place(i), len(s.X[i]), len(s.Names))
		}
		for j, v := range s.X[i] {
			if math.IsInf(v, 0) {
				return errors.Errorf("training: %s: column %q: infinite value", s.place(i), s.Names[j])
			}
		}
	}
	return nil
}

// like is a Series with the headings of s and rows of its own, all missing.
func (s *Series) like() *Series {
	out := *s
	out.T = append([]float64(nil), s.T...)
	out.X = make([][]float64, len(s.X))
	for i := range out.X {
		out.X[i] = make([]float64, len(s.Names))
		for j := range out.X[i] {
			out.X[i][j] = math.NaN()
		}
	}
	return &out
}

func (s *Series) label() string {
	if s.Name == "" {
		return "series"
	}
	return s.Name
}

// place names row i as a reader finds it: by the line of its file if there was one.
func (s *Series) place(i int) string {
	if i < len(s.Lines) {
		return fmt.Sprintf("%s:%d", s.label(), s.Lines[i])
	}
	return fmt.Sprintf("%s: row %d", s.label(), i)
}

func observed(row []float64) []bool {
	seen := make([]bool, len(row))
	for j, v := range row {
		seen[j] = !math.IsNaN(v)
	}
	return seen
}
