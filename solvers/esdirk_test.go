package solvers

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func esdirkTableaus() []*esdirkTableau {
	return []*esdirkTableau{implicitEuler, trapezoid, trbdf2, &kvaerno5, kencarp4}
}

// full is a as a square matrix, with γ on the diagonal but for the first stage.
func (t *esdirkTableau) full() [][]float64 {
	s := len(t.A)
	a := make([][]float64, s)
	for i := range a {
		a[i] = make([]float64, s)
		copy(a[i], t.A[i])
		if i > 0 {
			a[i][i] = t.Gamma
		}
	}
	return a
}

// conditions lists, for each rooted tree up to order 5, order, Φ and 1/γ(t) (Hairer, Nørsett and Wanner I, II.2).
func conditions(a [][]float64, c []float64) (order []int, phi [][]float64, density []float64) {
	s := len(c)
	mul := func(v []float64) []float64 {
		out := make([]float64, s)
		for i := range out {
			out[i] = inner(a[i], v)
		}
		return out
	}
	times := func(u, v []float64) []float64 {
		out := make([]float64, s)
		for i := range out {
			out[i] = u[i] * v[i]
		}
		return out
	}
	one := make([]float64, s)
	for i := range one {
		one[i] = 1
	}
	add := func(o int, v []float64, d float64) {
		order, phi, density = append(order, o), append(phi, v), append(density, 1/d)
	}
	c2 := times(c, c)
	c3 := times(c2, c)
	ac, ac2 := mul(c), mul(c2)
	aac := mul(ac)
	add(1, one, 1)
	add(2, c, 2)
	add(3, c2, 3)
	add(3, ac, 6)
	add(4, c3, 4)
	add(4, times(c, ac), 8)
	add(4, ac2, 12)
	add(4, aac, 24)
	add(5, times(c3, c), 5)
	add(5, times(c2, ac), 10)
	add(5, times(c, ac2), 15)
	add(5, times(c, aac), 30)
	add(5, times(ac, ac), 20)
	add(5, mul(c3), 20)
	add(5, mul(times(c, ac)), 40)
	add(5, mul(ac2), 60)
	add(5, mul(aac), 120)
	return order, phi, density
}

// TestESDIRKConditions: method, embedded solution and interpolant meet the conditions of their orders and no more.
func TestESDIRKConditions(t *testing.T) {
	for _, tab := range esdirkTableaus() {
		a := tab.full()
		s := len(a)
		b := a[s-1]
		order, phi, density := conditions(a, tab.C)
		for i, row := range a {
			if e := math.Abs(sum(row) - tab.C[i]); e > 1e-15 {
				t.Errorf("%s: row %d of A has the sum c + %g", tab.Name, i, e)
			}
		}
		fails := map[string]bool{}
		for k, o := range order {
			embedded := inner(b, phi[k]) - inner(tab.E, phi[k])
			own, other := inner(b, phi[k])-density[k], embedded-density[k]
			if math.Abs(own) > 1e-15 {
				fails[fmt.Sprint("own", o)] = true
			}
			if math.Abs(other) > 1e-15 && !tab.Divided {
				fails[fmt.Sprint("embedded", o)] = true
			}
			for j := range tab.P[0] {
				var got, want float64
				for i := range s {
					got += tab.P[i][j] * phi[k][i]
				}
				if o == j+1 {
					want = density[k]
				}
				if o <= tab.DenseOrder && math.Abs(got-want) > 2e-15 {
					t.Errorf("%s: the interpolant misses a condition of order %d by %g in θ^%d", tab.Name, o, got-want, j+1)
				}
			}
		}
		for o := 1; o <= 5; o++ {
			if o <= tab.Order && fails[fmt.Sprint("own", o)] || o == tab.Order+1 && !fails[fmt.Sprint("own", o)] {
				t.Errorf("%s: conditions of order %d: fails %t", tab.Name, o, fails[fmt.Sprint("own", o)])
			}
			if o <= tab.EmbeddedOrder && fails[fmt.Sprint("embedded", o)] {
				t.Errorf("%s: the embedded solution fails a condition of order %d", tab.Name, o)
			}
		}
	}
}

