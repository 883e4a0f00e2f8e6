package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// TestSeparableMethods: they are found by their names, and are not among those for all systems.
func TestSeparableMethods(t *testing.T) {
	for _, m := range SeparableMethods() {
		if got, err := MethodByName(m.Name()); err != nil || got != m || !m.Info().Separable || m.Info().Order != m.Order() {
			t.Errorf("%s: %v, %v", m.Name(), got, err)
		}
	}
	for _, m := range Methods() {
		if m.Info().Separable {
			t.Errorf("%s is for separable systems", m.Name())
		}
	}
}

// TestCompositions: the weights are symmetric, add up to 1, and their cubes, and from order 6 on their fifth powers, to 0.
func TestCompositions(t *testing.T) {
	for _, c := range []*composition{&verlet, &yoshida4, &suzuki4, &kahanli6} {
		var at float64
		for _, g := range c.weights {
			if at += g; c != &yoshida4 && (at < 0 || at > 1+1e-15) {
				t.Errorf("%s leaves the interval of a step", c.name)
			}
		}
		for power := 1; power < c.order; power += 2 {
			var s float64
			for i, g := range c.weights {
				s += math.Pow(g, float64(power))
				if g != c.weights[len(c.weights)-1-i] {
					t.Errorf("%s isn't symmetric", c.name)
				}
			}
			want := 0.0
			if power == 1 {
				want = 1
			}
			if math.Abs(s-want) > 1e-14 {
				t.Errorf("%s: Σ γ^%d = %g; want %g", c.name, power, s, want)
			}
		}
	}
}

// swung has the solution q = cos 2t + t, p = sin t + 1/2, and time in both halves:
//
//	q' = p³ + q̇ − p(t)³,   p' = −sin q + ṗ + sin q(t).
func swung() problem {
	exact := func(t float64) []float64 { return []float64{math.Cos(2*t) + t, math.Sin(t) + 0.5} }
	return problem{
		name: "swung", t0: 0, t1: 2.5, exact: exact,
		f: func(t float64, y, d []float64) error {
			e := exact(t)
			d[0] = y[1]*y[1]*y[1] + 1 - 2*math.Sin(2*t) - e[1]*e[1]*e[1]
			d[1] = -math.Sin(y[0]) + math.Cos(t) + math.Sin(e[0])
			return nil
		},
	}
}

// TestSymplecticOrder measures the orders, and those of the interpolants.
func TestSymplecticOrder(t *testing.T) {
	var table strings.Builder
	for _, m := range SeparableMethods() {
		for _, p := range []problem{problems()[2], swung()} {
			for _, q := range []problem{p, p.backwards()} {
				for _, jitter := range []bool{false, true} {
					var x, y []float64
					for _, n := range []int{20, 40, 80, 160, 320} {
						if e := onGrid(t, m, q, n, jitter); e > 1e-13 {
							x, y = append(x, -math.Log(float64(n))), append(y, math.Log(e))
						}
					}
					x, y = x[len(x)-3:], y[len(y)-3:]
					got := slope(x, y)
					fmt.Fprintf(&table, "%-10s %-20s irregular=%-5t order %.2f\n", m.Name(), q.name, jitter, got)
					if want := float64(m.Order()); got < want-0.35 || got > want+1 {
						t.Errorf("%s on %s, irregular %t: order %.2f; want %d", m.Name(), q.name, jitter, got, m.Order())
					}
				}
			}
			var x, y []float64
			for h := 0.1; h > 0.01; h /= 1.5 {
				sol, err := Solve(p.system(), p.exact(0.4), 0.4, 0.4+h, &Settings{Method: m, Step: 1, Dense: true})
				if err != nil {
					t.Fatal(err)
				}
				var e float64
				dst := make([]float64, 2)
				for _, theta := range []float64{0.15, 0.35, 0.5, 0.7, 0.9} {
					if err := sol.Eval(0.4+theta*h, dst); err != nil {
						t.Fatal(err)
					}
					e = math.Max(e, maxDiff(dst, p.exact(0.4+theta*h)))
				}
				x, y = append(x, math.Log(h)), append(y, math.Log(e))
			}
			if got, want := slope(x, y), float64(m.Info().DenseOrder+1); got < want-0.4 || got > want+1.1 {
				t.Errorf("%s on %s: the interpolant's local order is %.2f; want %g", m.Name(), p.name, got, want)
			}
		}
	}
	t.Log("\n" + table.String())
}

