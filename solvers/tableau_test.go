package solvers

import (
	"fmt"
	"math"
	"math/big"
	"testing"
)

// tree is a rooted tree, the list of the trees below its root.
type tree []tree

// trees returns the rooted trees of n nodes, each once.
func trees(n int) []tree {
	if n == 1 {
		return []tree{{}}
	}
	return forests(n-1, n-1, -1) // each forest under a root
}

// forests returns the multisets of trees of n nodes in all, of trees that come no later than tree `which` of size `size`
// in the order of sizes and of trees; which −1 is the last.
func forests(n, size, which int) []tree {
	if n == 0 {
		return []tree{{}}
	}
	var out []tree
	for s := min(n, size); s >= 1; s-- {
		ts := trees(s)
		from := len(ts) - 1
		if s == size && which >= 0 {
			from = which
		}
		for i := from; i >= 0; i-- {
			for _, rest := range forests(n-s, s, i) {
				out = append(out, append(tree{ts[i]}, rest...))
			}
		}
	}
	return out
}

func (t tree) order() int {
	n := 1
	for _, c := range t {
		n += c.order()
	}
	return n
}

// gamma is the density γ(t) = order · Π γ(children).
func (t tree) gamma() int64 {
	g := int64(t.order())
	for _, c := range t {
		g *= c.gamma()
	}
	return g
}

// phi is Φ_i(t) = Π_children Σ_j a_ij Φ_j(child), for all stages.
func (t tree) phi(a [][]*big.Rat) []*big.Rat {
	out := make([]*big.Rat, len(a))
	for i := range out {
		out[i] = big.NewRat(1, 1)
	}
	for _, c := range t {
		below := c.phi(a)
		for i := range out {
			s := new(big.Rat)
			for j, v := range a[i] {
				s.Add(s, new(big.Rat).Mul(v, below[j]))
			}
			out[i].Mul(out[i], s)
		}
	}
	return out
}

func TestTrees(t *testing.T) {
	// Sloane's A000081.
	for n, want := range []int{0, 1, 1, 2, 4, 9, 20, 48} {
		if n > 0 && len(trees(n)) != want {
			t.Errorf("%d rooted trees of %d nodes; there are %d", len(trees(n)), n, want)
		}
	}
}

// rational recovers the fraction that a literal such as 19372./6561 was written as: the first convergent of the float's
// continued fraction that rounds to the float.
func rational(x float64) *big.Rat {
	exact := new(big.Rat).SetFloat64(x)
	p0, q0, p1, q1 := big.NewInt(0), big.NewInt(1), big.NewInt(1), big.NewInt(0)
	rest := new(big.Rat).Set(exact)
	for {
		whole := new(big.Int).Div(rest.Num(), rest.Denom()) // floor, as the denominator is positive
		p0, p1 = p1, new(big.Int).Add(new(big.Int).Mul(whole, p1), p0)
		q0, q1 = q1, new(big.Int).Add(new(big.Int).Mul(whole, q1), q0)
		r := new(big.Rat).SetFrac(p1, q1)
		if f, _ := r.Float64(); f == x {
			return r
		}
		rest.Sub(rest, new(big.Rat).SetInt(whole))
		rest.Inv(rest)
	}
}

func rationals(rows [][]float64) [][]*big.Rat {
	out := make([][]*big.Rat, len(rows))
	for i, r := range rows {
		out[i] = make([]*big.Rat, len(r))
		for j, v := range r {
			out[i][j] = rational(v)
		}
	}
	return out
}

// residual is Σ w_i φ_i − want, as a float64.
func residual(w, phi []*big.Rat, want *big.Rat) float64 {
	s := new(big.Rat).Neg(want)
	for i, v := range w {
		s.Add(s, new(big.Rat).Mul(v, phi[i]))
	}
	f, _ := s.Float64()
	return f
}

// tableaus are those of all explicit Runge–Kutta methods, and a few that users bring.
func tableaus() []*Tableau {
	all := []*Tableau{bosh3(), kutta38(), midpoint(), bulged()}
	for _, m := range Methods() {
		var z environment[float64]
		z.sys.Dim = 1
		if s, err := m.newStepper64(&z); err == nil {
			if e, ok := s.(*erk[float64]); ok {
				all = append(all, e.tab)
			}
		}
	}
	return all
}

