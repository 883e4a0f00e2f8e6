package solvers

import "math"

// krylov solves (σI − J) x = b by GMRES with products of J alone, by System.JVP or by differences of f along the vector. A
// transposed system needs System.VJP. It restarts after krylovBasis products, and ends where the residual is
// krylovTolerance of b, or after krylovRestarts of them: Newton's method, whose residual is f's own, makes up for what
// is left.
type krylov[S scalar, T Float] struct {
	j      *jacobian[T]
	sigma  S
	gm     *gmres[S]
	v, out []T
	wtheta []T
	back   bool
}

const (
	krylovBasis     = 40
	krylovRestarts  = 3
	krylovTolerance = 1e-4
)

func newKrylov[S scalar, T Float](j *jacobian[T]) *krylov[S, T] {
	n := j.env.sys.Dim
	k := &krylov[S, T]{j: j, v: make([]T, n), out: make([]T, n)}
	k.gm = newGMRES(n, min(n, krylovBasis), k.apply)
	return k
}

func (k *krylov[S, T]) factor(sigma S) bool {
	k.sigma = sigma
	return true
}

func (k *krylov[S, T]) solve(b []S) bool {
	k.back = false
	return k.run(b)
}

func (k *krylov[S, T]) solveTransposed(b []S) bool {
	if k.j.env.sys.VJP == nil {
		return false
	}
	if k.wtheta == nil {
		k.wtheta = make([]T, k.j.env.sys.NumParams)
	}
	k.back = true
	return k.run(b)
}

func (k *krylov[S, T]) run(b []S) bool {
	return k.gm.solve(b, krylovTolerance, krylovRestarts) <= 0.1
}

// apply writes (σI − J) x to dst, the real and the imaginary part by a product each.
func (k *krylov[S, T]) apply(dst, x []S) bool {
	for i, v := range x {
		dst[i] = k.sigma * v
	}
	for part := range parts[S]() {
		var square float64
		for i, v := range x {
			c := component(v, part)
			k.v[i] = T(c)
			square += c * c
		}
		if square == 0 {
			continue
		}
		if !k.product(math.Sqrt(square)) {
			return false
		}
		if i := nonFinite(k.out); i >= 0 {
			if k.j.bad == nil && nonFinite(k.v) < 0 {
				k.j.bad = &ValueError{Jacobian: true, T: k.j.t, Row: i, Column: -1, Value: float64(k.out[i])}
			}
			return false
		}
		for i, v := range k.out {
			dst[i] -= fromPart[S](float64(v), part)
		}
	}
	return true
}

// product writes J v, or Jᵀ v, to out; size is |v|.
func (k *krylov[S, T]) product(size float64) bool {
	j := k.j
	switch {
	case k.back:
		_, err := j.env.vjp(j.t, j.y, k.v, nil, k.out, k.wtheta)
		return err == nil
	case j.env.sys.JVP != nil:
		return j.env.jvp(j.t, j.y, k.v, k.out) == nil
	}
	// f(y + δv) − f(y) with δ|v| about √ε of |y|, and at least that of its tolerance.
	var square float64
	for _, v := range j.y {
		c := float64(v)
		square += c * c
	}
	_, atol := j.env.loosest()
	delta := math.Sqrt(epsilon[T]()) * math.Max(math.Sqrt(square), atol) / size
	for i, v := range j.y {
		j.seed[i] = T(float64(v) + delta*float64(k.v[i]))
	}
	err := j.env.f(j.t, j.seed, k.out)
	clear(j.seed)
	for i, v := range j.f0 {
		k.out[i] = T((float64(k.out[i]) - float64(v)) / delta)
	}
	return err == nil
}

// parts is how many real numbers a scalar has, component is one of them, fromPart its inverse.
func parts[S scalar]() int {
	var s S
	if _, ok := any(s).(complex128); ok {
		return 2
	}
	return 1
}

func component[S scalar](x S, part int) float64 {
	switch x := any(x).(type) {
	case float64:
		return x
	case complex128:
		if part == 0 {
			return real(x)
		}
		return imag(x)
	}
	return 0
}

func fromPart[S scalar](x float64, part int) S {
	var s S
	switch p := any(&s).(type) {
	case *float64:
		*p = x
	case *complex128:
		if *p = complex(x, 0); part == 1 {
			*p = complex(0, x)
		}
	}
	return s
}

var _ shifted[complex128] = (*krylov[complex128, float32])(nil)
