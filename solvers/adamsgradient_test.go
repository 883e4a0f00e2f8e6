package solvers

import (
	"fmt"
	"math"
	"testing"
)

// gradientError is the largest difference of a tape's gradient from central differences of Follow, of fourth order,
// relative to the largest derivative. Differences by t0 are taken within a fraction of the first step, whose end
// doesn't move.
func gradientError(
	t *testing.T, in *inputs, w [][]float64, got []float64, follow *Tape[float64], eps float64,
) (worst float64, where string) {
	t.Helper()
	scale := 0.0
	for _, v := range got {
		scale = math.Max(scale, math.Abs(v))
	}
	value := func() float64 {
		ys, err := follow.Follow(network(len(in.y0), in.theta), in.y0, in.t0, in.t1, in.ts)
		if err != nil {
			t.Fatal(err)
		}
		return loss(w, ys)
	}
	i := 0
	in.each(func(name string, x *float64) {
		g, e := got[i], eps
		i++
		switch {
		case x == &in.t0 && follow.marks == nil:
			if e = math.Min(e, 0.02*math.Abs(follow.t[1]-follow.t[0])); e < 1e-5 {
				return // rounding
			}
		case x == &in.ts[0] || x == &in.ts[len(in.ts)-1]:
			return // they are t0 and t1
		}
		at := *x
		f := func(d float64) float64 {
			*x = at + d
			in.ts[0], in.ts[len(in.ts)-1] = in.t0, in.t1
			return value()
		}
		fd := (8*(f(e)-f(-e)) - (f(2*e) - f(-2*e))) / (12 * e)
		*x = at
		in.ts[0], in.ts[len(in.ts)-1] = in.t0, in.t1
		if d := math.Abs(fd-g) / scale; !(d <= worst) {
			worst, where = d, name
		}
	})
	return worst, where
}

// TestAdamsGradient: the gradient over the recorded steps and orders, with saved times between the steps, is that of
// Follow, to the
// rounding of the differences. A first step that is too long makes rejections and a restart.
func TestAdamsGradient(t *testing.T) {
	for _, m := range []Adams{{}, {MaxOrder: 1}, {MaxOrder: 2}, {MaxOrder: 4}} {
		for _, backwards := range []bool{false, true} {
			for _, s := range []Settings{
				{RTol: 1e-2, ATol: 1e-2}, {RTol: 1e-4, ATol: 1e-4}, {RTol: 1e-7, ATol: 1e-7}, {RTol: 1e-10, ATol: 1e-10},
				{RTol: 1e-4, ATol: 1e-4, FirstStep: 2}, {RTol: 1e-6, ATol: 1e-6, MaxStep: 0.07},
			} {
				if m.MaxOrder == 1 && s.RTol < 1e-4 || m.MaxOrder == 2 && s.RTol < 1e-7 {
					continue // thousands of steps
				}
				in, w := gradientCase(11, backwards)
				s.Method = m
				g, tape := taped[float64](t, in, w, &s)
				e, where := gradientError(t, in, w, flat(g), tape, 3e-4)
				t.Logf("MaxOrder %d, RTol %g, backwards %t, %d steps: %.1e", m.Order(), s.RTol, backwards, tape.Steps(), e)
				if e > 1e-8 {
					t.Errorf("MaxOrder %d, %+v, backwards %t: the gradient is %.2g off at %s", m.Order(), s, backwards, e, where)
				}
				// Not even the order of a step may depend on the precision of the pass.
				if s.RTol >= 1e-4 {
					single, tape32 := taped[float32](t, in, w, &s)
					e, where := gradientError(t, in, w, flat(single), widened(tape32), 3e-4)
					if e > 2e-3 {
						t.Errorf("float32, MaxOrder %d, %+v, backwards %t: the gradient is %.2g off at %s", m.Order(), s, backwards, e, where)
					}
				}
			}
		}
	}
}

// widened is a float32 tape's grid, orders and saved times as a float64 tape, to be followed.
func widened(tp *Tape[float32]) *Tape[float64] {
	c := &Tape[float64]{set: tp.set, dim: tp.dim, carry: tp.carry, t: tp.t, saves: tp.saves, t1: tp.t1, marks: tp.marks}
	c.state.init(c.dim+c.carry, 0)
	for n := range tp.t {
		copy(c.state.next(), f64(tp.state.at(n)))
	}
	return c
}

