package nodeop

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// signature is a Function with what the three kinds of Op need to know of it.
type signature[T Float] struct {
	fn    Function[T]
	name  string
	dtype tensor.Dtype

	in  []tensor.Shape
	out tensor.Shape
	wrt []bool

	// The gradient of input i is packed[offset[i] : offset[i]+size(in[i])]; it takes no room where wrt[i] is false.
	offset []int
	packed int
}

func newSignature[T Float](fn Function[T]) (*signature[T], error) {
	if fn == nil {
		return nil, errors.New("nodeop: no function")
	}
	s := &signature[T]{fn: fn, name: fn.Name(), dtype: dtypeOf[T](), out: fn.OutputShape().Clone(), wrt: slices.Clone(fn.WRT())}
	for _, shape := range fn.InputShapes() {
		s.in = append(s.in, shape.Clone())
	}
	switch {
	case len(s.in) == 0:
		return nil, errors.Errorf("%s: a function without inputs has no graph to be in", s.name)
	case len(s.wrt) != len(s.in):
		return nil, errors.Errorf("%s: the function has %d inputs but says of %d whether they have gradients", s.name, len(s.in),
			len(s.wrt))
	case size(s.out) < 1:
		return nil, errors.Errorf("%s: an output of shape %v has no elements", s.name, s.out)
	}
	for i, shape := range s.in {
		if size(shape) < 1 {
			return nil, errors.Errorf("%s: input %d of shape %v has no elements", s.name, i, shape)
		}
		s.offset = append(s.offset, s.packed)
		if s.wrt[i] {
			s.packed += size(shape)
		}
	}
	return s, nil
}

// checkNodes finds what ApplyOp would panic on, or refuse without saying which input it means.
func (s *signature[T]) checkNodes(nodes []*gorgonia.Node) error {
	if len(nodes) != len(s.in) {
		return errors.Errorf("%s: got %d inputs, want %d", s.name, len(nodes), len(s.in))
	}
	for i, n := range nodes {
		if n == nil {
			return errors.Errorf("%s: input %d is nil", s.name, i)
		}
		if n.Dtype() != s.dtype {
			return errors.Errorf("%s: input %d has numbers of type %v, want %v", s.name, i, n.Dtype(), s.dtype)
		}
		if !slices.Equal(n.Shape(), s.in[i]) {
			return errors.Errorf("%s: input %d has shape %v, want %v", s.name, i, n.Shape(), s.in[i])
		}
	}
	return nil
}

// checkShapes is checkNodes for nodes that are made from the Op directly, by something that rebuilds a graph.
func (s *signature[T]) checkShapes(got []gorgonia.DimSizer, want ...tensor.Shape) error {
	shapes, err := gorgonia.DimSizersToShapes(got)
	if err != nil {
		return s.wrap(err)
	}
	if len(shapes) != len(want) {
		return errors.Errorf("%s: got %d inputs, want %d", s.name, len(shapes), len(want))
	}
	for i, shape := range shapes {
		if !slices.Equal(shape, want[i]) {
			return errors.Errorf("%s: input %d has shape %v, want %v", s.name, i, shape, want[i])
		}
	}
	return nil
}

func (s *signature[T]) writeHash(h hash.Hash) {
	fmt.Fprintf(h, "nodeop %q %v %v→%v %v: ", s.name, s.dtype, s.in, s.out, s.wrt)
	s.fn.WriteHash(h)
}

// typeOf is the type of a node of a shape: the plain type of the numbers for a scalar.
func (s *signature[T]) typeOf(shape tensor.Shape) hm.Type {
	if shape.IsScalar() {
		return s.dtype
	}
	return gorgonia.TensorType{Dims: shape.Dims(), Of: s.dtype}
}

// fnType is made anew on each call, for Gorgonia takes it apart after use.
func (s *signature[T]) fnType(shapes ...tensor.Shape) hm.Type {
	types := make([]hm.Type, len(shapes))
	for i, shape := range shapes {
		types[i] = s.typeOf(shape)
	}
	return hm.NewFnType(types...)
}

// arrays are the inputs as the Function wants them.
func (s *signature[T]) arrays(values []gorgonia.Value) ([][]T, error) {
	in := make([][]T, len(s.in))
	for i := range in {
		var err error
		if in[i], err = flat[T](values[i], size(s.in[i])); err != nil {
			return nil, errors.Wrapf(err, "%s: input %d", s.name, i)
		}
	}
	return in, nil
}

// cotangent reads the output and the gradient of the cost with respect to it.
func (s *signature[T]) cotangent(output, gradient gorgonia.Value) (out, w []T, err error) {
	if out, err = flat[T](output, size(s.out)); err != nil {
		return nil, nil, errors.Wrapf(err, "%s: the output", s.name)
	}
	if w, err = flat[T](gradient, size(s.out)); err != nil {
		return nil, nil, errors.Wrapf(err, "%s: the gradient of the output", s.name)
	}
	return out, w, nil
}

func hashcode(op interface{ WriteHash(hash.Hash) }) uint32 {
	h := fnv.New32a()
	op.WriteHash(h)
	return h.Sum32()
}

// size is the number of elements, 1 for a scalar.
func size(shape tensor.Shape) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func dtypeOf[T Float]() tensor.Dtype {
	var zero T
	if _, ok := any(zero).(float32); ok {
		return tensor.Float32
	}
	return tensor.Float64
}
