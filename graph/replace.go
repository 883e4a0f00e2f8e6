package graph

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The functions of this file stand in for functions of Gorgonia's whose nodes cannot be trusted: their hashes leave
// something out, so that two different nodes are merged while the graph is built, or their values are wrong. Each is a
// Call, so it works in an outer graph and inside of a traced function alike.

// replacement applies what body builds from one node.
func replacement(name string, x *G.Node, body func(b *builder, x *expr) (*expr, error)) (n *G.Node, err error) {
	defer recovered(&err, name)
	if x == nil {
		return nil, errors.Errorf("graph: %s of no node", name)
	}
	dt := x.Dtype()
	if dt != tensor.Float64 && dt != tensor.Float32 {
		return nil, errors.Errorf("graph: %s of a node of dtype %v, want float64 or float32", name, dt)
	}
	b := newBuilder(dt)
	in := b.input("x", x.Shape())
	out, err := body(b, in)
	if err != nil {
		return nil, errors.WithMessagef(err, "graph: %s of shape %v", name, x.Shape())
	}
	return Call(finish(&Func{name: name, dtype: dt, inputs: []*expr{in}, outputs: []*expr{out}}), x)
}

func axisOf(x *expr, axis int) (int, error) {
	a := axis
	if a < 0 {
		a += len(x.shape)
	}
	if a < 0 || a >= len(x.shape) {
		return 0, errors.Errorf("there is no axis %d", axis)
	}
	return a, nil
}

// Slice takes the elements start, start+step, … before end along every axis, in the order of ranges; missing ranges and
// nil take all. Every axis stays. gorgonia.Slice keeps one byte of start and end in a node's hash, so on an axis longer
// than 255 different slices become one node.
func Slice(x *G.Node, ranges ...tensor.Slice) (*G.Node, error) {
	return replacement("slice", x, func(b *builder, e *expr) (*expr, error) {
		r := len(e.shape)
		if len(ranges) > r {
			return nil, errors.Errorf("%d ranges", len(ranges))
		}
		start, step, shape := make([]int, r), make([]int, r), e.shape.Clone()
		for i := range step {
			step[i] = 1
			if i >= len(ranges) || ranges[i] == nil {
				continue
			}
			s, end, by := ranges[i].Start(), ranges[i].End(), ranges[i].Step()
			by = max(by, 1) // gorgonia.S(i) has step 0
			if s < 0 || end <= s || end > e.shape[i] {
				return nil, errors.Errorf("axis %d: no range [%d, %d)", i, s, end)
			}
			start[i], step[i], shape[i] = s, by, (end-s+by-1)/by
		}
		return b.slice(e, start, step, shape), nil
	})
}

// Reshape gives the elements, in row-major order, another shape. gorgonia.Reshape hands its input's memory on, which
// the next operation may overwrite.
func Reshape(x *G.Node, shape ...int) (*G.Node, error) {
	return replacement("reshape", x, func(b *builder, e *expr) (*expr, error) {
		for _, d := range shape {
			if d < 1 {
				return nil, errors.Errorf("no shape %v", tensor.Shape(shape))
			}
		}
		if sizeOf(shape) != e.size() {
			return nil, errors.Errorf("%d elements do not fit %v", e.size(), tensor.Shape(shape))
		}
		return b.reshape(e, shape), nil
	})
}

// SoftMax is eˣ/Σeˣ along axis (−1 is the last), stable for every row. gorgonia.SoftMax overflows in rows after the
// first, and its node is the same as that of gorgonia.LogSoftMax.
func SoftMax(x *G.Node, axis int) (*G.Node, error) {
	return replacement("softmax", x, func(b *builder, e *expr) (*expr, error) {
		a, err := axisOf(e, axis)
		if err != nil {
			return nil, err
		}
		return b.softmax(e, a), nil
	})
}

// LogSoftMax is x − ln Σeˣ along axis (−1 is the last), stable for every row: see SoftMax.
func LogSoftMax(x *G.Node, axis int) (*G.Node, error) {
	return replacement("logsoftmax", x, func(b *builder, e *expr) (*expr, error) {
		a, err := axisOf(e, axis)
		if err != nil {
			return nil, err
		}
		return b.logSoftmax(e, a), nil
	})
}

// shifted is x − max x along an axis. The shift is held when differentiating: it cancels in what is built on it.
func (b *builder) shifted(x *expr, axis int) *expr {
	m := b.unary(kindStop, b.max(x, []int{axis}))
	return b.sub(x, b.expand(m, x.shape))
}

func (b *builder) softmax(x *expr, axis int) *expr {
	p := b.unary(kindExp, b.shifted(x, axis))
	return b.div(p, b.expand(b.sum(p, []int{axis}), x.shape))
}

func (b *builder) logSoftmax(x *expr, axis int) *expr {
	s := b.shifted(x, axis)
	z := b.unary(kindLog, b.sum(b.unary(kindExp, s), []int{axis}))
	return b.sub(s, b.expand(z, x.shape))
}

