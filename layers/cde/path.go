package cde

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Interpolation says how a path goes from one observation to the next.
type Interpolation int

const (
	// Hermite is a cubic with backward differences (Morrill et al. 2022, On the choice of interpolation scheme for neural
	// CDEs): at each knot it has the slope of the straight line that led there, so that the path is smooth in time. Between
	// two knots it depends on no later ones, unless a value is missing, which is bridged by a later one. It is the default.
	Hermite Interpolation = iota
	// Linear goes in straight lines.
	Linear
	// Rectilinear is the causal one, also where values are missing: time advances while the values stand still, then the
	// values jump. A path has two intervals for each between observations. What is missing is what was observed last.
	Rectilinear
	// NaturalCubic is the natural cubic spline through the observations of each channel. Every piece of it depends on all
	// of them.
	NaturalCubic
)

var interpolations = map[Interpolation]string{
	Hermite: "hermite", Linear: "linear", Rectilinear: "rectilinear", NaturalCubic: "natural-cubic",
}

func (i Interpolation) String() string {
	if s, ok := interpolations[i]; ok {
		return s
	}
	return "unknown interpolation"
}

// InterpolationByName finds an interpolation by its name: hermite, linear, rectilinear, natural-cubic.
func InterpolationByName(name string) (Interpolation, error) {
	for i, s := range interpolations {
		if s == name {
			return i, nil
		}
	}
	return 0, errors.Errorf("cde: there is no interpolation %q; there are hermite, linear, natural-cubic, rectilinear", name)
}

// Options sets how a path is made. The zero value is the default.
type Options struct {
	Interpolation Interpolation
	// Intensity adds, for each channel of values, one that counts its observations up to now: it tells the model when things
	// were observed, which may matter as much as what was (Kidger et al. 2020).
	Intensity bool
}

// Path is the piecewise cubic
//
//	X(k + u) = a_k + b_k u + c_k u² + d_k u³,   k = 0 … n−1,   0 ≤ u ≤ 1
//
// Its channels are the time, the values and, with Options.Intensity, the counts of observations. A Path is immutable.
type Path struct {
	channels int
	end      []float64      // X(n), for paths without an interval too
	pieces   [][4][]float64 // a, b, c, d of each interval
}

// NewPath goes through the values (n, d) observed at n ≥ 1 increasing times. NaN is a value that is missing. Missing
// values are bridged: by the straight line, or the spline, between the observations around them, and before the first
// and after the last by that one; Rectilinear, which may not look ahead, keeps the last and begins with 0, which is the
// mean of values that are standardised. A channel never observed is 0. Times are taken as they are; they are best
// scaled to be of order one in all.
func NewPath(times []float64, values [][]float64, o Options) (*Path, error) {
	if err := check(times, values, o); err != nil {
		return nil, err
	}
	switch o.Interpolation {
	case Linear:
		return straight(table(times, bridged(times, values), values, o)), nil
	case Rectilinear:
		return straight(rectilinear(table(times, kept(values), values, o))), nil
	case NaturalCubic:
		return natural(times, values, o)
	}
	return hermite(times, table(times, bridged(times, values), values, o)), nil
}

func check(times []float64, values [][]float64, o Options) error {
	switch {
	case len(times) == 0:
		return errors.New("cde: path: no observations")
	case len(times) != len(values):
		return errors.Errorf("cde: path: %d times and %d rows of values", len(times), len(values))
	case interpolations[o.Interpolation] == "":
		return errors.Errorf("cde: path: there is no interpolation %d", o.Interpolation)
	}
	for i, t := range times {
		switch {
		case math.IsNaN(t) || math.IsInf(t, 0):
			return errors.Errorf("cde: path: time %d is %g", i, t)
		case i > 0 && t <= times[i-1]:
			return errors.Errorf("cde: path: time %d, %g, does not come after %g", i, t, times[i-1])
		case len(values[i]) != len(values[0]):
			return errors.Errorf("cde: path: row %d has %d values, row 0 has %d", i, len(values[i]), len(values[0]))
		}
		for j, v := range values[i] {
			if math.IsInf(v, 0) {
				return errors.Errorf("cde: path: value %d of row %d is %g", j, i, v)
			}
		}
	}
	return nil
}

// table puts the time, the complete values and the counts of what was observed side by side.
func table(times []float64, complete, observed [][]float64, o Options) [][]float64 {
	rows := make([][]float64, len(times))
	counts := make([]float64, len(observed[0]))
	for i, t := range times {
		rows[i] = append([]float64{t}, complete[i]...)
		if o.Intensity {
			for j, v := range observed[i] {
				if !math.IsNaN(v) {
					counts[j]++
				}
			}
			rows[i] = append(rows[i], counts...)
		}
	}
	return rows
}

// Intervals is n.
func (p *Path) Intervals() int { return len(p.pieces) }

// Channels is the number of channels.
func (p *Path) Channels() int { return p.channels }

// piece finds the interval and the place in it of s, which is held to [0, n].
func (p *Path) piece(s float64) (k int, u float64) {
	s = min(max(s, 0), float64(len(p.pieces))) // before it becomes an integer, which cannot hold every s
	k = min(int(s), len(p.pieces)-1)
	return k, s - float64(k)
}

// At is X(s). Outside of [0, n] the path stands still. It is NaN for s of NaN.
func (p *Path) At(s float64) []float64 {
	if math.IsNaN(s) {
		return slices.Repeat([]float64{s}, p.channels)
	}
	if len(p.pieces) == 0 {
		return append([]float64(nil), p.end...)
	}
	k, u := p.piece(s)
	x := make([]float64, p.channels)
	q := &p.pieces[k]
	for j := range x {
		x[j] = q[0][j] + u*(q[1][j]+u*(q[2][j]+u*q[3][j]))
	}
	return x
}

// Derivative is dX/ds, at a knot that of the interval on the right; outside of [0, n] it is 0.
func (p *Path) Derivative(s float64) []float64 {
	dx := make([]float64, p.channels)
	if math.IsNaN(s) {
		return slices.Repeat([]float64{s}, p.channels)
	}
	if s < 0 || s > float64(len(p.pieces)) || len(p.pieces) == 0 {
		return dx
	}
	k, u := p.piece(s)
	q := &p.pieces[k]
	for j := range dx {
		dx[j] = q[1][j] + u*(2*q[2][j]+u*3*q[3][j])
	}
	return dx
}

// linear reports whether all pieces are straight lines.
func (p *Path) linear() bool {
	for _, q := range p.pieces {
		for j := range p.channels {
			if q[2][j] != 0 || q[3][j] != 0 {
				return false
			}
		}
	}
	return true
}

func newPath(end []float64, n int) *Path {
	p := &Path{channels: len(end), end: end, pieces: make([][4][]float64, n)}
	for k := range p.pieces {
		for i := range p.pieces[k] {
			p.pieces[k][i] = make([]float64, p.channels)
		}
	}
	return p
}
