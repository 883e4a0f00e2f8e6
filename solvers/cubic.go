package solvers

// cubic appends the coefficients of Hermite's cubic through two states and their slopes,
//
//	c_0 = y₀,   c_1 = h f₀,   c_2 = 3(y₁ − y₀) − h(2f₀ + f₁),   c_3 = −2(y₁ − y₀) + h(f₀ + f₁).
func cubic[T Float](dst, y0, y1, f0, f1 []T, h float64) []T {
	x := T(h)
	dst = append(dst, y0...)
	for _, f := range f0 {
		dst = append(dst, x*f)
	}
	for i, f := range f0 {
		dst = append(dst, 3*(y1[i]-y0[i])-x*(2*f+f1[i]))
	}
	for i, f := range f0 {
		dst = append(dst, x*(f+f1[i])-2*(y1[i]-y0[i]))
	}
	return dst
}

// cubicBack are the cotangents of what a cubic goes through.
type cubicBack[T Float] struct {
	y0, y1 []T
	k0, k1 []T // of h f₀ and h f₁
}

func newCubicBack[T Float](dim int) *cubicBack[T] {
	v := vectors[T](4, dim)
	return &cubicBack[T]{y0: v[0], y1: v[1], k0: v[2], k1: v[3]}
}

// pull takes the cotangents of the coefficients.
func (b *cubicBack[T]) pull(c []T) {
	n := len(b.y0)
	c0, c1, c2, c3 := c[:n], c[n:2*n], c[2*n:3*n], c[3*n:4*n]
	for i := range b.y0 {
		b.y1[i] = 3*c2[i] - 2*c3[i]
		b.y0[i] = c0[i] - b.y1[i]
		b.k0[i] = c1[i] - 2*c2[i] + c3[i]
		b.k1[i] = c3[i] - c2[i]
	}
}

// pullSlope goes back through h f(t, y): with the cotangent k it adds to that of y and of θ, and returns those of t and
// of h. wy is room.
func (e *environment[T]) pullSlope(t, h float64, y, k, f, wy, ybar, thetabar []T) (tbar, hbar float64, err error) {
	hbar = dot(f, k)
	for i := range k {
		k[i] *= T(h)
	}
	if isZero(k) {
		return 0, hbar, nil
	}
	tbar, err = e.vjp(t, y, k, nil, wy, thetabar)
	if err != nil {
		return 0, 0, err
	}
	addTo(ybar, wy)
	return tbar, hbar, nil
}