// TestFixedAdamsGradient: with constant steps the grid moves with the saved times, through the coefficients.
func TestFixedAdamsGradient(t *testing.T) {
	// AdamsBashforth{12} is not stable with these steps.
	for _, m := range append(fixedAdams(1, 2, 3, 4, 5, 6, 8), AdamsMoulton{12}) {
		for _, backwards := range []bool{false, true} {
			for _, step := range []float64{0.04, 0.13} {
				t.Run(fmt.Sprintf("%s/%d/backwards=%t/step=%g", m.Name(), m.Order(), backwards, step), func(t *testing.T) {
					in, w := gradientCase(7, backwards)
					g, tape := taped[float64](t, in, w, &Settings{Method: m, Step: step})
					e, where := gradientError(t, in, w, flat(g), tape, 2e-4)
					t.Logf("%.1e", e)
					if e > 1e-8 {
						t.Errorf("the gradient is %.2g off at %s", e, where)
					}
				})
			}
		}
	}
}

// TestAdamsGradientCost: a step costs an evaluation of f and two VJPs, of AdamsBashforth one; a saved time within it two
// and one
// more. The tape keeps a number beside each state.
func TestAdamsGradientCost(t *testing.T) {
	in, w := gradientCase(1, false)
	g, tape := taped[float64](t, in, w, &Settings{Method: Adams{}, RTol: 1e-8, ATol: 1e-8})
	// Two saved times lie within steps and have a cotangent.
	n := tape.Steps()
	if g.Stats.F != n+2*2 || g.Stats.VJP != 2*n+2 || tape.carry != 1 {
		t.Errorf("%d steps, %+v, %d numbers carried", n, g.Stats, tape.carry)
	}
	g, tape = taped[float64](t, in, w, &Settings{Method: AdamsBashforth{1}, Step: 0.13})
	if n := tape.Steps(); g.Stats.F != n || g.Stats.VJP != n {
		t.Errorf("%d steps, %+v", n, g.Stats)
	}
}

// TestAdamsGradientFromTheMiddle: a pass that begins in the middle of the tape.
func TestAdamsGradientFromTheMiddle(t *testing.T) {
	for i := range 5 {
		for _, s := range []Settings{
			{Method: Adams{}, RTol: 1e-6, ATol: 1e-6}, {Method: AdamsMoulton{5}, Step: 0.1}, {Method: AdamsBashforth{3}, Step: 0.1},
		} {
			in, w := gradientCase(5, false)
			for j := range w {
				if j != i {
					w[j] = nil
				}
			}
			if i == 2 {
				w[2] = []float64{1, -2, 3}
			}
			g, tape := taped[float64](t, in, w, &s)
			if e, where := gradientError(t, in, w, flat(g), tape, 3e-4); e > 1e-8 {
				t.Errorf("%s, saved state %d: the gradient is %.2g off at %s", s.Method.Name(), i, e, where)
			}
		}
	}
}

// TestAdamsEventGradient: an event that begins the method anew cuts the last step's interpolant, and the history behind it
// is no
// more used; a jump of f ends the history too.
func TestAdamsEventGradient(t *testing.T) {
	seen := 0
	for seed := int64(0); seed < 8; seed++ {
		for _, s := range []Settings{
			{Method: Adams{}, RTol: 1e-5, ATol: 1e-5}, {Method: Adams{}, RTol: 1e-3, ATol: 1e-3, Jumps: []float64{1.3}},
			{Method: AdamsMoulton{}, Step: 0.11}, {Method: AdamsBashforth{3}, Step: 0.07, Jumps: []float64{1.3}},
		} {
			in, w := gradientCase(seed, seed%2 == 1)
			s.SaveAt = in.ts
			sys := network(3, in.theta)
			sol, tape, err := SolveTape(sys, in.y0, in.t0, in.t1, &s, hybrid(in.theta, false)...)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(sol.Events)
			g, err := tape.Backward(sys, w)
			if err != nil {
				t.Fatal(err)
			}
			e, where := gradientError(t, in, w, flat(g), tape, 1e-4)
			t.Logf("seed %d, %s: %d events, %.1e", seed, s.Method.Name(), len(sol.Events), e)
			if e > 1e-8 {
				t.Errorf("seed %d, %s at %g: %d events, the gradient is %.2g off at %s", seed, s.Method.Name(), s.RTol,
					len(sol.Events), e, where)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d events", seen)
	}
}
