package nodeop

import (
	"hash"
	"slices"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// forward is the Op of the nodes that Apply makes.
type forward[T Float] struct {
	*signature[T]
	states  states
	tangent tangent[T]
}

var (
	_ gorgonia.SDOp = (*forward[float64])(nil)
	_ gorgonia.ADOp = (*forward[float64])(nil)
)

func (op *forward[T]) Arity() int            { return len(op.in) }
func (op *forward[T]) CallsExtern() bool     { return false }
func (op *forward[T]) Hashcode() uint32      { return hashcode(op) }
func (op *forward[T]) OverwritesInput() int  { return -1 }
func (op *forward[T]) ReturnsPtr() bool      { return true }
func (op *forward[T]) String() string        { return op.name }
func (op *forward[T]) Type() hm.Type         { return op.fnType(append(slices.Clone(op.in), op.out)...) }
func (op *forward[T]) WriteHash(h hash.Hash) { op.writeHash(h) }
func (op *forward[T]) forwardFunction() any  { return op.fn }

func (op *forward[T]) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if err := op.checkShapes(in, op.in...); err != nil {
		return nil, err
	}
	return op.out.Clone(), nil
}

// Do runs the Function. The output is always new memory: operations after this one may write over it.
func (op *forward[T]) Do(inputs ...gorgonia.Value) (v gorgonia.Value, err error) {
	defer op.rescue("forward", &err)
	if len(inputs) != len(op.in) {
		return nil, errors.Errorf("%s: got %d inputs, want %d", op.name, len(inputs), len(op.in))
	}
	in, err := op.arrays(inputs)
	if err != nil {
		return nil, err
	}
	out := make([]T, size(op.out))
	if fn, ok := op.fn.(Evaluator[T]); ok && !op.states.wanted() {
		if err := fn.Evaluate(in, out); err != nil {
			return nil, err
		}
		return valueOf(out, op.out), nil
	}
	state, err := op.fn.Forward(in, out)
	if err != nil {
		return nil, err
	}
	v = valueOf(out, op.out)
	op.states.put(identity[T](v), state)
	return v, nil
}

func (op *forward[T]) DiffWRT(inputs int) []bool { return slices.Clone(op.wrt) }

// SymDiff makes one node for the backward pass and one for each gradient. The nodes are distinct even where gradients
// are equal: Gorgonia's solvers change gradients in place.
func (op *forward[T]) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, len(inputs))
	if op.packed == 0 {
		return grads, nil
	}
	if size(grad.Shape()) != size(op.out) {
		return nil, errors.Errorf("%s: the gradient of the output has shape %v, want %v", op.name, grad.Shape(), op.out)
	}
	if err := op.differentiable(); err != nil {
		return nil, err
	}
	op.states.want()
	children := append(slices.Clone(inputs), output, grad)
	packed, err := gorgonia.ApplyOp(&gradient[T]{signature: op.signature, forward: op, gradShape: grad.Shape()}, children...)
	if err != nil {
		return nil, op.wrap(err)
	}
	for i := range inputs {
		if !op.wrt[i] {
			continue
		}
		if grads[i], err = gorgonia.ApplyOp(&part[T]{op.signature, i}, packed); err != nil {
			return nil, op.wrap(err)
		}
	}
	return grads, nil
}

// DoDiff is the backward pass of a LispMachine. Every node there has a gradient beside its value, to which the products
// are added; an input that has none is a constant.
func (op *forward[T]) DoDiff(ctx gorgonia.ExecutionContext, inputs gorgonia.Nodes, output *gorgonia.Node) (err error) {
	defer op.rescue("backward", &err)
	if err := op.checkNodes(inputs); err != nil {
		return err
	}
	if err := op.differentiable(); err != nil {
		return err
	}
	op.states.wantInBackwardPass()

	targets := make([]gorgonia.Value, len(inputs))
	grad := make([][]T, len(inputs))
	values := make([]gorgonia.Value, len(inputs))
	wanted := false
	for i, n := range inputs {
		values[i] = n.Value()
		if !op.wrt[i] {
			continue
		}
		if targets[i], err = n.Grad(); err != nil || targets[i] == nil {
			targets[i] = nil
			continue
		}
		grad[i] = make([]T, size(op.in[i]))
		wanted = true
	}
	w, err := output.Grad()
	if err != nil || w == nil || !wanted {
		return nil // nothing comes in, or nothing is to go out
	}

	in, err := op.arrays(values)
	if err != nil {
		return err
	}
	if err := op.backward(in, output.Value(), w, grad); err != nil {
		return err
	}
	for i, target := range targets {
		if grad[i] == nil {
			continue
		}
		if err := add(target, grad[i]); err != nil {
			return errors.Wrapf(err, "%s: the gradient of input %d", op.name, i)
		}
	}
	return nil
}

// differentiable asks the function whether it has a gradient.
func (op *forward[T]) differentiable() error {
	if c, ok := op.fn.(Checker); ok {
		return op.wrap(c.Differentiable())
	}
	return nil
}

// backward runs the backward pass, with the state of the run that the output is of.
func (op *forward[T]) backward(in [][]T, output, gradient gorgonia.Value, grad [][]T) error {
	out, w, err := op.cotangent(output, gradient)
	if err != nil {
		return err
	}
	return op.fn.Backward(in, out, w, op.states.take(identity[T](output)), grad)
}
