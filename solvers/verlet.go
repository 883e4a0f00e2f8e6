package solvers

// Verlet is the method of Störmer and Verlet in its velocity form, of order 2, for systems of positions and momenta
//
//	q' = v(t, p),   p' = a(t, q):
//
//	p_{1/2} = p₀ + (h/2) a(t₀, q₀)
//	q₁      = q₀ + h v(t₀ + h/2, p_{1/2})
//	p₁      = p_{1/2} + (h/2) a(t₁, q₁).
//
// The step is symplectic and symmetric: areas of phase space are kept, the step of −h undoes it, and the energy of a
// Hamiltonian system stays within O(h²) of the start over exponentially long times. That asks for constant steps; there
// is no error estimate. F gives both halves, and a step costs two evaluations, for v and for the new a, each of which
// uses one half. On a system that is not separable, whose v depends on q or a on p, the method is of no use, and can't tell.
//
// Verlet (1967); Hairer, Lubich and Wanner, "Geometric numerical integration illustrated by the Störmer–Verlet method", Acta
// Numerica 12 (2003).
type Verlet struct {
	// Positions is how many leading components of the state are positions; the others are momenta. Zero: half of them.
	Positions int
}

var verlet = composition{
	name:      "verlet",
	order:     2,
	weights:   []float64{1},
	reference: "L. Verlet, Computer \"experiments\" on classical fluids I, Phys. Rev. 159 (1967) 98-103",
}

// Name implements [Method].
func (Verlet) Name() string { return verlet.name }

// Order implements [Method].
func (Verlet) Order() int { return verlet.order }

// Info implements [Method].
func (Verlet) Info() Info { return verlet.info() }

func (m Verlet) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newSymplectic(e, &verlet, m.Positions)
}

func (m Verlet) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newSymplectic(e, &verlet, m.Positions)
}

var _ Method = Verlet{}