// kepler is the motion about a fixed centre, of energy p²/2 − 1/|q|.
func kepler() System[float64] {
	return System[float64]{
		Dim: 4,
		F: func(_ float64, y, d []float64) error {
			r := math.Hypot(y[0], y[1])
			d[0], d[1], d[2], d[3] = y[2], y[3], -y[0]/(r*r*r), -y[1]/(r*r*r)
			return nil
		},
		VJP: func(_ float64, y, w, d, wy, _ []float64) (float64, error) {
			r := math.Hypot(y[0], y[1])
			r3, r5 := r*r*r, r*r*r*r*r
			if d != nil {
				d[0], d[1], d[2], d[3] = y[2], y[3], -y[0]/r3, -y[1]/r3
			}
			in := 3 * (w[2]*y[0] + w[3]*y[1]) / r5
			wy[0], wy[1], wy[2], wy[3] = in*y[0]-w[2]/r3, in*y[1]-w[3]/r3, w[0], w[1]
			return 0, nil
		},
	}
}

// keplerStart has eccentricity 0.3: period 2π, energy −1/2.
func keplerStart() []float64 { return []float64{0.7, 0, 0, math.Sqrt(1.3 / 0.7)} }

// TestEnergy: over 20 000 steps the energy and the angular momentum err no more than in the first 2 000, and the
// angular momentum not at all, while RK4 loses energy all the time.
func TestEnergy(t *testing.T) {
	const h = 0.05
	energies := map[string]struct {
		sys System[float64]
		y0  []float64
		of  func(y []float64) float64
	}{
		"kepler": {kepler(), keplerStart(), func(y []float64) float64 {
			return (y[2]*y[2]+y[3]*y[3])/2 - 1/math.Hypot(y[0], y[1])
		}},
		"pendulum": {(&problem{f: problems()[2].f, exact: problems()[2].exact}).system(), []float64{1.5, 0},
			func(y []float64) float64 {
				return y[1]*y[1]/2 - math.Cos(y[0])
			}},
	}
	for name, c := range energies {
		for _, m := range append(SeparableMethods(), RK4{}) {
			it, err := NewIntegrator(c.sys, c.y0, 0, 20000*h, &Settings{Method: m, Step: h})
			if err != nil {
				t.Fatal(err)
			}
			var early, late, turned float64
			for n := 0; it.Step(); n++ {
				y := it.Y()
				e := math.Abs(c.of(y) - c.of(c.y0))
				if n < 2000 {
					early = math.Max(early, e)
				} else {
					late = math.Max(late, e)
				}
				if name == "kepler" {
					turned = math.Max(turned, math.Abs(y[0]*y[3]-y[1]*y[2]-math.Sqrt(1.3*0.7)))
				}
			}
			if it.Err() != nil {
				t.Fatal(it.Err())
			}
			t.Logf("%s, %s: energy errors %.2g and %.2g, angular momentum %.2g", name, m.Name(), early, late, turned)
			if !m.Info().Separable {
				if late < 5*early {
					t.Errorf("%s keeps the energy of %s; the test has no power", m.Name(), name)
				}
				continue
			}
			if late > 1.05*early+1e-11 || turned > 1e-11 {
				t.Errorf("%s, %s: energy errors %g in the first steps, %g later, angular momentum %g", name, m.Name(), early, late,
					turned)
			}
		}
	}
}