// TestESDIRKStability: |R(iy)| ≤ 1, and R(∞) = 0 but for the trapezoidal rule's −1; the embedded solution of Kvaerno5 alike.
func TestESDIRKStability(t *testing.T) {
	for _, tab := range esdirkTableaus() {
		// R(z): the stages of y' = zy.
		r := func(z complex128) (last, before complex128) {
			a := tab.full()
			k := make([]complex128, len(a))
			y := complex(1, 0)
			for i := range a {
				y = 1
				for j := range i {
					y += complex(a[i][j], 0) * k[j]
				}
				if i > 0 {
					before, y = last, y/(1-complex(tab.Gamma, 0)*z)
				}
				k[i], last = z*y, y
			}
			return last, before
		}
		for y := 1e-3; y < 1e9; y *= 1.3 {
			a, b := r(complex(0, y))
			if magnitudeOf(a) > 1+1e-9 || tab.Name == "kvaerno5" && magnitudeOf(b) > 1+1e-9 {
				t.Errorf("%s: |R(%gi)| = %g, of the stage before %g", tab.Name, y, magnitudeOf(a), magnitudeOf(b))
			}
		}
		a, b := r(-1e12)
		want := 0.0
		if tab == trapezoid {
			want = 1
		}
		if math.Abs(magnitudeOf(a)-want) > 1e-3 || tab.Name == "kvaerno5" && magnitudeOf(b) > 0.75 {
			t.Errorf("%s: |R(−∞)| = %g, of the stage before %g", tab.Name, magnitudeOf(a), magnitudeOf(b))
		}
	}
}

func magnitudeOf(z complex128) float64 { return math.Hypot(real(z), imag(z)) }

// stiffMethods are the methods for stiff problems under error control, with the factor that errors at the end may exceed the
// tolerance by: 30, as of methods whose steps each err by less than the tolerance, but for TRBDF2, of order 2: the
// errors of its many steps, of h³ each, have the same sign, and their sum over the tolerance goes as rtol^(−1/3). It is
// for low accuracy, and doesn't suit the Oregonator, which multiplies errors.
func stiffMethods() []struct {
	m     Method
	slack float64
	low   bool // order 2 or less
} {
	return []struct {
		m     Method
		slack float64
		low   bool
	}{
		{Kvaerno5{}, 30, false}, {Radau{}, 30, false}, {Radau{Stages: 5}, 30, false}, {Radau{Stages: 7}, 30, false},
		{BDF{}, 30, false}, {Rodas5P{}, 10, false}, {Auto{}, 30, false}, {Auto{Stiff: Rodas5P{}}, 30, false},
		{Auto{Stiff: BDF{}}, 30, false}, {TRBDF2{}, 300, true},
	}
}

// TestStiffPhase: at loose tolerances, where an equation solved badly can make a step jump over an oscillation, none
// does, whatever the tolerance.
func TestStiffPhase(t *testing.T) {
	for _, m := range []Method{Kvaerno5{}, Radau{}, Rodas5P{}, BDF{}, Auto{}} {
		for _, p := range stiffProblems(t) {
			if p.name != "VDPOL" && p.name != "OREGO" {
				continue
			}
			for e := 3.0; e < 4; e += 0.1 {
				rtol := math.Pow(10, -e)
				sol, err := Solve(p.system(true), p.y0, 0, p.t1, &Settings{Method: m, RTol: rtol, ATol: 1e-2 * rtol})
				if err != nil || p.scaled(sol.LastY) > 30*rtol {
					t.Errorf("%s on %s at %.2g: error %g times the tolerance, %v", m.Name(), p.name, rtol, p.scaled(sol.LastY)/rtol, err)
				}
			}
		}
	}
}

