package solvers

// KenCarp4 is the additive method ARK4(3)6L[2]SA of Kennedy and Carpenter, of order 4 with an embedded solution of
// order 3. With System.Stiff it takes that part of f implicitly and the rest explicitly, so that Newton's method and
// its Jacobian, by differences, meet the stiff part alone; of f it evaluates both parts at each stage. The explicit
// part bounds the steps by its own stability. Without System.Stiff all of f is implicit, an L-stable ESDIRK method.
//
// The gradient with System.Stiff needs System.StiffVJP, and is exact for the equations of the stages.
//
// C. A. Kennedy and M. H. Carpenter, Additive Runge-Kutta schemes for convection-diffusion-reaction equations, Appl.
// Numer. Math. 44 (2003) 139-181.
type KenCarp4 struct{}

var kencarp4 = (&esdirkTableau{
	Name:          "kencarp4",
	Order:         4,
	EmbeddedOrder: 3,
	DenseOrder:    3,
	Gamma:         0.25,
	A: [][]float64{
		{},
		{1. / 4},
		{8611. / 62500, -1743. / 31250},
		{5012029. / 34652500, -654441. / 2922500, 174375. / 388108},
		{15267082809. / 155376265600, -71443401. / 120774400, 730878875. / 902184768, 2285395. / 8070912},
		{82889. / 524892, 0, 15625. / 83664, 69875. / 102672, -2260. / 8211},
	},
	C: []float64{0, 1. / 2, 83. / 250, 31. / 50, 17. / 20, 1},
	E: []float64{
		31666707. / 9881966720, 0, -256875. / 105007616, -2768025. / 128864768, 169839. / 3864644, -5247. / 225920,
	},
	Controller: Controller{I: 1, Safety: 0.8},
	Reference: "C. A. Kennedy and M. H. Carpenter, Additive Runge-Kutta schemes for convection-diffusion-reaction " +
		"equations, Appl. Numer. Math. 44 (2003) 139-181",
}).hermite()

// kencarp4Explicit is the A of the explicit part; b, c and e are those of the implicit one.
var kencarp4Explicit = [][]float64{
	{},
	{1. / 2},
	{13861. / 62500, 6889. / 62500},
	{-116923316275. / 2393684061468, -2731218467317. / 15368042101831, 9408046702089. / 11113171139209},
	{-451086348788. / 2902428689909, -2682348792572. / 7519795681897, 12662868775082. / 11960479115383,
		3355817975965. / 11060851509271},
	{647845179188. / 3216320057751, 73281519250. / 8382639484533, 552539513391. / 3454668386233,
		3354512671639. / 8306763924573, 4040. / 17871},
}

// Name implements [Method].
func (KenCarp4) Name() string { return kencarp4.Name }

// Order implements [Method].
func (KenCarp4) Order() int { return kencarp4.Order }

// Info implements [Method].
func (KenCarp4) Info() Info {
	i := kencarp4.info()
	i.Family = "implicit and explicit Runge–Kutta"
	return i
}

func (KenCarp4) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newKenCarp4(e)
}
func (KenCarp4) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newKenCarp4(e)
}

func newKenCarp4[T Float](env *environment[T]) (stepper[T], error) {
	if env.sys.Stiff == nil {
		return newESDIRK(env, kencarp4, false)
	}
	return newIMEX(env, kencarp4, kencarp4Explicit)
}

var _ Method = KenCarp4{}
