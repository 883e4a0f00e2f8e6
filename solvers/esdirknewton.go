package solvers

import "math"

// diagonal solves the equations
//
//	Y = ψ + g f(t, Y),   g = γh,
//
// of a diagonally implicit stage, or of a backward differentiation formula, by simplified Newton iterations
//
//	(I − gJ) Δ = ψ + g f(t, Y) − Y,   Y ← Y + Δ.
//
// The iteration runs in z = Y − ψ and in float64. It ends where the distance left, by the rate θ of the convergence
//
//	η ‖Δ‖,   η = θ/(1−θ),
//
// is less than the tolerance, a fraction of what the error control tolerates; η of the iteration before serves the
// first Δ, so that one evaluation of f may be enough (Hairer and Wanner II, IV.8). With environment.exact it ends at
// rounding.
//
// The Jacobian is one of an earlier step as long as the rate was good with it, and so are the factors for an equal g.
type diagonal[T Float] struct {
	env *environment[T]
	jac *jacobian[T]
	lin shifted[float64]

	z     []float64 // Y − ψ
	delta []float64
	f     []T
	move  []T // Δ

	guess, base, full []float64 // of a damped iteration: what it begins from, an iterate, and its full Δ

	have  bool    // there is a Jacobian
	fresh bool    // it is that of the current point
	stale bool    // it is worth a new one
	g     float64 // of the factors; 0: there are none
	want  float64 // g of the equations
	eta   float64
	worst float64 // slowest rate since moved
	loose float64 // g may differ from the factors' by so much, relatively
	slow  float64 // a rate that asks for a new Jacobian at the next step
	fade  float64 // η serves the next equations' first Δ to this power: trust in a rate that was another stage's

	tolerance float64 // of the distance left, on the scale of the error control's
}

const (
	newtonTolerance  = 0.02
	newtonIterations = 8
	// A rate above this asks for a Jacobian at the next step.
	newtonSlow = 0.02
	// RADAU5's exponent, for steps of many stages. Without it Kvaerno5 solves its stages so badly at rtol 1e-3 now and
	// then that it jumps over an oscillation of Van der Pol's equation.
	newtonFade = 0.8
)

func newDiagonal[T Float](env *environment[T], krylov bool) (*diagonal[T], error) {
	jac, err := newJacobian(env, krylov)
	if err != nil {
		return nil, err
	}
	n := env.sys.Dim
	return &diagonal[T]{
		env: env, jac: jac, lin: newShifted[float64](jac),
		z: make([]float64, n), delta: make([]float64, n), f: make([]T, n), move: make([]T, n),
		eta: 1, slow: newtonSlow, fade: 1, tolerance: newtonTolerance,
	}, nil
}

func (d *diagonal[T]) reset() { d.have, d.g, d.eta = false, 0, 1 }

// moved says that the current point is another one.
func (d *diagonal[T]) moved() {
	d.fresh = false
	d.stale = d.worst > d.slow
	d.worst = 0
}

// forget asks for a new Jacobian.
func (d *diagonal[T]) forget() { d.have = false }

// prepare sees to a Jacobian and factors for g at the current point (t, y), where f0 is f or nil.
func (d *diagonal[T]) prepare(t float64, y, f0 []T, g float64) (fail, err error) {
	d.want = g
	if !d.have || d.stale && !d.fresh {
		if err := d.jac.eval(t, y, f0); err != nil {
			return nil, err
		}
		d.have, d.fresh, d.stale, d.g = true, true, false, 0
	}
	if d.g != 0 && math.Abs(g/d.g-1) <= d.loose {
		return nil, nil
	}
	d.g = g
	d.eta = math.Pow(math.Max(d.eta, 1e-16), 0.8)
	if !d.lin.factor(1 / g) {
		return d.singular(), nil
	}
	return nil, nil
}

// singular is why the Jacobian evaluated last has no factors. One that isn't finite serves no other attempt.
func (d *diagonal[T]) singular() error {
	d.g = 0
	cause := d.jac.failure()
	if cause != ErrNoConvergence {
		d.have = false
	}
	return cause
}

// apply overwrites b with (I − gJ)⁻¹ b. Factors of another g₀ are good for half the difference (Shampine, Krogh): the
// result is taken times 2/(1 + g/g₀).
func (d *diagonal[T]) apply(b []float64) bool {
	scale := 1 / d.g
	if d.want != d.g {
		scale *= 2 / (1 + d.want/d.g)
	}
	for i := range b {
		b[i] *= scale
	}
	return d.lin.solve(b)
}

