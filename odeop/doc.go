// Package odeop solves ordinary differential equations inside of Gorgonia graphs, with gradients.
//
// Solve makes one node out of
//
//	dy/dt = f(t, y; args, parameters),   y(t₀) = y₀
//
// whose value is the states at given times. It is a node as any other: it may stand between other layers, in a graph that
// is differentiated with gorgonia.Grad, run by a TapeMachine or a LispMachine, and trained by Gorgonia's solvers.
// SolveFinal gives the last state alone, and SolveAt takes the times as a node.
//
// The smallest program writes the field f with Gorgonia's own functions and asks for the states:
//
//	g := gorgonia.NewGraph()
//	y0 := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(20, 2), gorgonia.WithName("y0"))
//	field := func(t, y *gorgonia.Node, _ ...*gorgonia.Node) (*gorgonia.Node, error) {
//		return gorgonia.Neg(y)
//	}
//	ys, err := odeop.Solve(field, y0, []float64{0, 0.5, 1}) // of shape (3, 20, 2); ys[0] is y0
//
// # The field
//
// A field is called when the node is made, with placeholders in a graph of its own; what it builds is compiled, and the
// solver runs that. Mostly that is one call; PerRow and a running cost make a few, and Unrolled one for each stage of
// each step in y0's own graph. All must build the same. So anything in Go that decides what is built, decides it then,
// and not while the solve runs. Weights enter as graph.Param: p.In gives their node in whatever graph y is in. Every
// other node of the outer graph, such as data, a control or a weight that is a plain node, is handed to Args and comes
// as an arg. Gradients flow to all of these.
//
// All nodes share y0's dtype, float64 or float32. The solver's time is a float64 in either case; the field sees it rounded
// to that dtype, and so are the times of SolveAt and their gradients.
//
// # Gradients
//
// The option Gradient chooses between
//
//	                      gradient of             memory                work of the backward pass
//	Backprop              the numbers computed    a state a step, or    a product for each evaluation, and where stages
//	                                              checkpoints           weren't kept another evaluation
//	Reversible            the numbers computed    two states            half as much again
//	Forward               the numbers computed    a state for each      a forward solve with a product from the right
//	                                              number wanted         for each number wanted and each evaluation
//	InterpolatedAdjoint   the exact solution,     the dense output,     a backward solve of the adjoint, a product for
//	                      to the tolerance        or checkpoints        each evaluation, the parameters' sums with it
//	GaussAdjoint          the exact solution,     the dense output,     a backward solve of the adjoint, a product for
//	                      to the tolerance        or checkpoints        each evaluation, and more for the parameters
//	Adjoint               the exact solution,     the saved states      a backward solve of y and its adjoint, a product
//	                      to the tolerance                              for each evaluation, the parameters' sums with it
//	Unrolled              the numbers computed    everything            Gorgonia's
//
// where a product is that of a vector with the field's Jacobians from the left. Backprop, the default, agrees with
// central differences and with Unrolled to rounding, however loose the tolerance is. Adjoint is there for its memory, and
// for comparison with published results; where y' = f is stiff it ends with an UnstableBacksolve, and
// InterpolatedAdjoint does not. Unrolled, for explicit methods with constant steps, is a reference, and slow. The
// project's docs/gradients.md says which to choose. A graph that is never differentiated keeps no steps.
//
// The gradient of a solve by Backprop has a gradient again, exact for the numbers computed: take the first with
// graph.Grad and the second with graph.Grad or gorgonia.Grad (which can differentiate a node only once), and so on.
// With the cost Σ v∘∂L that is a Hessian–vector product. It is a solve of the field and its tangent over the same
// steps, and its backward pass. Solves with PerRow or with times for each row, with events, at times that are a node, and by
// a symplectic method have none, which is an error where the first gradient is differentiated; nor have those of the package
// sdeop. A field may hold a gradient itself, as that of a Hamiltonian or of a score model:
// graph.Grad works inside of a field.
//
// CheckGradient compares the gradient of a field with central differences: call it from a test of your field.
// CheckRowsGradient, CheckEventsGradient and CheckCostGradient do so for the solves below.
//
// # Gradients with respect to times
//
// They are those of SolveAt. The state saved at tᵢ, i > 0, moves with tᵢ, by f(tᵢ, yᵢ); and all but the first move with t₀,
// because y₀ stands there. With constant steps, which divide the interval between two times, the gradient of Backprop is
// that of the numbers: it contains how the steps stretch. Under error control the ends of steps between the first and the
// last time are held, as is the choice of the steps, also where Through or Jumps ask for them; a saved time within a
// step, or at the end of one, moves along the interpolant.
//
// # A running cost
//
// SolveWithCost integrates ∫ g(t, y) dt beside the states, by the same steps: an energy, a regularisation term, the
// log-density of a flow. Its error does not choose the steps unless CostErrorControl asks for that.
//
// # Events
//
// SolveEvents finds where functions of t and y cross zero, lets the state jump there, and stops at an event that is
// terminal. The times of the events and the states around them are nodes with gradients, by the implicit function
// theorem. Backprop alone differentiates it.
//
// # Rows on their own
//
// In a batch all rows take the same steps: as many as the hardest needs, to a tolerance that holds on average. With the
// option PerRow each row is solved as if it were alone, with steps, a status and statistics of its own, and evaluations
// are shared by the rows that are under way. SolveRows gives each row times of its own. The field is traced for one row
// and evaluated for many; one that is seen to mix rows at random places is an error. What a row comes to, its gradient
// included, does not depend on the others to the last digit; gradients by what the rows share are sums, whose last
// digits do.
//
// # Errors
//
// What is wrong with the arguments, the options or the field is an error of Solve. A field that cannot be differentiated
// is an error of gorgonia.Grad; it can still be evaluated. What happens while solving, such as too many steps or a
// state that goes to infinity, is an error of the machine's RunAll. The machine wraps it in a type that errors.Is and
// errors.As do not see through; Cause digs it out:
//
//	if err := vm.RunAll(); err != nil {
//		var e *solvers.Error
//		if errors.As(odeop.Cause(err), &e) {
//			fmt.Println(e.Status, "at", e.T) // and errors.Is(e, solvers.ErrMaxSteps)
//		}
//	}
//
// Its message names the time and, where it is known, the element of y. A gradient that comes out as NaN or infinite is an
// error that names the element too, solvers.ErrNonFinite. Where a NaN or an infinity comes from the field, the function
// of an event or a derivative of either, the message says which Op made it of finite arguments, at which time and in
// which row of y: what failed is run again to find it. A machine can run again after an error.
//
// # Statistics
//
// Record gives a place for the counts of the newest run: evaluations and steps of the forward solve, evaluations and
// products of the backward pass.
//
// # Several machines at once
//
// Nodes are not shared by machines that run at once; that is a rule of Gorgonia's. Clones of a graph, one for each
// goroutine, may run at once: the Op that they share gives each run memory of its own. Results do not depend on
// GOMAXPROCS, and repeated runs are equal bit for bit.
package odeop
