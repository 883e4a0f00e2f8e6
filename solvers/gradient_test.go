package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"
)

// network is y'_i = tanh( Σ_j W_ij y_j + b_i sin t ) − y_i/4 with θ = (W, b): not linear, not autonomous, every derivative
// different from zero.
func network[T Float](dim int, theta []T) System[T] {
	w, b := theta[:dim*dim], theta[dim*dim:]
	act := func(t float64, y []T, i int) T {
		s := float64(b[i]) * math.Sin(t)
		for j, v := range y {
			s += float64(w[i*dim+j]) * float64(v)
		}
		return T(math.Tanh(s))
	}
	return System[T]{
		Dim:       dim,
		NumParams: len(theta),
		F: func(t float64, y, dydt []T) error {
			for i := range dydt {
				dydt[i] = act(t, y, i) - y[i]/4
			}
			return nil
		},
		VJP: func(t float64, y, c, dydt, wy, wtheta []T) (float64, error) {
			for j := range wy {
				wy[j] = -c[j] / 4
			}
			var wt float64
			for i := range y {
				a := act(t, y, i)
				if dydt != nil {
					dydt[i] = a - y[i]/4
				}
				g := c[i] * (1 - a*a)
				for j := range y {
					wy[j] += g * w[i*dim+j]
					wtheta[i*dim+j] += g * y[j]
				}
				wtheta[dim*dim+i] += g * T(math.Sin(t))
				wt += float64(g*b[i]) * math.Cos(t)
			}
			return wt, nil
		},
		JVP: func(t float64, y, v, out []T) error {
			for i := range out {
				a := act(t, y, i)
				var s T
				for j, v := range v {
					s += w[i*dim+j] * v
				}
				out[i] = (1-a*a)*s - v[i]/4
			}
			return nil
		},
		TimeDerivative: func(t float64, y, dfdt []T) error {
			for i := range dfdt {
				a := act(t, y, i)
				dfdt[i] = (1 - a*a) * b[i] * T(math.Cos(t))
			}
			return nil
		},
		TangentVJP: func(t float64, y []T, tau float64, v, c, wy, wtheta []T) (float64, error) {
			clear(wy)
			sin, cos := T(math.Sin(t)), T(math.Cos(t))
			var wt T
			for i := range y {
				a := act(t, y, i)
				s := T(tau) * b[i] * cos
				for j, v := range v {
					s += w[i*dim+j] * v
				}
				first := c[i] * (1 - a*a)
				second := -2 * a * first * s
				for j := range y {
					wy[j] += second * w[i*dim+j]
					wtheta[i*dim+j] += second*y[j] + first*v[j]
				}
				wtheta[dim*dim+i] += second*sin + first*T(tau)*cos
				wt += second*b[i]*cos - first*T(tau)*b[i]*sin
			}
			return float64(wt), nil
		},
	}
}