// mismatch is the rate of convergence that the factors allow for the g of prepare, where J is all of the equations or none.
func (d *diagonal[T]) mismatch() float64 { return math.Abs(d.want-d.g) / math.Abs(d.want+d.g) }

// solve solves the equations from the guess in y, for the g of prepare.
func (d *diagonal[T]) solve(t float64, psi, y []T) (fail, err error) {
	for i, v := range y {
		d.z[i] = float64(v) - float64(psi[i])
	}
	if d.env.exact {
		return d.solveSurely(t, psi, y)
	}
	d.eta = math.Pow(d.eta, d.fade)
	var last, theta float64
	for k := 1; ; k++ {
		size, fail, err := d.iterate(t, psi, y)
		if fail != nil || err != nil {
			return fail, err
		}
		if k > 1 {
			theta = size / last
			if k > 2 {
				// The geometric mean of two, as the rate is none of one direction alone.
				theta = math.Sqrt(theta * d.rate())
			}
			d.eta = theta / math.Max(1-theta, 1e-3)
			if !(theta < 0.99) || k > newtonIterations ||
				size*math.Pow(theta, float64(newtonIterations-k))/(1-theta) > 10*d.tolerance {
				d.worst = 1
				d.eta = 1
				return ErrNoConvergence, nil
			}
			d.worst = math.Max(d.worst, theta)
		}
		if size == 0 || d.eta*size <= d.tolerance {
			return nil, nil
		}
		last = size
	}
}

// rate is θ of the η kept.
func (d *diagonal[T]) rate() float64 { return d.eta / (1 + d.eta) }

// iterate takes one step of the iteration and returns the size of Δ on the scale of the error control.
func (d *diagonal[T]) iterate(t float64, psi, y []T) (size float64, fail, err error) {
	if _, fail, err = d.increment(t, psi, y); fail != nil || err != nil {
		return 0, fail, err
	}
	for i, v := range d.delta {
		d.z[i] += v
		y[i] = T(float64(psi[i]) + d.z[i])
	}
	if nonFinite(y) >= 0 {
		return 0, ErrNonFinite, nil
	}
	return d.measure(d.move, y), nil, nil
}

// increment writes Newton's increment at y to delta, with the factors there are, and returns its size.
func (d *diagonal[T]) increment(t float64, psi, y []T) (size float64, fail, err error) {
	d.env.stats.NewtonIterations++
	if err := d.env.f(t, y, d.f); err != nil {
		return 0, nil, err
	}
	for i, v := range d.f {
		d.delta[i] = d.want*float64(v) - d.z[i]
	}
	if !d.apply(d.delta) {
		return 0, d.jac.failure(), nil
	}
	for i, v := range d.delta {
		d.move[i] = T(v)
	}
	if nonFinite(d.move) >= 0 {
		return 0, ErrNonFinite, nil
	}
	return d.measure(d.move, y), nil, nil
}

// measure is the norm of the error control, or the root mean square where that is larger: a norm that leaves components out
// must not leave them unsolved.
func (d *diagonal[T]) measure(v, y []T) float64 {
	s := d.env.size(v, y)
	return math.Max(s, RMS{}.Norm(d.env.scaled))
}

const (
	exactIterations = 60
	exactSlow       = 0.05 // a rate that is worth a Jacobian at the iterate, or that rounding makes
)

// solveExactly iterates until rounding is all that is left.
func (d *diagonal[T]) solveExactly(t float64, psi, y []T) (fail, err error) {
	// A rounding of the state on the scale of the tolerance, where its components are larger than ATol/RTol.
	floor := epsilon[T]() / d.env.rtol
	var last float64
	since := 0 // iterations with the same Jacobian
	for range exactIterations {
		size, fail, err := d.iterate(t, psi, y)
		if fail != nil || err != nil {
			return fail, err
		}
		if since++; size == 0 {
			return nil, nil
		}
		if since > 1 {
			theta := size / last
			d.worst = math.Max(d.worst, theta)
			switch {
			case size*theta <= 0.01*floor && theta < 0.5, size <= 100*floor && theta > exactSlow:
				return nil, nil
			case theta > exactSlow:
				if err := d.jac.eval(t, y, nil); err != nil {
					return nil, err
				}
				if d.g = d.want; !d.lin.factor(1 / d.g) {
					return d.singular(), nil
				}
				since = 0
			}
		}
		last = size
	}
	d.worst = 1
	return ErrNoConvergence, nil
}