// bosh3 is Bogacki and Shampine's 3(2) pair, as a user would bring it.
func bosh3() *Tableau {
	return &Tableau{
		Name: "bosh3", Order: 3, EmbeddedOrder: 2,
		A: [][]float64{{}, {0.5}, {0, 0.75}, {2. / 9, 1. / 3, 4. / 9}},
		B: []float64{2. / 9, 1. / 3, 4. / 9, 0},
		C: []float64{0, 0.5, 0.75, 1},
		E: []float64{2./9 - 7./24, 1./3 - 1./4, 4./9 - 1./3, -1. / 8},
	}
}

// kutta38 is Kutta's 3/8 rule, of order 4.
func kutta38() *Tableau {
	return &Tableau{
		Name: "three-eighths", Order: 4,
		A: [][]float64{{}, {1. / 3}, {-1. / 3, 1}, {1, -1, 1}},
		B: []float64{1. / 8, 3. / 8, 3. / 8, 1. / 8},
		C: []float64{0, 1. / 3, 2. / 3, 1},
	}
}

// midpoint is Runge's method of order 2.
func midpoint() *Tableau {
	return &Tableau{
		Name: "midpoint", Order: 2,
		A: [][]float64{{}, {0.5}},
		B: []float64{0, 1},
		C: []float64{0, 0.5},
	}
}

// bulged is the classical method with an interpolant that has two extra stages, f at the end and f at Hermite's middle,
//
//	u(θ) = Hermite + θ²(1−θ)² h (k_6 − k_3),
//
// of order 2 only, for k_3 is the poorer middle.
func bulged() *Tableau {
	t := rk4
	t.Name = "bulged"
	in := t.hermite(nil)
	middle := make([]float64, 5)
	for i, p := range in.P {
		middle[i] = p[0]/2 + p[1]/4 + p[2]/8
	}
	bump := func(d float64) []float64 { return []float64{0, d, -2 * d, d} }
	for i, p := range in.P {
		in.P[i] = append(p, 0)
	}
	for j, v := range bump(-1) {
		in.P[2][j] += v
	}
	in.P = append(in.P, bump(1))
	in.A, in.C = append(in.A, middle), append(in.C, 0.5)
	in.Order = 2
	t.Interpolant = in
	return &t
}

// TestOrderConditions checks Σ b_i Φ_i(t) = 1/γ(t) for every tree up to the order, exactly where the coefficients are
// fractions, the same of the embedded b̂ = b − e up to its order, and that the next order is not claimed too low.
func TestOrderConditions(t *testing.T) {
	for _, tab := range tableaus() {
		t.Run(tab.Name, func(t *testing.T) {
			a, b := rationals(tab.A), rationals([][]float64{tab.B})[0]
			check := func(name string, w []*big.Rat, order int) {
				for n := 1; n <= min(order, 8); n++ {
					for _, tr := range trees(n) {
						if r := residual(w, tr.phi(a), big.NewRat(1, tr.gamma())); math.Abs(r) > 1e-15 {
							t.Errorf("%s: tree %v of order %d has residual %g", name, tr, n, r)
						}
					}
				}
				worst := 0.0
				for _, tr := range trees(order + 1) {
					worst = math.Max(worst, math.Abs(residual(w, tr.phi(a), big.NewRat(1, tr.gamma()))))
				}
				if worst < 1e-6 {
					t.Errorf("%s fulfils the conditions of order %d too", name, order+1)
				}
			}
			check("b", b, tab.Order)
			for i, row := range a {
				s := new(big.Rat)
				for _, v := range row {
					s.Add(s, v)
				}
				if c, _ := s.Float64(); math.Abs(c-tab.C[i]) > 1e-15 {
					t.Errorf("row %d of A sums to %g; c is %g", i, c, tab.C[i])
				}
			}
			if tab.E == nil {
				return
			}
			e := rationals([][]float64{tab.E})[0]
			hat := make([]*big.Rat, len(b))
			total := new(big.Rat)
			for i := range b {
				hat[i] = new(big.Rat).Sub(b[i], e[i])
				total.Add(total, e[i])
			}
			if s, _ := total.Float64(); math.Abs(s) > 1e-15 {
				t.Errorf("E sums to %g", s)
			}
			check("b − e", hat, tab.EmbeddedOrder)
		})
	}
}