// Dropout sets elements to zero with probability drop and divides the others by 1−drop. Which ones depends on the seed
// and on the value of step (a number) alone: training feeds a counter and gets a new mask at each value, the same mask
// in the forward and the backward pass, and, inside of a vector field, during a whole solve. A negative step is
// evaluation: nothing is dropped. gorgonia.Dropout draws its seed from the clock, and two of one input become one node.
func Dropout(x, step *G.Node, drop float64, seed uint64) (n *G.Node, err error) {
	defer recovered(&err, "dropout")
	switch {
	case x == nil || step == nil:
		return nil, errors.New("graph: dropout of no node")
	case x.Dtype() != tensor.Float64 && x.Dtype() != tensor.Float32:
		return nil, errors.Errorf("graph: dropout of a node of dtype %v, want float64 or float32", x.Dtype())
	case step.Dtype() != x.Dtype() || len(step.Shape()) != 0:
		return nil, errors.Errorf("graph: dropout: the step is %v of shape %v, want a number of dtype %v", step.Dtype(),
			step.Shape(), x.Dtype())
	case !(drop >= 0 && drop < 1):
		return nil, errors.Errorf("graph: dropout: no probability %v in [0, 1)", drop)
	}
	b := newBuilder(x.Dtype())
	ex, es := b.input("x", x.Shape()), b.input("step", tensor.Shape{})
	keep := 1 - drop
	m := b.mask(es, ex.shape, &bernoulli{seed: seed, keep: keep})
	training := b.binary(kindGe, es, b.zeros(es.shape))
	gain := b.sel(training, b.fill(1/keep, es.shape), b.fill(1, es.shape))
	out := b.mul(ex, b.mul(m, b.spread(gain, ex.shape)))
	return Call(&Func{name: "dropout", dtype: x.Dtype(), inputs: []*expr{ex, es}, outputs: []*expr{out}}, x, step)
}

// Constant is a tensor of given values, row-major, in the graph of like and of its dtype. The hash of a large tensor in
// gorgonia.NewConstant is that of its printed, shortened text, so different ones become one node.
func Constant(like *G.Node, values []float64, shape ...int) (*G.Node, error) {
	return replacement("constant", like, func(b *builder, e *expr) (*expr, error) {
		if sizeOf(shape) != len(values) || len(values) == 0 {
			return nil, errors.Errorf("%d values for shape %v", len(values), tensor.Shape(shape))
		}
		return b.constant(values, shape), nil
	})
}

// Stack puts nodes of one shape and dtype one behind the other along a new first axis.
func Stack(xs ...*G.Node) (n *G.Node, err error) {
	defer recovered(&err, "stack")
	if len(xs) == 0 {
		return nil, errors.New("graph: stack of no nodes")
	}
	f := &Func{name: "stack"}
	var b *builder
	var rows []*expr
	for i, x := range xs {
		switch {
		case x == nil:
			return nil, errors.Errorf("graph: stack: node %d is nil", i)
		case i > 0 && (x.Dtype() != f.dtype || !sameShape(x.Shape(), xs[0].Shape())):
			return nil, errors.Errorf("graph: stack: node %d is %v of shape %v, node 0 is %v of shape %v", i, x.Dtype(), x.Shape(),
				f.dtype, xs[0].Shape())
		case i == 0:
			f.dtype = x.Dtype()
			b = newBuilder(f.dtype)
		}
		in := b.input("row", x.Shape())
		f.inputs = append(f.inputs, in)
		rows = append(rows, b.reshape(in, append(tensor.Shape{1}, in.shape...)))
	}
	f.outputs = []*expr{b.concat(0, rows...)}
	return Call(f, xs...)
}

// Element is one element of x as a number, by its row-major place.
func Element(x *G.Node, i int) (*G.Node, error) {
	return replacement("element", x, func(b *builder, e *expr) (*expr, error) {
		if i < 0 || i >= e.size() {
			return nil, errors.Errorf("there is no element %d", i)
		}
		return b.reshape(b.part(b.reshape(e, tensor.Shape{e.size()}), 0, i, 1), tensor.Shape{}), nil
	})
}

// Where is, element by element, a where cond is not zero and b elsewhere; all three have one shape and dtype. What is not
// chosen may be NaN or infinite, which a product with a mask does not forgive; its cotangent is zero. Where its own
// derivative is infinite as well, that zero becomes NaN in it: then give it a harmless argument first.
func Where(cond, a, b *G.Node) (n *G.Node, err error) {
	defer recovered(&err, "where")
	nodes := G.Nodes{cond, a, b}
	for i, x := range nodes {
		switch {
		case x == nil:
			return nil, errors.Errorf("graph: where: node %d is nil", i)
		case x.Dtype() != nodes[0].Dtype() || !sameShape(x.Shape(), nodes[0].Shape()):
			return nil, errors.Errorf("graph: where: node %d is %v of shape %v, node 0 is %v of shape %v",
				i, x.Dtype(), x.Shape(), nodes[0].Dtype(), nodes[0].Shape())
		case x.Dtype() != tensor.Float64 && x.Dtype() != tensor.Float32:
			return nil, errors.Errorf("graph: where: node %d is %v, want float64 or float32", i, x.Dtype())
		}
	}
	bd := newBuilder(cond.Dtype())
	f := &Func{name: "where", dtype: cond.Dtype()}
	for _, x := range nodes {
		f.inputs = append(f.inputs, bd.input("x", x.Shape()))
	}
	f.outputs = []*expr{bd.sel(f.inputs[0], f.inputs[1], f.inputs[2])}
	return Call(f, nodes...)
}
