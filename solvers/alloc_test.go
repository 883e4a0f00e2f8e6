package solvers

import (
	"fmt"
	"testing"
)

// TestStepsDoNotAllocate: an accepted step, its interpolant and a rejected attempt all run in the memory of the solve.
func TestStepsDoNotAllocate(t *testing.T) {
	p := problems()[2]
	for _, m := range methodsUnderTest() {
		for _, s := range []*Settings{{Method: m, Step: 1e-3}, {Method: m, MaxStep: 0.1}} {
			it, err := NewIntegrator(p.system(), p.exact(0), 0, 1e6, s)
			if err != nil {
				t.Fatal(err)
			}
			y := make([]float64, 2)
			step := func() {
				if !it.Step() {
					t.Fatal(it.Err())
				}
				before, _ := it.Last()
				if err := it.Interpolate((before+it.T())/2, y); err != nil {
					t.Fatal(err)
				}
			}
			if s.Step == 0 && !m.Info().Adaptive() {
				continue
			}
			step()
			if n := testing.AllocsPerRun(200, step); n != 0 {
				t.Errorf("%s, Step %g: %g allocations a step", m.Name(), s.Step, n)
			}
		}
	}
}

// TestBackwardAllocations: the memory of a backward pass doesn't grow with the steps.
func TestBackwardAllocations(t *testing.T) {
	in, w := gradientCase(2, false)
	for _, m := range methodsUnderTest() {
		count := func(step float64) float64 {
			sys := network(3, in.theta)
			_, tape, err := SolveTape(sys, in.y0, in.t0, in.t1, &Settings{Method: m, Step: step, SaveAt: in.ts})
			if err != nil {
				t.Fatal(err)
			}
			return testing.AllocsPerRun(5, func() {
				if _, err := tape.Backward(sys, w); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := count(0.1), count(0.01); few != many {
			t.Errorf("%s: %g allocations for few steps, %g for many", m.Name(), few, many)
		}
	}
}

// lotkaVolterra is the benchmark's system over a batch of pairs side by side.
func lotkaVolterra(batch int) (System[float64], []float64) {
	const a, b, c, d = 1.5, 1, 3, 1
	y0 := make([]float64, 2*batch)
	for i := range y0 {
		y0[i] = 1 + 0.1*float64(i%7)
	}
	return System[float64]{
		Dim:       2 * batch,
		NumParams: 4,
		F: func(_ float64, y, dydt []float64) error {
			for i := 0; i < len(y); i += 2 {
				dydt[i], dydt[i+1] = a*y[i]-b*y[i]*y[i+1], -c*y[i+1]+d*y[i]*y[i+1]
			}
			return nil
		},
		VJP: func(_ float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
			for i := 0; i < len(y); i += 2 {
				u, v := y[i], y[i+1]
				if dydt != nil {
					dydt[i], dydt[i+1] = a*u-b*u*v, -c*v+d*u*v
				}
				wy[i] = w[i]*(a-b*v) + w[i+1]*d*v
				wy[i+1] = -w[i]*b*u + w[i+1]*(d*u-c)
				wtheta[0] += w[i] * u
				wtheta[1] -= w[i] * u * v
				wtheta[2] -= w[i+1] * v
				wtheta[3] += w[i+1] * u * v
			}
			return 0, nil
		},
	}, y0
}

func BenchmarkSolve(b *testing.B) {
	for _, batch := range []int{1, 64} {
		sys, y0 := lotkaVolterra(batch)
		for _, s := range []*Settings{
			{Method: Euler{}, Step: 1e-3},
			{Method: RK4{}, Step: 0.02},
			{Method: Dopri5{}, RTol: 1e-3, ATol: 1e-3},
			{Method: Dopri5{}, RTol: 1e-6, ATol: 1e-6},
			{Method: Dopri5{}, RTol: 1e-9, ATol: 1e-9},
		} {
			name := fmt.Sprintf("problem=lv/method=%s/step=%g/rtol=%.0e/batch=%d", s.Method.Name(), s.Step, s.RTol, batch)
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				var sol *Solution[float64]
				for b.Loop() {
					var err error
					if sol, err = Solve(sys, y0, 0, 10, s); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(sol.Stats.F), "f/op")
				b.ReportMetric(float64(sol.Stats.Steps), "steps/op")
			})
		}
	}
}

func BenchmarkBackward(b *testing.B) {
	for _, batch := range []int{1, 64} {
		sys, y0 := lotkaVolterra(batch)
		b.Run(fmt.Sprintf("problem=lv/method=Dopri5/rtol=1e-06/batch=%d", batch), func(b *testing.B) {
			b.ReportAllocs()
			_, tape, err := SolveTape(sys, y0, 0, 10, &Settings{RTol: 1e-6, ATol: 1e-6})
			if err != nil {
				b.Fatal(err)
			}
			w := [][]float64{make([]float64, len(y0))}
			w[0][0] = 1
			for b.Loop() {
				if _, err := tape.Backward(sys, w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
