package solvers

// DOP853 is Dormand and Prince's method of order 8 in Hairer's form, with twelve stages and two embedded solutions of
// orders 5 and 3. Their differences from the new state, err5 and err3, combine to
//
//	err = ‖err5‖² / √( ‖err5‖² + 0.01 ‖err3‖² ),
//
// which behaves as h⁸ and so follows the error of the method closer than either. f at the new state is the first stage
// of the next step and no part of this one, so that a rejected step costs eleven evaluations.
//
// The dense output is of order 8, over f at the new state and eight stages more, which are evaluated only for the steps
// that need them, so that a saved state is as accurate as a step's. It is the method for stringent tolerances where f
// is smooth and not stiff.
//
// Coefficients: Hairer, Nørsett and Wanner I, II.5 and II.10, and their code dop853.f. The step size control is the
// package's own, which takes a twentieth fewer evaluations than that code's. The interpolant is that code's, of order
// 7, and five evaluations of f from it.
type DOP853 struct {
	// Septic takes the interpolant of order 7 itself, for three further stages instead of eight. Between steps its error is
	// five to eighty times that at their ends.
	Septic bool
}

var (
	dop853Septic = dop853Tableau()
	dop853       = dop853Septic.sharpened(0.05, 0.15, 0.3, 0.65, 0.45)
)

func dop853Tableau() Tableau {
	t := Tableau{
		Name:           "dop853",
		Order:          8,
		EmbeddedOrder:  5,
		EmbeddedOrder2: 3,
		A: [][]float64{
			{},
			{0.052600151958767731879},
			{0.019725056984537899454, 0.059175170953613698363},
			{0.029587585476806849182, 0, 0.088762756430420547545},
			{0.2413651341592666855, 0, -0.88454947932828608534, 0.92483400326179200312},
			{1. / 27, 0, 0, 0.17082860872947387128, 0.12546768756682242502},
			{0.037109375, 0, 0, 0.17025221101954403931, 0.060216538980455960685, -0.017578125},
			{
				0.037092000118504792711, 0, 0, 0.17038392571223999381, 0.10726203044637328465, -0.015319437748624401753,
				8.2737891638140228876e-3,
			},
			{
				0.62411095871607571711, 0, 0, -3.3608926294469412941, -0.86821934684172600682, 27.592099699446708305,
				20.154067550477893409, -43.489884181069958848,
			},
			{
				0.47766253643826436589, 0, 0, -2.4881146199716676419, -0.59029082683684299637, 21.230051448181194235,
				15.279233632882423583, -33.288210968984862919, -0.020331201708508626136,
			},
			{
				-0.93714243008598732572, 0, 0, 5.1863724288440637083, 1.0914373489967295782, -8.1497870107469261251,
				-18.520065659996959864, 22.739487099350504282, 2.4936055526796523899, -3.0467644718982195004,
			},
			{
				2.2733101475165382079, 0, 0, -10.534495466737250198, -2.0008720582248624991, -17.958931863118798917,
				27.948884529419960051, -2.8589982771350236947, -8.8728569335306295443, 12.360567175794303065,
				0.64339274601576353036,
			},
		},
		B: []float64{
			0.054293734116568762238, 0, 0, 0, 0, 4.4503128927524088814, 1.891517899314500383, -5.8012039600105847815,
			0.31116436695781989441, -0.15216094966251607856, 0.20136540080403034837, 0.044710615727772590518,
		},
		C: []float64{
			0, 0.052600151958767731879, 0.078900227938151597818, 0.11835034190722739673, 0.28164965809277260327, 1. / 3,
			0.25, 4. / 13, 0.65128205128205128205, 0.6, 6. / 7, 1,
		},
		E: []float64{
			0.013120044994194880733, 0, 0, 0, 0, -1.2251564463762044407, -0.49575894965725019152, 1.664377182454986537,
			-0.35032884874997368169, 0.33417911871301747903, 0.081923206485115712466, -0.022355307863886295259,
		},
		E2: []float64{
			-0.18980075407240761571, 0, 0, 0, 0, 4.4503128927524088814, 1.891517899314500383, -5.8012039600105847815,
			-0.42268232132379196293, -0.15216094966251607856, 0.20136540080403034837, 0.022651792198360825812,
		},

		Reference: "J. R. Dormand and P. J. Prince, High order embedded Runge-Kutta formulae, J. Comput. Appl. Math. 7 " +
			"(1981) 67-75; " +
			"E. Hairer, S. P. Nørsett and G. Wanner, Solving Ordinary Differential Equations I, 2nd ed., 1993, II.10",
	}
	t.Interpolant = dop853Dense(&t)
	return t
}

// Name implements [Method].
func (DOP853) Name() string { return dop853.Name }

// Order implements [Method].
func (DOP853) Order() int { return dop853.Order }

// Info implements [Method].
func (m DOP853) Info() Info { return m.tableau().info() }

func (m DOP853) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, m.tableau()), nil
}
func (m DOP853) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, m.tableau()), nil
}

func (m DOP853) tableau() *Tableau {
	if m.Septic {
		return &dop853Septic
	}
	return &dop853
}

var _ Method = DOP853{}
