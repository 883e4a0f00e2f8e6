package solvers

// Tsit5 is the pair of Tsitouras of order 5 with an embedded solution of order 4, seven stages of which the last is the
// first of the next step. Its error constants are smaller than those of [Dopri5].
//
// The dense output is of order 5, a quintic over two stages more that are evaluated only for the steps that need it, so
// that a saved state is as accurate as a step's.
//
// Coefficients: Tsitouras (2011), carried to more digits by the order conditions, with his interpolant of order 4; of
// order 5: by one evaluation of f at 1/5 and one at 1/2 from that.
type Tsit5 struct {
	// Quartic takes Tsitouras' own interpolant, of order 4, which needs no further stages. Between steps its error goes
	// with the tolerance, at times to fifty times that.
	Quartic bool
}

var (
	tsit5Quartic = tsit5Tableau()
	tsit5        = tsit5Quartic.sharpened(0.2, 0.5)
)

func tsit5Tableau() Tableau {
	t := Tableau{
		Name:          "tsit5",
		Order:         5,
		EmbeddedOrder: 4,
		A: [][]float64{
			{},
			{0.161},
			{-8.4806554923569885444e-3, 0.33548065549235698854},
			{2.8971530571054934321, -6.3594484899750748431, 4.362295432869581411},
			{5.3258648284392566044, -11.748883564062827878, 7.4955393428898362083, -0.092495066361755249257},
			{
				5.8614554429464200287, -12.920969317847109292, 8.1593678985761586432, -0.071584973281400997225,
				-0.028269050394068382909,
			},
			{
				0.096460766818065229518, 0.01, 0.47988965041449957478, 1.3790085741037418932, -3.2900695154360806799,
				2.3247105240997739824,
			},
		},
		B: []float64{
			0.096460766818065229518, 0.01, 0.47988965041449957478, 1.3790085741037418932, -3.2900695154360806799,
			2.3247105240997739824, 0,
		},
		C: []float64{0, 0.161, 0.327, 0.9, 0.98002554090450968573, 1, 1},
		E: []float64{
			-1.7800110522257714434e-3, -8.1643445965674690322e-4, 7.8808780102619960103e-3, -0.14471100717326290754,
			0.58235716545255522502, -0.45808210592918694666, 1. / 66,
		},

		Reference: "Ch. Tsitouras, Runge-Kutta pairs of order 5(4) satisfying only the first column simplifying assumption, " +
			"Comput. Math. Appl. 62 (2011) 770-775",
	}
	// The interpolant meets values and slopes at both ends; these are its coefficients of θ⁴.
	t.Interpolant = t.nested(4, [][]float64{{
		-1.0530884977290215572, 0.1017, 2.4906272856512527931, -16.548102889244902718, 47.379521962819281219,
		-34.870657861496609736, 2.5,
	}}, nil, nil)
	return t
}

// Name implements [Method].
func (Tsit5) Name() string { return tsit5.Name }

// Order implements [Method].
func (Tsit5) Order() int { return tsit5.Order }

// Info implements [Method].
func (m Tsit5) Info() Info { return m.tableau().info() }

func (m Tsit5) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, m.tableau()), nil
}
func (m Tsit5) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, m.tableau()), nil
}

func (m Tsit5) tableau() *Tableau {
	if m.Quartic {
		return &tsit5Quartic
	}
	return &tsit5
}

var _ Method = Tsit5{}
