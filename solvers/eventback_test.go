package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"testing"
)

// hybrid is a network with events: at g = y₀ + θ₀ y₁ − 0.1 − 0.2 t the state is mapped by y⁺ = tanh(y + θ₁ + t/3) +
// Wy-like terms whose derivatives all differ from zero.
func hybrid(theta []float64, terminal bool) []Event[float64] {
	g := func(t float64, y []float64) (float64, error) { return y[0] + theta[0]*y[1] - 0.1 - 0.2*t, nil }
	e := Event[float64]{
		G:         g,
		Direction: Both,
		Gradient: func(_ float64, y, gy, gtheta []float64) (float64, error) {
			clear(gy)
			gy[0], gy[1] = 1, theta[0]
			gtheta[0] = y[1]
			return -0.2, nil
		},
		Map: func(t float64, y, after []float64) error {
			for i, v := range y {
				after[i] = math.Tanh(v+theta[1]+t/3) + 0.5*y[(i+1)%len(y)]
			}
			return nil
		},
		MapVJP: func(t float64, y, w, wy, wtheta []float64) (float64, error) {
			clear(wy)
			var wt float64
			for i, v := range y {
				a := math.Tanh(v + theta[1] + t/3)
				d := w[i] * (1 - a*a)
				wy[i] += d
				wy[(i+1)%len(y)] += 0.5 * w[i]
				wtheta[1] += d
				wt += d / 3
			}
			return wt, nil
		},
	}
	note := Event[float64]{
		G: func(t float64, y []float64) (float64, error) { return y[2]*theta[2] - 0.3*t + 0.2, nil },
		Gradient: func(_ float64, y, gy, gtheta []float64) (float64, error) {
			clear(gy)
			gy[2], gtheta[2] = theta[2], y[2]
			return -0.3, nil
		},
	}
	if terminal {
		note.Terminal = true
	}
	return []Event[float64]{e, note}
}

// TestEventGradient compares with central differences of Follow, which finds the events again.
func TestEventGradient(t *testing.T) {
	seen, terminals, aimed := 0, 0, 0
	for seed := int64(0); seed < 12; seed++ {
		for _, terminal := range []bool{false, true} {
			settings := []Settings{{RTol: 1e-5, ATol: 1e-5}, {RTol: 1e-2, ATol: 1e-2, SaveEvery: 2}, {Method: RK4{}, Step: 0.21},
				{Step: 0.4, SaveEvery: 3}}
			if seed < 3 {
				for _, m := range methodsUnderTest() {
					if settings = append(settings, Settings{Method: m, Step: 0.13}); m.Info().Adaptive() {
						settings = append(settings, Settings{Method: m, RTol: 1e-4, ATol: 1e-4, Jumps: []float64{1.1}})
					}
				}
			}
			for _, s := range settings {
				name := fmt.Sprintf("seed=%d/terminal=%t/step=%g/rtol=%g", seed, terminal, s.Step, s.RTol)
				in, _ := gradientCase(seed, seed%2 == 1)
				s.SaveAt = in.ts
				rng := rand.New(rand.NewSource(seed))
				sys := network(3, in.theta)
				sol, tape, err := SolveTape(sys, in.y0, in.t0, in.t1, &s, hybrid(in.theta, terminal)...)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if s.Method != nil {
					name += "/" + s.Method.Name()
				}
				seen += len(sol.Events)
				if sol.Status == EventOccurred {
					terminals++
				}
				w := make([][]float64, len(sol.Y))
				for i := range w {
					w[i] = draw(rng, 3)
				}
				we := make([]EventCotangent[float64], len(sol.Events))
				for i := range we {
					we[i] = EventCotangent[float64]{T: rng.NormFloat64(), Before: draw(rng, 3), After: draw(rng, 3)}
				}
				g, err := tape.BackwardEvents(sys, w, we)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				saved := append([]float64(nil), sol.T...)
				next := len(saved)
				if tape.aimed() { // for a time that was not reached, whose move changes the last steps
					saved = append(saved, tape.ahead)
					aimed++
				}
				value := func() float64 {
					// hybrid reads in.theta; the tape's events see its changes.
					ys, events, err := tape.FollowEvents(network(3, in.theta), in.y0, in.t0, in.t1, saved)
					if err != nil {
						t.Fatal(err)
					}
					v := loss(w, ys)
					for i, o := range events {
						v += we[i].T*o.T + dot(we[i].Before, o.Before) + dot(we[i].After, o.After)
					}
					return v
				}
				check := func(label string, got float64, x ...*float64) {
					t.Helper()
					const eps = 1e-6
					at := *x[0]
					move := func(d float64) float64 {
						for _, p := range x {
							*p = at + d
						}
						return value()
					}
					fd := (move(eps) - move(-eps)) / (2 * eps)
					move(0)
					if e := math.Abs(fd - got); !(e <= 2e-6*(1+math.Abs(fd))) {
						t.Errorf("%s: %s: gradient %.10g; central difference %.10g", name, label, got, fd)
					}
				}
				for i := range in.y0 {
					check(fmt.Sprintf("y0[%d]", i), g.Y0[i], &in.y0[i])
				}
				for i := range in.theta {
					check(fmt.Sprintf("θ[%d]", i), g.Theta[i], &in.theta[i])
				}
				check("t0", g.T0, &in.t0)
				check("t1", g.T1, &in.t1)
				if next < len(saved) {
					check("Next", g.Next, &saved[next])
				} else if g.Next != 0 {
					t.Errorf("%s: Next is %g", name, g.Next)
				}
				for i := range saved[:next] {
					if saved[i] != in.t0 && saved[i] != in.t1 {
						check(fmt.Sprintf("SaveAt[%d]", i), g.SaveAt[i], &saved[i])
					}
				}
			}
		}
	}
	if seen < 50 || terminals < 10 || aimed < 10 {
		t.Errorf("only %d events, %d terminal, %d before a saved time", seen, terminals, aimed)
	}
}

