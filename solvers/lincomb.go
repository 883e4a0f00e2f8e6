package solvers

import "gorgonode/internal/kernel"

// combination is a linear combination of vectors that are bound once, Σ a_j v_j, without the terms whose coefficient is 0.
type combination[T Float] struct {
	a []float64
	v [][]T
	c []T // a scaled, in the state's type
}

// reserve makes room for n terms.
func (m *combination[T]) reserve(n int) { newTermRoom[T](n).reserve(m, n) }

// termRoom is room for the terms of several combinations, which a solve of few small steps would notice one by one.
type termRoom[T Float] combination[T]

func newTermRoom[T Float](n int) *termRoom[T] {
	return &termRoom[T]{make([]float64, n), make([][]T, n), make([]T, n)}
}

// reserve gives m room for n terms.
func (r *termRoom[T]) reserve(m *combination[T], n int) {
	m.a, m.v, m.c = r.a[:0:n], r.v[:0:n], r.c[:0:n]
	r.a, r.v, r.c = r.a[n:], r.v[n:], r.c[n:]
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
	if n >= wide {
		kernel.Combine(dst, y, c, m.v)
		return
	}
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
		m.narrow(dst, y)
	}
}

// wide is the number of components from which on the passes over a state are the kernels'. Below it their calls cost
// more than they spare, and the numbers do not depend on the processor.
const wide = 32

// narrow is to for many terms.
func (m *combination[T]) narrow(dst, y []T) {
	var buf [wide]T
	s := buf[:len(dst)]
	c, v := m.c, m.v
	for ; len(c) >= 4; c, v = c[4:], v[4:] {
		c0, v0, c1, v1 := c[0], v[0][:len(s)], c[1], v[1][:len(s)]
		c2, v2, c3, v3 := c[2], v[2][:len(s)], c[3], v[3][:len(s)]
		for i := range s {
			s[i] += c0*v0[i] + c1*v1[i] + c2*v2[i] + c3*v3[i]
		}
	}
	for j, cj := range c {
		vj := v[j][:len(s)]
		for i := range s {
			s[i] += cj * vj[i]
		}
	}
	for i, si := range s {
		dst[i] = y[i] + si
	}
}

// dot is Σ a_i b_i, summed in float64: of a wide one in four sums, which do not wait for each other.
func dot[T Float](a, b []T) float64 {
	b = b[:len(a)]
	var s, s1, s2, s3 float64
	if len(a) >= wide {
		for ; len(a) >= 4 && len(b) >= 4; a, b = a[4:], b[4:] {
			s += float64(a[0]) * float64(b[0])
			s1 += float64(a[1]) * float64(b[1])
			s2 += float64(a[2]) * float64(b[2])
			s3 += float64(a[3]) * float64(b[3])
		}
		s = (s + s1) + (s2 + s3)
	}
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