// TestStiffErrors: the stiff problems to their ends, Robertson's to 1e11 among them, with and without a Jacobian.
func TestStiffErrors(t *testing.T) {
	var table strings.Builder
	for _, c := range stiffMethods() {
		for _, p := range stiffProblems(t) {
			for _, rtol := range []float64{1e-4, 1e-7, 1e-10} {
				if c.low && rtol < 1e-4 {
					continue
				}
				s := &Settings{Method: c.m, RTol: rtol, ATol: rtol * math.Min(p.small, 1e-2)}
				sol, err := Solve(p.system(true), p.y0, 0, p.t1, s)
				if err != nil {
					t.Errorf("%s on %s at %g: %v", c.m.Name(), p.name, rtol, err)
					continue
				}
				e, st := p.scaled(sol.LastY)/rtol, sol.Stats
				fmt.Fprintf(&table, "%-9s %-6s rtol %.0e  error/rtol %7.2f  f %6d  J %4d  LU %5d  accepted %5d  rejected %4d\n",
					c.m.Name(), p.name, rtol, e, st.F, st.Jacobian, st.Factorizations, st.Accepted, st.Rejected)
				if e > c.slack {
					t.Errorf("%s on %s: error %g times the tolerance %g", c.m.Name(), p.name, e, rtol)
				}
				if rtol == 1e-7 {
					if sol, err = Solve(p.system(false), p.y0, 0, p.t1, s); err != nil || p.scaled(sol.LastY) > 3*c.slack*rtol {
						t.Errorf("%s on %s by differences: %v, error %g times the tolerance", c.m.Name(), p.name, err,
							p.scaled(sol.LastY)/rtol)
					}
				}
			}
		}
	}
	t.Log("\n" + table.String())
}

// TestProtheroRobinson: y' = λ(y − φ) + φ' with λ = −1e6, where methods lose order, doesn't lose accuracy; and a wrong
// initial value is forgotten in a step where R(∞) = 0.
func TestProtheroRobinson(t *testing.T) {
	const lambda = -1e6
	sys := System[float64]{Dim: 1,
		F: func(x float64, y, d []float64) error {
			d[0] = lambda*(y[0]-math.Sin(x)) + math.Cos(x)
			return nil
		},
		Jacobian: func(_ float64, _, j []float64) error { j[0] = lambda; return nil },
	}
	for _, m := range []Method{ImplicitEuler{}, Trapezoid{}, TRBDF2{}, Kvaerno5{}, BDF{}, Rodas5P{}, Auto{}} {
		const tol = 1e-6
		sol, err := Solve(sys, []float64{math.Sin(0.5)}, 0.5, 3, &Settings{Method: m, RTol: tol, ATol: tol})
		if err != nil || math.Abs(sol.LastY[0]-math.Sin(3)) > 10*tol || sol.Stats.Steps > 3000 {
			t.Errorf("%s: error %g, %+v, %v", m.Name(), sol.LastY[0]-math.Sin(3), sol.Stats, err)
		}
		if m == (Trapezoid{}) || m == (Auto{}) {
			continue
		}
		sol, err = Solve(sys, []float64{5}, 0.5, 0.6, &Settings{Method: m, Step: 1})
		if err != nil || math.Abs(sol.LastY[0]-math.Sin(0.6)) > 5e-3 {
			t.Errorf("%s: a step of hλ = 1e5 leaves %g of a perturbation of 4.5, %v", m.Name(), sol.LastY[0]-math.Sin(0.6), err)
		}
	}
}

// TestStiffSingle: float32 states.
func TestStiffSingle(t *testing.T) {
	f := func(_ float64, y, d []float32) error {
		d[0], d[1] = y[1], 1000*(1-y[0]*y[0])*y[1]-y[0]
		return nil
	}
	want := stiffProblems(t)[0].want
	for _, m := range []Method{Kvaerno5{}, TRBDF2{}, BDF{}, Rodas5P{}, Auto{}} {
		sol, err := Solve(System[float32]{Dim: 2, F: f}, []float32{2, 0}, 0, 2000, &Settings{Method: m, RTol: 1e-4, ATol: 1e-5})
		if err != nil || math.Abs(float64(sol.LastY[0])-want[0]) > 0.02 {
			t.Errorf("%s: %v, %v; want %v, %+v", m.Name(), sol.LastY, err, want, sol.Stats)
		}
	}
}

