package solvers

// Midpoint is the explicit midpoint rule, of order 2:
//
//	0   |
//	1/2 | 1/2
//	----+---------
//	    | 0    1
//
// It has two stages, no error estimate, and takes constant steps. Between them Hermite's cubic interpolates to the method's
// own order; it needs f at the end of the step, which the next step then doesn't evaluate again. Runge (1895).
type Midpoint struct{}

var midpoint = Tableau{
	Name:      "midpoint",
	Order:     2,
	A:         [][]float64{{}, {0.5}},
	B:         []float64{0, 1},
	C:         []float64{0, 0.5},
	Reference: "C. Runge, Ueber die numerische Auflösung von Differentialgleichungen, Math. Ann. 46 (1895) 167-178",
}

// Name implements [Method].
func (Midpoint) Name() string { return midpoint.Name }

// Order implements [Method].
func (Midpoint) Order() int { return midpoint.Order }

// Info implements [Method].
func (Midpoint) Info() Info { return midpoint.info() }

func (Midpoint) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &midpoint), nil
}
func (Midpoint) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &midpoint), nil
}

var _ Method = Midpoint{}
