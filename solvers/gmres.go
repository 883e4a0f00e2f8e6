package solvers

import "math"

// gmres solves A x = b by the restarted generalised minimal residual method, with an Arnoldi basis by modified Gram–Schmidt
// and Givens rotations. (Saad and Schultz, SIAM J. Sci. Stat. Comput. 7 (1986); Saad, Iterative Methods for Sparse Linear
// Systems, 2nd ed., 6.5.)
type gmres[S scalar] struct {
	apply func(dst, x []S) bool // dst = A x

	m    int
	v    [][]S // the basis
	h    [][]S // column j of the Hessenberg matrix, rotated to a triangle
	c    []float64
	s    []S
	g    []S // the rotated right-hand side
	x, r []S
}

func newGMRES[S scalar](n, m int, apply func(dst, x []S) bool) *gmres[S] {
	g := &gmres[S]{apply: apply, m: m, c: make([]float64, m), s: make([]S, m), g: make([]S, m+1), x: make([]S, n),
		r: make([]S, n)}
	for range m + 1 {
		g.v = append(g.v, make([]S, n))
		g.h = append(g.h, make([]S, m+1))
	}
	return g
}

// solve overwrites b with x and returns |b − A x| / |b|, or NaN where A could not be applied. It ends below tol or after
// the given number of cycles.
func (g *gmres[S]) solve(b []S, tol float64, cycles int) float64 {
	clear(g.x)
	size := length(b)
	if size == 0 {
		return 0
	}
	rest := 1.0
	for cycle := range cycles {
		copy(g.r, b)
		if cycle > 0 {
			if !g.apply(g.v[0], g.x) {
				return math.NaN()
			}
			axpy(-1, g.v[0], g.r)
		}
		beta := length(g.r)
		if rest = beta / size; !(rest > tol) {
			break
		}
		steps, ok := g.cycle(beta, tol*size)
		if !ok {
			return math.NaN()
		}
		g.update(steps)
		rest = magnitude2(g.g[steps]) / size
		if rest <= tol {
			break
		}
	}
	copy(b, g.x)
	return rest
}

// cycle builds the basis from r, of length beta, until the residual is at most stop.
func (g *gmres[S]) cycle(beta, stop float64) (steps int, ok bool) {
	scaleTo(g.v[0], g.r, 1/beta)
	clear(g.g)
	g.g[0] = fromReal[S](beta)
	for j := range g.m {
		w, h := g.v[j+1], g.h[j]
		if !g.apply(w, g.v[j]) {
			return j, false
		}
		before := length(w)
		clear(h)
		for pass := 0; pass < 2; pass++ { // the second where the first cancelled much
			for i := 0; i <= j; i++ {
				d := innerConjugate(g.v[i], w)
				h[i] += d
				axpy(-d, g.v[i], w)
			}
			if length(w) > 0.1*before {
				break
			}
		}
		next := length(w)
		for i := range j {
			a, b := h[i], h[i+1]
			h[i] = fromReal[S](g.c[i])*a + g.s[i]*b
			h[i+1] = -conjugate(g.s[i])*a + fromReal[S](g.c[i])*b
		}
		top := magnitude2(h[j])
		r := math.Hypot(top, next)
		if !(r > 0) {
			return j, j > 0 // A v is in the span already: nothing is gained
		}
		if top > 0 {
			g.c[j] = top / r
			g.s[j] = h[j] * fromReal[S](next/(top*r))
			h[j] *= fromReal[S](r / top)
		} else {
			g.c[j], g.s[j] = 0, 1
			h[j] = fromReal[S](next)
		}
		g.g[j+1] = -conjugate(g.s[j]) * g.g[j]
		g.g[j] *= fromReal[S](g.c[j])
		if !(magnitude2(g.g[j+1]) > stop) || next <= 1e-15*before {
			return j + 1, true
		}
		scaleTo(w, w, 1/next)
	}
	return g.m, true
}

// update adds the combination of the basis with the least residual to x.
func (g *gmres[S]) update(steps int) {
	y := g.r[:steps]
	for i := steps - 1; i >= 0; i-- {
		v := g.g[i]
		for j := i + 1; j < steps; j++ {
			v -= g.h[j][i] * y[j]
		}
		y[i] = v / g.h[i][i]
	}
	for i, v := range y {
		axpy(v, g.v[i], g.x)
	}
}

// length is the Euclidean norm.
func length[S scalar](v []S) float64 {
	var s float64
	switch v := any(v).(type) {
	case []float64:
		for _, x := range v {
			s += x * x
		}
	case []complex128:
		for _, x := range v {
			s += real(x)*real(x) + imag(x)*imag(x)
		}
	}
	return math.Sqrt(s)
}

// magnitude2 is |x|.
func magnitude2[S scalar](x S) float64 {
	switch x := any(x).(type) {
	case float64:
		return math.Abs(x)
	case complex128:
		return math.Hypot(real(x), imag(x))
	}
	return 0
}

// innerConjugate is Σ ā_i b_i.
func innerConjugate[S scalar](a, b []S) S {
	var s S
	for i, v := range a {
		s += conjugate(v) * b[i]
	}
	return s
}

// scaleTo writes c·a to dst.
func scaleTo[S scalar](dst, a []S, c float64) {
	k := fromReal[S](c)
	for i, v := range a {
		dst[i] = k * v
	}
}
