package solvers

// Interpolant is a dense output of a Runge–Kutta method: over the stages, and where these aren't enough over more that
// follow them,
//
//	y(t + θh) ≈ y + h Σ_i k_i Σ_j P_ij φ_j(θ),   φ_j = θ^(j+1),  j = 0, 1, ...
//
// or, Nested, with Hairer's polynomials
//
//	φ = θ, θ(1−θ), θ²(1−θ), θ²(1−θ)², θ³(1−θ)², ...
//
// A polynomial of high degree has coefficients by powers that are thousands of times larger than its values and cancel,
// which costs as many digits of them; by these they are small where they count.
type Interpolant struct {
	Order  int
	Nested bool
	P      [][]float64 // a row for each stage and each extra stage, all of one length

	A [][]float64 // rows of the extra stages, each over all stages before it
	C []float64
}

// dense is the interpolant, Hermite's cubic where the method has none of its own.
func (t *Tableau) dense() *Interpolant {
	if t.Interpolant != nil {
		return t.Interpolant
	}
	return t.nested(min(t.Order, 3), nil, nil, nil)
}

// nested is the interpolant
//
//	u(θ) = y₀ + θ( F₀ + (1−θ)( F₁ + θ( F₂ + (1−θ)( F₃ + θ( F₄ + ... ))))),
//	F₀ = y₁ − y₀,   F₁ = h f₀ − F₀,   F₂ = 2F₀ − h (f₀ + f₁),   F_j = h Σ_i d_(j−3)i k_i,
//
// Hermite's cubic and a polynomial that leaves values and slopes at the ends alone (Hairer, Nørsett and Wanner I,
// II.6). f₁ is the last stage of an FSAL tableau and the first extra one of another; rows a at c are those of the extra
// stages after it.
func (t *Tableau) nested(order int, d, a [][]float64, c []float64) *Interpolant {
	s := t.stages()
	in := &Interpolant{Order: order, Nested: true}
	end := s - 1
	if !t.fsal() {
		end = s
		in.A, in.C = [][]float64{t.B}, []float64{1}
	}
	in.A, in.C = append(in.A, a...), append(in.C, c...)
	in.P = make([][]float64, s+len(in.A))
	for i := range in.P {
		var b, f0, f1 float64
		if i < s {
			b = t.B[i]
		}
		if i == 0 {
			f0 = 1
		}
		if i == end {
			f1 = 1
		}
		in.P[i] = append(make([]float64, 0, 3+len(d)), b, f0-b, 2*b-f0-f1)
		for _, row := range d {
			in.P[i] = append(in.P[i], row[i])
		}
	}
	return in
}

// powers turns the coefficients g of a nested polynomial, vectors of length n one behind the other of which the first
// belongs to φ = 1, into those of the powers of θ. From the inside out, the sum so far is multiplied by θ, which is a
// matter of where it stands, or by 1 − θ, which takes every coefficient from the one above.
func powers[T Float](g []T, n int) {
	d := len(g)/n - 1
	for k := (d - 1) | 1; k > 0; k -= 2 {
		if k >= d {
			continue
		}
		for i := k * n; i < (k+1)*n; i++ {
			g[i] += g[i+n]
		}
		for i := (k + 1) * n; i < d*n; i++ {
			g[i] = g[i+n] - g[i]
		}
		for i := d * n; i < (d+1)*n; i++ {
			g[i] = -g[i]
		}
	}
}

// transposed applies the transpose of what powers does to vectors c.
func transposed[T Float](c [][]T) {
	d := len(c) - 1
	for k := 1; k < d; k += 2 {
		for p := d; p > k; p-- {
			for i, v := range c[p-1] {
				c[p][i] = v - c[p][i]
			}
		}
	}
}

// check reports what is wrong with the interpolant of a sound tableau.
func (in *Interpolant) check(t *Tableau) error {
	s := t.stages()
	if len(in.A) != len(in.C) || len(in.P) != s+len(in.A) {
		return badInput("interpolant of tableau %q has %d rows of A, %d of C and %d of P for %d stages",
			t.Name, len(in.A), len(in.C), len(in.P), s)
	}
	var all float64
	for i, p := range in.P {
		if len(p) == 0 || len(p) != len(in.P[0]) {
			return badInput("interpolant of tableau %q has %d entries in row %d of P", t.Name, len(p), i)
		}
		if in.Nested {
			p = p[:1] // the others vanish at 1
		}
		all += sum(p)
	}
	if !near(all, 1) {
		return badInput("interpolant of tableau %q makes 1 into %g at θ = 1", t.Name, all)
	}
	return t.checkRows("the interpolant's A", in.A, in.C, s)
}
