package graph

import (
	"reflect"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

func (l *lowerer) lowerSum(n *G.Node, op reflect.Value, children G.Nodes, x *expr) (*expr, error) {
	if _, _, ok := l.logSumExpOf(children[0]); ok {
		return nil, errors.New("gorgonia.LogSumExp of a matrix of one row adds the logarithms up: build it of " +
			"graph.LogSoftMax, or of a vector")
	}
	return l.b.sum(x, intsOf(op.FieldByName("along"))), nil
}

// lowerSoftmax keeps Gorgonia's choice of axis: the last one, but the first of a column.
func (l *lowerer) lowerSoftmax(op reflect.Value, x *expr) (*expr, error) {
	axis, err := softmaxAxis(op, x)
	if err != nil {
		return nil, err
	}
	if op.FieldByName("isLog").Bool() {
		return l.b.logSoftmax(x, axis), nil
	}
	return l.b.softmax(x, axis), nil
}

func softmaxAxis(op reflect.Value, x *expr) (int, error) {
	axis := intOf(op, "axis")
	if axis == -1 {
		axis = len(x.shape) - 1
		if x.shape.IsColVec() {
			axis = 0
		}
	}
	if axis < 0 || axis >= len(x.shape) {
		return 0, errors.Errorf("there is no axis %d", axis)
	}
	return axis, nil
}

// lowerSparsemax projects onto the simplex along an axis, the last one by default (Martins & Astudillo, "From softmax to
// sparsemax", 2016). Gorgonia's Op does not transpose back for another axis, and its gradient takes two axes at most.
func (l *lowerer) lowerSparsemax(op reflect.Value, x *expr) (*expr, error) {
	axis, err := axisOf(x, intOf(op, "axis"))
	if err != nil {
		return nil, err
	}
	return l.b.sparsemax(x, axis), nil
}

// sparsemax is max(x − τ, 0) with τ = (Σ_S x − 1)/|S|. The condition of the paper for the support, 1 + k·x₍ₖ₎ > Σ_{j≤k} x₍ⱼ₎
// of the sorted x, says Σⱼ max(xⱼ − xᵢ, 0) < 1, which needs no sorting.
func (b *builder) sparsemax(x *expr, axis int) *expr {
	n := x.shape[axis]
	pairs := append(append(x.shape[:axis+1].Clone(), n), x.shape[axis+1:]...)
	row, column := pairs.Clone(), pairs.Clone()
	column[axis], row[axis+1] = 1, 1
	excess := b.sub(b.expand(b.reshape(x, row), pairs), b.expand(b.reshape(x, column), pairs)) // xⱼ − xᵢ at (j, i)
	above := b.reshape(b.sum(b.binary(kindMax, excess, b.zeros(pairs)), []int{axis}), x.shape)
	support := b.binary(kindLt, above, b.fill(1, x.shape))
	total := func(e *expr) *expr { return b.sum(e, []int{axis}) }
	threshold := b.div(b.shift(-1, total(b.mul(support, x))), total(support))
	return b.mul(support, b.sub(x, b.expand(threshold, x.shape)))
}
