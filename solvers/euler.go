package solvers

// Euler is Euler's method, of order 1, with linear dense output:
//
//	y₁ = y + h f(t, y)
//
// It has no error estimate and takes constant steps. Leonhard Euler, Institutionum calculi integralis I (1768), sect. 650.
type Euler struct{}

var euler = Tableau{
	Name:        "euler",
	Order:       1,
	A:           [][]float64{{}},
	B:           []float64{1},
	C:           []float64{0},
	Interpolant: &Interpolant{Order: 1, P: [][]float64{{1}}},
	Reference:   "L. Euler, Institutionum calculi integralis, volumen primum, 1768",
}

// Name implements [Method].
func (Euler) Name() string { return euler.Name }

// Order implements [Method].
func (Euler) Order() int { return euler.Order }

// Info implements [Method].
func (Euler) Info() Info { return euler.info() }

func (Euler) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &euler), nil
}
func (Euler) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &euler), nil
}

var _ Method = Euler{}