// TestInterpolantConditions checks, power by power of θ, that Σ_i P_i(θ) Φ_i(t) = θ^order(t)/γ(t) up to the interpolant's
// order, and that it meets the step's ends: P(1) = b, and, where it is at least cubic, P'(0) = k_1 and P'(1) = f(t₁, y₁).
func TestInterpolantConditions(t *testing.T) {
	for _, tab := range tableaus() {
		t.Run(tab.Name, func(t *testing.T) {
			in := tab.dense()
			a := rationals(append(append([][]float64{}, tab.A...), in.A...))
			// The P of Dopri5 are sums of fractions of 11 digits in floats: 16 digits of the largest, about 13.
			const tol = 1e-13
			for n := 1; n <= in.Order; n++ {
				for _, tr := range trees(n) {
					phi := tr.phi(a)
					for j := range in.P[0] {
						want := 0.0
						if j+1 == n {
							want = 1 / float64(tr.gamma())
						}
						var s float64
						for i, p := range in.P {
							f, _ := phi[i].Float64()
							s += p[j] * f
						}
						if math.Abs(s-want) > tol {
							t.Errorf("tree %v, θ^%d: %g; want %g", tr, j+1, s, want)
						}
					}
				}
			}
			last := len(in.P) - 1
			if tab.Name == "bulged" {
				last--
			}
			for i, p := range in.P {
				b := 0.0
				if i < len(tab.B) {
					b = tab.B[i]
				}
				if math.Abs(sum(p)-b) > tol {
					t.Errorf("P(1) of stage %d is %g; b is %g", i, sum(p), b)
				}
				if len(p) < 3 {
					continue
				}
				first, end := 0.0, 0.0
				if i == 0 {
					first = 1
				}
				if i == last {
					end = 1
				}
				var d float64
				for j, v := range p {
					d += float64(j+1) * v
				}
				if p[0] != first || math.Abs(d-end) > tol {
					t.Errorf("stage %d has slopes %g and %g at the ends; want %g and %g", i, p[0], d, first, end)
				}
			}
		})
	}
}

// TestDopri5Interpolant compares P with the fractions that SciPy's RK45 has for the same interpolant.
func TestDopri5Interpolant(t *testing.T) {
	want := [][]float64{
		{1, -8048581381. / 2820520608, 8663915743. / 2820520608, -12715105075. / 11282082432},
		{0, 0, 0, 0},
		{0, 131558114200. / 32700410799, -68118460800. / 10900136933, 87487479700. / 32700410799},
		{0, -1754552775. / 470086768, 14199869525. / 1410260304, -10690763975. / 1880347072},
		{0, 127303824393. / 49829197408, -318862633887. / 49829197408, 701980252875. / 199316789632},
		{0, -282668133. / 205662961, 2019193451. / 616988883, -1453857185. / 822651844},
		{0, 40617522. / 29380423, -110615467. / 29380423, 69997945. / 29380423},
	}
	for i, row := range want {
		if d := maxDiff(dopri5.Interpolant.P[i], row); d > 1e-14 {
			t.Errorf("row %d of P differs by %g", i, d)
		}
	}
}

func TestFSAL(t *testing.T) {
	for _, tab := range tableaus() {
		want := tab.Name == "Dopri5" || tab.Name == "bosh3"
		if tab.fsal() != want {
			t.Errorf("%s: FSAL is %t", tab.Name, tab.fsal())
		}
	}
}

func TestTableauCheck(t *testing.T) {
	for _, tab := range tableaus() {
		if err := tab.Check(); err != nil {
			t.Error(err)
		}
	}
	for i, spoil := range []func(*Tableau){
		func(b *Tableau) { b.B = nil },
		func(b *Tableau) { b.Order = 0 },
		func(b *Tableau) { b.A = b.A[:3] },
		func(b *Tableau) { b.A[2] = []float64{0.75} },
		func(b *Tableau) { b.A[2][1] = 0.7 },
		func(b *Tableau) { b.B[0] = math.NaN() },
		func(b *Tableau) { b.C[1] = 0.4 },
		func(b *Tableau) { b.E = b.E[:2] },
		func(b *Tableau) { b.E[0] = 1 },
		func(b *Tableau) { b.EmbeddedOrder = 0 },
		func(b *Tableau) { b.Interpolant = &Interpolant{Order: 1, P: [][]float64{{1}}} },
		func(b *Tableau) { b.Interpolant = &Interpolant{Order: 1, P: [][]float64{{1}, {}, {0}, {0}}} },
		func(b *Tableau) { b.Interpolant = &Interpolant{Order: 1, P: [][]float64{{1}, {1}, {0}, {0}}} },
		func(b *Tableau) {
			b.Interpolant = b.hermite(nil)
			b.Interpolant.A, b.Interpolant.C = [][]float64{{1}}, []float64{1}
			b.Interpolant.P = append(b.Interpolant.P, []float64{0, 0, 0})
		},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b := bosh3()
			spoil(b)
			m := ExplicitRK{Tableau: b}
			sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error { d[0] = y[0]; return nil }}
			_, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: m})
			wantStatus(t, err, BadInput)
			m.Info()
		})
	}
}
