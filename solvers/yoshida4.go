package solvers

// Yoshida4 is the triple jump: three steps of [Verlet], the middle one backwards, of order 4,
//
//	γ₁ = γ₃ = 1/(2 − 2^{1/3}),   γ₂ = 1 − 2γ₁ = −2^{1/3} γ₁.
//
// It is the cheapest composition of its order, with six evaluations a step, some of which lie beyond the step's ends,
// by a third of it. [Suzuki4] has errors some ten times smaller with steps of one size, and is mostly the better one at
// one cost too.
//
// Forest and Ruth (1990), Suzuki (1990), Yoshida (1990); Hairer, Lubich and Wanner, Geometric Numerical Integration, II.4.
type Yoshida4 struct {
	// Positions is how many leading components of the state are positions; the others are momenta. Zero: half of them.
	Positions int
}

const (
	cubeRoot2    = 1.2599210498948731647672106072782
	yoshidaOuter = 1 / (2 - cubeRoot2)
)

var yoshida4 = composition{
	name:      "yoshida4",
	order:     4,
	weights:   []float64{yoshidaOuter, 1 - 2*yoshidaOuter, yoshidaOuter},
	reference: "H. Yoshida, Construction of higher order symplectic integrators, Phys. Lett. A 150 (1990) 262-268",
}

// Name implements [Method].
func (Yoshida4) Name() string { return yoshida4.name }

// Order implements [Method].
func (Yoshida4) Order() int { return yoshida4.order }

// Info implements [Method].
func (Yoshida4) Info() Info { return yoshida4.info() }

func (m Yoshida4) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newSymplectic(e, &yoshida4, m.Positions)
}

func (m Yoshida4) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newSymplectic(e, &yoshida4, m.Positions)
}

var _ Method = Yoshida4{}
