package solvers

// RK38 is Kutta's 3/8 rule, of order 4, which some libraries call rk4:
//
//	0   |
//	1/3 |  1/3
//	2/3 | -1/3   1
//	1   |  1    -1    1
//	----+------------------------
//	    |  1/8   3/8  3/8  1/8
//
// Its error constants are a little smaller than those of [RK4]. It has no error estimate and takes constant steps.
// Between them a quartic of order 4 interpolates, as that of [RK4]. Kutta (1901); Hairer, Nørsett and Wanner I, II.1,
// table 1.2.
type RK38 struct{}

var (
	rk38Cubic = Tableau{
		Name:  "rk38",
		Order: 4,
		A:     [][]float64{{}, {1. / 3}, {-1. / 3, 1}, {1, -1, 1}},
		B:     []float64{1. / 8, 3. / 8, 3. / 8, 1. / 8},
		C:     []float64{0, 1. / 3, 2. / 3, 1},
		Reference: "W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Z. Math. Phys. 46 " +
			"(1901) 435-453",
	}
	rk38 = rk38Cubic.sharpened(0.25)
)

// Name implements [Method].
func (RK38) Name() string { return rk38.Name }

// Order implements [Method].
func (RK38) Order() int { return rk38.Order }

// Info implements [Method].
func (RK38) Info() Info { return rk38.info() }

func (RK38) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &rk38), nil
}
func (RK38) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &rk38), nil
}

var _ Method = RK38{}
