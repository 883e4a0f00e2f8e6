package solvers

// Ralston is the method of order 2 with two stages whose bound of the local error is the smallest:
//
//	0   |
//	2/3 | 2/3
//	----+----------
//	    | 1/4  3/4
//
// It has no error estimate and takes constant steps. Between them Hermite's cubic interpolates to the method's own order; it
// needs f at the end of the step, which the next step then doesn't evaluate again. Ralston (1962).
type Ralston struct{}

var ralston = Tableau{
	Name:      "ralston",
	Order:     2,
	A:         [][]float64{{}, {2. / 3}},
	B:         []float64{0.25, 0.75},
	C:         []float64{0, 2. / 3},
	Reference: "A. Ralston, Runge-Kutta methods with minimum error bounds, Math. Comp. 16 (1962) 431-437",
}

// Name implements [Method].
func (Ralston) Name() string { return ralston.Name }

// Order implements [Method].
func (Ralston) Order() int { return ralston.Order }

// Info implements [Method].
func (Ralston) Info() Info { return ralston.info() }

func (Ralston) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &ralston), nil
}
func (Ralston) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &ralston), nil
}

var _ Method = Ralston{}
