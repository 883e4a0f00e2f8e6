package solvers

// Dopri5 is the method of Dormand and Prince of order 5 with an embedded solution of order 4, seven stages of which the
// last is the first of the next step. It is the method to begin with where f is smooth and not stiff.
//
// The dense output is of order 5, a quintic over two stages more that are evaluated only for the steps that need it, so
// that a saved state is as accurate as a step's.
//
// Coefficients: Hairer, Nørsett and Wanner I, II.5, table 5.2; interpolant of order 4: II.6 (6.12) and the code
// dopri5.f; of order 5: by one evaluation of f at 1/5 and one at 1/2 from that.
type Dopri5 struct {
	// Quartic takes Shampine's interpolant of order 4, which needs no further stages. Between steps its error goes with the
	// tolerance, at times to fifty times that.
	Quartic bool
}

var (
	dopri5Quartic = dopri5Tableau()
	dopri5        = dopri5Quartic.sharpened(0.2, 0.5)
)

func dopri5Tableau() Tableau {
	t := Tableau{
		Name:          "dopri5",
		Order:         5,
		EmbeddedOrder: 4,
		A: [][]float64{
			{},
			{1. / 5},
			{3. / 40, 9. / 40},
			{44. / 45, -56. / 15, 32. / 9},
			{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
			{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
			{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
		},
		B: []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
		C: []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
		E: []float64{71. / 57600, 0, -71. / 16695, 71. / 1920, -17253. / 339200, 22. / 525, -1. / 40},
		Reference: "J. R. Dormand and P. J. Prince, A family of embedded Runge-Kutta formulae, J. Comput. Appl. Math. 6 " +
			"(1980) 19-26; " +
			"L. F. Shampine, Some practical Runge-Kutta formulas, Math. Comp. 46 (1986) 135-150",
	}
	// The d_i of dopri5.f.
	t.Interpolant = t.nested(4, [][]float64{{
		-12715105075. / 11282082432, 0, 87487479700. / 32700410799, -10690763975. / 1880347072,
		701980252875. / 199316789632, -1453857185. / 822651844, 69997945. / 29380423,
	}}, nil, nil)
	return t
}

// Name implements [Method].
func (Dopri5) Name() string { return dopri5.Name }

// Order implements [Method].
func (Dopri5) Order() int { return dopri5.Order }

// Info implements [Method].
func (m Dopri5) Info() Info { return m.tableau().info() }

func (m Dopri5) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, m.tableau()), nil
}
func (m Dopri5) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, m.tableau()), nil
}

func (m Dopri5) tableau() *Tableau {
	if m.Quartic {
		return &dopri5Quartic
	}
	return &dopri5
}

var _ Method = Dopri5{}
