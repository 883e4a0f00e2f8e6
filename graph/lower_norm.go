package graph

import (
	"reflect"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// standard is (x − mean)/√(variance + ε) with statistics that spread to x's shape, and the inverse deviation.
func (b *builder) standard(x, mean, variance *expr, epsilon float64) (e, inverse *expr) {
	inverse = b.expand(b.unary(kindInvSqrt, b.shift(epsilon, variance)), x.shape)
	return b.mul(b.sub(x, b.expand(mean, x.shape)), inverse), inverse
}

// moments are the mean and the biased variance over axes, which stay with length 1.
func (b *builder) moments(x *expr, axes []int) (mean, variance *expr) {
	n := 1
	for _, a := range axes {
		n *= x.shape[a]
	}
	mean = b.scale(1/float64(n), b.sum(x, axes))
	d := b.sub(x, b.expand(mean, x.shape))
	return mean, b.scale(1/float64(n), b.sum(b.unary(kindSquare, d), axes))
}

// normalization is a BatchNormOp as the IR sees it: its mode and its running statistics are read at every run.
type normalization struct {
	axes           []int
	epsilon        float64
	training       *expr // 0 or 1, in the statistics' shape
	mean, variance *expr // those that normalise in the mode that is on
}

func (l *lowerer) batchNorm(op *G.BatchNormOp, x *expr) (*normalization, error) {
	b := l.b
	if len(x.shape) != 2 && len(x.shape) != 4 {
		return nil, errors.New("batch normalisation takes (B,N) or (B,C,H,W)")
	}
	v := structOf(op)
	n := &normalization{epsilon: v.FieldByName("epsilon").Float(), axes: []int{0, 2, 3}[:len(x.shape)-1]}
	count := x.size() / x.shape[1]
	shape := make(tensor.Shape, len(x.shape))
	for i := range shape {
		shape[i] = 1
	}
	shape[1] = x.shape[1]

	m, s := op.Stats()
	runningMean, runningVar := m.(*tensor.Dense), s.(*tensor.Dense)
	if runningMean.Shape().TotalSize() != x.shape[1] || runningMean.Dtype() != b.dtype {
		return nil, errors.Errorf("the running statistics are %v of shape %v", runningMean.Dtype(), runningMean.Shape())
	}
	startVariance(runningMean, runningVar)
	flag := v.FieldByName("training")
	training := b.live(&live{name: "batchnorm training",
		read64: func(dst []float64) { dst[0] = float64(truth(flag.Bool())) },
		read32: func(dst []float32) { dst[0] = float32(truth(flag.Bool())) },
	}, tensor.Shape{})
	n.training = b.spread(training, shape)
	oldMean, oldVar := b.live(liveTensor("running mean", runningMean), shape),
		b.live(liveTensor("running variance", runningVar), shape)
	mean, variance := b.moments(x, n.axes)
	n.mean, n.variance = b.sel(n.training, mean, oldMean), b.sel(n.training, variance, oldVar)

	// new = momentum·batch + (1−momentum)·old, with the unbiased variance; that of a single element does not exist, and
	// the running one stays (Gorgonia makes it NaN).
	momentum := v.FieldByName("momentum").Float()
	moved := func(batch, old *expr) *expr { return b.add(b.scale(momentum, batch), b.scale(1-momentum, old)) }
	l.updates = append(l.updates, update{moved(mean, oldMean), storeWhen(flag, runningMean)})
	if count > 1 {
		unbiased := b.scale(float64(count)/float64(count-1), variance)
		l.updates = append(l.updates, update{moved(unbiased, oldVar), storeWhen(flag, runningVar)})
	}
	return n, nil
}

func (l *lowerer) lowerBatchNorm(node *G.Node, x *expr) (*expr, error) {
	n, err := l.batchNorm(node.Op().(*G.BatchNormOp), x)
	if err != nil {
		return nil, err
	}
	e, _ := l.b.standard(x, n.mean, n.variance, n.epsilon)
	return e, nil
}

func (l *lowerer) lowerGroupNorm(op reflect.Value, x *expr) (*expr, error) {
	y, err := l.grouped(op, x)
	if err != nil {
		return nil, err
	}
	mean, variance := l.b.moments(y, []int{2})
	e, _ := l.b.standard(y, mean, variance, op.FieldByName("epsilon").Float())
	return l.b.reshape(e, x.shape), nil
}

// grouped is x as (B, groups, elements of a group).
func (l *lowerer) grouped(op reflect.Value, x *expr) (*expr, error) {
	groups := intOf(op, "numGroups")
	if len(x.shape) < 2 || groups < 1 || x.shape[1]%groups != 0 {
		return nil, errors.Errorf("the channels do not divide into %d groups", groups)
	}
	return l.b.reshape(x, tensor.Shape{x.shape[0], groups, x.size() / x.shape[0] / groups}), nil
}

// startVariance gives a new normalisation the running variance 1. gorgonia.BatchNorm starts it at 0, so that an
// evaluation before any training divides by √ε; its own Reset sets 1.
func startVariance(mean, variance *tensor.Dense) {
	for _, t := range []*tensor.Dense{mean, variance} {
		data, err := numbers(t)
		if err != nil {
			return
		}
		for _, v := range data {
			if v != 0 {
				return
			}
		}
	}
	switch d := variance.Data().(type) {
	case []float64:
		for i := range d {
			d[i] = 1
		}
	case []float32:
		for i := range d {
			d[i] = 1
		}
	}
}

func liveTensor(name string, t *tensor.Dense) *live {
	l := &live{name: name}
	switch d := t.Data().(type) {
	case []float64:
		l.read64 = func(dst []float64) { copy(dst, d) }
		l.read32 = func(dst []float32) { transfer(dst, d) }
	case []float32:
		l.read64 = func(dst []float64) { transfer(dst, d) }
		l.read32 = func(dst []float32) { copy(dst, d) }
	}
	return l
}

// storeWhen writes the value of an update into t if the flag is on at that time.
func storeWhen(flag reflect.Value, t *tensor.Dense) func(any) {
	return func(v any) {
		if !flag.Bool() {
			return
		}
		switch dst := t.Data().(type) {
		case []float64:
			storeAny(dst, v)
		case []float32:
			storeAny(dst, v)
		}
	}
}

func storeAny[T Float](dst []T, v any) {
	switch src := v.(type) {
	case []float64:
		transfer(dst, src)
	case []float32:
		transfer(dst, src)
	}
}

func transfer[D, S Float](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

func truth(t bool) int {
	if t {
		return 1
	}
	return 0
}
