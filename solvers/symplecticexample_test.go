package solvers_test

import (
	"fmt"
	"log"
	"math"

	"gorgonode/solvers"
)

// A planet goes round its sun a thousand times, in 60 steps a year, and the energy stays what it was.
func ExampleSuzuki4() {
	sys := solvers.System[float64]{
		Dim: 4, // two positions, two momenta
		F: func(_ float64, y, dydt []float64) error {
			r := math.Hypot(y[0], y[1])
			dydt[0], dydt[1] = y[2], y[3]
			dydt[2], dydt[3] = -y[0]/(r*r*r), -y[1]/(r*r*r)
			return nil
		},
	}
	energy := func(y []float64) float64 { return (y[2]*y[2]+y[3]*y[3])/2 - 1/math.Hypot(y[0], y[1]) }
	const year = 2 * math.Pi
	y0 := []float64{0.9, 0, 0, math.Sqrt(1.1 / 0.9)}
	for _, m := range []solvers.Method{solvers.Suzuki4{}, solvers.RK4{}} {
		sol, err := solvers.Solve(sys, y0, 0, 1000*year, &solvers.Settings{Method: m, Step: year / 60})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-8s energy %.4f after %d steps\n", m.Name(), energy(sol.LastY), sol.Stats.Accepted)
	}
	fmt.Printf("         energy %.4f at the start\n", energy(y0))
	// Output:
	// suzuki4  energy -0.5000 after 60000 steps
	// rk4      energy -0.5015 after 60000 steps
	//          energy -0.5000 at the start
}

// The gradient of y(1) by y(0) and by the rate of decay, from the end of the solve alone.
func ExampleSolveReversible() {
	const rate = 0.5
	sys := solvers.System[float64]{
		Dim:       1,
		NumParams: 1,
		F:         func(_ float64, y, dydt []float64) error { dydt[0] = -rate * y[0]; return nil },
		VJP: func(_ float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
			if dydt != nil {
				dydt[0] = -rate * y[0]
			}
			wy[0] = -rate * w[0]
			wtheta[0] -= y[0] * w[0]
			return 0, nil
		},
	}
	sol, tape, err := solvers.SolveReversible(sys, []float64{2}, 0, 1, &solvers.Settings{Step: 0.05})
	if err != nil {
		log.Fatal(err)
	}
	g, err := tape.Backward(sys, [][]float64{{1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("y(1) = %.4f, by y(0) %.4f, by the rate %.4f\n", sol.LastY[0], g.Y0[0], g.Theta[0])
	// Output:
	// y(1) = 1.2131, by y(0) 0.6065, by the rate -1.2131
}

// A method without an error estimate chooses its steps.
func ExampleStepDoubling() {
	sys := solvers.System[float64]{
		Dim: 2, // Van der Pol's oscillator
		F: func(_ float64, y, dydt []float64) error {
			dydt[0], dydt[1] = y[1], 2*(1-y[0]*y[0])*y[1]-y[0]
			return nil
		},
	}
	for _, tol := range []float64{1e-3, 1e-6} {
		sol, err := solvers.Solve(sys, []float64{2, 0}, 0, 10, &solvers.Settings{
			Method: solvers.StepDoubling{Method: solvers.Midpoint{}}, RTol: tol, ATol: tol,
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("tolerance %.0e: y(10) = %.2f\n", tol, sol.LastY)
	}
	// Output:
	// tolerance 1e-03: y(10) = [0.84 -1.08]
	// tolerance 1e-06: y(10) = [0.84 -1.09]
}
