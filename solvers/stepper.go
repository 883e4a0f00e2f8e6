package solvers

// stepper is a method at work in one solve: the unexported face that every family of methods shows to the integrator.
// The integrator owns time, the state, acceptance, the step size and all failures; the stepper owns its stages, its history
// and its matrices.
//
// A solve is a sequence
//
//	reset, { attempt | attempt, accept }, ...
//
// where a rejected attempt is simply followed by another one from the same point, of another size, and must have left the
// history as it was. A caller may use slope and interpolant only where their comments say.
//
// How the families fit:
//
//   - Explicit Runge–Kutta (one file of numbers and erk.go). No history but f at the current point. outcome.factor stays 0
//     and the controller rules.
//   - Variable-order Adams and BDF. reset starts at order 1. The history (divided differences, the order, past step sizes)
//     changes in accept alone; attempt predicts for whatever step it is given, so that a clipped step needs no extra
//     case. The error norms of the neighbouring orders give the next order and step: outcome.factor, after acceptance and
//     rejection alike. controlOrder follows the current order. The replay of a gradient needs the order of each step: it is
//     the carry.
//   - Radau, ESDIRK and IMEX. attempt solves the stages by Newton's method with a jacobian and shifted systems
//     (linear.go), judged by convergence (newton.go): to the tolerance, or to rounding as environment.exact and
//     environment.taped say. No convergence or a singular matrix is outcome.fail with the factor to retry with, not an
//     error. Jacobian and factors are caches that outlive a rejection. Radau predicts its step after Gustafsson by
//     outcome.factor. The system's parts of an IMEX method are further functions of System.
//   - Rosenbrock. Like an explicit method with a factorisation in each attempt.
//   - Symplectic. No estimate: outcome.err stays 0 and Info.EmbeddedOrder is 0, so that the integrator takes constant steps.
//     How the state divides into positions and momenta is a field of the method's struct.
//   - Reversible pairs. The second state of the pair lives in the stepper: reset copies y to it, attempt computes a pending
//     one, accept commits it; for a gradient by replay it is the carry, and a gradient by inversion needs none.
//   - Step doubling and other wrappers hold an inner stepper and attempt with it several times.
//
// An event or a jump ends with reset: no other part of the integrator has to know.
type stepper[T Float] interface {
	// reset puts the method at its next attempt's starting point with no history.
	reset()

	// slope returns f(t, y) at the current point, (t, y) being the point that reset or accept left. It is evaluated at most
	// once a point, and kept for the attempt that follows. The slice is the stepper's and valid until that attempt. It ends
	// the validity of interpolant.
	slope(t float64, y []T) ([]T, error)

	// controlOrder is the k of the controller: the error norm of the next step behaves as h^k.
	controlOrder() int

	// attempt tries the step from (t, y) to t1 and writes the new state to y1. y is the state that reset or accept
	// left, and stays as it is until the next attempt. A returned error ends the solve; a step that fails and might not when
	// smaller is an outcome. Whether y1 is finite is the integrator's business.
	attempt(t, t1 float64, y, y1 []T) (outcome, error)

	// accept makes the last attempt's end the current point.
	accept()

	// interpolant appends the coefficients c_0, ..., c_d, each of the state's length, of the polynomial
	//
	//	u(θ) = Σ c_j θ^j,   u(0) = y_n,  u(1) = y_{n+1},  θ = (t − t_n)/(t_{n+1} − t_n),
	//
	// of the step accepted last. It may evaluate f, and is valid from accept to the next attempt or slope.
	interpolant(dst []T) ([]T, error)
}

// outcome is what an attempt comes to.
type outcome struct {
	// err is the norm of the scaled error estimate: the step is good where it is at most 1. 0 for a method with no estimate.
	err float64

	// fail rejects the step whatever err is: ErrNoConvergence, ErrNonFinite, or another error that says why no result was
	// reached. It ends a solve that takes constant steps.
	fail error

	// factor is the method's own choice of the next step size as a multiple of this one's. 0: the controller chooses.
	factor float64
}

// differentiable is a stepper whose accepted steps can be replayed backwards. One without these methods refuses gradients
// by name.
//
// A stepper made for a gradient sees replay and pullback only, for n = N−1, N−2, ..., with none left out after the first;
// so a multistep method may keep the cotangents of its history, and passes on at n what the steps after it left there.
type differentiable[T Float] interface {
	stepper[T]

	// carrySize is how many numbers beyond y_n the replay of step n needs, and carry writes them for the next
	// attempt's starting point. What is known of a step only once it is accepted, as its order is, is written at its end,
	// and survives a reset.
	carrySize() int
	carry(dst []T)

	// replay recomputes step n from the states up to n of the tape and what was carried up to n+1. With dense it returns the
	// coefficients of the interpolant, which are the stepper's own; otherwise nil.
	replay(tp *Tape[T], n int, dense bool) ([]T, error)

	// pullback is the vector-Jacobian product of the step replayed last.
	pullback(bar *cotangents[T]) error
}

// guided is a stepper that chooses more than the step size. Following a tape it must choose as it did: guide hands it,
// before the attempt of step n, what carry wrote at grid point n+1 when that step had been accepted.
type guided[T Float] interface {
	guide(carry []T)
}

// cotangents are the derivatives of a scalar L that a backward pass carries.
type cotangents[T Float] struct {
	y     []T       // on entry of pullback ∂L/∂y_{n+1}, on return ∂L/∂y_n
	dense []T       // ∂L/∂c_j of the interpolant's coefficients; empty if the step was replayed without
	theta []T       // ∂L/∂θ, added to
	grid  []float64 // ∂L/∂t_i of the grid points, all taken as independent, added to
}
