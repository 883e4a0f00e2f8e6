package training

import (
	"math"

	"github.com/pkg/errors"
)

// Forward scales a series: every column by its own scale, times too. Missing values stay missing.
func (tr *Transform) Forward(s *Series) (*Series, error) {
	return tr.apply(s, tr.Time.Forward, ColumnScale.forward)
}

// Inverse takes a scaled series back to the units of the data. Where a prediction is too large for a number the result
// is an error.
func (tr *Transform) Inverse(s *Series) (*Series, error) {
	return tr.apply(s, tr.Time.Inverse, func(c ColumnScale, z float64) (float64, string) { return c.inverse(z), "" })
}

func (tr *Transform) apply(s *Series, time func(float64) float64,
	value func(ColumnScale, float64) (float64, string)) (*Series, error) {
	if err := tr.Validate(); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := tr.matches(s); err != nil {
		return nil, err
	}
	out := s.like()
	for i, row := range s.X {
		out.T[i] = time(s.T[i])
		for j, v := range row {
			if math.IsNaN(v) {
				continue
			}
			z, problem := value(tr.Columns[j], v)
			if problem != "" {
				return nil, errors.Errorf("training: %s: column %q: %g %s", s.place(i), s.Names[j], v, problem)
			}
			out.X[i][j] = z
		}
	}
	// Times that are apart may fall together in another unit, and values may overflow.
	return out, errors.Wrap(out.Validate(), "training: after scaling")
}

func (tr *Transform) matches(s *Series) error {
	ok := len(tr.Columns) == len(s.Names)
	for j := 0; ok && j < len(s.Names); j++ {
		ok = tr.Columns[j].Name == s.Names[j]
	}
	if ok {
		return nil
	}
	names := make([]string, len(tr.Columns))
	for j, c := range tr.Columns {
		names[j] = c.Name
	}
	return errors.Errorf("training: %s: columns %q, but the transform is for %q", s.label(), s.Names, names)
}

// InverseRow takes one row of model outputs back to the units of the data, in place. Numbers that overflow become
// infinite.
func (tr *Transform) InverseRow(row []float64) error {
	if len(row) != len(tr.Columns) {
		return errors.Errorf("training: transform: %d values for %d columns", len(row), len(tr.Columns))
	}
	for j, z := range row {
		row[j] = tr.Columns[j].inverse(z)
	}
	return nil
}

// Forward is τ = (t − Origin)/Unit.
func (ts TimeScale) Forward(t float64) float64 { return (t - ts.Origin) / ts.Unit }

// Inverse is t = Origin + τ·Unit.
func (ts TimeScale) Inverse(tau float64) float64 { return ts.Origin + tau*ts.Unit }

func (c ColumnScale) forward(x float64) (z float64, problem string) {
	if c.Scaling == LogStandardise {
		if x <= 0 {
			return 0, "is not positive and has no logarithm"
		}
		x = math.Log(x)
	}
	return (x - c.Mean) / c.Std, ""
}

func (c ColumnScale) inverse(z float64) float64 {
	x := c.Mean + z*c.Std
	if c.Scaling == LogStandardise {
		return math.Exp(x)
	}
	return x
}