// TestStiffWall: f isn't a number beyond a wall that the solution doesn't reach. Trial steps that do are shortened.
func TestStiffWall(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		for _, m := range []Method{ImplicitEuler{}, Trapezoid{}, TRBDF2{}, Kvaerno5{}, BDF{}, Rodas5P{}, Auto{}} {
			met := 0
			sys := System[float64]{Dim: 2, F: func(x float64, y, d []float64) error {
				d[0], d[1] = 50*(1-y[0])*y[0], 0
				if y[0] > 1.2 || y[0] < -0.5 {
					met++
					d[0], d[1] = bad, bad
				}
				return nil
			}}
			sol, err := Solve(sys, []float64{0.01, 1}, 0, 1, &Settings{Method: m, FirstStep: 0.5, RTol: 1e-4, ATol: 1e-4})
			if err != nil || math.Abs(sol.LastY[0]-1) > 1e-3 {
				t.Errorf("%s: met %d times, %v, %v, %+v", m.Name(), met, sol.LastY, err, sol.Stats)
			}
		}
	}
}

// TestESDIRKGradient compares with differences of Follow, saved times between the steps, and a stiff system.
func TestESDIRKGradient(t *testing.T) {
	for _, m := range []Method{ImplicitEuler{}, Trapezoid{}, TRBDF2{}, Kvaerno5{}, Kvaerno5{Krylov: true}, Auto{},
		Auto{Stiff: Radau{}}, KenCarp4{}} {
		for _, backwards := range []bool{false, true} {
			for _, s := range []Settings{{RTol: 1e-2, ATol: 1e-2}, {RTol: 1e-5, ATol: 1e-5}, {Step: 0.13}} {
				in, w := gradientCase(11, backwards)
				s.Method = m
				g, tape := taped[float64](t, in, w, &s)
				e, where := gradientError(t, in, w, flat(g), tape, 3e-4)
				t.Logf("%s, RTol %g, backwards %t, %d steps: %.1e", m.Name(), s.RTol, backwards, tape.Steps(), e)
				if !(e <= 1e-7) {
					t.Errorf("%s, %+v, backwards %t: the gradient is %.2g off at %s", m.Name(), s, backwards, e, where)
				}
			}
		}
	}
}

// robertsonWith is Robertson's reaction with its rate constants for parameters.
func robertsonWith(k []float64) System[float64] {
	return System[float64]{
		Dim: 3, NumParams: 3,
		F: func(_ float64, y, d []float64) error {
			a, b, c := k[0]*y[0], k[1]*y[1]*y[1], k[2]*y[1]*y[2]
			d[0], d[1], d[2] = -a+c, a-b-c, b
			return nil
		},
		VJP: func(_ float64, y, w, d, wy, wk []float64) (float64, error) {
			a, b, c := w[1]-w[0], w[2]-w[1], w[0]-w[1]
			if d != nil {
				p, q, r := k[0]*y[0], k[1]*y[1]*y[1], k[2]*y[1]*y[2]
				d[0], d[1], d[2] = -p+r, p-q-r, q
			}
			wy[0] = a * k[0]
			wy[1] = 2*b*k[1]*y[1] + c*k[2]*y[2]
			wy[2] = c * k[2] * y[1]
			wk[0] += a * y[0]
			wk[1] += b * y[1] * y[1]
			wk[2] += c * y[1] * y[2]
			return 0, nil
		},
	}
}

