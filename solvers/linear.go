package solvers

import "math"

// The equations of every implicit method are systems
//
//	(σI − J) x = b,   σ real or complex,
//
// with the Jacobian J of f at some point: σ = γ/h. A method uses three things:
//
//	jac, err := newJacobian(env, krylov)       // once, in newStepper
//	lin := newShifted[float64](jac)            // one for every σ that is in use at once; [complex128] for a complex one
//
//	err := jac.eval(t, y, f0)                  // J at (t, y), counted; an error is the System's and ends the solve
//	ok := lin.factor(sigma)                    // of the J evaluated last; !ok: singular or not finite
//	ok = lin.solve(b)                          // b becomes x, as often as wanted; !ok only of an iterative solver
//	ok = lin.solveTransposed(b)                // the same with Jᵀ
//
// All that is in float64 whatever the state is: the few digits of a float32 state don't get fewer in a factorisation.
// Nothing allocates after the first use. J keeps its values until the next eval, factors theirs until the next factor,
// so that a method may refactorise an old J for a new h, or go on with old factors: what it iterates for is decided by its
// residuals alone.
type shifted[S scalar] interface {
	// factor makes the system that of σ and the Jacobian evaluated last.
	factor(sigma S) bool
	// solve overwrites b with (σI − J)⁻¹ b.
	solve(b []S) bool
	// solveTransposed overwrites b with (σI − Jᵀ)⁻¹ b, with no conjugation.
	solveTransposed(b []S) bool
}

// scalar is a component of a linear system.
type scalar interface{ float64 | complex128 }

// newShifted returns the solver that suits the Jacobian: LU factors of its blocks or its band, or GMRES.
func newShifted[S scalar, T Float](j *jacobian[T]) shifted[S] {
	var s shifted[S]
	switch l := j.layout; {
	case l == nil:
		s = newKrylov[S](j)
	case l.blocks > 0:
		s = newBlockLU[S](l, j.v)
	default:
		s = newBandLU[S](l, j.v)
	}
	return &countedFactors[S]{s, &j.env.stats}
}

// countedFactors counts factorisations.
type countedFactors[S scalar] struct {
	shifted[S]
	stats *Stats
}

func (c *countedFactors[S]) factor(sigma S) bool {
	c.stats.Factorizations++
	return c.shifted.factor(sigma)
}

// magnitude is |Re x| + |Im x|, which is enough to choose a pivot by.
func magnitude[S scalar](x S) float64 {
	switch x := any(x).(type) {
	case float64:
		return math.Abs(x)
	case complex128:
		return math.Abs(real(x)) + math.Abs(imag(x))
	}
	return 0
}

// fromReal is x in S.
func fromReal[S scalar](x float64) S {
	var s S
	switch p := any(&s).(type) {
	case *float64:
		*p = x
	case *complex128:
		*p = complex(x, 0)
	}
	return s
}

// conjugate is the complex conjugate of x.
func conjugate[S scalar](x S) S {
	switch p := any(&x).(type) {
	case *complex128:
		*p = complex(real(*p), -imag(*p))
	}
	return x
}
