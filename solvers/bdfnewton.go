package solvers

import "math"

// The parameters of the iterations.
const (
	bdfNewtonTolerance = 0.1
	bdfSlow            = 0.05 // a rate that asks for a new Jacobian at the next step
	bdfLeastEta        = 0.02 // bounds the trust in the rate of the iteration before, see diagonal
	bdfOld             = 100  // a Jacobian isn't kept for a g so many times that of the step it was evaluated at
	bdfLoose           = 0.15 // factors are kept for a g that differs by so much
	bdfAhead           = 0.1  // and made for one that differs by so much from that of the step
	bdfTight           = 0.03 // factors are kept for, where the iteration is to end at rounding
)

// prepare sees to a Jacobian and factors for the attempt.
//
// On a grid as it is, σ takes k − 1 steps after a change of the step to come to that of equal steps, γ_k/h with
// γ_k = 1 + 1/2 + ... + 1/k. So the factors are made for a g between that of the attempt and that of equal steps, and
// serve them all:
//
//	g₀ = √(g g_∞),   g_∞ = h/((1−κ)γ_k),   within a factor of 1 + bdfAhead of g.
//
// With a true Jacobian the iteration then converges at a rate of |g − g₀|/(g + g₀) at worst, see diagonal.apply. Where
// it is to end at rounding, or where there are no factors to spare, g₀ is g or all but that.
//
// A Jacobian of a fast phase is no good in the slow one after it, and the iteration can't tell: where it is too large, the
// increments are tiny. So there is a new one where the step has grown by bdfOld since. An iteration to rounding does
// find out.
func (m *bdf[T]) prepare() (fail, err error) {
	d, g := m.eqs, m.w.g
	if !m.env.exact && !d.fresh && math.Abs(g) > bdfOld*math.Abs(m.evaluatedFor) {
		d.forget()
	}
	at := g
	switch kept := d.have && (d.fresh || !d.stale) && d.g != 0; {
	case m.env.exact || m.env.taped || d.jac.layout == nil:
		if kept && math.Abs(g/d.g-1) <= bdfTight {
			at = d.g
		}
	case kept && math.Abs(g/d.g-1) <= bdfLoose:
		at = d.g
	default:
		equal := (m.t1 - m.time[0]) / ((1 - bdfKappa[m.k]) * harmonic(m.k))
		at *= math.Min(math.Max(math.Sqrt(equal/g), 1/(1+bdfAhead)), 1+bdfAhead)
	}
	fail, err = d.prepare(m.t1, m.pred, nil, at)
	d.want = g
	if d.fresh {
		m.evaluatedFor = g
	}
	d.eta = math.Max(d.eta, bdfLeastEta)
	return fail, err
}

// harmonic is 1 + 1/2 + ... + 1/k.
func harmonic(k int) (s float64) {
	for j := 1; j <= k; j++ {
		s += 1 / float64(j)
	}
	return s
}
