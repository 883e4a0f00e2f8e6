package graph

import (
	"math"
	"reflect"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// lowerGradient lowers the Ops that only gorgonia.Grad makes, for functions that differentiate inside: a force field
// that is the gradient of an energy, say. The derivatives that Gorgonia composes of other Ops come as it composes them,
// so what is wrong in them (Log2, InverseSqrt) is not seen here.
func (l *lowerer) lowerGradient(n *G.Node, op reflect.Value, children G.Nodes, args []*expr) (e *expr, ok bool, err error) {
	switch op.Type().Name() {
	case "sliceIncrOp":
		e, err = l.lowerSliceIncr(n, op, args)
	case "softmaxDiffOp":
		e, err = l.lowerSoftmaxDiff(structField(op, "softmaxOp"), args)
	case "sparsemaxDiffOp":
		e, err = l.lowerSparsemaxDiff(children, args)
	case "col2imOp":
		e, err = l.lowerCol2Im(op, args[0])
	case "maxPoolDiffOp":
		e, err = l.lowerMaxPoolDiff(structField(op, "maxPoolOp"), args)
	case "avgPoolDiffOp":
		e, err = l.lowerAveragePoolDiff(structField(op, "avgPoolOp"), args)
	case "upsampleDiffOp":
		e = l.lowerUpsampleDiff(args)
	case "batchnormDiffOp":
		e, err = l.lowerBatchNormDiff(op, args)
	case "groupNormDiffOp":
		e, err = l.lowerGroupNormDiff(structField(op, "GroupNormOp"), args)
	case "byIndicesOpDiffOp":
		e, err = l.lowerByIndicesDiff(structField(op, "byIndicesOp"), children, args)
	default:
		return nil, false, nil
	}
	return e, true, err
}

func structField(v reflect.Value, name string) reflect.Value {
	f := v.FieldByName(name)
	for f.Kind() == reflect.Pointer {
		f = f.Elem()
	}
	return f
}

// lowerSliceIncr: zeros of the first argument's shape with the second one at the slice. Gorgonia calls the result the
// sum of both, which is true of its gradient alone.
func (l *lowerer) lowerSliceIncr(n *G.Node, op reflect.Value, args []*expr) (*expr, error) {
	start, step, shape, err := sliced(n.Op(), structField(op, "sliceOp"), args[0].shape)
	if err != nil {
		return nil, err
	}
	w, err := l.fitted(args[1], shape)
	if err != nil {
		return nil, err
	}
	return l.b.embed(w, start, step, args[0].shape), nil
}

// lowerSoftmaxDiff: y⊙(w − Σw⊙y), and w − eʸ Σw for the logarithm, of the value y and its cotangent w.
func (l *lowerer) lowerSoftmaxDiff(op reflect.Value, args []*expr) (*expr, error) {
	b, y, w := l.b, args[1], args[2]
	axis, err := softmaxAxis(op, y)
	if err != nil {
		return nil, err
	}
	total := func(x *expr) *expr { return b.expand(b.sum(x, []int{axis}), y.shape) }
	if op.FieldByName("isLog").Bool() {
		return b.sub(w, b.mul(b.unary(kindExp, y), total(w))), nil
	}
	return b.mul(y, b.sub(w, total(b.mul(w, y)))), nil
}

// lowerSparsemaxDiff takes the axis from the node of the value; Gorgonia's Op has lost it.
func (l *lowerer) lowerSparsemaxDiff(children G.Nodes, args []*expr) (*expr, error) {
	if !isOp(children[0], "sparsemaxOp") {
		return nil, errors.New("the value is not that of a Sparsemax")
	}
	b, y, w := l.b, args[0], args[1]
	axis, err := axisOf(y, intOf(structOf(children[0].Op()), "axis"))
	if err != nil {
		return nil, err
	}
	support := b.binary(kindGt, y, b.zeros(y.shape))
	total := func(x *expr) *expr { return b.expand(b.sum(x, []int{axis}), y.shape) }
	return b.mul(support, b.sub(w, b.div(total(b.mul(support, w)), total(support)))), nil
}

func (l *lowerer) lowerCol2Im(op reflect.Value, x *expr) (*expr, error) {
	b, c, h, w := intOf(op, "unpaddedB"), intOf(op, "unpaddedC"), intOf(op, "unpaddedH"), intOf(op, "unpaddedW")
	win := im2colWindow(structField(op, "im2colOp"), h, w)
	oh, ow := win.out()
	shape := tensor.Shape{b, oh, ow, c, win.kh, win.kw}
	if x.size() != sizeOf(shape) {
		return nil, errors.Errorf("columns of shape %v, want %v", x.shape, columnShape(shape))
	}
	return l.b.unwindows(l.b.reshape(x, shape), win), nil
}

func (l *lowerer) lowerMaxPoolDiff(op reflect.Value, args []*expr) (*expr, error) {
	b, x := l.b, args[0]
	w := poolWindow(op, x.shape[2], x.shape[3], math.Inf(-1))
	if err := checkWindow(w, x, true); err != nil {
		return nil, err
	}
	return b.unwindows(b.argPut(b.windows(x, w), b.unpooled(args[2]), []int{4, 5}), w), nil
}

// lowerAveragePoolDiff is the gradient of the mean over the window; Gorgonia's puts all of it on one element.
func (l *lowerer) lowerAveragePoolDiff(op reflect.Value, args []*expr) (*expr, error) {
	b, x := l.b, args[0]
	w := poolWindow(op, x.shape[2], x.shape[3], 0)
	if err := checkWindow(w, x, true); err != nil {
		return nil, err
	}
	g := b.scale(1/float64(w.kh*w.kw), b.unpooled(args[2]))
	shape := g.shape.Clone()
	shape[4], shape[5] = w.kh, w.kw
	return b.unwindows(b.expand(g, shape), w), nil
}

func (l *lowerer) lowerUpsampleDiff(args []*expr) *expr {
	x, w := args[0].shape, args[2]
	e := l.b.reshape(w, tensor.Shape{x[0], x[1], x[2], w.shape[2] / x[2], x[3], w.shape[3] / x[3]})
	return l.b.reshape(l.b.sum(e, []int{3, 5}), x)
}

// standardDiff is the cotangent of x in standard, with batch statistics over axes: (w − mean w − y·mean(w⊙y))/σ.
func (b *builder) standardDiff(y, inverse, w *expr, axes []int) *expr {
	mean := func(x *expr) *expr { m, _ := b.moments(x, axes); return b.expand(m, x.shape) }
	return b.mul(inverse, b.sub(b.sub(w, mean(w)), b.mul(y, mean(b.mul(w, y)))))
}

// lowerBatchNormDiff follows the mode. Gorgonia's gradient in evaluation uses the statistics of the last training batch
// for images.
func (l *lowerer) lowerBatchNormDiff(op reflect.Value, args []*expr) (*expr, error) {
	// The field is embedded and exported, so it can be taken out.
	bn, ok := op.FieldByName("BatchNormOp").Interface().(*G.BatchNormOp)
	if !ok {
		return nil, errors.New("unknown batch normalisation")
	}
	b, x, w := l.b, args[0], args[1]
	before := len(l.updates)
	n, err := l.batchNorm(bn, x)
	l.updates = l.updates[:before] // the forward node updates
	if err != nil {
		return nil, err
	}
	y, inverse := b.standard(x, n.mean, n.variance, n.epsilon)
	return b.sel(b.expand(n.training, x.shape), b.standardDiff(y, inverse, w, n.axes), b.mul(w, inverse)), nil
}

func (l *lowerer) lowerGroupNormDiff(op reflect.Value, args []*expr) (*expr, error) {
	b := l.b
	x, err := l.grouped(op, args[0])
	if err != nil {
		return nil, err
	}
	mean, variance := b.moments(x, []int{2})
	y, inverse := b.standard(x, mean, variance, op.FieldByName("epsilon").Float())
	return b.reshape(b.standardDiff(y, inverse, b.reshape(args[1], x.shape), []int{2}), args[0].shape), nil
}

// lowerByIndicesDiff adds the parts of the cotangent back to where they were taken from.
func (l *lowerer) lowerByIndicesDiff(op reflect.Value, children G.Nodes, args []*expr) (*expr, error) {
	b, x, w, axis := l.b, args[0], args[1], intOf(op, "axis")
	runs, err := l.indexRuns(children[2], x.shape, axis)
	if err != nil {
		return nil, err
	}
	sum, from := b.zeros(x.shape), 0
	for _, r := range runs {
		start, step := make([]int, len(x.shape)), make([]int, len(x.shape))
		for i := range step {
			step[i] = 1
		}
		start[axis] = r.at
		sum = b.add(sum, b.embed(b.part(w, axis, from, r.n), start, step, x.shape))
		from += r.n
	}
	return sum, nil
}
