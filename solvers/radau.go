package solvers

import "math"

// Radau is the Radau IIA method of three stages and order 5, or of five or seven and order 9 or 13: implicit, L-stable, for
// stiff problems and high accuracy. With c the zeros of P_s − P_{s−1}, Legendre polynomials moved to [0, 1], the collocation
// polynomial u of degree s is
//
//	u(t) = y_n,   u'(t + c_i h) = f(t + c_i h, u(t + c_i h)),   i = 1..s,   y_{n+1} = u(t + h).
//
// The error at the steps is O(h^(2s−1)) where stiffness doesn't reduce the order; between them, where u itself is the
// interpolant, it is O(h^(s+1)).
//
// The stages are found by a simplified Newton iteration that needs a real and (s−1)/2 complex factorisations of the
// Jacobian; those of the step before are kept while it converges well. What gives the Jacobian is said at
// [System].Jacobian, JVP and Pattern. The error is estimated by
//
//	(γ₀/h I − J)⁻¹ ( f(t, y_n) − u'(t) ),   γ₀ the real eigenvalue of A⁻¹,
//
// which behaves as h^(s+1), as the interpolant's error does, and stays bounded for infinite stiffness; the error at the
// steps is far smaller. The next step is predicted from the last two estimates (Gustafsson), whatever Settings.Controller
// says.
//
// With constant steps, and for a gradient, the stages are solved to rounding. The latter takes about twice the
// evaluations of a solve without: the states of the tape are those of the method, and not those at which its iteration
// stops.
//
// Source: Hairer and Wanner II, IV.8, and their code RADAU5; for 5 and 7 stages, Hairer and Wanner, "Stiff differential
// equations solved by Radau methods", J. Comput. Appl. Math. 111 (1999).
type Radau struct {
	// Stages is 3, 5 or 7, for the orders 5, 9 and 13, or [ByTolerance]. Zero: 3.
	Stages int

	// MaxNewton bounds the Newton iterations of a step under error control. Zero: 7, and 5 more for every two stages
	// beyond 3.
	MaxNewton int

	// Krylov solves the linear systems by GMRES with products of the Jacobian alone, from System.JVP or differences of F,
	// instead of a factorisation: for states of many components that none of the patterns fits. There is no preconditioner.
	Krylov bool
}

// ByTolerance as the Stages of [Radau] lets Settings.RTol choose them, before the solve: 3 above 1e-6, 5 from there and 7
// from 1e-9 on. With RTols the smallest counts. With constant steps, where there is no tolerance,
// they are 3. docs/solvers.md has the costs that the bounds are chosen by.
const ByTolerance = -1

// The relative tolerances from which on more stages need fewer evaluations of f, and less time, for the same error.
const (
	radauFive  = 1e-6
	radauSeven = 1e-9
)

// at is m with its stages chosen, for a relative tolerance or for constant steps.
func (m Radau) at(rtol float64, constant bool) Radau {
	switch {
	case m.Stages != ByTolerance:
	case constant || rtol > radauFive:
		m.Stages = 3
	case rtol > radauSeven:
		m.Stages = 5
	default:
		m.Stages = 7
	}
	return m
}

// Name implements [Method].
func (m Radau) Name() string { return m.Info().Name }

// Order implements [Method]; with ByTolerance it is the lowest of those to choose from.
func (m Radau) Order() int { return 2*m.stages() - 1 }

// Info implements [Method].
func (m Radau) Info() Info {
	s := m.stages()
	info := Info{
		Name:          "radau",
		Family:        "implicit Runge–Kutta",
		Order:         2*s - 1,
		EmbeddedOrder: s,
		DenseOrder:    s,
		Stages:        s,
		Implicit:      true,
		Reference:     "E. Hairer and G. Wanner, Solving Ordinary Differential Equations II, 2nd ed., 1996, IV.8",
	}
	switch m.Stages {
	case 5:
		info.Name = "radau9"
	case 7:
		info.Name = "radau13"
	case ByTolerance:
		info.Name = "radau-auto"
	}
	return info
}

func (m Radau) stages() int {
	if m.Stages == 0 || m.Stages == ByTolerance {
		return 3
	}
	return m.Stages
}

func (m Radau) maxNewton() int {
	if m.MaxNewton > 0 {
		return m.MaxNewton
	}
	return 7 + 5*(m.stages()-3)/2
}

func (m Radau) newStepper32(e *environment[float32]) (stepper[float32], error) {
	return newRadau(e, m)
}

func (m Radau) newStepper64(e *environment[float64]) (stepper[float64], error) {
	return newRadau(e, m)
}

func newRadau[T Float](env *environment[T], m Radau) (stepper[T], error) {
	m = m.at(env.rtol, false) // as part of another method
	tab := radauTable(m.stages())
	if tab == nil {
		return nil, badInput("Radau.Stages is %d; it must be 3, 5, 7 or ByTolerance", m.Stages)
	}
	if m.MaxNewton < 0 {
		return nil, badInput("Radau.MaxNewton is %d; it must be positive, or zero for the default", m.MaxNewton)
	}
	jac, err := newJacobian(env, m.Krylov)
	if err != nil {
		return nil, err
	}
	n := env.sys.Dim
	r := &radau[T]{
		env:    env,
		tab:    tab,
		jac:    jac,
		stages: newRadauStages(env, tab, jac),
		old:    vectors[float64](tab.s, n),
		start:  make([]float64, tab.s),
		defect: make([]float64, n),
		err:    make([]T, n),
		f0:     make([]T, n),
	}
	rtol, _ := env.loosest()
	tol := math.Max(10*epsilon[T]()/rtol, math.Min(0.03, math.Sqrt(rtol)))
	r.rounding = newConvergence[T](tol, m.maxNewton(), true, rtol)
	r.stages.test = newConvergence[T](tol, m.maxNewton(), env.exact, rtol)
	return r, nil
}

var _ Method = Radau{}
