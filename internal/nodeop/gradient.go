package nodeop

import (
	"fmt"
	"hash"
	"slices"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gradient is the Op of the backward pass: (in₁, …, inₙ, out, w) → packed.
type gradient[T Float] struct {
	*signature[T]
	forward   *forward[T]
	gradShape tensor.Shape // of w: the output's, or another of one element
}

var _ gorgonia.SDOp = (*gradient[float64])(nil)

func (op *gradient[T]) Arity() int            { return len(op.in) + 2 }
func (op *gradient[T]) CallsExtern() bool     { return false }
func (op *gradient[T]) Hashcode() uint32      { return hashcode(op) }
func (op *gradient[T]) OverwritesInput() int  { return -1 }
func (op *gradient[T]) ReturnsPtr() bool      { return true }
func (op *gradient[T]) String() string        { return op.name + " gradient" }
func (op *gradient[T]) gradientFunction() any { return op.fn }

func (op *gradient[T]) shapes() []tensor.Shape {
	return append(slices.Clone(op.in), op.out, op.gradShape)
}

func (op *gradient[T]) Type() hm.Type {
	return op.fnType(append(op.shapes(), tensor.Shape{op.packed})...)
}

func (op *gradient[T]) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "gradient for %v of ", op.gradShape)
	op.writeHash(h)
}

func (op *gradient[T]) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if err := op.checkShapes(in, op.shapes()...); err != nil {
		return nil, err
	}
	return tensor.Shape{op.packed}, nil
}

func (op *gradient[T]) Do(inputs ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer op.rescue("backward", &err)
	if len(inputs) != op.Arity() {
		return nil, errors.Errorf("%s: got %d inputs, want %d", op.name, len(inputs), op.Arity())
	}
	n := len(op.in)
	in, err := op.arrays(inputs[:n])
	if err != nil {
		return nil, err
	}
	packed := make([]T, op.packed)
	grad := make([][]T, n)
	for i, wrt := range op.wrt {
		if wrt {
			end := op.offset[i] + size(op.in[i])
			grad[i] = packed[op.offset[i]:end:end]
		}
	}
	if err := op.forward.backward(in, inputs[n], inputs[n+1], grad); err != nil {
		return nil, err
	}
	return valueOf(packed, tensor.Shape{op.packed}), nil
}

// DiffWRT says that the packed vector depends on what the function's gradients depend on, and on w. It does not depend
// on out, which the function itself gives.
func (op *gradient[T]) DiffWRT(inputs int) []bool { return append(slices.Clone(op.wrt), false, true) }

// part is the Op that takes the gradient of one input out of the packed vector.
//
// Gorgonia's own Slice would not do: its hash has the last eight bits of the offsets only, and so the gradients of two
// inputs could become one node.
type part[T Float] struct {
	*signature[T]
	input int
}

var _ gorgonia.SDOp = (*part[float64])(nil)

func (op *part[T]) Arity() int           { return 1 }
func (op *part[T]) CallsExtern() bool    { return false }
func (op *part[T]) Hashcode() uint32     { return hashcode(op) }
func (op *part[T]) OverwritesInput() int { return -1 }
func (op *part[T]) ReturnsPtr() bool     { return true }
func (op *part[T]) String() string       { return fmt.Sprintf("%s gradient part %d", op.name, op.input) }
func (op *part[T]) Type() hm.Type        { return op.fnType(tensor.Shape{op.packed}, op.in[op.input]) }

func (op *part[T]) part() (int, tensor.Shape) { return op.offset[op.input], op.in[op.input].Clone() }

func (op *part[T]) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "part %d at %d of the gradient of ", op.input, op.offset[op.input])
	op.writeHash(h)
}

func (op *part[T]) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if err := op.checkShapes(in, tensor.Shape{op.packed}); err != nil {
		return nil, err
	}
	return op.in[op.input].Clone(), nil
}

func (op *part[T]) Do(inputs ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer op.rescue("backward", &err)
	if len(inputs) != 1 {
		return nil, errors.Errorf("%s: got %d inputs, want 1", op.name, len(inputs))
	}
	packed, err := flat[T](inputs[0], op.packed)
	if err != nil {
		return nil, err
	}
	shape, begin := op.in[op.input], op.offset[op.input]
	return valueOf(slices.Clone(packed[begin:begin+size(shape)]), shape), nil
}

func (op *part[T]) DiffWRT(inputs int) []bool { return allTrue(inputs) }

func (op *part[T]) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	n, err := gorgonia.ApplyOp(&place[T]{op.signature, op.input, grad.Shape()}, grad)
	return gorgonia.Nodes{n}, op.wrap(err)
}
