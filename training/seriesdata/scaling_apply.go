package seriesdata

import (
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// Forward is the set in the scale of training. Its channels, static values and targets are those that the scaling was
// learned from. Labels stay as they are.
func (sc *Scaling) Forward(set *series.Set) (*series.Set, error) {
	return sc.apply(set, func(a Affine, x float64) float64 { return (x - a.Offset) / a.Scale })
}

// Inverse undoes Forward, but for rounding.
func (sc *Scaling) Inverse(set *series.Set) (*series.Set, error) {
	return sc.apply(set, func(a Affine, z float64) float64 { return z*a.Scale + a.Offset })
}

func (sc *Scaling) apply(set *series.Set, f func(Affine, float64) float64) (*series.Set, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if err := set.Validate(); err != nil {
		return nil, errors.WithMessage(err, "seriesdata: scaling")
	}
	for _, part := range []struct {
		what  string
		scale []Affine
		names []string
	}{
		{"channels", sc.Channels, set.Channels}, {"static values", sc.Statics, set.Statics},
		{"targets", sc.Targets, set.Targets},
	} {
		if part.what == "targets" && len(part.scale) == 0 {
			continue
		}
		if known := namesOf(part.scale); !slices.Equal(known, part.names) {
			return nil, errors.Errorf("seriesdata: scaling: %s has the %s %q, learned were %q", set.Name, part.what, part.names,
				known)
		}
	}
	list := make([]*series.Series, len(set.Series))
	for i, s := range set.Series {
		changed := *s
		changed.Times = make([]float64, len(s.Times))
		for j, t := range s.Times {
			changed.Times[j] = f(Affine{Scale: sc.TimeUnit}, t)
		}
		changed.Values = scaled(s.Values, sc.Channels, f)
		if len(s.Static) > 0 {
			changed.Static = scaled([][]float64{s.Static}, sc.Statics, f)[0]
		}
		if len(sc.Targets) > 0 && s.Targets != nil {
			changed.Targets = scaled(s.Targets, sc.Targets, f)
		}
		list[i] = &changed
	}
	out := set.With(list)
	return out, errors.WithMessage(out.Validate(), "seriesdata: scaling")
}

func namesOf(list []Affine) []string {
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	return names
}

func scaled(rows [][]float64, by []Affine, f func(Affine, float64) float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, row := range rows {
		out[i] = make([]float64, len(row))
		for j, v := range row {
			out[i][j] = f(by[j], v)
		}
	}
	return out
}
