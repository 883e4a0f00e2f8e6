package odeop

import (
	"math"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// drift measures how far y, integrated backwards, is from where it had been.
type drift struct {
	limit      float64 // of Adjoint.MaxDrift; 0: the default
	relative   float64 // of the default: how many tolerances a tenth of the state is
	constant   bool    // steps, with no tolerance
	norm       solvers.Norm
	rtol, atol []float64 // by component
	e          []float64 // of the last check
}

// The default limits. A step may be off by one tolerance, that is what its error is controlled by; so where errors neither
// grow nor shrink, n steps of the forward and the backward solve together come to a drift of n. growth is how much more
// is taken for a stable solve. A low order with a tight tolerance has tens of thousands of steps; but no drift beyond
// a tenth of the state is forgiven for their number.
const (
	maxDrift         = 1000 // where there are few steps
	growth           = 10
	maxRelativeDrift = 0.1
)

// newDrift measures in the norm of the forward solve, by the looser of both tolerances: the saved states are not better than
// the forward solve's.
func newDrift[T graph.Float](m Adjoint, forward, backward *solvers.Settings, dim int) *drift {
	d := &drift{limit: m.MaxDrift, norm: forward.Norm}
	d.constant = backward.Step > 0 || !backward.Method.Info().Adaptive() || !forward.Method.Info().Adaptive()
	if d.norm == nil {
		d.norm = solvers.RMS{}
	}
	d.rtol, d.atol, d.e = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	for _, set := range []*solvers.Settings{forward, backward} {
		rtol, atol := tolerances[T](set)
		for i := range dim {
			d.rtol[i] = math.Max(d.rtol[i], componentOr(set.RTols, i, rtol))
			d.atol[i] = math.Max(d.atol[i], componentOr(set.ATols, i, atol))
		}
	}
	rtol := 0.
	for _, v := range d.rtol {
		rtol = math.Max(rtol, v)
	}
	d.relative = maxRelativeDrift / rtol
	return d
}

// allowed is the limit after so many steps of both solves.
func (d *drift) allowed(steps int) float64 {
	switch {
	case d.limit > 0:
		return d.limit
	case d.constant:
		return maxRelativeDrift
	}
	return math.Max(maxDrift, math.Min(growth*float64(steps), d.relative))
}

func componentOr(tol []float64, i int, zero float64) float64 {
	if i < len(tol) && tol[i] > 0 {
		return tol[i]
	}
	return zero
}

// tolerances are those of the settings, or the defaults that solvers.Settings documents.
func tolerances[T graph.Float](s *solvers.Settings) (rtol, atol float64) {
	rtol, atol = s.RTol, s.ATol
	r, a := 1e-6, 1e-8
	var z T
	if _, single := any(z).(float32); single {
		r, a = 1e-4, 1e-6
	}
	if rtol == 0 {
		rtol = r
	}
	if atol == 0 {
		atol = a
	}
	return rtol, atol
}

// check compares y with the state that was saved at to; started is where it started from, and steps are those of both
// solves between them.
func check[T graph.Float](d *drift, y, want, started []T, from, to float64, steps int) error {
	e := d.e
	size := math.Max(rms(want), rms(started))
	for i, v := range y {
		e[i] = float64(v) - float64(want[i])
		switch {
		case !d.constant:
			e[i] /= d.atol[i] + d.rtol[i]*math.Max(math.Abs(float64(v)), math.Abs(float64(want[i])))
		case size > 0:
			e[i] /= size
		}
	}
	norm := d.norm
	if d.constant {
		norm = solvers.RMS{}
	}
	if far, limit := norm.Norm(e), d.allowed(steps); !(far <= limit) {
		return &UnstableBacksolve{From: from, To: to, Drift: far, Limit: limit}
	}
	return nil
}

func rms[T graph.Float](x []T) float64 { return math.Sqrt(dot(x, x) / float64(len(x))) }
