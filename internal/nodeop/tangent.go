package nodeop

import (
	"fmt"
	"hash"
	"slices"
	"sync"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Tangenter is implemented by a Function that has a forward derivative, and thereby second derivatives.
//
// Tangent returns the function
//
//	(in₁, …, inₙ, u) ↦ Σᵢ (∂out/∂inᵢ) uᵢ,   u = [u₁ | … | uₘ] packed, of those inputs that WRT names,
//
// of the shape of the output. It is called when the gradient Op is differentiated; its error says why that cannot be.
// What it returns may be a Tangenter again.
type Tangenter[T Float] interface {
	Tangent() (Function[T], error)
}

// TangentOf returns the Tangent of a Function[float32] or a Function[float64], or an error if it has none.
func TangentOf(fn any) (any, error) {
	switch fn := fn.(type) {
	case Tangenter[float32]:
		return fn.Tangent()
	case Tangenter[float64]:
		return fn.Tangent()
	}
	name := "the function"
	if n, ok := fn.(interface{ Name() string }); ok {
		name = n.Name()
	}
	return nil, errors.Errorf("%s has no second derivative", name)
}

// tangent is the forward Op of a Function's Tangent, made once: the nodes of one tangent of the same inputs are one node.
type tangent[T Float] struct {
	once sync.Once
	op   *forward[T]
	err  error
}

func (t *tangent[T]) of(fn Function[T]) (*forward[T], error) {
	t.once.Do(func() {
		var made any
		if made, t.err = TangentOf(fn); t.err != nil {
			return
		}
		var sig *signature[T]
		if sig, t.err = newSignature(made.(Function[T])); t.err == nil {
			t.op = &forward[T]{signature: sig}
		}
	})
	return t.op, t.err
}

// SymDiff differentiates the backward pass P(in, w)ᵢ = wᵀ∂out/∂inᵢ. With u the gradient of the cost with respect to the
// packed vector, uᵀP = wᵀτ where τ = Σ (∂out/∂inᵢ) uᵢ is the tangent of the function. So the gradient with respect to w
// is τ, and that with respect to in is the first derivative of wᵀτ: one backward pass of the tangent.
func (op *gradient[T]) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	tangent, err := op.forward.tangent.of(op.fn)
	if err != nil {
		return nil, op.wrap(err)
	}
	n := len(op.in)
	children := append(slices.Clone(inputs[:n]), grad)
	w := inputs[n+1]
	tau, err := gorgonia.ApplyOp(tangent, children...)
	if err != nil {
		return nil, op.wrap(err)
	}
	grads, err := tangent.SymDiff(children, tau, w)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(op.gradShape, op.out) {
		if tau, err = gorgonia.Reshape(tau, op.gradShape.Clone()); err != nil {
			return nil, op.wrap(err)
		}
	}
	return append(slices.Clone(grads[:n]), nil, tau), nil
}

// place is the transpose of part: it puts the gradient of one input into a packed vector of zeros.
type place[T Float] struct {
	*signature[T]
	input     int
	gradShape tensor.Shape // of its argument: the input's, or another of one element
}

var _ gorgonia.SDOp = (*place[float64])(nil)

func (op *place[T]) Arity() int           { return 1 }
func (op *place[T]) CallsExtern() bool    { return false }
func (op *place[T]) Hashcode() uint32     { return hashcode(op) }
func (op *place[T]) OverwritesInput() int { return -1 }
func (op *place[T]) ReturnsPtr() bool     { return true }
func (op *place[T]) String() string       { return fmt.Sprintf("%s gradient place %d", op.name, op.input) }
func (op *place[T]) Type() hm.Type        { return op.fnType(op.gradShape, tensor.Shape{op.packed}) }

func (op *place[T]) place() (offset, packed int) { return op.offset[op.input], op.packed }

func (op *place[T]) WriteHash(h hash.Hash) {
	fmt.Fprintf(h, "place %d at %d, of %v, in the gradient of ", op.input, op.offset[op.input], op.gradShape)
	op.writeHash(h)
}

func (op *place[T]) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if err := op.checkShapes(in, op.gradShape); err != nil {
		return nil, err
	}
	return tensor.Shape{op.packed}, nil
}

func (op *place[T]) Do(inputs ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer op.rescue("backward", &err)
	if len(inputs) != 1 {
		return nil, errors.Errorf("%s: got %d inputs, want 1", op.name, len(inputs))
	}
	w, err := flat[T](inputs[0], size(op.in[op.input]))
	if err != nil {
		return nil, err
	}
	packed := make([]T, op.packed)
	copy(packed[op.offset[op.input]:], w)
	return valueOf(packed, tensor.Shape{op.packed}), nil
}

func (op *place[T]) DiffWRT(inputs int) []bool { return allTrue(inputs) }

func (op *place[T]) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	n, err := gorgonia.ApplyOp(&part[T]{op.signature, op.input}, grad)
	if err == nil && !slices.Equal(op.gradShape, op.in[op.input]) {
		n, err = gorgonia.Reshape(n, op.gradShape.Clone())
	}
	return gorgonia.Nodes{n}, op.wrap(err)
}

func allTrue(n int) []bool { return slices.Repeat([]bool{true}, n) }
