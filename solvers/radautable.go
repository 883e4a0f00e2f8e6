package solvers

import "math/cmplx"

// radauCoefficients are a Radau IIA method in terms of the increments Z_i = u(t + c_i h) − y_n.
type radauCoefficients struct {
	s  int
	c  []float64
	d  [][]float64 // A⁻¹: h u'(t + c_i h) = Σ_j d_ij Z_j
	d0 []float64   // h u'(t) = Σ_j d0_j Z_j
	p  [][]float64 // u(t + θh) = y_n + Σ_j θ^j Σ_i p_ij Z_i, j = 1..s; p[i][j−1]

	gamma  float64 // the real eigenvalue of A⁻¹, with the eigenvectors of both sides
	right  []float64
	left   []float64
	lambda []complex128 // one of each pair of complex ones
	cright [][]complex128
	cleft  [][]complex128
}

// The nodes and the eigenvalues of A⁻¹ to 20 digits, computed in 50. For s = 3 the nodes are (4 ∓ √6)/10 and 1, and the real
// eigenvalue is 3 + 3^(2/3) − 3^(1/3).
var (
	radau3 = newRadauCoefficients(
		[]float64{0.15505102572168219018, 0.64494897427831780982, 1},
		3.6378342527444957322,
		[]complex128{2.6810828736277521339 - 3.0504301992474105694i})
	radau5 = newRadauCoefficients(
		[]float64{0.057104196114517682193, 0.27684301363812382768, 0.58359043236891682006, 0.86024013565621944785, 1},
		6.2867047517292766452,
		[]complex128{3.6556943254635722582 - 6.543736899360077294i, 5.7009532986717894192 - 3.2102656003085498884i})
	radau7 = newRadauCoefficients(
		[]float64{0.029316427159784891972, 0.14807859966848429185, 0.3369846902811542991, 0.55867151877155013208,
			0.76923386203005450092, 0.92694567131974111485, 1},
		8.9368327884052163373,
		[]complex128{4.3786935615068060025 - 10.169693283795011627i, 7.1410552191876401058 - 6.6230459226392759706i,
			8.5118348251029457231 - 3.28101362432505883i})
)

// radauTable returns the coefficients for s stages, or nil.
func radauTable(s int) *radauCoefficients {
	switch s {
	case 3:
		return radau3
	case 5:
		return radau5
	case 7:
		return radau7
	}
	return nil
}

// newRadauCoefficients derives everything from the nodes: the derivatives of the Lagrange polynomials over x = (0, c) are
//
//	ℓ_j'(x_i) = (w_j/w_i)/(x_i − x_j),  ℓ_i'(x_i) = Σ_{k≠i} 1/(x_i − x_k),   w_i = 1/Π_{k≠i}(x_i − x_k)
//
// with hardly any loss of digits (Berrut and Trefethen, "Barycentric Lagrange interpolation", SIAM Rev. 46 (2004)).
func newRadauCoefficients(c []float64, gamma float64, lambda []complex128) *radauCoefficients {
	s := len(c)
	r := &radauCoefficients{s: s, c: c, gamma: gamma, lambda: lambda}
	x := append([]float64{0}, c...)
	w := make([]float64, s+1)
	for i := range w {
		w[i] = 1
		for k, v := range x {
			if k != i {
				w[i] /= x[i] - v
			}
		}
	}
	slope := func(j, i int) (v float64) {
		if i != j {
			return w[j] / w[i] / (x[i] - x[j])
		}
		for k := range x {
			if k != i {
				v += 1 / (x[i] - x[k])
			}
		}
		return v
	}
	for i := 0; i <= s; i++ {
		row := make([]float64, s)
		for j := range row {
			row[j] = slope(j+1, i)
		}
		if i == 0 {
			r.d0 = row
		} else {
			r.d = append(r.d, row)
		}
	}
	for i := range c {
		// ℓ_i = w_i θ Π_{k≠i} (θ − c_k), multiplied out.
		p := make([]float64, s)
		p[0] = w[i+1]
		degree := 0
		for k, v := range c {
			if k == i {
				continue
			}
			degree++
			for j := degree; j > 0; j-- {
				p[j] = p[j-1] - v*p[j]
			}
			p[0] *= -v
		}
		r.p = append(r.p, p)
	}
	right, left := eigenvectors(r.d, complex(gamma, 0))
	for i := range c {
		r.right, r.left = append(r.right, real(right[i])), append(r.left, real(left[i]))
	}
	for _, l := range lambda {
		right, left := eigenvectors(r.d, l)
		r.cright, r.cleft = append(r.cright, right), append(r.cleft, left)
	}
	return r
}

// eigenvectors returns the right and the left eigenvector of d for a simple eigenvalue, scaled to left·right = 1, by
// inverse iteration.
func eigenvectors(d [][]float64, lambda complex128) (right, left []complex128) {
	s := len(d)
	lu := newBlockLU[complex128](&layout{n: s, blocks: 1, size: s}, make([]float64, s*s))
	for i, row := range d {
		copy(lu.j[i*s:], row)
	}
	lu.factor(lambda + complex(1e-9*cmplx.Abs(lambda), 0))
	right, left = make([]complex128, s), make([]complex128, s)
	for i := range right {
		right[i], left[i] = 1, complex(1, float64(i))
	}
	if imag(lambda) == 0 {
		copy(left, right)
	}
	for range 4 {
		lu.solve(right)
		lu.solveTransposed(left)
		scaleTo(right, right, 1/length(right))
		scaleTo(left, left, 1/length(left))
	}
	k := 1 / inner(left, right)
	for i := range left {
		left[i] *= k
	}
	return right, left
}

// extrapolation writes to row the ℓ_i(1 + x) of the nodes, by which u(t + h + x h) = y_n + Σ row_i Z_i.
func (r *radauCoefficients) extrapolation(x float64, row []float64) {
	theta := 1 + x
	for i, p := range r.p {
		v := p[r.s-1]
		for j := r.s - 2; j >= 0; j-- {
			v = v*theta + p[j]
		}
		row[i] = v * theta
	}
}
