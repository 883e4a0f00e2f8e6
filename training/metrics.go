package training

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/pkg/errors"
)

// Record is what was measured at one step of training: losses, norms, evaluations, seconds.
type Record struct {
	Step   int
	Values map[string]float64
}

const (
	stepKey      = "step"
	nonFiniteKey = "nonfinite"
)

// MarshalJSON writes {"step":3,"grad":0.5,"loss":null,"nonfinite":{"loss":"NaN"}}: the step, the values by name, and
// for those that JSON has no number for, which of NaN, +Inf and -Inf they are.
func (r Record) MarshalJSON() ([]byte, error) {
	names := make([]string, 0, len(r.Values))
	for name := range r.Values {
		if name == "" || name == stepKey || name == nonFiniteKey {
			return nil, errors.Errorf("training: metric cannot be named %q", name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	b := strconv.AppendInt([]byte(`{"step":`), int64(r.Step), 10)
	odd := map[string]string{}
	for _, name := range names {
		key, err := json.Marshal(name)
		if err != nil {
			return nil, errors.Wrap(err, "training: metric")
		}
		b = append(append(append(b, ','), key...), ':')
		v := r.Values[name]
		if !finite(v) {
			odd[name] = strconv.FormatFloat(v, 'g', -1, 64)
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	if len(odd) > 0 {
		tail, err := json.Marshal(odd)
		if err != nil {
			return nil, errors.Wrap(err, "training: metric")
		}
		b = append(append(b, `,"nonfinite":`...), tail...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. A null that nonfinite doesn't explain is NaN.
func (r *Record) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return errors.Wrap(err, "training: metrics record")
	}
	out := Record{Values: map[string]float64{}}
	step, ok := fields[stepKey]
	if !ok {
		return errors.New(`training: metrics record: "step" is missing`)
	}
	if err := json.Unmarshal(step, &out.Step); err != nil || bytes.Equal(step, []byte("null")) {
		return errors.Errorf("training: metrics record: step %s is not a whole number", step)
	}
	odd := map[string]string{}
	if tail, ok := fields[nonFiniteKey]; ok {
		if err := json.Unmarshal(tail, &odd); err != nil {
			return errors.Wrap(err, "training: metrics record: nonfinite")
		}
	}
	for name, raw := range fields {
		if name == stepKey || name == nonFiniteKey {
			continue
		}
		var v *float64
		if err := json.Unmarshal(raw, &v); err != nil {
			return errors.Errorf("training: metrics record: %q: %s is not a number", name, shorten(string(raw)))
		}
		if v == nil {
			nan := math.NaN()
			v = &nan
			switch odd[name] {
			case "+Inf":
				*v = math.Inf(1)
			case "-Inf":
				*v = math.Inf(-1)
			}
		}
		out.Values[name] = *v
	}
	*r = out
	return nil
}

// MetricsWriter writes records as lines of JSON.
type MetricsWriter struct {
	w    io.Writer
	file *os.File
}

// NewMetricsWriter writes to w, one Write a record.
func NewMetricsWriter(w io.Writer) *MetricsWriter { return &MetricsWriter{w: w} }

// Write adds a record. The line goes out whole, in one write, so that lines of two writers don't mix and a crash can
// only cut the last one.
func (m *MetricsWriter) Write(r Record) error {
	line, err := r.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = m.w.Write(append(line, '\n'))
	return errors.Wrapf(err, "training: write metrics of step %d", r.Step)
}

// Close puts the file that OpenMetrics opened on the disk and closes it.
func (m *MetricsWriter) Close() error {
	if m.file == nil {
		return nil
	}
	f := m.file
	m.file = nil
	if err := f.Sync(); err != nil {
		f.Close()
		return errors.Wrap(err, "training: close metrics")
	}
	return errors.Wrap(f.Close(), "training: close metrics")
}
