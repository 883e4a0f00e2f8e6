package solvers

// Bosh3 is the pair of Bogacki and Shampine of order 3 with an embedded solution of order 2, four stages of which the last
// is the first of the next step:
//
//	0   |
//	1/2 | 1/2
//	3/4 | 0     3/4
//	1   | 2/9   1/3   4/9
//	----+------------------------
//	    | 2/9   1/3   4/9   0
//	    | 7/24  1/4   1/3   1/8
//
// Its dense output is Hermite's cubic, of order 3, for no further evaluation. It suits loose tolerances. Bogacki and
// Shampine (1989).
type Bosh3 struct{}

var bosh3 = Tableau{
	Name:          "bosh3",
	Order:         3,
	EmbeddedOrder: 2,
	A:             [][]float64{{}, {0.5}, {0, 0.75}, {2. / 9, 1. / 3, 4. / 9}},
	B:             []float64{2. / 9, 1. / 3, 4. / 9, 0},
	C:             []float64{0, 0.5, 0.75, 1},
	E:             []float64{-5. / 72, 1. / 12, 1. / 9, -1. / 8},
	Reference:     "P. Bogacki and L. F. Shampine, A 3(2) pair of Runge-Kutta formulas, Appl. Math. Lett. 2 (1989) 321-325",
}

// Name implements [Method].
func (Bosh3) Name() string { return bosh3.Name }

// Order implements [Method].
func (Bosh3) Order() int { return bosh3.Order }

// Info implements [Method].
func (Bosh3) Info() Info { return bosh3.info() }

func (Bosh3) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &bosh3), nil
}
func (Bosh3) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &bosh3), nil
}

var _ Method = Bosh3{}
