package solvers

import (
	"math"
	"testing"
)

// floor is bounce on a floor at the height c, whose Map leaves the height as it is found.
func floor(e, c float64) Event[float64] {
	b := bounce(e)
	b.G = func(_ float64, y []float64) (float64, error) { return y[0] - c, nil }
	b.Map = func(_ float64, y, after []float64) error { after[0], after[1] = y[0], -e*y[1]; return nil }
	b.MapVJP = func(_ float64, _, w, wy, _ []float64) (float64, error) { wy[0], wy[1] = w[0], -e*w[1]; return 0, nil }
	return b
}

// TestZenoOfAllMethods: whatever the ball keeps of its speed, the bounces come together at a time before t1 and no method
// goes beyond it, or below the floor.
func TestZenoOfAllMethods(t *testing.T) {
	sys, y0 := ball()
	methods := []Method{Bosh3{}, Dopri5{}, Tsit5{}, DOP853{}, Vern7{}, Vern9{}, Radau{}, Radau{Stages: 5}, Adams{}, BDF{},
		TRBDF2{}, Kvaerno5{}, Rodas5P{}, Auto{}, StepDoubling{Method: RK4{}}, Trapezoid{}}
	for _, e := range []float64{0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95} {
		end := math.Sqrt(0.2) * (1 + 2*e/(1-e))
		for _, m := range methods {
			for _, s := range []Settings{{Method: m}, {Method: m, RTol: 1e-3, ATol: 1e-3}} {
				sol, _ := Solve(sys, y0, 0, end+3, &s, bounce(e))
				if sol.Status != StepTooSmall || sol.LastY[0] != 0 {
					t.Errorf("%s, e = %g: %v at t=%g, end %g, %v", m.Name(), e, sol.Status, sol.LastT, end, sol.LastY)
				}
			}
		}
	}
}

// TestZenoPlaces varies what the last bounces are like: the height of the floor and with it the rounding of g, the
// direction of time and of the crossing, the places that are looked at, the kind of step, and the state that Map leaves.
func TestZenoPlaces(t *testing.T) {
	for _, e := range []float64{0.05, 0.1, 0.3, 0.5, 0.8} {
		end := math.Sqrt(0.2) * (1 + 2*e/(1-e))
		for _, c := range []float64{0, 1, -1e3} {
			for _, m := range []Method{Dopri5{}, Radau{}, BDF{}} {
				for _, samples := range []int{0, 1} {
					for _, dir := range []Direction{Falling, Both} {
						sys, _ := ball()
						event := floor(e, c)
						event.Samples, event.Direction = samples, dir
						sol, err := Solve(sys, []float64{c + 1, 0}, 0, end+1, &Settings{Method: m, MaxEvents: 500}, event)
						// The flights that the rounding of c hides are as long as √(8 ε|c|/10).
						slack := 20*math.Sqrt(8*0x1p-52*math.Abs(c)/10)/(1-e) + 1e-12
						if m == (BDF{}) {
							slack = 0.3 // those that are lower than its tolerance; one may go on for ever
						}
						if d := math.Abs(sol.LastY[0] - c); sol.Status != StepTooSmall && (m != BDF{}) || err == nil ||
							d > 1e-12*(1+math.Abs(c)) || math.Abs(sol.LastT-end) > slack {
							t.Errorf("%s, e = %g, floor at %g, %d samples, direction %d: %g above the floor at t=%g, end %g, %v",
								m.Name(), e, c, samples, dir, sol.LastY[0]-c, sol.LastT, end, err)
						}
					}
				}
			}
		}
	}
}

// TestZenoConstantSteps: a step that can't be made shorter ends the solve where it has more bounces than it can show.
func TestZenoConstantSteps(t *testing.T) {
	sys, y0 := ball()
	for _, e := range []float64{0.05, 0.1, 0.3, 0.5, 0.8} {
		for _, m := range []Method{RK4{}, Euler{}, ImplicitEuler{}, AdamsBashforth{}, BDF{}, Verlet{}} {
			sol, err := Solve(sys, y0, 0, 6, &Settings{Method: m, Step: 0.01}, bounce(e))
			if exact := m.Order() > 1 && !m.Info().Implicit; exact && sol.Status != StepTooSmall || sol.LastY[0] < -1e-12 {
				t.Errorf("%s, e = %g: %v after %d bounces, %v", m.Name(), e, sol.LastY, len(sol.Events), err)
			}
		}
	}
}

// TestMapLetsThrough: a Map that doesn't turn the motion round is passed, in either direction, and so is one after which
// g has no rate; neither costs more than the evaluations of f for the rates.
func TestMapLetsThrough(t *testing.T) {
	sys := System[float64]{Dim: 3, F: func(_ float64, y, d []float64) error {
		d[0], d[1], d[2] = -y[1], y[0], 0
		return nil
	}}
	for _, m := range []Method{Dopri5{}, Radau{}, BDF{}, Adams{}} {
		for _, dir := range []Direction{Both, Falling, Rising} {
			count := Event[float64]{G: level(0, 0), Direction: dir,
				Map: func(_ float64, y, after []float64) error { copy(after, y); after[2]++; return nil }}
			want := map[Direction]float64{Both: 4, Falling: 2, Rising: 2}[dir]
			sol, err := Solve(sys, []float64{1, 0, 0}, 0, 12, &Settings{Method: m, RTol: 1e-8, ATol: 1e-8}, count)
			if err != nil || math.Abs(sol.LastY[2]-want) > 1e-9 || math.Abs(sol.LastY[0]-math.Cos(12)) > 1e-5 {
				t.Errorf("%s, direction %d: %v, %v; want %g crossings", m.Name(), dir, sol.LastY, err, want)
			}
		}
		drop, y0 := ball()
		sol, err := Solve(drop, y0, 0, 1, &Settings{Method: m}, bounce(0))
		if tau := 1 - math.Sqrt(0.2); err != nil || math.Abs(sol.LastY[0]+5*tau*tau) > 1e-4 {
			t.Errorf("%s: stopped in its fall, %v, %v; want %g", m.Name(), sol.LastY, err, -5*tau*tau)
		}
	}
}

// TestUndoneStepsOfATape: a tape with checkpoints makes the states again behind a step that was taken again for a bounce, to
// the digits that they had, where the Jacobian's differences have learned from it too.
func TestUndoneStepsOfATape(t *testing.T) {
	sys, y0 := ball()
	sys.VJP = func(_ float64, y, w, d, wy, _ []float64) (float64, error) {
		if d != nil {
			d[0], d[1] = y[1], -10
		}
		wy[0], wy[1] = 0, w[0]
		return 0, nil
	}
	for _, m := range []Method{BDF{}, Auto{}, TRBDF2{}} {
		var want []float64
		undone := 0
		for _, checkpoints := range []int{0, 2} {
			s := &Settings{Method: m, RTol: 1e-3, ATol: 1e-3, Checkpoints: checkpoints}
			ground := bounce(0.3)
			ground.Terminal, ground.Count = true, 7
			_, tape, err := SolveTape(sys, y0, 0, 3, s, ground)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range tape.tried {
				if a.undone {
					undone++
				}
			}
			g, err := tape.Backward(sys, [][]float64{{0, 1}})
			if err != nil {
				t.Fatal(err)
			}
			if checkpoints == 0 {
				want = g.Y0
			} else if maxDiff(g.Y0, want) > 0 {
				t.Errorf("%s: %v with checkpoints, %v without", m.Name(), g.Y0, want)
			}
		}
		if m == (BDF{}) && undone == 0 {
			t.Errorf("%s: no step was taken again", m.Name())
		}
	}
}
