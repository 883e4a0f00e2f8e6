package graph

import (
	"reflect"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The values of Gorgonia's āBinaryOperator.
const (
	matMul = iota
	matVec
	dot
	outer
	batchedMatMul
)

func (l *lowerer) lowerLinear(n *G.Node, op reflect.Value, args []*expr) (*expr, error) {
	b, x, y := l.b, args[0], args[1]
	transA, transB := op.FieldByName("transA").Bool(), op.FieldByName("transB").Bool()
	switch op.FieldByName("āBinaryOperator").Uint() {
	case matMul, batchedMatMul:
		return b.matmul(x, y, transA, transB), nil
	case matVec:
		k := x.shape[1]
		if transA {
			k = x.shape[0]
		}
		if k != y.size() {
			// Gorgonia's shape inference lets the other axis match too, and fails when run.
			return nil, errors.Errorf("the product of %v and %v does not fit", x.shape, y.shape)
		}
		return b.reshape(b.matmul(x, b.reshape(y, tensor.Shape{k, 1}), transA, false), n.Shape()), nil
	case dot:
		if x.size() != y.size() {
			return nil, errors.Errorf("the product of %v and %v does not fit", x.shape, y.shape)
		}
		row := tensor.Shape{1, x.size()}
		return b.matmul(b.reshape(x, row), b.reshape(y, row), false, true), nil
	case outer:
		return b.matmul(b.reshape(x, tensor.Shape{x.size(), 1}), b.reshape(y, tensor.Shape{1, y.size()}), false, false), nil
	}
	return nil, errors.New("unknown product")
}

// lowerTensordot makes one product of it: the free axes of a, the contracted ones, the free axes of b.
func (l *lowerer) lowerTensordot(op reflect.Value, args []*expr) (*expr, error) {
	b, x, y := l.b, args[0], args[1]
	ax, ay := intsOf(op.FieldByName("aAxes")), intsOf(op.FieldByName("bAxes"))
	free := func(e *expr, axes []int) (perm []int, shape tensor.Shape) {
		for i, d := range e.shape {
			if !slices.Contains(axes, i) {
				perm, shape = append(perm, i), append(shape, d)
			}
		}
		return perm, shape
	}
	px, sx := free(x, ax)
	py, sy := free(y, ay)
	k := 1
	for i, a := range ax {
		if x.shape[a] != y.shape[ay[i]] {
			return nil, errors.Errorf("axis %d of %v and axis %d of %v differ", a, x.shape, ay[i], y.shape)
		}
		k *= x.shape[a]
	}
	left := b.reshape(b.transpose(x, append(px, ax...)), tensor.Shape{sizeOf(sx), k})
	right := b.reshape(b.transpose(y, append(slices.Clone(ay), py...)), tensor.Shape{k, sizeOf(sy)})
	return b.reshape(b.matmul(left, right, false, false), append(sx.Clone(), sy...)), nil
}
