package solvers

import "math"

// solveSurely is solveExactly for equations of a step that no control makes shorter: where that diverges it begins anew
// from the same guess with a damped iteration, and where that gets stuck from ψ with a continuation.
func (d *diagonal[T]) solveSurely(t float64, psi, y []T) (fail, err error) {
	if d.guess == nil {
		d.guess, d.base, d.full = make([]float64, len(y)), make([]float64, len(y)), make([]float64, len(y))
	}
	copy(d.guess, d.z)
	fail, err = d.solveExactly(t, psi, y)
	for _, nearer := range []func(float64, []T, []T) (error, error){d.damp, d.continuation} {
		if fail == nil || err != nil {
			break
		}
		d.put(psi, y, d.guess, nil, 0)
		if fail, err = nearer(t, psi, y); fail == nil && err == nil {
			fail, err = d.solveExactly(t, psi, y)
		}
	}
	return fail, err
}

// put makes z the iterate base + λΔ.
func (d *diagonal[T]) put(psi, y []T, base, delta []float64, lambda float64) {
	copy(d.z, base)
	for i, v := range delta {
		d.z[i] += lambda * v
	}
	for i, v := range d.z {
		y[i] = T(float64(psi[i]) + v)
	}
}

// continuation follows the solution of Y = ψ + σg f(t, Y) from σ = 0 to 1, which exists for a bounded f, with as many σ
// between as it takes.
func (d *diagonal[T]) continuation(t float64, psi, y []T) (fail, err error) {
	g := d.want
	defer func() { d.want = g }()
	clear(d.guess)
	sigma, step := 0.0, 0.125
	for sigma < 1 {
		next := math.Min(1, sigma+step)
		d.want = next * g
		d.put(psi, y, d.guess, nil, 0)
		if fail, err = d.damp(t, psi, y); err != nil {
			return fail, err
		}
		if fail != nil {
			if step /= 2; step < leastContinuation {
				return fail, nil
			}
			continue
		}
		copy(d.guess, d.z)
		sigma, step = next, 2*step
	}
	return nil, nil
}

const (
	dampedIterations = 100
	leastDamping     = 0x1p-12

	leastContinuation = 0x1p-10
	dampedNear        = 0.1 // a contraction of full steps by which solveExactly is sure to converge
)

// damp brings y near a solution by Newton's method with the Jacobian of every iterate and a step Y + λΔ that its
// natural monotonicity test accepts: the simplified increment at its end, with the factors of its beginning, must be
// shorter,
//
//	‖Δ̄(λ)‖ ≤ (1 − λ/4) ‖Δ‖,   λ = 1, 1/2, 1/4, ...
//
// (Deuflhard, Newton Methods for Nonlinear Problems, 2004, 3.3.)
func (d *diagonal[T]) damp(t float64, psi, y []T) (fail, err error) {
	lambda := 1.0
	for range dampedIterations {
		if err := d.jac.eval(t, y, nil); err != nil {
			return nil, err
		}
		if d.g = d.want; !d.lin.factor(1 / d.g) {
			return d.singular(), nil
		}
		size, fail, err := d.increment(t, psi, y)
		if fail != nil || err != nil || size <= 100*epsilon[T]()/d.env.rtol {
			return fail, err
		}
		copy(d.full, d.delta)
		copy(d.base, d.z)
		for lambda = math.Min(1, 4*lambda); ; lambda /= 2 {
			if lambda < leastDamping {
				return ErrNoConvergence, nil
			}
			d.put(psi, y, d.base, d.full, lambda)
			next, fail, err := d.increment(t, psi, y)
			if err != nil {
				return nil, err
			}
			if fail == nil && lambda == 1 && next <= dampedNear*size {
				return nil, nil
			}
			if fail == nil && next <= (1-lambda/4)*size {
				break
			}
		}
	}
	return ErrNoConvergence, nil
}
