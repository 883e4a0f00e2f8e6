package solvers

// Float is the type of the components of a state. Time is always float64.
type Float interface{ float32 | float64 }

// System is an initial value problem's right-hand side
//
//	y' = f(t, y; θ),   y ∈ ℝ^Dim,   θ ∈ ℝ^NumParams,
//
// over a flat state vector. Only Dim and F are required; what else a method or a gradient needs it says in its own
// documentation, and a missing function is a clear error, never a silent zero.
//
// The slices handed to these functions belong to the solver: they may be read or written during the call as stated, and
// not kept after it. A function that returns an error ends the solve; the error is the cause of the [Error] returned.
type System[T Float] struct {
	// Dim is the number of components of y, at least 1.
	Dim int

	// F writes f(t, y) to dydt.
	F func(t float64, y, dydt []T) error

	// Jacobian writes ∂f/∂y to jac, row-major, Dim × Dim: jac[i*Dim+j] = ∂f_i/∂y_j. jac comes as zeros. Optional: implicit
	// methods take the Jacobian from here, else from JVP, else from differences of F.
	Jacobian func(t float64, y, jac []T) error

	// JVP writes (∂f/∂y) v to out. Optional.
	JVP func(t float64, y, v, out []T) error

	// TimeDerivative writes ∂f/∂t to dfdt. Optional: Rodas5P takes it from here, else from differences of F.
	TimeDerivative func(t float64, y, dfdt []T) error

	// Stiff writes the stiff part of f(t, y) to dydt, for methods that take it implicitly and the rest of f, which F
	// gives as a whole, explicitly: KenCarp4. Optional, and ignored by all others and with RowSystem.
	Stiff func(t float64, y, dydt []T) error

	// Pattern says which entries of ∂f/∂y may differ from zero. The zero value: all.
	Pattern Pattern

	// VJP is the product with a cotangent w from the left; gradients need it. It
	//
	//	writes  (∂f/∂y)ᵀ w  to wy          (Dim),
	//	adds    (∂f/∂θ)ᵀ w  to wtheta      (NumParams),
	//	returns (∂f/∂t)ᵀ w  as wt,
	//	writes  f(t, y)     to dydt, unless dydt is nil.
	//
	// None of the slices overlap.
	VJP func(t float64, y, w, dydt, wy, wtheta []T) (wt float64, err error)

	// Linearize and Pullback are VJP in two parts, optional and both or none: explicit Runge–Kutta methods replay a step
	// with them, whose stages must all be known before the first is differentiated, and evaluate f once a stage. Linearize
	// writes f(t, y) to dydt and keeps what a later Pullback of the same slot wants, in place of what it kept there
	// before; Pullback is VJP at that point. Slots count from zero, as many as the method has stages.
	Linearize func(slot int, t float64, y, dydt []T) error
	Pullback  func(slot int, w, wy, wtheta []T) (wt float64, err error)

	// Keep is how many slots, from zero on, SolveTape may fill for the tape's Backward, so that an explicit Runge–Kutta
	// method needn't evaluate f there again: it linearizes f at the stages of its steps until the slots are taken, from
	// the first step on. Of the system given to Backward, Keep > 0 says that its slots are those that the solve left;
	// otherwise all steps are replayed. The digits are the same if Linearize's value is F's. Zero: none; they have no
	// meaning without Linearize and Pullback, or with Settings.Checkpoints.
	Keep int

	// Room lets the tapes of similar solves, one after the other, have their memory at once. Optional.
	Room *TapeRoom

	// StiffVJP is of Stiff what VJP is of F. A gradient with Stiff needs it.
	StiffVJP func(t float64, y, w, dydt, wy, wtheta []T) (wt float64, err error)

	// TangentVJP is the product of a cotangent w with the second derivative of f in one direction: of
	//
	//	d(t, y; θ) = τ ∂f/∂t + (∂f/∂y) v,   τ and v held,
	//
	// it
	//
	//	writes  (∂d/∂y)ᵀ w  to wy          (Dim),
	//	adds    (∂d/∂θ)ᵀ w  to wtheta      (NumParams),
	//	returns (∂d/∂t)ᵀ w  as wt.
	//
	// None of the slices overlap. Gradients of Rodas5P need it, whose steps have ∂f/∂y and ∂f/∂t in them; no other method
	// does.
	TangentVJP func(t float64, y []T, tau float64, v, w, wy, wtheta []T) (wt float64, err error)

	// NumParams is the length of θ. Zero: f has no parameters to differentiate.
	NumParams int
}
