package graph

import (
	"reflect"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func (l *lowerer) lowerSize(op reflect.Value, x *G.Node) (*expr, error) {
	shape, axis := x.Shape(), intOf(op, "axis")
	if len(shape) == 0 {
		return l.b.fill(1, tensor.Shape{}), nil
	}
	if axis >= len(shape) {
		return nil, errors.Errorf("there is no axis %d", axis)
	}
	return l.b.fill(float64(shape[axis]), tensor.Shape{}), nil
}

// lowerRepeat repeats every element along an axis: a a b b.
func (l *lowerer) lowerRepeat(op reflect.Value, args []*expr) (*expr, error) {
	b, x, axis := l.b, args[0], intOf(op, "along")
	v, ok := args[1].fill()
	if !ok || v < 1 || v != float64(int(v)) {
		return nil, errors.New("the number of repetitions must be known when the function is traced")
	}
	shape := x.shape.Clone()
	for len(shape) <= axis {
		shape = append(shape, 1)
	}
	apart := append(append(shape[:axis+1].Clone(), 1), shape[axis+1:]...)
	repeated := apart.Clone()
	repeated[axis+1] = int(v)
	shape[axis] *= int(v)
	return b.reshape(b.expand(b.reshape(x, apart), repeated), shape), nil
}

// lowerSlice takes the range of one axis. The node's shape says how many elements: a step that does not divide the
// range loses the last one in Gorgonia, and what was built on the node relies on that.
func (l *lowerer) lowerSlice(n *G.Node, op reflect.Value, x *expr) (*expr, error) {
	start, step, shape, err := sliced(n.Op(), op, x.shape)
	if err != nil {
		return nil, err
	}
	return l.b.reshape(l.b.slice(x, start, step, shape), n.Shape()), nil
}

// sliced reads a sliceOp for an argument of the given shape; the axis stays in the shape.
func sliced(g G.Op, op reflect.Value, of tensor.Shape) (start, step []int, shape tensor.Shape, err error) {
	start, step, shape = make([]int, len(of)), make([]int, len(of)), of.Clone()
	for i := range step {
		step[i] = 1
	}
	axis := intOf(op, "along")
	if op.FieldByName("Slice").IsNil() || axis >= len(of) {
		return start, step, shape, nil
	}
	from, to, by := rangeOf(g)
	if to <= from {
		return start, step, shape, nil
	}
	to = min(to, of[axis])
	if from < 0 || to <= from {
		return nil, nil, nil, errors.Errorf("range [%d, %d) is not within axis %d", from, to, axis)
	}
	start[axis], step[axis] = from, by
	shape[axis] = max((to-from)/by, 1)
	return start, step, shape, nil
}

// rangeOf reads the range of a sliceOp or sliceIncrOp; gorgonia.S(i) has step 0.
func rangeOf(op G.Op) (start, end, step int) {
	s := op.(tensor.Slice)
	return s.Start(), s.End(), max(s.Step(), 1)
}

func (l *lowerer) lowerAt(op reflect.Value, x *expr) (*expr, error) {
	at := intsOf(op.FieldByName("coordinates"))
	if len(at) != len(x.shape) {
		return nil, errors.Errorf("%d coordinates", len(at))
	}
	step, shape := make([]int, len(at)), make(tensor.Shape, len(at))
	for i, c := range at {
		if c < 0 || c >= x.shape[i] {
			return nil, errors.Errorf("coordinate %d of axis %d", c, i)
		}
		step[i], shape[i] = 1, 1
	}
	return l.b.reshape(l.b.slice(x, at, step, shape), tensor.Shape{}), nil
}

// lowerByIndices concatenates runs of consecutive indices.
func (l *lowerer) lowerByIndices(op reflect.Value, children G.Nodes, args []*expr) (*expr, error) {
	x, axis := args[0], intOf(op, "axis")
	runs, err := l.indexRuns(children[1], x.shape, axis)
	if err != nil {
		return nil, err
	}
	parts := make([]*expr, len(runs))
	for i, r := range runs {
		parts[i] = l.b.part(x, axis, r.at, r.n)
	}
	return l.b.concat(axis, parts...), nil
}

type indexRun struct{ at, n int }

func (l *lowerer) indexRuns(n *G.Node, shape tensor.Shape, axis int) ([]indexRun, error) {
	v := n.Value()
	if v == nil || (n.Op() != nil && !isConstant(n)) {
		return nil, errors.New("the indices must be known when the function is traced: a constant")
	}
	if err := l.checkConstant(n); err != nil {
		return nil, err
	}
	data, err := numbers(v)
	if err != nil {
		return nil, err
	}
	if axis >= len(shape) || len(data) == 0 {
		return nil, errors.Errorf("%d indices of axis %d", len(data), axis)
	}
	var runs []indexRun
	for _, d := range data {
		i := int(d)
		if i < 0 || i >= shape[axis] {
			return nil, errors.Errorf("index %d of axis %d", i, axis)
		}
		if k := len(runs) - 1; k >= 0 && runs[k].at+runs[k].n == i {
			runs[k].n++
			continue
		}
		runs = append(runs, indexRun{i, 1})
	}
	return runs, nil
}

// lowerDiagFlat puts the elements n+1 apart into n² zeros.
func (l *lowerer) lowerDiagFlat(x *expr) *expr {
	n := x.size()
	v := l.b.reshape(x, tensor.Shape{n})
	if n > 1 {
		v = l.b.embed(v, []int{0}, []int{n + 1}, tensor.Shape{n * n})
	}
	return l.b.reshape(v, tensor.Shape{n, n})
}

func (l *lowerer) lowerConversion(op reflect.Value, child *G.Node, x *expr) (*expr, error) {
	if x != nil && child.Dtype() == l.b.dtype {
		return x, nil // to itself: a conversion to another dtype cannot come back to an output
	}
	if v, ok := constantOf(child); ok {
		data, err := numbers(v)
		if err != nil {
			return nil, err
		}
		return l.b.constant(rounded(data, l.b.dtype), child.Shape()), nil
	}
	return nil, errors.Errorf("a function computes in one dtype, %v", l.b.dtype)
}
