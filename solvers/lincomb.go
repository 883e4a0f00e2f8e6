package solvers

// combination is a linear combination of vectors that are bound once, Σ a_j v_j, without the terms whose coefficient is 0.
type combination[T Float] struct {
	a []float64
	v [][]T
	c []T // a scaled, in the state's type
}

// reserve makes room for n terms.
func (m *combination[T]) reserve(n int) {
	m.a, m.v, m.c = make([]float64, 0, n), make([][]T, 0, n), make([]T, 0, n)
}

// add appends a term.
func (m *combination[T]) add(a float64, v []T) {
	if a == 0 {
		return
	}
	m.a = append(m.a, a)
	m.v = append(m.v, v)
	m.c = append(m.c, 0)
}

// to writes y + h Σ a_j v_j to dst, the sum first: its terms are small beside y, and so y's last digits are rounded once.
// dst may be y; it must not be one of the v's.
func (m *combination[T]) to(dst, y []T, h float64) {
	for j, a := range m.a {
		m.c[j] = T(h * a)
	}
	n := len(dst)
	y = y[:n]
	c := m.c
	switch len(c) {
	case 0:
		copy(dst, y)
	case 1:
		c0, v0 := c[0], m.v[0][:n]
		for i := range dst {
			dst[i] = y[i] + c0*v0[i]
		}
	case 2:
		c0, v0, c1, v1 := c[0], m.v[0][:n], c[1], m.v[1][:n]
		for i := range dst {
			dst[i] = y[i] + (c0*v0[i] + c1*v1[i])
		}
	case 3:
		c0, v0, c1, v1, c2, v2 := c[0], m.v[0][:n], c[1], m.v[1][:n], c[2], m.v[2][:n]
		for i := range dst {
			dst[i] = y[i] + (c0*v0[i] + c1*v1[i] + c2*v2[i])
		}
	case 4:
		c0, v0, c1, v1 := c[0], m.v[0][:n], c[1], m.v[1][:n]
		c2, v2, c3, v3 := c[2], m.v[2][:n], c[3], m.v[3][:n]
		for i := range dst {
			dst[i] = y[i] + (c0*v0[i] + c1*v1[i] + c2*v2[i] + c3*v3[i])
		}
	case 5:
		c0, v0, c1, v1 := c[0], m.v[0][:n], c[1], m.v[1][:n]
		c2, v2, c3, v3 := c[2], m.v[2][:n], c[3], m.v[3][:n]
		c4, v4 := c[4], m.v[4][:n]
		for i := range dst {
			dst[i] = y[i] + (c0*v0[i] + c1*v1[i] + c2*v2[i] + c3*v3[i] + c4*v4[i])
		}
	case 6:
		c0, v0, c1, v1 := c[0], m.v[0][:n], c[1], m.v[1][:n]
		c2, v2, c3, v3 := c[2], m.v[2][:n], c[3], m.v[3][:n]
		c4, v4, c5, v5 := c[4], m.v[4][:n], c[5], m.v[5][:n]
		for i := range dst {
			dst[i] = y[i] + (c0*v0[i] + c1*v1[i] + c2*v2[i] + c3*v3[i] + c4*v4[i] + c5*v5[i])
		}
	default:
		m.blocks(dst, y)
	}
}

// blockLen is how many components blocks sums at a time, little enough for the first cache.
const blockLen = 256

// blocks is to for many terms: four vectors at a time over a block that stays in the cache.
func (m *combination[T]) blocks(dst, y []T) {
	var buf [blockLen]T
	for from := 0; from < len(dst); from += blockLen {
		to := min(from+blockLen, len(dst))
		s := buf[:to-from]
		clear(s)
		c, v := m.c, m.v
		for ; len(c) >= 4; c, v = c[4:], v[4:] {
			c0, v0, c1, v1 := c[0], v[0][from:to], c[1], v[1][from:to]
			c2, v2, c3, v3 := c[2], v[2][from:to], c[3], v[3][from:to]
			v0, v1, v2, v3 = v0[:len(s)], v1[:len(s)], v2[:len(s)], v3[:len(s)]
			for i := range s {
				s[i] += c0*v0[i] + c1*v1[i] + c2*v2[i] + c3*v3[i]
			}
		}
		for j, cj := range c {
			vj := v[j][from:to]
			vj = vj[:len(s)]
			for i := range s {
				s[i] += cj * vj[i]
			}
		}
		d, x := dst[from:to], y[from:to]
		d, x = d[:len(s)], x[:len(s)]
		for i, si := range s {
			d[i] = x[i] + si
		}
	}
}

// dot is Σ a_i b_i, summed in float64.
func dot[T Float](a, b []T) float64 {
	b = b[:len(a)]
	var s float64
	for i, v := range a {
		s += float64(v) * float64(b[i])
	}
	return s
}

// isZero reports whether every component is 0.
func isZero[T Float](v []T) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

// vectors returns n vectors of length dim that lie one behind the other.
func vectors[T Float](n, dim int) [][]T {
	flat := make([]T, n*dim)
	v := make([][]T, n)
	for i := range v {
		v[i] = flat[i*dim : (i+1)*dim : (i+1)*dim]
	}
	return v
}
