package solvers

// Vern7 is Verner's "most efficient" pair of order 7 with an embedded solution of order 6, and ten stages.
//
// The dense output is Verner's, of degree 7 over f at the new state, which is the next step's first stage, and five stages
// more, which are evaluated only for the steps that need them. It fulfils the conditions up to order 6, and those of order 7
// to 10⁻⁴, so that a saved state is as accurate as a step's.
//
// Coefficients: Verner (2010) and his collection of methods at Simon Fraser University.
type Vern7 struct{}

var vern7 = vern7Tableau()

func vern7Tableau() Tableau {
	t := Tableau{
		Name:          "vern7",
		Order:         7,
		EmbeddedOrder: 6,
		A: [][]float64{
			{},
			{0.005},
			{-1.0767901234567901235, 1.1856790123456790123},
			{0.040833333333333333333, 0, 0.1225},
			{0.63891392362557267805, 0, -2.4556726382236568097, 2.2722587145980841316},
			{-2.6615773750187571311, 0, 10.804513886456137696, -8.353914657396199412, 0.82048759495665697914},
			{
				6.0677414346967709927, 0, -24.711273635911085797, 20.42751793078889394, -1.9061579788166471506,
				1.0061722492420680148,
			},
			{
				12.054670076253202995, 0, -49.754784950468989328, 41.142888638604676633, -4.4617601499740041856,
				2.0423348222391749598, -0.098348436654061073795,
			},
			{
				10.138146522881807876, 0, -42.641136031717502146, 35.763840039922570071, -4.3480228403929076533,
				2.0098622683770358954, 0.3487490460338272406, -0.27143900510483128424,
			},
			{
				-45.030072034298677124, 0, 187.32724376545888408, -154.02882369350186906, 18.564653063475362339,
				-7.1418096792950788549, 1.3088085781613786251, 0, 0,
			},
		},
		B: []float64{
			0.047155618486272221704, 0, 0, 0.25750564298434151896, 0.26216653977412620477, 0.15216092656738557403,
			0.49399691700324842469, -0.29430311714032504416, 0.081317472324951099997, 0,
		},
		C: []float64{0, 0.005, 49. / 450, 49. / 300, 0.4555, 0.60950944899783813171, 0.884, 0.925, 1, 1},
		E: []float64{
			2.547011879931045417e-3, 0, 0, -9.6583948727957490913e-3, 0.042064709756396902773, -0.066682243746930109066,
			0.26500974646212813635, -0.29430311714032504416, 0.081317472324951099997, -0.020295184663356282228,
		},

		Reference: "J. H. Verner, Numerically optimal Runge-Kutta pairs with interpolants, Numer. Algorithms 53 (2010) 383-396",
	}
	t.Interpolant = vern7Dense(&t)
	return t
}

// Name implements [Method].
func (Vern7) Name() string { return vern7.Name }

// Order implements [Method].
func (Vern7) Order() int { return vern7.Order }

// Info implements [Method].
func (Vern7) Info() Info { return vern7.info() }

func (Vern7) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newERK(e, &vern7), nil
}
func (Vern7) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newERK(e, &vern7), nil
}

var _ Method = Vern7{}
