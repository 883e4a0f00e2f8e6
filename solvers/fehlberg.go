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
// The pair has no dense output of its own, and Hermite's cubic is poorer than its steps. Here a quartic of order 4 over two
// stages more, one of them the next step's first, interpolates; see fehlbergTableau.
type Fehlberg struct{}

var fehlberg = fehlbergTableau()

// fehlbergTableau adds to Hermite's cubic H a quartic that gives it the right slope at θ = 1/4,
//
//	u(θ) = H(θ) + θ²(1−θ)² (16/3) ( h k_8 − H'(1/4) ),   k_8 = f(t + h/4, H(1/4)),
//
// 3/16 being the slope of θ²(1−θ)² there. H(1/4) is right to h³, h k_8 and so u to h⁴.
func fehlbergTableau() Tableau {
	t := Tableau{
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
		Reference: "E. Fehlberg, Low-order classical Runge-Kutta formulas with stepsize control and their application to some heat " +
			"transfer problems, NASA TR R-315, 1969; L. F. Shampine and H. A. Watts, The art of writing a Runge-Kutta code II, " +
			"Appl. Math. Comput. 5 (1979) 93-121",
	}
	in := t.nested(3, nil, nil, nil)
	quarter, d := make([]float64, len(in.P)), make([]float64, len(in.P))
	for i, p := range in.P {
		quarter[i] = p[0]/4 + 3*p[1]/16 + 3*p[2]/64
		d[i] = -16. / 3 * (p[0] + p[1]/2 + 5*p[2]/16)
	}
	t.Interpolant = t.nested(4, [][]float64{append(d, 16./3)}, [][]float64{quarter}, []float64{0.25})
	return t
}

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
