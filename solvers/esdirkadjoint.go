package solvers

import "math"

// adjointEquation solves the transposed equation of a converged one,
//
//	(I − gJᵀ) x = κ,   J = ∂f/∂y at (t, Y),
//
// by iterations with the factors that the stage's own solution left, and products with the exact Jᵀ by System.VJP:
//
//	(I − gJ̃ᵀ) Δ = r,   x ← x + Δ,   r ← r − Δ + gJᵀΔ.
//
// Each product adds its share of (∂f/∂θ)ᵀx and (∂f/∂t)ᵀx, which are linear in x as Jᵀx is. So the result doesn't depend
// on what J̃ is; where it is too far off a Jacobian at Y replaces it.
type adjointEquation[T Float] struct {
	eqs    *diagonal[T]
	r, d   []float64
	x, jx  []float64
	w, out []T
}

func newAdjointEquation[T Float](eqs *diagonal[T]) adjointEquation[T] {
	n := eqs.env.sys.Dim
	v := vectors[float64](4, n)
	w := vectors[T](2, n)
	return adjointEquation[T]{eqs: eqs, r: v[0], d: v[1], x: v[2], jx: v[3], w: w[0], out: w[1]}
}

const (
	adjointIterations = 40
	adjointSlow       = 0.1   // a rate that is worth a Jacobian
	adjointEnough     = 1e-10 // Δ relative to x that is put up with
)

// solve overwrites kappa with x, writes Jᵀx to jx, adds (∂f/∂θ)ᵀx to theta and returns (∂f/∂t)ᵀx.
func (a *adjointEquation[T]) solve(t float64, y []T, g float64, kappa, jx, theta []T) (tau float64, err error) {
	for i, v := range kappa {
		a.r[i], a.x[i], a.jx[i] = float64(v), 0, 0
	}
	last, since := 0.0, 0
	for k := 0; ; k++ {
		copy(a.d, a.r)
		if !a.transposed(g) {
			return 0, ErrNoConvergence
		}
		size, all := 0.0, 0.0
		for i, v := range a.d {
			a.x[i] += v
			size, all = math.Max(size, math.Abs(v)), math.Max(all, math.Abs(a.x[i]))
		}
		if size-size != 0 {
			return 0, ErrNonFinite
		}
		if size <= 0x1p-52*all {
			break
		}
		if k == adjointIterations {
			if size > adjointEnough*all {
				return 0, ErrNoConvergence
			}
			break
		}
		if since++; since > 1 && size > adjointSlow*last && size > 0x1p-42*all {
			if err := a.renew(t, y, g); err != nil {
				return 0, err
			}
			since = 0
		}
		last = size
		for i, v := range a.d {
			a.w[i] = T(v)
			a.r[i] -= float64(a.w[i])
			a.x[i] += float64(a.w[i]) - v
		}
		wt, err := a.eqs.env.vjp(t, y, a.w, nil, a.out, theta)
		if err != nil {
			return 0, err
		}
		tau += wt
		for i, v := range a.out {
			a.jx[i] += float64(v)
			a.r[i] += g * float64(v)
		}
	}
	for i, v := range a.x {
		kappa[i], jx[i] = T(v), T(a.jx[i])
	}
	return tau, nil
}

// transposed overwrites d with (I − gJ̃ᵀ)⁻¹ d.
func (a *adjointEquation[T]) transposed(g float64) bool {
	for i := range a.d {
		a.d[i] /= g
	}
	return a.eqs.lin.solveTransposed(a.d)
}

// renew makes J̃ the Jacobian at (t, y).
func (a *adjointEquation[T]) renew(t float64, y []T, g float64) error {
	if err := a.eqs.jac.eval(t, y, nil); err != nil {
		return err
	}
	if !a.eqs.lin.factor(1 / g) {
		return ErrNoConvergence
	}
	a.eqs.g = g
	return nil
}
