package solvers_test

import (
	"errors"
	"fmt"
	"log"

	"gorgonode/solvers"
)

// A ball that keeps 80 % of its speed in each bounce.
func ExampleEvent() {
	sys := solvers.System[float64]{
		Dim: 2,
		F:   func(t float64, y, dydt []float64) error { dydt[0], dydt[1] = y[1], -9.81; return nil },
	}
	ground := solvers.Event[float64]{
		G:         func(t float64, y []float64) (float64, error) { return y[0], nil },
		Direction: solvers.Falling,
		Map:       func(t float64, y, after []float64) error { after[0], after[1] = 0, -0.8*y[1]; return nil },
	}
	sol, err := solvers.Solve(sys, []float64{10, 0}, 0, 5, nil, ground)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range sol.Events {
		fmt.Printf("t=%.4f: %.4f becomes %.4f\n", e.T, e.Before[1], e.After[1])
	}
	// Output:
	// t=1.4278: -14.0071 becomes 11.2057
	// t=3.7124: -11.2057 becomes 8.9646
}

// Rows of a batch with intervals of their own. The second reaches infinity and fails alone.
func ExampleSolveRows() {
	sys := solvers.RowSystem[float64]{
		Dim: 1,
		F: func(t []float64, rows []int, y, dydt []float64) error {
			for i := range rows {
				dydt[i] = y[i] * y[i]
			}
			return nil
		},
	}
	sol, err := solvers.SolveRows(sys, []solvers.Row[float64]{
		{Y0: []float64{1}, T1: 0.5},
		{Y0: []float64{1}, T1: 2},
		{Y0: []float64{-1}, T1: 9, SaveAt: []float64{1, 9}},
	}, nil)
	fmt.Println(errors.Is(err, solvers.ErrStepTooSmall))
	for i, row := range sol.Rows {
		fmt.Printf("row %d: %v at t=%.4f, saved %.4f\n", i, row.Status, row.LastT, row.Y)
	}
	// Output:
	// true
	// row 0: Success at t=0.5000, saved [[2.0000]]
	// row 1: StepTooSmall at t=1.0000, saved []
	// row 2: Success at t=9.0000, saved [[-0.5000] [-0.1000]]
}

// A solve in portions, as between two looks at a clock.
func ExampleSolution_Resume() {
	sys := solvers.System[float64]{Dim: 2, F: predatorPrey}
	sol, err := solvers.Solve(sys, []float64{1, 1}, 0, 10, &solvers.Settings{MaxSteps: 50})
	for errors.Is(err, solvers.ErrMaxSteps) {
		fmt.Printf("%d steps, t=%.1f\n", sol.Stats.Steps, sol.LastT)
		err = sol.Resume(0)
	}
	fmt.Printf("%v: y(10) = %.4f\n", sol.Status, sol.LastY)
	// Output:
	// 50 steps, t=5.0
	// 100 steps, t=9.5
	// Success: y(10) = [1.0264 0.9097]
}