// draw returns n numbers of a normal distribution.
func draw(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

func convert[T Float](v []float64) []T {
	out := make([]T, len(v))
	for i, x := range v {
		out[i] = T(x)
	}
	return out
}

// inputs are all that a solve depends on, in one vector for the differences: y₀, θ, t₀, t₁ and the saved times.
type inputs struct {
	y0, theta, ts []float64
	t0, t1        float64
}

// each calls f with a pointer to every input and its name.
func (in *inputs) each(f func(name string, x *float64)) {
	for i := range in.y0 {
		f(fmt.Sprintf("y0[%d]", i), &in.y0[i])
	}
	for i := range in.theta {
		f(fmt.Sprintf("θ[%d]", i), &in.theta[i])
	}
	f("t0", &in.t0)
	f("t1", &in.t1)
	for i := range in.ts {
		f(fmt.Sprintf("SaveAt[%d]", i), &in.ts[i])
	}
}

// flat lists a gradient in the order of inputs.each.
func flat[T Float](g *Gradient[T]) []float64 {
	out := append(convert[float64](f64(g.Y0)), f64(g.Theta)...)
	return append(append(out, g.T0, g.T1), g.SaveAt...)
}

func f64[T Float](v []T) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// loss is Σ w_i · Y_i.
func loss[T Float](w [][]float64, y [][]T) (s float64) {
	for i, v := range w {
		for j, x := range v {
			s += x * float64(y[i][j])
		}
	}
	return s
}

// onFrozenGrid steps over a given grid, saving from the interpolant: the function that the gradient of an adaptive solve
// is the gradient of.
func onFrozenGrid(t *testing.T, m Method, in *inputs, grid []float64, steps []int,
	guide func(g guided[float64], n int)) [][]float64 {
	t.Helper()
	grid = append([]float64(nil), grid...)
	grid[0], grid[len(grid)-1] = in.t0, in.t1
	sys := network(len(in.y0), in.theta)
	set, err := check(sys, in.y0, in.t0, in.t1, &Settings{Method: m})
	if err != nil {
		t.Fatal(err)
	}
	env := newEnvironment(sys, set)
	env.exact = true
	step, err := newStepper(m, env)
	if err != nil {
		t.Fatal(err)
	}
	step.reset()
	y, y1 := append([]float64(nil), in.y0...), make([]float64, len(in.y0))
	var out [][]float64
	save := func(v []float64) { out = append(out, append([]float64(nil), v...)) }
	for len(out) < len(steps) && steps[len(out)] == 0 {
		save(y)
	}
	for n := 1; n < len(grid); n++ {
		if g, ok := step.(guided[float64]); ok {
			guide(g, n)
		}
		if _, err := step.attempt(grid[n-1], grid[n], y, y1); err != nil {
			t.Fatal(err)
		}
		step.accept()
		var poly []float64
		for len(out) < len(steps) && steps[len(out)] == n {
			s := in.ts[len(out)]
			if n == len(grid)-1 && len(out) == len(steps)-1 {
				save(y1)
				continue
			}
			if poly == nil {
				if poly, err = step.interpolant(nil); err != nil {
					t.Fatal(err)
				}
			}
			u := make([]float64, len(y))
			evalPolynomial(poly, (s-grid[n-1])/(grid[n]-grid[n-1]), u)
			save(u)
		}
		y, y1 = y1, y
	}
	return out
}

// gradientCase is a solve whose first saved time is t0 and last t1.
func gradientCase(seed int64, backwards bool) (*inputs, [][]float64) {
	const dim = 3
	rng := rand.New(rand.NewSource(seed))
	in := &inputs{y0: draw(rng, dim), theta: draw(rng, dim*dim+dim), t0: 0.3, t1: 2.9}
	in.ts = []float64{0.3, 0.75, 0.8, 1.7, 2.9}
	if backwards {
		in.t0, in.t1 = in.t1, in.t0
		for i, j := 0, len(in.ts)-1; i < j; i, j = i+1, j-1 {
			in.ts[i], in.ts[j] = in.ts[j], in.ts[i]
		}
	}
	w := make([][]float64, len(in.ts))
	for i := range w {
		if i != 2 { // and one that doesn't matter
			w[i] = draw(rng, dim)
		}
	}
	return in, w
}

// taped solves a gradient case in either precision and returns the backward pass's gradient.
func taped[T Float](t *testing.T, in *inputs, w [][]float64, s *Settings) (*Gradient[T], *Tape[T]) {
	t.Helper()
	c := *s
	c.SaveAt = in.ts
	sys := network(len(in.y0), convert[T](in.theta))
	sol, tape, err := SolveTape(sys, convert[T](in.y0), in.t0, in.t1, &c)
	if err != nil {
		t.Fatal(err)
	}
	if sol.Y[0][0] != T(in.y0[0]) {
		t.Errorf("the state saved at t0 is %v", sol.Y[0])
	}
	ct := make([][]T, len(w))
	for i, v := range w {
		if v != nil {
			ct[i] = convert[T](v)
		}
	}
	g, err := tape.Backward(sys, ct)
	if err != nil {
		t.Fatal(err)
	}
	return g, tape
}

// compare checks a gradient against central differences of value. A saved time that is t0 or t1 moves with it.
func compare(t *testing.T, in *inputs, got []float64, tol float64, value func() float64) {
	t.Helper()
	const eps = 1e-5
	i, scale := 0, 0.0
	for _, v := range got {
		scale = math.Max(scale, math.Abs(v))
	}
	in.each(func(name string, x *float64) {
		var also *float64
		switch x {
		case &in.t0:
			also = &in.ts[0]
		case &in.t1:
			also = &in.ts[len(in.ts)-1]
		case &in.ts[0], &in.ts[len(in.ts)-1]:
			if got[i] != 0 {
				t.Errorf("%s: %g; it belongs to t0 or t1", name, got[i])
			}
			i++
			return
		}
		shift := func(d float64) {
			*x += d
			if also != nil {
				*also = *x
			}
		}
		at := *x
		shift(eps)
		up := value()
		*x = at
		shift(-eps)
		down := value()
		*x = at
		shift(0)
		fd := (up - down) / (2 * eps)
		if e := math.Abs(fd - got[i]); e > tol*(scale+math.Abs(fd)) || math.IsNaN(e) {
			t.Errorf("%s: gradient %.10g; central difference %.10g", name, got[i], fd)
		}
		i++
	})
}

// TestGradientConstantSteps compares with central differences of Solve itself, of the whole solve with its moving grid.
func TestGradientConstantSteps(t *testing.T) {
	for _, m := range methodsUnderTest() {
		for _, backwards := range []bool{false, true} {
			for _, step := range []float64{0.13, 5} {
				name := fmt.Sprintf("%s/backwards=%t/step=%g", m.Name(), backwards, step)
				t.Run(name, func(t *testing.T) {
					in, w := gradientCase(7, backwards)
					s := &Settings{Method: m, Step: step}
					g, _ := taped[float64](t, in, w, s)
					value := func() float64 {
						c := *s
						c.SaveAt = in.ts
						sol, err := Solve(network(len(in.y0), in.theta), in.y0, in.t0, in.t1, &c)
						if err != nil {
							t.Fatal(err)
						}
						return loss(w, sol.Y)
					}
					compare(t, in, flat(g), 1e-8, value)
					if variableOrder(m) {
						return // of other orders in float32
					}
					tol := 1e-5
					if multistep(m) {
						tol = 1e-3 // neighbouring steps of 0.05 and 1.2 make large weights
					}
					single, _ := taped[float32](t, in, w, s)
					compare(t, in, flat(single), tol, value)
				})
			}
		}
	}
}

// TestGradientAdaptive compares with central differences on the recorded grid, whose inner points don't move.
func TestGradientAdaptive(t *testing.T) {
	for _, m := range methodsUnderTest() {
		if !m.Info().Adaptive() {
			continue
		}
		if variableOrder(m) {
			continue // TestAdamsGradient: these differences are not good enough
		}
		for _, backwards := range []bool{false, true} {
			// At the looser tolerance several saved times lie in one step.
			for _, tol := range []float64{1e-2, 1e-7} {
				t.Run(fmt.Sprintf("%s/backwards=%t/tol=%g", m.Name(), backwards, tol), func(t *testing.T) {
					in, w := gradientCase(11, backwards)
					s := &Settings{Method: m, RTol: tol, ATol: tol}
					g, tape := taped[float64](t, in, w, s)
					compare(t, in, flat(g), 1e-8, frozen(t, m, in, w, tape))
					s.RTol, s.ATol = math.Max(tol, 1e-4), math.Max(tol, 1e-4)
					single, tape32 := taped[float32](t, in, w, s)
					compare(t, in, flat(single), 1e-4, frozen(t, m, in, w, tape32))
				})
			}
		}
	}
}

// frozen is the loss on the tape's grid as a function of in.
func frozen[T Float](t *testing.T, m Method, in *inputs, w [][]float64, tape *Tape[T]) func() float64 {
	grid := append([]float64(nil), tape.t...)
	var steps []int
	for _, s := range tape.saves {
		steps = append(steps, s.step)
	}
	guide := func(g guided[float64], n int) { g.guide(f64(tape.carried(n))) }
	return func() float64 { return loss(w, onFrozenGrid(t, m, in, grid, steps, guide)) }
}

// TestGradientOneStep: the only step of an adaptive solve begins at t0 and ends at t1.
func TestGradientOneStep(t *testing.T) {
	in, w := gradientCase(3, false)
	s := &Settings{RTol: 10, ATol: 10, FirstStep: 10}
	g, tape := taped[float64](t, in, w, s)
	if tape.Steps() != 1 {
		t.Fatalf("%d steps", tape.Steps())
	}
	compare(t, in, flat(g), 1e-8, frozen(t, Dopri5{}, in, w, tape))
}

// TestGradientPartsOfSave: w nil everywhere but at one saved time, so that the pass begins in the middle of the tape.
func TestGradientPartsOfSave(t *testing.T) {
	for i := range 5 {
		in, w := gradientCase(5, false)
		for j := range w {
			if j != i {
				w[j] = nil
			}
		}
		if i == 2 {
			w[2] = []float64{1, -2, 3}
		}
		g, tape := taped[float64](t, in, w, &Settings{RTol: 1e-4, ATol: 1e-4})
		compare(t, in, flat(g), 1e-8, frozen(t, Dopri5{}, in, w, tape))
		s := &Settings{Method: RK4{}, Step: 0.11}
		g, _ = taped[float64](t, in, w, s)
		compare(t, in, flat(g), 1e-8, func() float64 {
			c := *s
			c.SaveAt = in.ts
			sol, err := Solve(network(3, in.theta), in.y0, in.t0, in.t1, &c)
			if err != nil {
				t.Fatal(err)
			}
			return loss(w, sol.Y)
		})
	}
}

// TestGradientWithoutEnds: saved times that touch neither end, and a t1 that lies behind the last.
func TestGradientWithoutEnds(t *testing.T) {
	in, _ := gradientCase(9, false)
	in.ts = []float64{0.9, 1.4}
	w := [][]float64{{1, 2, 3}, {-1, 0.5, 2}}
	theta := in.theta
	for _, s := range []*Settings{
		{Method: RK4{}, Step: 0.13, SaveAt: in.ts},
		{RTol: 1e-5, ATol: 1e-5, SaveAt: in.ts},
	} {
		sys := network(3, theta)
		_, tape, err := SolveTape(sys, in.y0, in.t0, in.t1, s)
		if err != nil {
			t.Fatal(err)
		}
		g, err := tape.Backward(sys, w)
		if err != nil {
			t.Fatal(err)
		}
		// By the differential equation itself: ∂Y_i/∂s = f, and ∂L/∂t0 = −(∂L/∂y0)·f(t0, y0), to the accuracy of the steps.
		f := make([]float64, 3)
		for i, x := range in.ts {
			sol, err := Solve(sys, in.y0, in.t0, x, &Settings{RTol: 1e-10, ATol: 1e-10})
			if err != nil {
				t.Fatal(err)
			}
			if err := sys.F(x, sol.LastY, f); err != nil {
				t.Fatal(err)
			}
			if want := dot(w[i], f); math.Abs(want-g.SaveAt[i]) > 1e-3 {
				t.Errorf("SaveAt[%d]: %g; f gives %g", i, g.SaveAt[i], want)
			}
		}
		if err := sys.F(in.t0, in.y0, f); err != nil {
			t.Fatal(err)
		}
		if g.T1 != 0 {
			t.Errorf("T1 is %g; nothing saved depends on it", g.T1)
		}
		if s.Step > 0 {
			if want := -dot(g.Y0, f); math.Abs(want-g.T0) > 1e-3 {
				t.Errorf("T0: %g; f gives %g", g.T0, want)
			}
		}
	}
}

// TestGradientStats: Dopri5 replays 5 evaluations of f and 6 of its VJP a step, the last f coming with its VJP; a step whose
// interpolant is used takes 9 of the VJP and, as f at its end is there from the step replayed before, 8 of f.
func TestGradientStats(t *testing.T) {
	in, w := gradientCase(1, false)
	g, tape := taped[float64](t, in, w, &Settings{Step: 0.13})
	n := tape.Steps()
	if g.Stats.F != 5*n || g.Stats.VJP != 6*n {
		t.Errorf("%d steps, %+v", n, g.Stats)
	}
	g, tape = taped[float64](t, in, w, &Settings{RTol: 1e-9, ATol: 1e-9})
	n = tape.Steps()
	// Two saved times lie within steps and have a cotangent.
	if g.Stats.F != 5*n+2*3 || g.Stats.VJP != 6*n+2*3 {
		t.Errorf("%d steps, %+v", n, g.Stats)
	}
	// A network's RK4: 3 and 4.
	g, tape = taped[float64](t, in, w, &Settings{Method: RK4{}, Step: 0.13})
	n = tape.Steps()
	if g.Stats.F != 3*n || g.Stats.VJP != 4*n {
		t.Errorf("%d steps, %+v", n, g.Stats)
	}
}

// TestTape: the tape is the solve.
func TestTape(t *testing.T) {
	const steps = 5000 // several chunks
	sys := decay()
	sol, tape, err := SolveTape(sys, []float64{1}, 0, 1, &Settings{Method: Euler{}, Step: 1. / steps})
	if err != nil {
		t.Fatal(err)
	}
	if tape.Steps() != steps || sol.Stats.Accepted != steps {
		t.Fatalf("%d steps on the tape, %d accepted", tape.Steps(), sol.Stats.Accepted)
	}
	if tape.Time(0) != 0 || tape.Time(steps) != 1 || tape.State(0)[0] != 1 || tape.State(steps)[0] != sol.LastY[0] {
		t.Error("the ends of the tape are not those of the solve")
	}
	for n := range steps {
		h := tape.Time(n+1) - tape.Time(n)
		if want := tape.State(n)[0] + h*-tape.State(n)[0]; tape.State(n + 1)[0] != want {
			t.Fatalf("step %d: %v; want %v", n, tape.State(n + 1)[0], want)
		}
	}
}

// sameNumbers reports whether a and b are equal; if m solves equations, which it begins with what it has at hand, up to
// the rounding of these.
func sameNumbers(m Method, a, b []float64) bool {
	if !m.Info().Implicit {
		return slices.Equal(a, b)
	}
	return maxDiff(a, b) <= 1e-13*(1+maxDiff(a, make([]float64, len(a))))
}

// TestFollow: over the tape's own steps Follow gives the solve's own numbers.
func TestFollow(t *testing.T) {
	for _, m := range methodsUnderTest() {
		for _, s := range []Settings{{Method: m, Step: 0.13}, {Method: m, RTol: 1e-4, ATol: 1e-4}} {
			if !m.Info().Adaptive() {
				s.RTol, s.ATol = 0, 0
			}
			for _, backwards := range []bool{false, true} {
				in, _ := gradientCase(4, backwards)
				s.SaveAt = in.ts
				sys := network(3, in.theta)
				sol, tape, err := SolveTape(sys, in.y0, in.t0, in.t1, &s)
				if err != nil {
					t.Fatal(err)
				}
				ys, err := tape.Follow(sys, in.y0, in.t0, in.t1, in.ts)
				if err != nil {
					t.Fatal(err)
				}
				for i, y := range ys {
					if !sameNumbers(m, y, sol.Y[i]) {
						t.Errorf("%s, Step %g: %v at t=%g; the solve has %v", m.Name(), s.Step, y, in.ts[i], sol.Y[i])
					}
				}
			}
		}
	}
}
