package solvers

import "math"

// sharpened is the tableau with an interpolant of one order more, for an evaluation of f at each of the places c of a
// step. Let u be the interpolant that it has, right to O(h^q). Then h f(t + c_i h, u(c_i)) is the solution's slope
// there to O(h^(q+1)), and so is the polynomial of Hermite and Birkhoff, with the values and slopes of the step's ends
// and these slopes within, where its degree 3 + len(c) is above q. The polynomial through all places but the last is as
// good as u, and better as a rule: the last is evaluated at it.
//
// The places must determine the polynomial. A quartic has no other slope at 1/2 than the ends give it.
//
// Enright, Jackson, Nørsett and Thomsen, "Interpolants for Runge-Kutta formulas", ACM TOMS 12 (1986) 193-218.
func (t Tableau) sharpened(c ...float64) Tableau {
	from := t.dense()
	a, at := from.A, from.C
	if !t.fsal() {
		a, at = a[1:], at[1:] // nested prepends f₁
	}
	known := len(from.P) // stages before those of c
	a, at = append([][]float64{}, a...), append(append([]float64{}, at...), c...)
	for i, x := range c {
		u := from
		if i == len(c)-1 {
			u = t.nested(from.Order, t.slopes(known, c[:i]), a, at[:len(a)])
		}
		row := make([]float64, known+i)
		for j, p := range u.P {
			for l, v := range p {
				phi, _ := nestedTerm(l, x)
				row[j] += v * phi
			}
		}
		a = append(a, row)
	}
	t.Interpolant = t.nested(from.Order+1, t.slopes(known, c), a, at)
	return t
}

// slopes are the d of nested for which the polynomial's slope at c_i is h k of stage from+i: with H Hermite's cubic,
//
//	Σ_j φ'_(3+j)(c_i) d_j = k_(from+i) − H'(c_i)/h.
func (t *Tableau) slopes(from int, c []float64) [][]float64 {
	n := len(c)
	cubic := t.nested(3, nil, nil, nil).P
	m := make([][]float64, n) // the equations: factors of the d_j, then the right side by stages
	for i, x := range c {
		m[i] = make([]float64, n+from+n)
		for j := range c {
			_, m[i][j] = nestedTerm(3+j, x)
		}
		right := m[i][n:]
		right[from+i] = 1
		for j, p := range cubic {
			for l, v := range p {
				_, slope := nestedTerm(l, x)
				right[j] -= v * slope
			}
		}
	}
	for j := range m { // Gauss and Jordan
		for i := j + 1; i < n; i++ {
			if math.Abs(m[i][j]) > math.Abs(m[j][j]) {
				m[i], m[j] = m[j], m[i]
			}
		}
		for l := len(m[j]) - 1; l >= j; l-- {
			m[j][l] /= m[j][j]
		}
		for i := range m {
			if i == j {
				continue
			}
			for l := len(m[i]) - 1; l >= j; l-- {
				m[i][l] -= m[i][j] * m[j][l]
			}
		}
	}
	d := make([][]float64, n)
	for j, row := range m {
		d[j] = row[n:]
	}
	return d
}

// nestedTerm is φ_j(x) = x^p (1−x)^q of the nested form, and its derivative.
func nestedTerm(j int, x float64) (phi, slope float64) {
	p, q := j/2+1, (j+1)/2
	phi = 1
	for range p {
		phi *= x
	}
	for range q {
		phi *= 1 - x
	}
	return phi, phi * (float64(p)/x - float64(q)/(1-x))
}