// TestEventGradientExact: the derivatives of the ball's k-th bounce and of its height later, by the height and speed at
// first.
func TestEventGradientExact(t *testing.T) {
	const e = 0.8
	sys, _ := ball()
	sys.VJP = func(_ float64, y, w, d, wy, _ []float64) (float64, error) {
		if d != nil {
			d[0], d[1] = y[1], -10
		}
		wy[0], wy[1] = 0, w[0]
		return 0, nil
	}
	sol, tape, err := SolveTape(sys, []float64{1, 0}, 0, 1.2, nil, bounce(e))
	if err != nil || len(sol.Events) != 2 {
		t.Fatal(sol.Events, err)
	}
	// t₁ = (v + √(v²+20h))/10, speed there √(v²+20h), t₂ = t₁ + 2e√(v²+20h)/10: ∂t₂/∂h = (1+2e)/√20·… at v = 0, h = 1.
	g, err := tape.BackwardEvents(sys, [][]float64{nil}, []EventCotangent[float64]{{}, {T: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{(1 + 2*e) * 10 / math.Sqrt(20) / 10, 0.1}; maxDiff(g.Y0, want) > 1e-9 {
		t.Errorf("∂t₂/∂y0 = %v; want %v", g.Y0, want)
	}
	if math.Abs(g.T0-1) > 1e-9 {
		t.Errorf("∂t₂/∂t0 = %g; want 1", g.T0)
	}
}

func TestEventCotangents(t *testing.T) {
	sys := network(1, []float64{0.5, 1})
	e := Event[float64]{G: level(0.5, 0)}
	sol, tape, err := SolveTape(sys, []float64{0}, 0, 3, nil, e)
	if err != nil || len(sol.Events) == 0 {
		t.Fatal(sol.Events, err)
	}
	w := make([][]float64, 1)
	n := len(sol.Events)
	if _, err := tape.BackwardEvents(sys, w, make([]EventCotangent[float64], n)); err != nil {
		t.Error(err)
	}
	_, err = tape.BackwardEvents(sys, w, append(make([]EventCotangent[float64], n-1), EventCotangent[float64]{T: 1}))
	wantStatus(t, err, NotSupported)
	for _, c := range [][]EventCotangent[float64]{
		make([]EventCotangent[float64], n+1),
		append(make([]EventCotangent[float64], n-1), EventCotangent[float64]{T: math.NaN()}),
		append(make([]EventCotangent[float64], n-1), EventCotangent[float64]{Before: []float64{1, 2}}),
	} {
		_, err = tape.BackwardEvents(sys, w, c)
		wantStatus(t, err, BadInput)
	}
}
