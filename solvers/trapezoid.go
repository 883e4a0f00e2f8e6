package solvers

// Trapezoid is the trapezoidal rule y₁ = y + h/2 (f(t, y) + f(t₁, y₁)), of order 2, A-stable and symmetric, but not
// L-stable: very stiff components are not damped. From the second step on the error estimate is −h³/12 y‴ with a
// divided difference of three slopes for y‴; the first step's is the difference to the implicit Euler method.
type Trapezoid struct {
	// Krylov solves the linear equations by GMRES, with no matrix.
	Krylov bool
}

var trapezoid = (&esdirkTableau{
	Name:          "trapezoid",
	Order:         2,
	EmbeddedOrder: 3,
	DenseOrder:    2,
	Gamma:         0.5,
	A:             [][]float64{{}, {0.5}},
	C:             []float64{0, 1},
	E:             []float64{0.5, -0.5},
	Divided:       true,
	Controller:    Controller{I: 1, Safety: 0.8},
	Reference:     "E. Hairer and G. Wanner, Solving Ordinary Differential Equations II, IV.3",
}).hermite()

// Name implements [Method].
func (Trapezoid) Name() string { return trapezoid.Name }

// Order implements [Method].
func (Trapezoid) Order() int { return trapezoid.Order }

// Info implements [Method].
func (Trapezoid) Info() Info { return trapezoid.info() }

func (m Trapezoid) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newESDIRK(e, trapezoid, m.Krylov)
}
func (m Trapezoid) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newESDIRK(e, trapezoid, m.Krylov)
}

var _ Method = Trapezoid{}
