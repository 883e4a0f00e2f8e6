package seriesdata

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// ScalingMethod is how values are brought to a size that a network likes.
type ScalingMethod string

const (
	Standardise ScalingMethod = "standardise" // z = (x − mean)/std
	MinMax      ScalingMethod = "min-max"     // z = (x − min)/(max − min), in [0, 1] on the training part
)

// ScalingOptions says how a set is scaled. The zero value standardises channels and static values and leaves times and
// targets as they are.
type ScalingOptions struct {
	Method   ScalingMethod // empty is Standardise
	TimeUnit float64       // times are divided by it; 0 is 1
	Targets  bool          // targets are scaled too
}

// Affine is z = (x − Offset)/Scale for the values of one name.
type Affine struct {
	Name   string  `json:"name"`
	Offset float64 `json:"offset"`
	Scale  float64 `json:"scale"`
}

// Scaling takes the series of a set to the scale in which a model is trained, and back. It is plain data, to be kept as JSON
// beside the weights; reading it back checks it.
type Scaling struct {
	Method   ScalingMethod `json:"method"`
	TimeUnit float64       `json:"time_unit"`
	Channels []Affine      `json:"channels"`
	Statics  []Affine      `json:"statics,omitempty"`
	Targets  []Affine      `json:"targets,omitempty"` // empty: as they are
}

// FitScaling learns from the observed values of a training part. A channel that is constant there is shifted to 0, and one
// that is never observed stays as it is; neither is divided.
func FitScaling(train *series.Set, opts ScalingOptions) (*Scaling, error) {
	if err := train.Validate(); err != nil {
		return nil, errors.WithMessage(err, "seriesdata: scaling")
	}
	if opts.Method == "" {
		opts.Method = Standardise
	}
	if opts.TimeUnit == 0 {
		opts.TimeUnit = 1
	}
	sc := &Scaling{Method: opts.Method, TimeUnit: opts.TimeUnit}
	fit := func(names []string, rows func(s *series.Series) [][]float64) []Affine {
		out := make([]Affine, len(names))
		for j, name := range names {
			var seen []float64
			for _, s := range train.Series {
				for _, row := range rows(s) {
					if !math.IsNaN(row[j]) {
						seen = append(seen, row[j])
					}
				}
			}
			out[j] = fitAffine(name, opts.Method, seen)
		}
		return out
	}
	sc.Channels = fit(train.Channels, func(s *series.Series) [][]float64 { return s.Values })
	sc.Statics = fit(train.Statics, func(s *series.Series) [][]float64 { return [][]float64{s.Static} })
	if opts.Targets {
		sc.Targets = fit(train.Targets, func(s *series.Series) [][]float64 { return s.Targets })
	}
	return sc, sc.Validate()
}

func fitAffine(name string, method ScalingMethod, seen []float64) Affine {
	a := Affine{Name: name, Offset: 0, Scale: 1}
	if len(seen) == 0 {
		return a
	}
	low, high := slices.Min(seen), slices.Max(seen)
	if low == high {
		a.Offset = low
		return a
	}
	if method == MinMax {
		a.Offset, a.Scale = low, high-low
		return a
	}
	// Deviations are taken from the middle and as parts of the range, so that no square overflows or vanishes.
	mid, half := low/2+high/2, high/2-low/2
	mean, square := 0.0, 0.0
	for i, v := range seen {
		d := (v-mid)/half - mean
		mean += d / float64(i+1)
		square += d * ((v-mid)/half - mean)
	}
	a.Offset, a.Scale = mid+half*mean, half*math.Sqrt(square/float64(len(seen)))
	return a
}

// Validate tells whether the scaling can be used: a known method, distinct names, finite offsets, positive finite scales.
func (sc *Scaling) Validate() error {
	if sc == nil {
		return errors.New("seriesdata: scaling: none given")
	}
	if sc.Method != Standardise && sc.Method != MinMax {
		return errors.Errorf("seriesdata: scaling: unknown method %q (there are %q)", sc.Method,
			[]ScalingMethod{Standardise, MinMax})
	}
	if !positive(sc.TimeUnit) {
		return errors.Errorf("seriesdata: scaling: time unit %g, want a positive number", sc.TimeUnit)
	}
	for _, list := range [][]Affine{sc.Channels, sc.Statics, sc.Targets} {
		seen := map[string]bool{}
		for _, a := range list {
			switch {
			case seen[a.Name]:
				return errors.Errorf("seriesdata: scaling: two columns are named %q", a.Name)
			case math.IsNaN(a.Offset) || math.IsInf(a.Offset, 0) || !positive(a.Scale):
				return errors.Errorf("seriesdata: scaling: column %q: offset %g, scale %g", a.Name, a.Offset, a.Scale)
			}
			seen[a.Name] = true
		}
	}
	return nil
}

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }

// UnmarshalJSON reads a scaling and refuses one that Validate refuses.
func (sc *Scaling) UnmarshalJSON(data []byte) error {
	type plain Scaling
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return errors.Wrap(err, "seriesdata: scaling")
	}
	if err := (*Scaling)(&p).Validate(); err != nil {
		return err
	}
	*sc = Scaling(p)
	return nil
}
