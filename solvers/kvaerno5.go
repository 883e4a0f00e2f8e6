package solvers

// Kvaerno5 is Kværnø's diagonally implicit method of order 5 with an embedded solution of order 4, for stiff problems of
// moderate to high accuracy. Both are A-stable and stiffly accurate, the first L-stable; the stages are of order 2, and the
// interpolant of order 4 is continuous with its slope. A stage is taken at t + 1.23h, beyond the step.
//
// Its gradient is exact for the equations of the stages: System.VJP is what it needs, and the iterations that solve the
// transposed equations use it once or twice a stage.
type Kvaerno5 struct {
	// Krylov solves the linear equations by GMRES, with no matrix.
	Krylov bool
}

var kvaerno5 = esdirkTableau{
	Name:          "kvaerno5",
	Order:         5,
	EmbeddedOrder: 4,
	DenseOrder:    4,
	Gamma:         0.26,
	A: [][]float64{
		{},
		{0.26},
		{0.13, 0.84033320996790809},
		{0.22371961478320505, 0.47675532319799699, -0.06470895363112615},
		{0.16648564323248321, 0.1045001884159172, 0.03631482272098715, -0.13090704451073998},
		{0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.61943039072480676},
		{0.13659751177640291, 0, -0.05496908796538376, -0.04118626728321046, 0.62993304899016403, 0.06962479448202728},
	},
	C: []float64{0, 0.52, 1.23033320996790809, 0.89576598435007589, 0.43639360985864758, 1, 1},
	// The embedded solution is the stage before the last.
	E: []float64{
		0.13659751177640291 - 0.13855640231268224, 0, -0.05496908796538376 + 0.04245337201752043,
		-0.04118626728321046 - 0.02446657898003141, 0.62993304899016403 - 0.61943039072480676, 0.06962479448202728 - 0.26, 0.26,
	},
	// The weights of least norm that meet the conditions of order 4 for every θ, and values and slopes at both ends.
	P: [][]float64{
		{1, -2.072037588795683143, 1.690465224696977927, -0.4818301241248918739},
		{0, 0, 0, 0},
		{0, 0.8427243190616514753, -1.905324989984838006, 1.007631582957802767},
		{0, -0.6665857136422464469, 1.168426358151651057, -0.543026911792615069},
		{0, 3.256928814399354012, -3.994125432838051897, 1.367129667428861917},
		{0, -0.6050255205696770669, 1.488550219067463253, -0.8138999040157589061},
		{0, -0.7560043104533987059, 1.552008620906797411, -0.5360043104533987051},
	},
	Controller: Controller{I: 1, Safety: 0.8},
	Reference:  "A. Kværnø, Singly diagonally implicit Runge-Kutta methods with an explicit first stage, BIT 44 (2004) 489-502",
}

// Name implements [Method].
func (Kvaerno5) Name() string { return kvaerno5.Name }

// Order implements [Method].
func (Kvaerno5) Order() int { return kvaerno5.Order }

// Info implements [Method].
func (Kvaerno5) Info() Info { return kvaerno5.info() }

func (m Kvaerno5) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newESDIRK(e, &kvaerno5, m.Krylov)
}
func (m Kvaerno5) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newESDIRK(e, &kvaerno5, m.Krylov)
}

var _ Method = Kvaerno5{}
