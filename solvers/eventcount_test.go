package solvers

import (
	"math"
	"testing"
)

// The Count-th bounce ends the solve, after its Map; those before it are bounces as any others.
func TestEventCount(t *testing.T) {
	const e = 0.8
	sys, y0 := ball()
	sys.VJP = func(_ float64, y, w, d, wy, _ []float64) (float64, error) {
		if d != nil {
			d[0], d[1] = y[1], -10
		}
		wy[0], wy[1] = 0, w[0]
		return 0, nil
	}
	for count := range 5 {
		ground := bounce(e)
		ground.Terminal, ground.Count = true, count
		n := max(1, count)
		sol, tape, err := SolveTape(sys, y0, 0, 9, nil, ground)
		if err != nil || sol.Status != EventOccurred || len(sol.Events) != n {
			t.Fatalf("Count %d: %v, %d events, %v", count, sol.Status, len(sol.Events), err)
		}
		if want := bounces(e, n)[n-1]; math.Abs(sol.LastT-want) > 1e-12 {
			t.Errorf("Count %d: end at %g, want %g", count, sol.LastT, want)
		}
		if want := math.Pow(e, float64(n)) * math.Sqrt(20); math.Abs(sol.LastY[1]-want) > 1e-10 {
			t.Errorf("Count %d: speed %g, want %g", count, sol.LastY[1], want)
		}
		// tₙ = (1 + 2(e + … + eⁿ⁻¹)) √(2h/10) with h = 1, so ∂tₙ/∂h = tₙ/2.
		w := make([]EventCotangent[float64], n)
		w[n-1].T = 1
		g, err := tape.BackwardEvents(sys, make([][]float64, len(sol.Y)), w)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(g.Y0[0]-sol.LastT/2) > 1e-9 {
			t.Errorf("Count %d: ∂t/∂h = %g, want %g", count, g.Y0[0], sol.LastT/2)
		}
	}
}

// Without a Map the method goes on through what comes before the Count-th, also where one step has several.
func TestEventCountWithinAStep(t *testing.T) {
	sys := System[float64]{Dim: 1, F: func(_ float64, _, d []float64) error { d[0] = 1; return nil }}
	wave := Event[float64]{
		G:        func(t float64, _ []float64) (float64, error) { return math.Sin(math.Pi * (t + 0.25)), nil },
		Terminal: true,
		Samples:  64,
	}
	for count := 1; count < 8; count++ {
		wave.Count = count
		sol, err := Solve(sys, []float64{0}, 0, 10, &Settings{Method: RK4{}, Step: 5}, wave)
		if err != nil || sol.Status != EventOccurred || len(sol.Events) != count {
			t.Fatalf("Count %d: %v, %d events, %v", count, sol.Status, len(sol.Events), err)
		}
		if want := float64(count) - 0.25; math.Abs(sol.LastT-want) > 1e-12 || math.Abs(sol.LastY[0]-want) > 1e-12 {
			t.Errorf("Count %d: end at %g with %g, want %g", count, sol.LastT, sol.LastY[0], want)
		}
	}
}

func TestEventCountErrors(t *testing.T) {
	sys, y0 := ball()
	for _, e := range []Event[float64]{
		{G: level(0, 0), Terminal: true, Count: -1},
		{G: level(0, 0), Count: 2},
	} {
		_, err := Solve(sys, y0, 0, 1, nil, e)
		wantStatus(t, err, BadInput)
	}
}
