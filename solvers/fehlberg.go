package solvers

// Fehlberg is Fehlberg's pair of orders 4 and 5, the RKF45 of many codes, with six stages:
//
//	0     |
//	1/4   | 1/4
//	3/8   | 3/32       9/32
//	12/13 | 1932/2197  -7200/2197  7296/2197
//	1     | 439/216    -8          3680/513    -845/4104
//	1/2   | -8/27      2           -3544/2565  1859/4104    -11/40
//	------+-----------------------------------------------------------------
//	      | 16/135     0           6656/12825  28561/56430  -9/50   2/55
//	      | 25/216     0           1408/2565   2197/4104    -1/5    0
//
// The solution of order 5 is propagated and that of order 4 estimates the error, as in Shampine and Watts' code and unlike
// Fehlberg's paper: the estimate is the same and the states are better.
//
// The pair has no dense output of its own. Here evaluations of f sharpen Hermite's cubic, over f at the new state,
// which is the next step's first stage: one at 1/4 to order 4, and two at 1/5 and 1/2 from there to order 5.
type Fehlberg struct{}

var (
	fehlbergCubic = Tableau{
		Name:          "fehlberg",
		Order:         5,
		EmbeddedOrder: 4,
		A: [][]float64{
			{},
			{1. / 4},
			{3. / 32, 9. / 32},
			{1932. / 2197, -7200. / 2197, 7296. / 2197},
			{439. / 216, -8, 3680. / 513, -845. / 4104},
			{-8. / 27, 2, -3544. / 2565, 1859. / 4104, -11. / 40},
		},
		B: []float64{16. / 135, 0, 6656. / 12825, 28561. / 56430, -9. / 50, 2. / 55},
		C: []float64{0, 1. / 4, 3. / 8, 12. / 13, 1, 1. / 2},
		E: []float64{1. / 360, 0, -128. / 4275, -2197. / 75240, 1. / 50, 2. / 55},
		Reference: "E. Fehlberg, Low-order classical Runge-Kutta formulas with stepsize control and their application to " +
			"some heat " +
			"transfer problems, NASA TR R-315, 1969; L. F. Shampine and H. A. Watts, The art of writing a Runge-Kutta code II, " +
			"Appl. Math. Comput. 5 (1979) 93-121",
	}
	fehlbergQuartic = fehlbergCubic.sharpened(0.25)
	fehlberg        = fehlbergQuartic.sharpened(0.2, 0.5)
)

// Name implements [Method].
func (Fehlberg) Name() string { return fehlberg.Name }

// Order implements [Method].
func (Fehlberg) Order() int { return fehlberg.Order }

// Info implements [Method].
func (Fehlberg) Info() Info { return fehlberg.info() }

func (Fehlberg) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &fehlberg), nil
}
func (Fehlberg) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &fehlberg), nil
}

var _ Method = Fehlberg{}
