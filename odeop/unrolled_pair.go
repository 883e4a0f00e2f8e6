package odeop

import (
	"slices"

	"gorgonia.org/gorgonia"

	"gorgonode/solvers"
)

// unrolledPair is the two states of solvers.Reversible. A recording of it would have sums that grow with the steps, for
// z is no sum of y and a step's evaluations.
type unrolledPair struct {
	*unroller
	method solvers.Method // that Ψ is of
	lambda float64
	y, z   *gorgonia.Node // at the end of the last step, and at its beginning
	last   *span          // nil: there is none, and z is y
}

func (u *unroller) pair(m solvers.Reversible) *unrolledPair {
	m = m.WithDefaults()
	return &unrolledPair{unroller: u, method: m.Method, lambda: m.Lambda, y: u.y0, z: u.y0}
}

// step is y₁ = z₀ + λ (y₀ − z₀) + Ψ_h(t₀, z₀). The z₁ = z₀ − Ψ_{−h}(t₁, y₁) that goes with it is left to the next step:
// after the last one nothing would use it.
func (p *unrolledPair) step(i span) *gorgonia.Node {
	switch {
	case p.last == nil:
	case i.n0 == nil && slices.Contains(p.settings.Jumps, i.t0):
		p.z = p.y // the solver begins anew
	default:
		p.z = p.sub(p.z, p.increment(p.last.reversed(), p.y))
	}
	p.last = &i
	psi, y := p.increment(i, p.z), p.z
	if p.y != p.z {
		y = p.add(y, p.mul(p.number(p.lambda), p.sub(p.y, p.z)))
	}
	p.y = p.add(y, psi)
	return p.y
}

// increment is Ψ of a step from y.
func (p *unrolledPair) increment(i span, y *gorgonia.Node) *gorgonia.Node {
	w := p.over(i, p.method, y)
	if w == nil {
		return nil
	}
	return w.sum(w.steps[0].sum)
}