// TestStiffGradient: the gradient of Robertson's reaction at t = 100 by its rate constants, against differences of Follow.
func TestStiffGradient(t *testing.T) {
	k := []float64{0.04, 3e7, 1e4}
	y0 := []float64{1, 0, 0}
	for _, c := range []struct {
		m    Method
		rtol float64
	}{
		{TRBDF2{}, 1e-6}, {Kvaerno5{}, 1e-6}, {KenCarp4{}, 1e-6}, {BDF{}, 1e-6}, {Auto{}, 1e-6}, {Auto{}, 1e-8},
		{Auto{Stiff: Radau{}}, 1e-6},
	} {
		m := c.m
		s := &Settings{Method: m, RTol: c.rtol, ATol: 1e-4 * c.rtol}
		_, tape, err := SolveTape(robertsonWith(k), y0, 0, 100, s)
		if err != nil {
			t.Fatal(err)
		}
		g, err := tape.Backward(robertsonWith(k), [][]float64{{1, 1e4, 0}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range k {
			at := func(x float64) float64 {
				p := append([]float64(nil), k...)
				p[i] *= 1 + x
				ys, err := tape.Follow(robertsonWith(p), y0, 0, 100, []float64{100})
				if err != nil {
					t.Fatal(err)
				}
				return ys[0][0] + 1e4*ys[0][1]
			}
			const e = 1e-3
			fd := (8*(at(e)-at(-e)) - (at(2*e) - at(-2*e))) / (12 * e)
			if d := math.Abs(fd - g.Theta[i]*k[i]); d > 1e-7*math.Abs(fd) {
				t.Errorf("%s: k%d ∂L/∂k%d is %.12g; differences %.12g", m.Name(), i, i, g.Theta[i]*k[i], fd)
			}
		}
		t.Logf("%s: %d steps, gradient %+v", m.Name(), tape.Steps(), g.Stats)
	}
}

// TestStiffAllocations: an accepted step does not allocate, with a Jacobian by differences and with constant steps.
func TestStiffAllocations(t *testing.T) {
	f, _ := vanDerPol(50)
	for _, m := range []Method{ImplicitEuler{}, Trapezoid{}, TRBDF2{}, Kvaerno5{}, BDF{}, Rodas5P{}, Auto{}} {
		for _, s := range []*Settings{{Method: m, MaxStep: 0.5}, {Method: m, Step: 1e-2}} {
			it, err := NewIntegrator(System[float64]{Dim: 2, F: f}, []float64{2, 0}, 0, 1e5, s)
			if err != nil {
				t.Fatal(err)
			}
			for range 50 {
				it.Step()
			}
			if n := testing.AllocsPerRun(100, func() {
				if !it.Step() {
					t.Fatal(it.Err())
				}
			}); n != 0 {
				t.Errorf("%s, Step %g: %g allocations a step", m.Name(), s.Step, n)
			}
		}
	}
}

// coarse are the methods whose estimate is that of the solution they step to, so that the error is about the tolerance
// times the number of steps: TestCoarse, TestStiffErrors.
func coarse(m Method) bool {
	switch m.Name() {
	case "impliciteuler", "trapezoid", "trbdf2", "bdf":
		return true
	}
	return false
}

// TestCoarse: the error is at most ten times the tolerance times the number of steps, forward and backward in time.
func TestCoarse(t *testing.T) {
	for _, m := range Methods() {
		if !coarse(m) {
			continue
		}
		for _, p := range problems() {
			for _, q := range []problem{p, p.backwards()} {
				for _, tol := range []float64{1e-4, 1e-6} {
					s := &Settings{Method: m, RTol: tol, ATol: tol, SaveAt: nodes(q.t0, q.t1, 17, true)}
					sol, err := Solve(q.system(), q.exact(q.t0), q.t0, q.t1, s)
					if err != nil {
						t.Fatal(err)
					}
					var e float64
					for i, x := range sol.T {
						e = math.Max(e, maxDiff(sol.Y[i], q.exact(x)))
					}
					if e > 10*tol*float64(sol.Stats.Accepted) {
						t.Errorf("%s on %s: error %.2g at tolerance %g in %d steps", m.Name(), q.name, e, tol, sol.Stats.Accepted)
					}
				}
			}
		}
	}
}
