package solvers

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// tree is a rooted tree, the list of the trees below its root.
type tree []tree

// known are the trees that trees has made.
var known = map[int][]tree{1: {{}}}

// trees returns the rooted trees of n nodes, each once.
func trees(n int) []tree {
	if _, ok := known[n]; !ok {
		known[n] = forests(n-1, n-1, -1) // each forest under a root
	}
	return known[n]
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

// precision is that of the arithmetic below, far beyond the coefficients'.
const precision = 200

func float(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// elementary computes Φ_i(t) = Π_children Σ_j a_ij Φ_j(child) for all stages of a tableau, and bounds the rounding of
// its a_ij.
type elementary struct {
	a     [][]*big.Float
	phis  map[string][]*big.Float
	sizes map[string][]float64
}

func newElementary(a [][]float64) *elementary {
	return &elementary{a: fractions(a), phis: make(map[string][]*big.Float), sizes: make(map[string][]float64)}
}

func (e *elementary) phi(t tree) []*big.Float {
	key := fmt.Sprint(t)
	if out, ok := e.phis[key]; ok {
		return out
	}
	out := make([]*big.Float, len(e.a))
	for i := range out {
		out[i] = float(1)
	}
	for _, c := range t {
		below := e.phi(c)
		for i := range out {
			s := float(0)
			for j, v := range e.a[i] {
				s.Add(s, new(big.Float).Mul(v, below[j]))
			}
			out[i].Mul(out[i], s)
		}
	}
	e.phis[key] = out
	return out
}

// size is Φ_i(t) of the a_ij's absolute values: a relative error ε in every one of them moves Φ_i by at most order(t) ε
// times it.
func (e *elementary) size(t tree) []float64 {
	key := fmt.Sprint(t)
	if out, ok := e.sizes[key]; ok {
		return out
	}
	out := make([]float64, len(e.a))
	for i := range out {
		out[i] = 1
	}
	for _, c := range t {
		below := e.size(c)
		for i := range out {
			var s float64
			for j, v := range e.a[i] {
				f, _ := v.Float64()
				s += math.Abs(f) * below[j]
			}
			out[i] *= s
		}
	}
	e.sizes[key] = out
	return out
}

// residual is Σ w_i Φ_i(t) − want, and what the rounding of the coefficients to floats may make of it.
func (e *elementary) residual(w []*big.Float, t tree, want *big.Float) (r, rounding float64) {
	s := new(big.Float).Neg(want)
	phi, size := e.phi(t), e.size(t)
	for i, v := range w {
		s.Add(s, new(big.Float).Mul(v, phi[i]))
		f, _ := v.Float64()
		rounding += 0x1p-53 * float64(t.order()) * math.Abs(f) * size[i]
	}
	r, _ = s.Float64()
	return math.Abs(r), rounding
}

// fractions turns floats into the fractions that they were written as, where these are simple.
func fractions(rows [][]float64) [][]*big.Float {
	out := make([][]*big.Float, len(rows))
	for i, r := range rows {
		out[i] = make([]*big.Float, len(r))
		for j, v := range r {
			q := rational(v)
			out[i][j] = float(v)
			if q.Denom().BitLen() < 25 {
				out[i][j].SetRat(q)
			}
		}
	}
	return out
}

// inverse is 1/n.
func inverse(n int64) *big.Float { return new(big.Float).Quo(float(1), float(float64(n))) }

func TestTrees(t *testing.T) {
	// Sloane's A000081.
	for n, want := range []int{0, 1, 1, 2, 4, 9, 20, 48, 115, 286, 719} {
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

// tableaus are those of all explicit Runge–Kutta methods, and a few that users bring.
func tableaus() []*Tableau {
	all := []*Tableau{brought(), bulged(), &dopri5Quartic, &tsit5Quartic, &dop853Septic}
	for _, m := range Methods() {
		if tab, ok := TableauOf(m); ok {
			all = append(all, tab)
		}
	}
	return all
}

// brought is a tableau as a user brings it: Bogacki and Shampine's 3(2) pair without a word on its dense output.
func brought() *Tableau {
	return &Tableau{
		Name: "brought", Order: 3, EmbeddedOrder: 2,
		A: [][]float64{{}, {0.5}, {0, 0.75}, {2. / 9, 1. / 3, 4. / 9}},
		B: []float64{2. / 9, 1. / 3, 4. / 9, 0},
		C: []float64{0, 0.5, 0.75, 1},
		E: []float64{2./9 - 7./24, 1./3 - 1./4, 4./9 - 1./3, -1. / 8},
	}
}

// bulged is the classical method with an interpolant that has two extra stages, f at the end and f at Hermite's middle,
//
//	u(θ) = Hermite + θ²(1−θ)² h (k_6 − k_3),
//
// of order 2 only, for k_3 is the poorer middle.
func bulged() *Tableau {
	t := rk4Cubic
	t.Name = "bulged"
	in := t.dense()
	in.P, in.Nested = byPowers(in), false
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
// fractions and to their rounding where they aren't, the same of the embedded b̂ = b − e up to its order, and that no
// order is claimed too low.
func TestOrderConditions(t *testing.T) {
	var table strings.Builder
	for _, tab := range tableaus() {
		e := newElementary(tab.A)
		b := fractions([][]float64{tab.B})[0]
		check := func(name string, w []*big.Float, order int) {
			var worst, next float64
			for n := 1; n <= order; n++ {
				for _, tr := range trees(n) {
					r, rounding := e.residual(w, tr, inverse(tr.gamma()))
					worst = math.Max(worst, r)
					if r > math.Min(1e-15+rounding, 1e-13) {
						t.Errorf("%s: %s: tree %v of order %d has residual %g", tab.Name, name, tr, n, r)
					}
				}
			}
			for _, tr := range trees(order + 1) {
				r, _ := e.residual(w, tr, inverse(tr.gamma()))
				next = math.Max(next, r)
			}
			fmt.Fprintf(&table, "%-9s %-6s order %d to %.1e, the next to %.1e\n", tab.Name, name, order, worst, next)
			if next < 1e-6 {
				t.Errorf("%s: %s fulfils the conditions of order %d too", tab.Name, name, order+1)
			}
		}
		check("b", b, tab.Order)
		for i, row := range e.a {
			s := float(-tab.C[i])
			var size float64
			for j, v := range row {
				s.Add(s, v)
				size += math.Abs(tab.A[i][j])
			}
			if d, _ := s.Float64(); math.Abs(d) > 0x1p-53*(1+size) {
				t.Errorf("%s: row %d of A less c is %g", tab.Name, i, d)
			}
		}
		embedded := func(name string, e []float64, order int) {
			if e == nil {
				return
			}
			hat := make([]*big.Float, len(b))
			total := float(0)
			for i, v := range fractions([][]float64{e})[0] {
				hat[i] = new(big.Float).Sub(b[i], v)
				total.Add(total, v)
			}
			if s, _ := total.Float64(); math.Abs(s) > 1e-15 {
				t.Errorf("%s: %s sums to %g", tab.Name, name, s)
			}
			check("b − "+name, hat, order)
		}
		embedded("e", tab.E, tab.EmbeddedOrder)
		embedded("e2", tab.E2, tab.EmbeddedOrder2)
	}
	t.Log("\n" + table.String())
}

// TestInterpolantConditions checks, power by power of θ, that Σ_i P_i(θ) Φ_i(t) = θ^order(t)/γ(t) up to the interpolant's
// order and not beyond, and that it meets the step's ends: P(1) = b, and, where it is at least cubic, P'(0) = k_1 and
// P'(1) = f(t₁, y₁).
func TestInterpolantConditions(t *testing.T) {
	var table strings.Builder
	for _, tab := range tableaus() {
		in := tab.dense()
		e := newElementary(append(append([][]float64{}, tab.A...), in.A...))
		columns := exactPowers(in)
		worst, next := 0.0, 0.0
		for n := 1; n <= in.Order+1; n++ {
			for _, tr := range trees(n) {
				if n > len(columns) {
					next = math.Max(next, 1/float64(tr.gamma()))
				}
				for j, w := range columns {
					want := float(0)
					if j+1 == n {
						want = inverse(tr.gamma())
					}
					r, rounding := e.residual(w, tr, want)
					if n > in.Order {
						next = math.Max(next, r)
						continue
					}
					worst = math.Max(worst, r)
					// The P of a Hermite form are sums of fractions in floats.
					if r > math.Min(1e-13+4*rounding, 1e-10) {
						t.Errorf("%s: tree %v, θ^%d: %g", tab.Name, tr, j+1, r)
					}
				}
			}
		}
		fmt.Fprintf(&table, "%-9s interpolant of order %d to %.1e, the next to %.1e\n", tab.Name, in.Order, worst, next)
		if next < 1e-6 {
			t.Errorf("%s: the interpolant fulfils the conditions of order %d too", tab.Name, in.Order+1)
		}
		end := len(tab.B)
		if tab.fsal() {
			end--
		}
		for i, p := range byPowers(in) {
			b, size := 0.0, 0.0
			if i < len(tab.B) {
				b = tab.B[i]
			}
			for j, v := range p {
				size += float64(j+1) * math.Abs(v)
			}
			tol := 1e-14 + 0x1p-53*size
			if math.Abs(sum(p)-b) > tol {
				t.Errorf("%s: P(1) of stage %d is %g; b is %g", tab.Name, i, sum(p), b)
			}
			if len(p) < 3 {
				continue
			}
			first, last := 0.0, 0.0
			if i == 0 {
				first = 1
			}
			if i == end {
				last = 1
			}
			var d float64
			for j, v := range p {
				d += float64(j+1) * v
			}
			if p[0] != first || math.Abs(d-last) > tol {
				t.Errorf("%s: stage %d has slopes %g and %g at the ends; want %g and %g", tab.Name, i, p[0], d, first, last)
			}
		}
	}
	t.Log("\n" + table.String())
}

// byPowers is P by the powers of θ.
func byPowers(in *Interpolant) [][]float64 {
	out := make([][]float64, len(in.P))
	for i, p := range in.P {
		out[i] = append([]float64{0}, p...)
		if in.Nested {
			powers(out[i], 1)
		}
		out[i] = out[i][1:]
	}
	return out
}

// exactPowers are the columns of P by the powers of θ, with no rounding: by Horner's rule on the polynomials as they are
// written.
func exactPowers(in *Interpolant) [][]*big.Float {
	columns := make([][]*big.Float, len(in.P[0]))
	for _, p := range in.P {
		var poly []*big.Float // by powers from θ⁰
		for j := len(p) - 1; j >= 0; j-- {
			next := []*big.Float{float(0)}
			next = append(next, poly...) // times θ
			if in.Nested && j%2 == 0 && len(poly) > 0 {
				for l, v := range poly { // times 1 − θ, the factor after φ_j's
					next[l] = new(big.Float).Add(next[l], v)
				}
				for l := 1; l < len(next); l++ {
					next[l] = new(big.Float).Sub(float(0), poly[l-1])
					if l < len(poly) {
						next[l].Add(next[l], poly[l])
					}
				}
			}
			next[0] = new(big.Float).Add(next[0], float(p[j]))
			poly = next
		}
		for j, v := range poly {
			columns[j] = append(columns[j], v)
		}
	}
	return columns
}

// TestEnd: every method that interpolates with f at the new state hands it on to the next step.
func TestEnd(t *testing.T) {
	for _, tab := range tableaus() {
		m := newERK(newEnvironment(System[float64]{Dim: 1}, &Settings{Norm: RMS{}}), tab)
		if (m.end < 0) != (len(tab.dense().P[0]) < 3) {
			t.Errorf("%s: stage %d is f at the end", tab.Name, m.end)
		}
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
		if d := maxDiff(byPowers(dopri5Quartic.Interpolant)[i], row); d > 1e-14 {
			t.Errorf("row %d of P differs by %g", i, d)
		}
	}
}

func TestFSAL(t *testing.T) {
	for _, tab := range tableaus() {
		want := slices.Contains([]string{"dopri5", "bosh3", "tsit5", "brought"}, tab.Name)
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
		func(b *Tableau) { b.E2 = b.E },
		func(b *Tableau) { b.E2, b.EmbeddedOrder2 = b.E, 2 },
		func(b *Tableau) { b.EmbeddedOrder2 = 1 },
		func(b *Tableau) { b.E2, b.EmbeddedOrder2 = b.E[:3], 1 },
		func(b *Tableau) { b.E2, b.EmbeddedOrder2 = []float64{1, 0, 0, 0}, 1 },
		func(b *Tableau) { b.Interpolant = &Interpolant{Order: 1, P: [][]float64{{1}}} },
		func(b *Tableau) { b.Interpolant = &Interpolant{Order: 1, P: [][]float64{{1}, {}, {0}, {0}}} },
		func(b *Tableau) { b.Interpolant = &Interpolant{Order: 1, P: [][]float64{{1}, {1}, {0}, {0}}} },
		func(b *Tableau) {
			b.Interpolant = b.dense()
			b.Interpolant.A, b.Interpolant.C = [][]float64{{1}}, []float64{1}
			b.Interpolant.P = append(b.Interpolant.P, []float64{0, 0, 0})
		},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b := brought()
			spoil(b)
			m := ExplicitRK{Tableau: b}
			sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error { d[0] = y[0]; return nil }}
			_, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: m})
			wantStatus(t, err, BadInput)
			m.Info()
		})
	}
}
