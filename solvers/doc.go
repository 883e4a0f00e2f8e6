// Package solvers integrates ordinary differential equations
//
//	y' = f(t, y; θ),   y(t₀) = y₀
//
// over flat state vectors, and differentiates what it computed. It knows nothing of graphs or tensors.
//
// The smallest program gives a [System] and asks for the state at the end of an interval:
//
//	sys := solvers.System[float64]{
//		Dim: 1,
//		F:   func(t float64, y, dydt []float64) error { dydt[0] = -y[0]; return nil },
//	}
//	sol, err := solvers.Solve(sys, []float64{1}, 0, 2, nil)
//	// sol.Y[0][0] is e⁻², to the default tolerance
//
// # The parts
//
// A [Method] says how one step is taken; the next section has the list. [Settings] say everything else, and each of its zero
// values is a default. A method with an error estimate chooses its steps so that the estimate, measured by a [Norm] against
// RTol and ATol, is at most 1, and a [Controller] predicts the next step from the last errors. With Settings.Step, or for a
// method with no estimate, the steps are constant between the times that must be hit.
//
// Time is a float64 whatever the state is, and may run either way. Saved states come from the method's interpolant under
// error control, and are the steps' own states with constant steps; t₁ is always hit exactly.
//
// [Solve] is a loop around an [Integrator], which can be stepped by hand, moved to another state, and sent on beyond
// its end.
//
// # Methods
//
// [Methods] lists all and [MethodByName] finds one. Explicit ones, for problems that aren't stiff:
//
//	Euler, Midpoint, Heun, Ralston, RK4, RK38     Runge–Kutta of low order; of these Heun alone has error control
//	Bosh3, Fehlberg, Dopri5, Tsit5                Runge–Kutta pairs; Dopri5 is the default
//	DOP853, Vern7, Vern9                          Runge–Kutta pairs of high order, for small tolerances
//	ExplicitRK                                    any tableau
//	Adams                                         variable order to 12, for f that is dear and smooth
//	AdamsBashforth, AdamsMoulton                  constant steps
//
// Implicit ones, for stiff problems, where stability and not accuracy bounds an explicit method's steps:
//
//	Radau                                         orders 5, 9 and 13, or by RTol, radau-auto: robust, and for small tolerances
//	BDF                                           variable order to 5: few evaluations of f, large systems
//	Rodas5P                                       Rosenbrock: small systems whose Jacobian is given
//	TRBDF2, Kvaerno5, KenCarp4                    diagonally implicit; KenCarp4 takes System.Stiff alone implicitly
//	ImplicitEuler, Trapezoid                      the classics
//	Auto                                          Dopri5, and a stiff method where it turns out to be needed
//
// For a structure of the problem or of the gradient:
//
//	Verlet, Yoshida4, Suzuki4, KahanLi6           symplectic, for positions and momenta; [SeparableMethods]
//	Reversible                                    around an explicit method: steps that can be undone, [SolveReversible]
//	StepDoubling                                  gives a method that has none an error estimate
//
// Implicit methods take ∂f/∂y from System.Jacobian, else from System.JVP, else from differences of F. A [Pattern] makes
// that and the linear algebra cheap where entries are known to be zero: [Banded], [BlockDiagonal], [Sparse], or what
// [FindPattern] finds. docs/solvers.md says how to choose, and docs/work-precision.md what accuracy costs by each.
//
// # Where the solution is not smooth
//
// An [Event] is a zero of a function of the solution: it is noted, changes the state, or ends the solve. Settings.Jumps are
// times known beforehand at which f jumps, and Settings.Through are times that a step must end at.
//
// # Batches
//
// [SolveRows] solves the rows of a batch each on its own, with its own interval, steps, events and status, and calls f
// for all rows at once. A row's digits are those of its own Solve, and its cost is its own too. A batch that is one
// [System] side by side shares one step size, that of its worst row.
//
// # Failure
//
// Nothing loops for ever and bad input doesn't panic. A solve that fails returns what it has, and an [*Error] with the
// status, the last good time, the step, the component and a sentence of advice. A trial step that comes out NaN or infinite
// is rejected and tried again smaller; it ends the solve only where no smaller step is left. A solve that ran out of
// steps, or was cancelled by Settings.Context, can be resumed and comes to the same digits.
//
// # Gradients
//
// [SolveTape] also records the accepted steps, one state each, and [Tape.Backward] replays them from the last to the first,
// differentiating each exactly with System.VJP. The result is the gradient of the numbers computed, by y₀, θ, t₀, t₁ and
// every saved time, to rounding and not to the tolerance; the times of events move with what they depend on. It costs about
// one more forward solve and a VJP a stage, and an implicit method solves transposed equations besides. With
// System.Linearize an explicit method evaluates f once a stage on the way back. Settings.Checkpoints keeps a few states
// instead of one a step, and takes the steps between them again, to the same digits. The step size control is not
// differentiated: Backward documents what is held fixed. Every method has a gradient. KenCarp4 with System.Stiff needs
// System.StiffVJP besides, and Rodas5P, whose steps have derivatives of f in them, System.TangentVJP.
//
// # Adding a method
//
// An explicit Runge–Kutta method is a tableau in a file of its own and a line in [Methods], over which all tests range.
// Another family implements the stepper interface of stepper.go, whose comment says how each fits.
//
// # Notation
//
// As in Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, second edition (and II, with Wanner alone):
// stages k_i, coefficients a_ij, b_i, c_i; h a step, θ ∈ [0, 1] the place within it; a bar is ∂L/∂.
package solvers
