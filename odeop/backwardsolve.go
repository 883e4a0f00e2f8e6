package odeop

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/solvers"
)

// A backwardSolve is how a mode integrates backwards.
type backwardSolve struct {
	rtol, atol float64 // zero: the forward solve's
	method     solvers.Method
	fullNorm   bool // the sums of θ count in the step size control
}

func (b backwardSolve) check(mode string, c *config) error {
	for _, v := range []float64{b.rtol, b.atol} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return errors.Errorf("odeop: %s: tolerances (%g, %g) must be positive, or zero for those of the forward solve",
				mode, b.rtol, b.atol)
		}
	}
	m := b.methodFor(&c.settings)
	if isNil(m) {
		return errors.Errorf("odeop: %s: the method is a nil %T", mode, m)
	}
	if m.Info().Separable {
		return errors.WithMessagef(solvers.ErrNotSupported,
			"odeop: %s: the backward system does not divide into positions and momenta as %s wants; choose another Method for it",
			mode, m.Name())
	}
	if b.fullNorm && m.Info().Implicit {
		return errors.Errorf("odeop: %s: FullNorm with %s: the sums of the parameters are no part of what an implicit "+
			"method solves for",
			mode, m.Name())
	}
	return nil
}

// methodFor is the method of the backward solve.
func (b backwardSolve) methodFor(s *solvers.Settings) solvers.Method {
	if b.method != nil {
		return b.method
	}
	return s.Method
}

// settings are those of the backward solve of states of parts vectors of y's size, and then so many sums.
func (b backwardSolve) settings(from *solvers.Settings, dim, parts, sums int) *solvers.Settings {
	set := *from
	set.SaveAt, set.Dense, set.SaveEvery, set.Progress = nil, false, 0, nil
	if b.rtol > 0 {
		set.RTol = b.rtol
	}
	if b.atol > 0 {
		set.ATol = b.atol
	}
	set.Method = b.methodFor(from)
	set.Norm = b.norm(set.Norm, dim, parts, sums)
	set.RTols, set.ATols = repeated(set.RTols, parts, sums), repeated(set.ATols, parts, sums)
	return &set
}

// repeated gives each part the tolerances of the components of y, and the sums the loosest of them.
func repeated(tol []float64, parts, sums int) []float64 {
	if len(tol) == 0 {
		return nil
	}
	out := make([]float64, 0, parts*len(tol)+sums)
	loosest := tol[0]
	for range parts {
		out = append(out, tol...)
	}
	for _, v := range tol {
		loosest = math.Max(loosest, v)
	}
	for range sums {
		out = append(out, loosest)
	}
	return out
}

// norm measures the error of the parts, and of the sums where they count: the larger of both, so that the full norm is
// never the looser one. The norm of the forward solve, which knows y alone, measures each part apart, and the largest
// counts.
func (b backwardSolve) norm(n solvers.Norm, dim, parts, sums int) solvers.Norm {
	end := parts * dim
	if n == nil && (!b.fullNorm || sums == 0) {
		return solvers.RMS{First: end}
	}
	return solvers.NormFunc(func(e []float64) float64 {
		var worst float64
		if n == nil {
			worst = solvers.RMS{First: end}.Norm(e)
		}
		for at := 0; n != nil && at < end; at += dim {
			worst = math.Max(worst, n.Norm(e[at:at+dim]))
		}
		if b.fullNorm && len(e) > end {
			worst = math.Max(worst, solvers.RMS{}.Norm(e[end:]))
		}
		return worst
	})
}

// steps are the counts of a backward solve that its system does not count itself.
func steps(w solvers.Stats) solvers.Stats {
	return solvers.Stats{Steps: w.Steps, Accepted: w.Accepted, Rejected: w.Rejected,
		Jacobian: w.Jacobian, Factorizations: w.Factorizations, NewtonIterations: w.NewtonIterations}
}
