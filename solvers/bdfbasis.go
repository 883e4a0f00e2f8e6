package solvers

// lagrangeBasis has the coefficients of the polynomials L_i(x) = Σ_d c_id x^d that are 1 at node i and 0 at the others.
type lagrangeBasis struct {
	n int
	x [maxBDF + 2]float64
	c [maxBDF + 2][maxBDF + 2]float64
}

// on makes the basis on the nodes x.
func (b *lagrangeBasis) on(x []float64) {
	b.n = copy(b.x[:], x)
	for i := range x {
		c := &b.c[i]
		*c = [maxBDF + 2]float64{0: 1}
		degree := 0
		for j, xj := range x {
			if j == i {
				continue
			}
			s := 1 / (x[i] - xj)
			degree++
			for d := degree; d > 0; d-- {
				c[d] = s * (c[d-1] - xj*c[d])
			}
			c[0] *= -xj * s
		}
	}
}

// slope is p'(x) of the polynomial with the values v at the nodes, curvature p″(x).
func (b *lagrangeBasis) slope(v []float64, x float64) float64 {
	var s float64
	for d := b.n - 1; d >= 1; d-- {
		s = s*x + float64(d)*b.power(v, d)
	}
	return s
}

func (b *lagrangeBasis) curvature(v []float64, x float64) float64 {
	var s float64
	for d := b.n - 1; d >= 2; d-- {
		s = s*x + float64(d*(d-1))*b.power(v, d)
	}
	return s
}

// power is the coefficient of x^d.
func (b *lagrangeBasis) power(v []float64, d int) float64 {
	var s float64
	for i := range b.n {
		s += b.c[i][d] * v[i]
	}
	return s
}
