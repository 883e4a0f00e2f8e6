package solvers

import (
	"math"
	"math/rand/v2"
	"testing"
)

// growing is a network y' = a tanh(Wy + b) + θ with W of random normal entries: its trajectories part, and J has
// eigenvalues of both signs of size a |W|.
func growing(seed uint64, n int, a float64) System[float64] {
	rng := rand.New(rand.NewPCG(seed, 7))
	w, b := make([]float64, n*n), make([]float64, n)
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	for i := range b {
		b[i] = rng.NormFloat64()
	}
	pre := func(y []float64, i int) (s float64) {
		s = b[i]
		for j, v := range y {
			s += w[i*n+j] * v
		}
		return s
	}
	return System[float64]{
		Dim: n,
		F: func(_ float64, y, d []float64) error {
			for i := range d {
				d[i] = a * math.Tanh(pre(y, i))
			}
			return nil
		},
		JVP: func(_ float64, y, v, out []float64) error {
			for i := range out {
				th := math.Tanh(pre(y, i))
				var s float64
				for j, x := range v {
					s += w[i*n+j] * x
				}
				out[i] = a * (1 - th*th) * s
			}
			return nil
		},
		VJP: func(_ float64, y, u, f, wy, _ []float64) (float64, error) {
			clear(wy)
			for i := range y {
				th := math.Tanh(pre(y, i))
				if f != nil {
					f[i] = a * th
				}
				c := u[i] * a * (1 - th*th)
				for j := range wy {
					wy[j] += c * w[i*n+j]
				}
			}
			return 0, nil
		},
	}
}

func implicitMethods() []Method {
	return []Method{ImplicitEuler{}, Trapezoid{}, TRBDF2{}, Kvaerno5{}, Radau{}, Radau{Stages: 5}}
}

// TestLongSteps: constant steps so long that the simplified iteration fails for many of these networks, as h‖J‖ is
// about 5, are solved all the same, and the implicit Euler method's equation holds to rounding.
func TestLongSteps(t *testing.T) {
	const n, h = 6, 1.
	for _, m := range implicitMethods() {
		for seed := range uint64(40) {
			sys := growing(seed, n, 1)
			sol, err := Solve(sys, make([]float64, n), 0, 3*h, &Settings{Method: m, Step: h, SaveEvery: 1})
			if err != nil {
				t.Errorf("%s, seed %d: %v", m.Name(), seed, err)
				continue
			}
			if m != (ImplicitEuler{}) {
				continue
			}
			f := make([]float64, n)
			for k := 1; k < len(sol.Y); k++ {
				if err := sys.F(0, sol.Y[k], f); err != nil {
					t.Fatal(err)
				}
				for i, v := range f {
					if r := sol.Y[k][i] - sol.Y[k-1][i] - h*v; math.Abs(r) > 1e-12 {
						t.Errorf("seed %d: the equation of step %d has a residual of %g", seed, k, r)
					}
				}
			}
		}
	}
}

// TestLongStepsGradient: and their gradient is that of Follow by differences.
func TestLongStepsGradient(t *testing.T) {
	const n, h, e = 6, 1., 1e-4
	for _, m := range implicitMethods() {
		for seed := range uint64(12) {
			sys := growing(seed, n, 1)
			y0, times := make([]float64, n), []float64{3 * h}
			_, tape, err := SolveTape(sys, y0, 0, 3*h, &Settings{Method: m, Step: h})
			if err != nil {
				t.Fatalf("%s, seed %d: %v", m.Name(), seed, err)
			}
			g, err := tape.Backward(sys, [][]float64{{1, -1, 2, 0, 1, 1}})
			if err != nil {
				t.Errorf("%s, seed %d: %v", m.Name(), seed, err)
				continue
			}
			largest := 0.
			for _, v := range g.Y0 {
				largest = math.Max(largest, math.Abs(v))
			}
			for i := range y0 {
				at := func(x float64) float64 {
					y := append([]float64(nil), y0...)
					y[i] += x
					ys, err := tape.Follow(sys, y, 0, 3*h, times)
					if err != nil {
						t.Fatalf("%s, seed %d: %v", m.Name(), seed, err)
					}
					v := ys[0]
					return v[0] - v[1] + 2*v[2] + v[4] + v[5]
				}
				fd := (8*(at(e)-at(-e)) - (at(2*e) - at(-2*e))) / (12 * e)
				if math.Abs(fd-g.Y0[i]) > 1e-6*(1+largest) {
					t.Errorf("%s, seed %d: ∂L/∂y%d is %.9g, differences %.9g", m.Name(), seed, i, g.Y0[i], fd)
				}
			}
		}
	}
}

// TestLongStepsWithoutSolution: an equation that has no real solution, y₁ = 1 + h (1 + y₁²) with h = 1, is given up.
func TestLongStepsWithoutSolution(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, y, d []float64) error { d[0] = 1 + y[0]*y[0]; return nil }}
	for _, m := range implicitMethods() {
		sol, err := Solve(sys, []float64{1}, 0, 1, &Settings{Method: m, Step: 1})
		if m == (ImplicitEuler{}) {
			wantStatus(t, err, NoConvergence)
		}
		if sol.Stats.F > 100_000 {
			t.Errorf("%s: %+v", m.Name(), sol.Stats)
		}
	}
}
