package nodeop

import (
	"hash"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Float is the type of the numbers.
type Float interface{ float32 | float64 }

// Function is what an Op computes. Arrays are flat and row-major, scalars are arrays of one number. in[i] has as many
// numbers as InputShapes()[i], out and w have as many as OutputShape().
//
// One Function may be called from several goroutines at once, each call with arrays of its own.
type Function[T Float] interface {
	// Name shows in Op.String, in error messages and in pictures of the graph.
	Name() string

	// WriteHash writes everything that changes the result, identity included: two applications with equal hashes to
	// the same nodes become one node. Shapes and the type of the numbers need not be written.
	WriteHash(h hash.Hash)

	// InputShapes has one shape for each input, () for a scalar. It must not change after Apply, nor may OutputShape
	// and WRT.
	InputShapes() []tensor.Shape

	// OutputShape is the shape of the output, () for a scalar.
	OutputShape() tensor.Shape

	// WRT says for each input whether the output has a gradient with respect to it.
	WRT() []bool

	// Forward writes the output, which is zero when it comes. The inputs belong to the machine: they may be read and
	// not written, and not kept. The state is whatever Backward wants back, and may be nil; it must not refer to in or
	// out, because Gorgonia may write over both once this run is past them.
	Forward(in [][]T, out []T) (state any, err error)

	// Backward ADDS wᵀ∂out/∂in[i] to grad[i], which is nil where no gradient is wanted; in, out and w may not be
	// written. The state is what Forward returned for this output, or nil if that is no longer known: then Backward
	// computes it again. With a state at hand Backward should not read out, whose memory an operation elsewhere in the
	// graph may have used again.
	Backward(in [][]T, out, w []T, state any, grad [][]T) error
}

// Evaluator is implemented by a Function for which an output without a state is cheaper. Evaluate is called instead of
// Forward until a gradient of the Op is asked for: by gorgonia.Grad when the graph is built, or by the first backward
// pass of a LispMachine, for which Backward is then called once without a state. It must compute what Forward does.
type Evaluator[T Float] interface {
	Evaluate(in [][]T, out []T) error
}

// Checker is implemented by a Function that may turn out to have no gradient after all. Differentiable is called when a
// gradient of the Op is asked for, before anything runs; its error is Grad's.
type Checker interface {
	Differentiable() error
}

// Partial is implemented by a Function that was told to leave out derivatives that are not zero. WRT is false for those
// inputs, as it is for inputs that the output is locally constant in; where one is differentiated by all the same,
// inside of a traced function, that is an error and not a zero.
type Partial interface {
	LeftOut(input int) bool
}

// Apply makes the node fn(inputs...). It refuses inputs of another number, type or shape than the function's, naming the
// input.
func Apply[T Float](fn Function[T], inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	sig, err := newSignature(fn)
	if err != nil {
		return nil, err
	}
	if err := sig.checkNodes(inputs); err != nil {
		return nil, err
	}
	n, err := gorgonia.ApplyOp(&forward[T]{signature: sig}, inputs...)
	return n, sig.wrap(err)
}

// FunctionOf returns the Function of the Op of a node made by Apply: a Function[float32] or a Function[float64].
func FunctionOf(op gorgonia.Op) (fn any, ok bool) {
	if op, isForward := op.(interface{ forwardFunction() any }); isForward {
		return op.forwardFunction(), true
	}
	return nil, false
}

// GradientOf returns the Function whose gradient Op this is. Its inputs are those of the Function, then the output, then
// the gradient of the cost with respect to the output; its output is the packed vector of gradients.
func GradientOf(op gorgonia.Op) (fn any, ok bool) {
	if op, isGradient := op.(interface{ gradientFunction() any }); isGradient {
		return op.gradientFunction(), true
	}
	return nil, false
}

// PartOf describes an Op that takes the gradient of one input out of the packed vector: it begins at offset and has the
// given shape.
func PartOf(op gorgonia.Op) (offset int, shape tensor.Shape, ok bool) {
	if op, isPart := op.(interface{ part() (int, tensor.Shape) }); isPart {
		offset, shape = op.part()
		return offset, shape, true
	}
	return 0, nil, false
}

// PlaceOf describes an Op that puts the gradient of one input into a packed vector of the given size, from offset on.
func PlaceOf(op gorgonia.Op) (offset, packed int, ok bool) {
	if op, isPlace := op.(interface{ place() (int, int) }); isPlace {
		offset, packed = op.place()
		return offset, packed, true
	}
	return 0, 0, false
}
