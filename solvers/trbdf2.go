package solvers

import "math"

// TRBDF2 is the trapezoidal rule to t + (2−√2)h followed by the backward differentiation formula of order 2, as one
// method with the same matrix in both parts: L-stable, of order 2, with an embedded solution of order 3. It suits stiff
// problems at low accuracy and f that isn't smooth. The error estimate is taken times (I − γhJ)⁻¹, as Hosea and
// Shampine advise.
type TRBDF2 struct {
	// Krylov solves the linear equations by GMRES, with no matrix.
	Krylov bool
}

var trbdf2 = trbdf2Tableau()

func trbdf2Tableau() *esdirkTableau {
	const w, d = math.Sqrt2 / 4, 1 - math.Sqrt2/2
	t := &esdirkTableau{
		Name:          "trbdf2",
		Order:         2,
		EmbeddedOrder: 3,
		DenseOrder:    2,
		Gamma:         d,
		A:             [][]float64{{}, {d}, {w, w}},
		C:             []float64{0, 2 * d, 1},
		E:             []float64{w - (1-w)/3, w - (3*w+1)/3, d - d/3},
		Filter:        true,
		Controller:    Controller{I: 1, Safety: 0.8},
		Reference: "R. E. Bank et al., Transient simulation of silicon devices and circuits, IEEE Trans. Electron Devices " +
			"32 (1985) 1992-2007; " +
			"M. E. Hosea and L. F. Shampine, Analysis and implementation of TR-BDF2, Appl. Numer. Math. 20 (1996) 21-37",
	}
	return t.hermite()
}

// Name implements [Method].
func (TRBDF2) Name() string { return trbdf2.Name }

// Order implements [Method].
func (TRBDF2) Order() int { return trbdf2.Order }

// Info implements [Method].
func (TRBDF2) Info() Info { return trbdf2.info() }

func (m TRBDF2) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newESDIRK(e, trbdf2, m.Krylov)
}
func (m TRBDF2) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newESDIRK(e, trbdf2, m.Krylov)
}

var _ Method = TRBDF2{}
