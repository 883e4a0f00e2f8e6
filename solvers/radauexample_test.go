package solvers_test

import (
	"fmt"

	"gorgonode/solvers"
)

// Robertson's reaction, whose time scales lie eight orders of magnitude apart: an explicit method would need a hundred
// million steps.
func ExampleRadau() {
	sys := solvers.System[float64]{
		Dim: 3,
		F: func(_ float64, y, dydt []float64) error {
			a, b, c := 0.04*y[0], 1e4*y[1]*y[2], 3e7*y[1]*y[1]
			dydt[0], dydt[1], dydt[2] = b-a, a-b-c, c
			return nil
		},
	}
	sol, err := solvers.Solve(sys, []float64{1, 0, 0}, 0, 4e5, &solvers.Settings{
		Method: solvers.Radau{},
		RTol:   1e-6,
		ATol:   1e-11,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f %.3g %.6f\n", sol.LastY[0], sol.LastY[1], sol.LastY[2])
	fmt.Println(sol.Stats.Steps < 500)
	// Output:
	// 0.004938 1.98e-08 0.995062
	// true
}

// A pattern makes the Jacobian of a chain cheap: three products and a narrow band instead of a hundred and a dense matrix.
func ExampleBanded() {
	const n = 100
	chain := func(y, out []float64) {
		for i := range out {
			out[i] = -2 * y[i]
			if i > 0 {
				out[i] += y[i-1]
			}
			if i < n-1 {
				out[i] += y[i+1]
			}
			out[i] *= n * n
		}
	}
	sys := solvers.System[float64]{
		Dim:     n,
		F:       func(_ float64, y, dydt []float64) error { chain(y, dydt); return nil },
		JVP:     func(_ float64, _, v, out []float64) error { chain(v, out); return nil },
		Pattern: solvers.Banded(1, 1),
	}
	y0 := make([]float64, n)
	y0[n/2] = 1
	sol, err := solvers.Solve(sys, y0, 0, 0.1, &solvers.Settings{Method: solvers.Radau{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.5f\n", sol.LastY[n/2])
	fmt.Println(sol.Stats.JVP == 3*sol.Stats.Jacobian)
	// Output:
	// 0.00753
	// true
}
