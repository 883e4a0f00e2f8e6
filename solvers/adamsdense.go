package solvers

// interpolant is the polynomial of dense, with f(t₁, y₁), and a cubic more that makes up for the difference in y₁ (a
// corrector used f(t₁, p)) and leaves the slopes at the ends alone: neighbouring pieces meet in value and slope.
func (m *adams[T]) interpolant(dst []T) ([]T, error) {
	if m.k == 0 {
		return m.start.interpolant(dst)
	}
	if !m.have {
		if err := m.env.f(m.t1, m.y1, m.f[0]); err != nil {
			return nil, err
		}
		m.have = true
	}
	return m.coefficients(dst, m.f[1:], m.f[0]), nil
}

// coefficients appends the interpolant's, for the old values f of f and the one at the end of the step.
func (m *adams[T]) coefficients(dst []T, f [][]T, end []T) []T {
	k := m.denseOrder()
	m.w.dense(k, &m.r)
	dim, at := len(m.y), len(dst)
	degree := max(3, k+1)
	dst = append(dst, m.y...)
	for range degree {
		dst = append(dst, m.env.zero...)
	}
	for i, y := range m.y {
		gap := float64(m.y1[i] - y)
		for j := 0; j <= k; j++ {
			s := m.r[j][k] * float64(end[i])
			for l := range k {
				s += m.r[j][l] * float64(f[l][i])
			}
			dst[at+(j+1)*dim+i] = T(s)
			gap -= s
		}
		dst[at+2*dim+i] += T(3 * gap)
		dst[at+3*dim+i] -= T(2 * gap)
	}
	return dst
}

// denseOrder is the number of old values in the interpolant.
func (m *adams[T]) denseOrder() int {
	if m.choice != nil {
		return m.k
	}
	return m.kp
}
