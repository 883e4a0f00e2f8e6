package solvers

// RK4 is the classical Runge–Kutta method of order 4 (and not Kutta's 3/8 rule, which some libraries call by this name):
//
//	0   |
//	1/2 | 1/2
//	1/2 | 0    1/2
//	1   | 0    0    1
//	----+---------------------
//	    | 1/6  1/3  1/3  1/6
//
// It has no error estimate and takes constant steps, of Settings.Step: without that, one for each interval between the saved
// times, whatever its length. Between them a quartic of order 4 interpolates: it needs f at the
// end of the step, which the next step then doesn't evaluate again, and once more in the step, at 1/4 from Hermite's
// cubic. Kutta (1901).
type RK4 struct{}

var (
	rk4Cubic = Tableau{
		Name:  "rk4",
		Order: 4,
		A:     [][]float64{{}, {0.5}, {0, 0.5}, {0, 0, 1}},
		B:     []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6},
		C:     []float64{0, 0.5, 0.5, 1},
		Reference: "W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Z. Math. Phys. 46 " +
			"(1901) 435-453",
	}
	rk4 = rk4Cubic.sharpened(0.25)
)

// Name implements [Method].
func (RK4) Name() string { return rk4.Name }

// Order implements [Method].
func (RK4) Order() int { return rk4.Order }

// Info implements [Method].
func (RK4) Info() Info { return rk4.info() }

func (RK4) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &rk4), nil
}
func (RK4) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &rk4), nil
}

var _ Method = RK4{}
