// Package nodeop makes a Gorgonia Op with gradients out of a function over flat arrays.
//
// Whoever has a function and its backward pass, written over plain row-major slices, implements Function and calls
// Apply; everything that Gorgonia asks of an Op is done here. A function of n inputs becomes, in a graph that is
// differentiated with gorgonia.Grad,
//
//	out    = f(in₁, …, inₙ)                                  one forward Op
//	packed = f gradient(in₁, …, inₙ, out, w)                 one gradient Op: the backward pass runs once
//	∂in_i  = f gradient part i (packed)                      one small Op for each input that has a gradient
//
// where w, of the shape of out, is the gradient of the cost with respect to out, and packed is the vector
// [wᵀ∂out/∂in₁ | … | wᵀ∂out/∂inₙ] of the inputs that have gradients. Under a LispMachine the forward Op adds the same
// products to the gradients of its inputs by itself (DoDiff).
//
// # From the forward pass to the backward pass
//
// What Forward returns as its state is handed to Backward of the same run. The way there is the memory of the output:
// Gorgonia gives the output's value to the gradient Op, and the state is found by the address of its array. An Op may
// be shared by several graphs that run at the same time (ExprGraph.Clone copies Op pointers), which is why the state is
// not simply kept in the Op. A few outputs are remembered, and only one until a gradient has been asked for; a state
// leaves with the Backward that uses it.
//
// # Functions that run where there is no gradient
//
// A Function that pays for its state, in time or memory, may implement Evaluator too: then graphs that are only
// evaluated never pay.
//
// # Errors
//
// Nothing panics: Gorgonia's machines run Ops in a goroutine of their own, where a panic would end the program. A panic
// inside a Function comes back as an error that carries its name. A panic in a goroutine that the Function itself
// starts cannot be caught here. Gorgonia wraps what comes out of RunAll in a type that errors.Is and errors.As do not
// see through; Cause digs the Function's error out.
//
// # Second derivatives
//
// A Function that implements Tangenter has them: the gradient Op is differentiated by a backward pass of the tangent.
// With one that does not, a second gorgonia.Grad through its gradient is an error. A LispMachine has first derivatives only.
package nodeop