// TestSymplectic: the derivative J of the map from y₀ to y has JᵀΩJ = Ω, Ω = (0 I; −I 0).
func TestSymplectic(t *testing.T) {
	omega := func(a, b []float64) float64 { return a[0]*b[2] + a[1]*b[3] - a[2]*b[0] - a[3]*b[1] }
	for _, m := range append(SeparableMethods(), RK4{}) {
		_, tape, err := SolveTape(kepler(), keplerStart(), 0, 3, &Settings{Method: m, Step: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		rows := make([][]float64, 4)
		for i := range rows {
			w := make([]float64, 4)
			w[i] = 1
			g, err := tape.Backward(kepler(), [][]float64{w})
			if err != nil {
				t.Fatal(err)
			}
			rows[i] = g.Y0
		}
		// The rows of J, as the columns, are a symplectic basis: JΩJᵀ = Ω too.
		var worst float64
		for i := range rows {
			for j := range rows {
				want := 0.0
				if j == i+2 {
					want = 1
				} else if i == j+2 {
					want = -1
				}
				worst = math.Max(worst, math.Abs(omega(rows[i], rows[j])-want))
			}
		}
		if m.Info().Separable != (worst < 1e-12) {
			t.Errorf("%s: JΩJᵀ is %g away from Ω", m.Name(), worst)
		}
	}
}

// TestSymmetric: a thousand steps and a thousand back end where they began.
func TestSymmetric(t *testing.T) {
	for _, m := range SeparableMethods() {
		s := &Settings{Method: m, Step: 0.02}
		there, err := Solve(kepler(), keplerStart(), 0, 20, s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Solve(kepler(), there.LastY, 20, 0, s)
		if err != nil {
			t.Fatal(err)
		}
		if d := maxDiff(back.LastY, keplerStart()); d > 1e-11 {
			t.Errorf("%s: %g away from y0", m.Name(), d)
		}
	}
}

// halves is q' = tanh(V p + b sin t), p' = tanh(A q + c cos t) of k positions with θ = (V, b, A, c).
func halves[T Float](dim, k int, theta []T) System[T] {
	weights := func(i int) (w, b []T, from, to int) {
		v := k * (dim - k)
		if i < k {
			return theta[i*(dim-k) : (i+1)*(dim-k)], theta[v+i : v+i+1], k, dim
		}
		a, i := theta[v+k:], i-k
		return a[i*k : (i+1)*k], a[v+i : v+i+1], 0, k
	}
	wave := func(i int, t float64) (float64, float64) {
		if i < k {
			return math.Sin(t), math.Cos(t)
		}
		return math.Cos(t), -math.Sin(t)
	}
	value := func(t float64, y []T, i int) T {
		w, b, from, to := weights(i)
		s, _ := wave(i, t)
		return T(math.Tanh(dot(w, y[from:to]) + float64(b[0])*s))
	}
	return System[T]{
		Dim:       dim,
		NumParams: len(theta),
		F: func(t float64, y, d []T) error {
			for i := range d {
				d[i] = value(t, y, i)
			}
			return nil
		},
		VJP: func(t float64, y, c, d, wy, wtheta []T) (float64, error) {
			clear(wy)
			var wt float64
			for i := range y {
				a := value(t, y, i)
				if d != nil {
					d[i] = a
				}
				g := c[i] * (1 - a*a)
				w, b, from, to := weights(i)
				s, ds := wave(i, t)
				wt += float64(g*b[0]) * ds
				at := k * (dim - k)
				if i < k {
					wtheta[at+i] += g * T(s)
					at = i * (dim - k)
				} else {
					wtheta[2*at+k+i-k] += g * T(s)
					at += k + (i-k)*k
				}
				for j := range w {
					wtheta[at+j] += g * y[from+j]
					wy[from+j] += g * w[j]
				}
				_ = to
			}
			return wt, nil
		},
	}
}

// TestSymplecticGradient compares with central differences of Solve, of three positions and two momenta.
func TestSymplecticGradient(t *testing.T) {
	for _, m := range []Method{Verlet{3}, Yoshida4{3}, Suzuki4{3}, KahanLi6{3}, StepDoubling{Method: Verlet{3}}} {
		for _, backwards := range []bool{false, true} {
			for _, step := range []float64{0.13, 5} {
				in, _ := gradientCase(3, backwards)
				rng := rand.New(rand.NewSource(4))
				in.y0, in.theta = draw(rng, 5), draw(rng, 6+3+6+2)
				w := make([][]float64, len(in.ts))
				for i := range w {
					w[i] = draw(rng, 5)
				}
				value := func() float64 {
					sol, err := Solve(halves(5, 3, in.theta), in.y0, in.t0, in.t1, &Settings{Method: m, Step: step, SaveAt: in.ts})
					if err != nil {
						t.Fatal(err)
					}
					return loss(w, sol.Y)
				}
				compare(t, in, flat(gradientOf(t, halves(5, 3, in.theta), in, w, &Settings{Method: m, Step: step})), 1e-8, value)
				single := gradientOf(t, halves(5, 3, convert[float32](in.theta)), in, w, &Settings{Method: m, Step: step})
				compare(t, in, flat(single), 1e-5, value)
			}
		}
	}
}

// gradientOf is the gradient of Σ w_i · Y_i by a tape.
func gradientOf[T Float](t *testing.T, sys System[T], in *inputs, w [][]float64, s *Settings) *Gradient[T] {
	t.Helper()
	s.SaveAt = in.ts
	_, tape, err := SolveTape(sys, convert[T](in.y0), in.t0, in.t1, s)
	if err != nil {
		t.Fatal(err)
	}
	ct := make([][]T, len(w))
	for i, v := range w {
		ct[i] = convert[T](v)
	}
	g, err := tape.Backward(sys, ct)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestInterpolantGradient differentiates the coefficients of one step's interpolant and its end by the state, θ and
// both times.
func TestInterpolantGradient(t *testing.T) {
	rng := rand.New(rand.NewSource(8))
	for _, m := range []Method{
		Verlet{3}, Yoshida4{3}, Suzuki4{3}, KahanLi6{3},
		Reversible{}, Reversible{Method: Euler{}}, Reversible{Method: Dopri5{}, Lambda: 0.9},
		StepDoubling{}, StepDoubling{Plain: true}, StepDoubling{Method: Euler{}}, StepDoubling{Method: Dopri5{}, Plain: true},
		StepDoubling{Method: Verlet{3}}, StepDoubling{Method: Trapezoid{}}, StepDoubling{Method: ImplicitEuler{}, Plain: true},
		StepDoubling{Method: TRBDF2{}}, StepDoubling{Method: Kvaerno5{}}, StepDoubling{Method: KenCarp4{}, Plain: true},
	} {
		in := &inputs{y0: draw(rng, 5), theta: draw(rng, 17), t0: 0.4, t1: 1.1, ts: []float64{0.4, 1.1}}
		var w, wc []float64
		env := func() *environment[float64] {
			e := newEnvironment(halves(5, 3, in.theta), &Settings{Norm: RMS{}, RTol: 1e-6, ATol: 1e-6, Method: m})
			e.exact = true
			return e
		}
		value := func() float64 {
			s, err := newStepper(m, env())
			if err != nil {
				t.Fatal(err)
			}
			s.reset()
			y1 := make([]float64, 5)
			o, err := s.attempt(in.t0, in.t1, in.y0, y1)
			if err != nil || o.fail != nil {
				t.Fatal(o, err)
			}
			s.accept()
			coef, err := s.interpolant(nil)
			if err != nil {
				t.Fatal(err)
			}
			if w == nil {
				w, wc = draw(rng, 5), draw(rng, len(coef))
			}
			return dot(w, y1) + dot(wc, coef)
		}
		value()
		e := env()
		s, err := newStepper(m, e)
		if err != nil {
			t.Fatal(err)
		}
		d := s.(differentiable[float64])
		tape := &Tape[float64]{dim: 5, carry: d.carrySize(), t: []float64{in.t0, in.t1}}
		tape.state.init(5+tape.carry, 0)
		copy(tape.state.next(), in.y0)
		tape.state.next()
		bar := &cotangents[float64]{y: append([]float64(nil), w...), dense: wc, theta: make([]float64, 17),
			grid: make([]float64, 2)}
		if _, err := d.replay(tape, 0, true); err != nil {
			t.Fatal(err)
		}
		if err := d.pullback(bar); err != nil {
			t.Fatal(err)
		}
		got := append(append(append(append([]float64(nil), bar.y...), bar.theta...), bar.grid...), 0, 0)
		t.Run(fmt.Sprintf("%s/%s", m.Name(), m.Info().Family), func(t *testing.T) { compare(t, in, got, 1e-8, value) })
	}
}

// TestSymplecticCounts: two evaluations a weight and one at the start; an interpolant takes one at each end of a step,
// of which neighbouring steps share one.
func TestSymplecticCounts(t *testing.T) {
	for _, c := range []struct {
		m Method
		s int
	}{{Verlet{}, 1}, {Yoshida4{}, 3}, {Suzuki4{}, 5}, {KahanLi6{}, 9}} {
		sol, err := Solve(kepler(), keplerStart(), 0, 1, &Settings{Method: c.m, Step: 0.1})
		if err != nil || sol.Stats.F != 10*2*c.s+1 {
			t.Errorf("%s: %+v, %v", c.m.Name(), sol.Stats, err)
		}
		sol, err = Solve(kepler(), keplerStart(), 0, 1, &Settings{Method: c.m, Step: 0.1, Dense: true})
		if err != nil || sol.Stats.F != 10*2*c.s+1+10 {
			t.Errorf("%s, dense: %+v, %v", c.m.Name(), sol.Stats, err)
		}
	}
}

// TestSymplecticDoesNotAllocate, nor do other settings of the methods that take another.
func TestSymplecticDoesNotAllocate(t *testing.T) {
	for _, m := range append(SeparableMethods(), Reversible{Method: Dopri5{}}, StepDoubling{Method: Verlet{}},
		StepDoubling{Method: Euler{}, Plain: true}) {
		it, err := NewIntegrator(kepler(), keplerStart(), 0, 1e6, &Settings{Method: m, Step: 1e-3})
		if err != nil {
			t.Fatal(err)
		}
		y := make([]float64, 4)
		step := func() {
			if !it.Step() {
				t.Fatal(it.Err())
			}
			before, _ := it.Last()
			if err := it.Interpolate((before+it.T())/2, y); err != nil {
				t.Fatal(err)
			}
		}
		step()
		if n := testing.AllocsPerRun(100, step); n != 0 {
			t.Errorf("%s: %g allocations a step", m.Name(), n)
		}
	}
}

// TestPositions: a state that has no halves needs Positions, which must leave something on both sides.
func TestPositions(t *testing.T) {
	sys := halves(5, 3, make([]float64, 17))
	for _, m := range []Method{Verlet{}, Verlet{5}, Yoshida4{-1}, Suzuki4{6}, KahanLi6{}} {
		_, err := Solve(sys, make([]float64, 5), 0, 1, &Settings{Method: m, Step: 0.1})
		if wantStatus(t, err, BadInput); !errors.Is(err, ErrBadInput) {
			t.Errorf("%#v: %v", m, err)
		}
	}
}
