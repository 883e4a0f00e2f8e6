package training

import (
	"encoding/json"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"
)

// Scaling is a way of bringing the values of a column to a size that a network likes.
type Scaling string

const (
	// Identity leaves values as they are: z = x.
	Identity Scaling = "identity"
	// Standardise takes the mean off and divides by the standard deviation: z = (x − mean)/std.
	Standardise Scaling = "standardise"
	// LogStandardise does the same to the logarithm: z = (ln x − mean)/std. It keeps predictions positive, and turns
	// an error that grows with the value into one that doesn't. Values must be positive.
	LogStandardise Scaling = "log-standardise"
)

// ColumnScale is what was learned about one column. Mean and Std are of ln x for LogStandardise, and 0 and 1 for
// Identity.
type ColumnScale struct {
	Name    string  `json:"name"`
	Scaling Scaling `json:"scaling"`
	Mean    float64 `json:"mean"`
	Std     float64 `json:"std"`
}

// TimeScale is the affine change of time τ = (t − Origin)/Unit.
type TimeScale struct {
	Origin float64 `json:"origin"`
	Unit   float64 `json:"unit"`
}

// Transform takes a series to the scale in which a model is trained, and back. It is learned from training rows alone,
// so that nothing about held-out rows leaks into the model. It is plain data and can be kept as JSON beside the
// weights; reading it back checks it.
type Transform struct {
	Columns []ColumnScale `json:"columns"`
	Time    TimeScale     `json:"time"`
}

// TransformOptions says how columns are to be scaled. The zero value standardises every column and scales time.
type TransformOptions struct {
	Scaling Scaling            // for columns that Columns doesn't name; empty is Standardise
	Columns map[string]Scaling // by heading
	RawTime bool               // leave times as they are
}

// FitTransform learns a transform from training rows. Means and deviations are over the values that are there; a
// constant column, or one with a single value, is divided by 1. n rows get times from 0 to n−1, one apart where they are
// equally spaced.
func FitTransform(train *Series, opts TransformOptions) (*Transform, error) {
	if err := train.Validate(); err != nil {
		return nil, err
	}
	for name := range opts.Columns {
		if train.Index(name) < 0 {
			return nil, errors.Errorf("training: %s: no column %q to scale; there are %q", train.label(), name, train.Names)
		}
	}
	tr := &Transform{Time: TimeScale{Origin: 0, Unit: 1}}
	if n := train.Len(); !opts.RawTime {
		tr.Time.Origin = train.T[0]
		if n > 1 {
			tr.Time.Unit = (train.T[n-1] - train.T[0]) / float64(n-1)
		}
	}
	for j, name := range train.Names {
		kind, ok := opts.Columns[name]
		if !ok {
			kind = opts.Scaling
		}
		if kind == "" {
			kind = Standardise
		}
		col, err := fitColumn(train, j, kind)
		if err != nil {
			return nil, err
		}
		tr.Columns = append(tr.Columns, col)
	}
	return tr, tr.Validate()
}

func fitColumn(s *Series, j int, kind Scaling) (ColumnScale, error) {
	col := ColumnScale{Name: s.Names[j], Scaling: kind, Mean: 0, Std: 1}
	if !kind.known() {
		return col, errors.Errorf("training: column %q: unknown scaling %q (there are %q)", col.Name, kind,
			[]Scaling{Identity, Standardise, LogStandardise})
	}
	var seen []float64
	constant := true
	for i, row := range s.X {
		v := row[j]
		if math.IsNaN(v) {
			continue
		}
		if kind == LogStandardise {
			if v <= 0 {
				return col, errors.Errorf("training: %s: column %q: %g is not positive and has no logarithm", s.place(i), col.Name, v)
			}
			v = math.Log(v)
		}
		seen = append(seen, v)
		constant = constant && v == seen[0]
	}
	if kind == Identity {
		return col, nil
	}
	if len(seen) == 0 {
		return col, errors.Errorf("training: %s: column %q: no value in the training rows", s.label(), col.Name)
	}
	if constant {
		col.Mean = seen[0] // summing would round it
		return col, nil
	}
	col.Mean, col.Std = meanAndStd(seen)
	return col, nil
}

// meanAndStd takes deviations as parts of the largest one, so that their squares neither overflow nor vanish.
func meanAndStd(v []float64) (mean, std float64) {
	mean = stat.Mean(v, nil)
	largest, sum := 0.0, 0.0
	for _, x := range v {
		largest = math.Max(largest, math.Abs(x-mean))
	}
	for _, x := range v {
		d := (x - mean) / largest
		sum += d * d
	}
	return mean, largest * math.Sqrt(sum/float64(len(v)))
}

// Validate tells whether the transform can be used: known scalings, distinct names, finite means, positive finite
// deviations and time unit.
func (tr *Transform) Validate() error {
	if tr == nil || len(tr.Columns) == 0 {
		return errors.New("training: transform: no columns")
	}
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
	if !finite(tr.Time.Origin) || !positive(tr.Time.Unit) {
		return errors.Errorf("training: transform: time origin %g, unit %g", tr.Time.Origin, tr.Time.Unit)
	}
	seen := map[string]bool{}
	for _, c := range tr.Columns {
		switch {
		case seen[c.Name]:
			return errors.Errorf("training: transform: two columns are named %q", c.Name)
		case !c.Scaling.known():
			return errors.Errorf("training: transform: column %q: unknown scaling %q", c.Name, c.Scaling)
		case !finite(c.Mean) || !positive(c.Std):
			return errors.Errorf("training: transform: column %q: mean %g, standard deviation %g (are its values too large, or "+
				"too close together?)", c.Name, c.Mean, c.Std)
		case c.Scaling == Identity && (c.Mean != 0 || c.Std != 1):
			return errors.Errorf("training: transform: column %q: identity with mean %g, standard deviation %g", c.Name, c.Mean,
				c.Std)
		}
		seen[c.Name] = true
	}
	return nil
}

// UnmarshalJSON reads a transform and refuses one that Validate refuses.
func (tr *Transform) UnmarshalJSON(data []byte) error {
	type plain Transform
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return errors.Wrap(err, "training: transform")
	}
	if err := (*Transform)(&p).Validate(); err != nil {
		return err
	}
	*tr = Transform(p)
	return nil
}

func (k Scaling) known() bool { return k == Identity || k == Standardise || k == LogStandardise }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
