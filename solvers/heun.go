package solvers

// Heun is Heun's method of order 2, the explicit trapezoidal rule, with Euler's method embedded for an error estimate of
// order 1:
//
//	0 |
//	1 | 1
//	--+----------
//	  | 1/2  1/2
//	  | 1    0
//
// The two stages are both new in each step: the second is taken at Euler's state and not at the new one. Hermite's cubic
// interpolates to the method's own order; it needs f at the end of the step, which the next step then doesn't evaluate
// again. Heun (1900).
type Heun struct{}

var heun = Tableau{
	Name:          "heun",
	Order:         2,
	EmbeddedOrder: 1,
	A:             [][]float64{{}, {1}},
	B:             []float64{0.5, 0.5},
	C:             []float64{0, 1},
	E:             []float64{-0.5, 0.5},
	Reference: "K. Heun, Neue Methoden zur approximativen Integration der Differentialgleichungen einer unabhängigen " +
		"Veränderlichen, " +
		"Z. Math. Phys. 45 (1900) 23-38",
}

// Name implements [Method].
func (Heun) Name() string { return heun.Name }

// Order implements [Method].
func (Heun) Order() int { return heun.Order }

// Info implements [Method].
func (Heun) Info() Info { return heun.info() }

func (Heun) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &heun), nil
}
func (Heun) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &heun), nil
}

var _ Method = Heun{}
