package solvers

// ImplicitEuler is y₁ = y + h f(t₁, y₁): of order 1, L-stable, monotone. The error estimate is the difference to the
// trapezoidal rule, h/2 (k_1 − k_0), which costs nothing: k_0 is the step's before.
type ImplicitEuler struct {
	// Krylov solves the linear equations by GMRES, with no matrix.
	Krylov bool
}

var implicitEuler = &esdirkTableau{
	Name:          "impliciteuler",
	Order:         1,
	EmbeddedOrder: 2,
	Gamma:         1,
	A:             [][]float64{{}, {0}},
	C:             []float64{0, 1},
	E:             []float64{-0.5, 0.5},
	DenseOrder:    1,
	P:             [][]float64{{0}, {1}}, // the straight line between the states
	Controller:    Controller{I: 1, Safety: 0.8},
	Reference:     "E. Hairer and G. Wanner, Solving Ordinary Differential Equations II, IV.3",
}

// Name implements [Method].
func (ImplicitEuler) Name() string { return implicitEuler.Name }

// Order implements [Method].
func (ImplicitEuler) Order() int { return implicitEuler.Order }

// Info implements [Method].
func (ImplicitEuler) Info() Info { return implicitEuler.info() }

func (m ImplicitEuler) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newESDIRK(e, implicitEuler, m.Krylov)
}
func (m ImplicitEuler) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newESDIRK(e, implicitEuler, m.Krylov)
}

var _ Method = ImplicitEuler{}
