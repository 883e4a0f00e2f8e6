package solvers_test

import (
	"errors"
	"fmt"
	"log"
	"math"

	"gorgonode/solvers"
)

// Exponential decay with the default method and tolerances.
func Example() {
	sys := solvers.System[float64]{
		Dim: 1,
		F: func(t float64, y, dydt []float64) error {
			dydt[0] = -y[0]
			return nil
		},
	}
	sol, err := solvers.Solve(sys, []float64{1}, 0, 2, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("y(2) = %.5f, e^-2 = %.5f\n", sol.Y[0][0], math.Exp(-2))
	// Output:
	// y(2) = 0.13534, e^-2 = 0.13534
}

// predatorPrey is the system of Lotka and Volterra.
func predatorPrey(t float64, y, dydt []float64) error {
	dydt[0] = 1.5*y[0] - y[0]*y[1]
	dydt[1] = -3*y[1] + y[0]*y[1]
	return nil
}

// States at chosen times, and between them from the dense output.
func ExampleSolve() {
	sys := solvers.System[float64]{Dim: 2, F: predatorPrey}
	sol, err := solvers.Solve(sys, []float64{1, 1}, 0, 10, &solvers.Settings{
		RTol:   1e-8,
		ATol:   1e-8,
		SaveAt: []float64{0, 5, 10},
		Dense:  true,
	})
	if err != nil {
		log.Fatal(err)
	}
	for i, t := range sol.T {
		fmt.Printf("t=%-4g y=%.4f\n", t, sol.Y[i])
	}
	y := make([]float64, 2)
	if err := sol.Eval(7.5, y); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("t=7.5  y=%.4f\n", y)
	// Output:
	// t=0    y=[1.0000 1.0000]
	// t=5    y=[6.0985 0.6281]
	// t=10   y=[1.0263 0.9097]
	// t=7.5  y=[2.3474 0.2748]
}

// A solution that reaches infinity before t1: the error tells where, and the solution is there as far as it goes.
func ExampleSolve_failure() {
	sys := solvers.System[float64]{
		Dim: 1,
		F:   func(t float64, y, dydt []float64) error { dydt[0] = y[0] * y[0]; return nil },
	}
	sol, err := solvers.Solve(sys, []float64{1}, 0, 2, &solvers.Settings{SaveAt: []float64{0.5, 1.5}})
	var e *solvers.Error
	if errors.As(err, &e) && errors.Is(err, solvers.ErrStepTooSmall) {
		fmt.Printf("%v near t=%.3f, component %d\n", e.Status, e.T, e.Component)
	}
	fmt.Printf("saved so far: y(%g) = %.4f\n", sol.T[0], sol.Y[0][0])
	// Output:
	// StepTooSmall near t=1.000, component 0
	// saved so far: y(0.5) = 2.0000
}

// One step at a time.
func ExampleIntegrator() {
	sys := solvers.System[float64]{Dim: 2, F: predatorPrey}
	it, err := solvers.NewIntegrator(sys, []float64{1, 1}, 0, 1, &solvers.Settings{Method: solvers.RK4{}, Step: 0.25})
	if err != nil {
		log.Fatal(err)
	}
	for it.Step() {
		fmt.Printf("t=%.2f y=%.4f\n", it.T(), it.Y())
	}
	if err := it.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// t=0.25 y=[1.1937 0.6198]
	// t=0.50 y=[1.5310 0.4103]
	// t=0.75 y=[2.0412 0.3018]
	// t=1.00 y=[2.7722 0.2589]
}

// The gradient of y(t1) of y' = −k y, which is y0 e^(−k (t1 − t0)): by y0, k, t0 and t1.
func ExampleTape_Backward() {
	const k = 0.5
	sys := solvers.System[float64]{
		Dim:       1,
		NumParams: 1,
		F:         func(t float64, y, dydt []float64) error { dydt[0] = -k * y[0]; return nil },
		VJP: func(t float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
			if dydt != nil {
				dydt[0] = -k * y[0]
			}
			wy[0] = -k * w[0]
			wtheta[0] += -y[0] * w[0]
			return 0, nil
		},
	}
	_, tape, err := solvers.SolveTape(sys, []float64{3}, 0, 2, &solvers.Settings{Step: 0.1})
	if err != nil {
		log.Fatal(err)
	}
	g, err := tape.Backward(sys, [][]float64{{1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("by y0 %.4f, k %.4f, t0 %.4f, t1 %.4f\n", g.Y0[0], g.Theta[0], g.T0, g.T1)
	// Output:
	// by y0 0.3679, k -2.2073, t0 0.5518, t1 -0.5518
}

// A tableau of one's own: Heun's method of order 2 with Euler's for the error estimate.
func ExampleExplicitRK() {
	heun := &solvers.Tableau{
		Name: "Heun", Order: 2, EmbeddedOrder: 1,
		A: [][]float64{{}, {1}},
		B: []float64{0.5, 0.5},
		C: []float64{0, 1},
		E: []float64{-0.5, 0.5},
	}
	sys := solvers.System[float64]{Dim: 2, F: predatorPrey}
	sol, err := solvers.Solve(sys, []float64{1, 1}, 0, 10,
		&solvers.Settings{Method: solvers.ExplicitRK{Tableau: heun}, RTol: 1e-5, ATol: 1e-5})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("y(10) = %.2f\n", sol.LastY)
	// Output:
	// y(10) = [1.03 0.91]
}

// What the methods are.
func ExampleMethods() {
	for _, m := range solvers.Methods() {
		i := m.Info()
		fmt.Printf("%-8s %s, order %d(%d), %d stages, FSAL %t, dense output of order %d\n",
			i.Name, i.Family, i.Order, i.EmbeddedOrder, i.Stages, i.FSAL, i.DenseOrder)
	}
	// Output:
	// euler    explicit Runge–Kutta, order 1(0), 1 stages, FSAL false, dense output of order 1
	// midpoint explicit Runge–Kutta, order 2(0), 2 stages, FSAL false, dense output of order 2
	// heun     explicit Runge–Kutta, order 2(1), 2 stages, FSAL false, dense output of order 2
	// ralston  explicit Runge–Kutta, order 2(0), 2 stages, FSAL false, dense output of order 2
	// bosh3    explicit Runge–Kutta, order 3(2), 4 stages, FSAL true, dense output of order 3
	// fehlberg explicit Runge–Kutta, order 5(4), 6 stages, FSAL false, dense output of order 5
	// rk4      explicit Runge–Kutta, order 4(0), 4 stages, FSAL false, dense output of order 4
	// rk38     explicit Runge–Kutta, order 4(0), 4 stages, FSAL false, dense output of order 4
	// dopri5   explicit Runge–Kutta, order 5(4), 7 stages, FSAL true, dense output of order 5
	// tsit5    explicit Runge–Kutta, order 5(4), 7 stages, FSAL true, dense output of order 5
	// dop853   explicit Runge–Kutta, order 8(5), 12 stages, FSAL false, dense output of order 8
	// vern7    explicit Runge–Kutta, order 7(6), 10 stages, FSAL false, dense output of order 6
	// vern9    explicit Runge–Kutta, order 9(8), 16 stages, FSAL false, dense output of order 9
	// adams    variable-order Adams, order 12(12), 2 stages, FSAL false, dense output of order 12
	// adams-bashforth fixed-order Adams, order 4(0), 1 stages, FSAL false, dense output of order 4
	// adams-moulton fixed-order Adams, order 4(0), 2 stages, FSAL false, dense output of order 4
	// radau    implicit Runge–Kutta, order 5(3), 3 stages, FSAL false, dense output of order 3
	// impliciteuler diagonally implicit Runge–Kutta, order 1(2), 2 stages, FSAL true, dense output of order 1
	// trapezoid diagonally implicit Runge–Kutta, order 2(3), 2 stages, FSAL true, dense output of order 2
	// trbdf2   diagonally implicit Runge–Kutta, order 2(3), 3 stages, FSAL true, dense output of order 2
	// kvaerno5 diagonally implicit Runge–Kutta, order 5(4), 7 stages, FSAL true, dense output of order 4
	// bdf      variable-order BDF, order 5(5), 1 stages, FSAL false, dense output of order 5
	// rodas5p  Rosenbrock, order 5(4), 8 stages, FSAL false, dense output of order 4
	// auto     automatic switching between dopri5 and kvaerno5 or radau9, order 5(4), 7 stages, FSAL false, dense output of order 4
	// kencarp4 implicit and explicit Runge–Kutta, order 4(3), 6 stages, FSAL true, dense output of order 3
	// reversible reversible pair of rk4, order 4(0), 8 stages, FSAL false, dense output of order 3
	// doubling step doubling of rk4, order 5(4), 11 stages, FSAL false, dense output of order 5
}
