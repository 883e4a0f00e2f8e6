package solvers

// Suzuki4 is Suzuki's composition of five steps of [Verlet], the middle one backwards, of order 4,
//
//	γ₁ = γ₂ = γ₄ = γ₅ = 1/(4 − 4^{1/3}),   γ₃ = 1 − 4γ₁ = −4^{1/3} γ₁.
//
// It costs ten evaluations a step, all within the step's interval.
//
// Suzuki (1990); Hairer, Lubich and Wanner, Geometric Numerical Integration, II.4.
type Suzuki4 struct {
	// Positions is how many leading components of the state are positions; the others are momenta. Zero: half of them.
	Positions int
}

const (
	cubeRoot4   = 1.5874010519681994747517056392723
	suzukiOuter = 1 / (4 - cubeRoot4)
)

var suzuki4 = composition{
	name:      "suzuki4",
	order:     4,
	weights:   []float64{suzukiOuter, suzukiOuter, 1 - 4*suzukiOuter, suzukiOuter, suzukiOuter},
	reference: "M. Suzuki, Fractal decomposition of exponential operators, Phys. Lett. A 146 (1990) 319-323",
}

// Name implements [Method].
func (Suzuki4) Name() string { return suzuki4.name }

// Order implements [Method].
func (Suzuki4) Order() int { return suzuki4.order }

// Info implements [Method].
func (Suzuki4) Info() Info { return suzuki4.info() }

func (m Suzuki4) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newSymplectic(e, &suzuki4, m.Positions)
}

func (m Suzuki4) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newSymplectic(e, &suzuki4, m.Positions)
}

var _ Method = Suzuki4{}
