package solvers

import "testing"

// tidal is y'₁ = −θ₀ (1 + sin t)⁸ (y₁ − y₂ sin θ₁t), y'₂ = θ₂ sin θ₁t − y₁ y₂: stiff around t = π/2 and 5π/2, and not
// around 3π/2.
func tidal(t hyper, y, theta []hyper) []hyper {
	s := num(1).plus(t.sin())
	for range 3 {
		s = s.times(s)
	}
	wave := theta[1].times(t).sin()
	return []hyper{
		theta[0].times(s).times(y[1].times(wave).minus(y[0])),
		theta[2].times(wave).minus(y[0].times(y[1])),
	}
}

// TestAutoGradient: through switches both ways the gradient is that of Follow, and Follow repeats the solve's own
// numbers: with a method of stages, with one that takes second derivatives, and with one that has a history.
func TestAutoGradient(t *testing.T) {
	p := gradientProblem{f: tidal,
		in: inputs{y0: []float64{0.3, 1}, theta: []float64{4, 6, 0.7}, t0: 0.1, t1: 8, ts: []float64{0.1, 2.03, 4.51, 7.57, 8}},
		w:  [][]float64{{1, 2}, {1, 1}, {-1, 0.3}, {0.2, 2}, {1.5, -1}}}
	for _, s := range []Settings{
		{Method: Auto{}, RTol: 1e-5, ATol: 1e-5},
		{Method: Auto{Stiff: Rodas5P{}}, RTol: 1e-5, ATol: 1e-5},
		{Method: Auto{Stiff: BDF{}}, RTol: 1e-5, ATol: 1e-5},
		{Method: Auto{Stiff: BDF{}}, Step: 0.012},
	} {
		p.settings = s
		p.name = s.Method.(Auto).stiff().Name()
		got, tape := p.solve(t, s.Method)
		p.agree(t, got, p.differences(t, tape), 1e-7)

		stiff := func(n int) bool { c := tape.carried(n); return c[len(c)-1] != 0 }
		var there, back int
		for n := 2; n <= tape.Steps(); n++ {
			if stiff(n) && !stiff(n-1) {
				there++
			} else if stiff(n-1) && !stiff(n) {
				back++
			}
		}
		if there != 2 || back != 1 {
			t.Errorf("%s, Step %g: %d switches and %d back in %d steps", p.name, s.Step, there, back, tape.Steps())
		}

		s.SaveAt = p.in.ts
		sol, tape, err := SolveTape(p.system(), p.in.y0, p.in.t0, p.in.t1, &s)
		if err != nil {
			t.Fatal(err)
		}
		ys, err := tape.Follow(p.system(), p.in.y0, p.in.t0, p.in.t1, p.in.ts)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range ys {
			if d := maxDiff(y, sol.Y[i]); d > 1e-11 {
				t.Errorf("%s, Step %g: at t=%g Follow is %g off", p.name, s.Step, p.in.ts[i], d)
			}
		}
	}
}
