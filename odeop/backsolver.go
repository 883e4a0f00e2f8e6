package odeop

import (
	"gorgonode/graph"
	"gorgonode/internal/kernel"
	"gorgonode/solvers"
)

// backsolver integrates a backward state z from one time to another in place, and adds what the interval gives to the sums
// of θ.
type backsolver[T graph.Float] interface {
	solve(z []T, from, to float64) error
}

// stateSolve has the sums of θ as further components of the state.
type stateSolve[T graph.Float] struct {
	interval[T]
	stats *solvers.Stats
	sum   []T
	full  []T // z and the sums
}

func (b *stateSolve[T]) solve(z []T, from, to float64) error {
	b.full = append(append(b.full[:0], z...), b.sum...)
	it, err := b.begin(b.full, from, to)
	if err != nil {
		return err
	}
	for it.Step() {
	}
	b.stats.Add(steps(it.Stats()))
	copy(z, it.Y())
	copy(b.sum, it.Y()[len(z):])
	return it.Err()
}

// quadratureSolve has z alone as its state, and the sums of θ are integrals over its steps.
type quadratureSolve[T graph.Float] struct {
	interval[T]
	stats *solvers.Stats
	sum   []T
	// integrand adds (∂f/∂θ)ᵀ a at a time within the last step to out.
	integrand func(it *solvers.Integrator[T], t float64, out []T) error

	quadrature *quadrature[T]
}

func (b *quadratureSolve[T]) solve(z []T, from, to float64) error {
	it, err := b.begin(z, from, to)
	if err != nil {
		return err
	}
	if b.quadrature == nil {
		b.quadrature = newQuadrature(b.sum, b.set, func(t float64, out []T) error { return b.integrand(it, t, out) })
	}
	for it.Step() {
		if len(b.sum) == 0 {
			continue
		}
		last, _ := it.Last()
		if err = b.quadrature.add(it.T(), last); err != nil {
			break
		}
	}
	b.stats.Add(steps(it.Stats()))
	if err == nil {
		err = it.Err()
	}
	copy(z, it.Y())
	return err
}

// interval solves from one time to another, each time with one integrator, which goes on with its step size.
type interval[T graph.Float] struct {
	sys solvers.System[T]
	set *solvers.Settings
	it  *solvers.Integrator[T] // made by the first solve
}

// begin is an integrator at the start of an interval.
func (v *interval[T]) begin(z []T, from, to float64) (*solvers.Integrator[T], error) {
	if v.it != nil {
		return v.it, v.it.Continue(from, z, to)
	}
	var err error
	v.it, err = solvers.NewIntegrator(v.sys, z, from, to, v.set)
	return v.it, err
}

// augmented is the system of (y, a, g). One evaluation is one vector–Jacobian product that shares its forward pass.
func augmented[T graph.Float](sys solvers.System[T], stats *solvers.Stats) solvers.System[T] {
	n, p := sys.Dim, sys.NumParams
	return solvers.System[T]{Dim: 2*n + p, F: func(t float64, z, dz []T) error {
		clear(dz[2*n:])
		stats.VJP++
		if _, err := sys.VJP(t, z[:n], z[n:2*n], dz[:n], dz[n:2*n], dz[2*n:]); err != nil {
			return err
		}
		negate(dz[n:])
		return nil
	}}
}

// withAdjoint is the system of (y, a), with its Jacobian
//
//	(  J              0  )
//	( −∂(Jᵀa)/∂y    −Jᵀ  )
//
// as products: those of the second row are the derivative of Jᵀa along (v, α).
func withAdjoint[T graph.Float](s *solve[T], sys solvers.System[T], b *atTheta[T], stats *solvers.Stats) solvers.System[T] {
	n := sys.Dim
	return solvers.System[T]{
		Dim:     2 * n,
		Pattern: s.field.pattern().WithAdjoint(n),
		F: func(t float64, z, dz []T) error {
			stats.VJP++
			err := b.backwards(t, z[:n], z[n:], dz[:n], dz[n:])
			negate(dz[n:])
			return err
		},
		JVP: func(t float64, z, v, out []T) error {
			stats.JVP += 2
			if err := sys.JVP(t, z[:n], v[:n], out[:n]); err != nil {
				return err
			}
			err := b.twice(t, z[:n], z[n:], v[:n], v[n:], out[n:])
			negate(out[n:])
			return err
		},
	}
}

func negate[T graph.Float](x []T) { kernel.Neg(x, x) }
