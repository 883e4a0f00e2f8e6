package nodeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// flat returns the n numbers of a value in row-major order, for reading only: it is the value's own memory where that is
// in order, and a copy where it is not (a transpose, a slice, column-major data).
func flat[T Float](v gorgonia.Value, n int) ([]T, error) {
	switch v := v.(type) {
	case nil:
		return nil, errors.New("no value")
	case *gorgonia.F64:
		return scalar[T](float64(*v), n)
	case *gorgonia.F32:
		return scalar[T](float32(*v), n)
	case *tensor.Dense:
		raw, inOrder, err := rawOf[T](v, n)
		if err != nil || inOrder {
			return raw, err
		}
		copied := make([]T, 0, n)
		err = eachOffset(v.Shape(), v.Strides(), len(raw), func(offset int) { copied = append(copied, raw[offset]) })
		return copied, err
	default:
		return nil, errors.Errorf("cannot read a value of type %T", v)
	}
}

func scalar[T Float](x any, n int) ([]T, error) {
	y, ok := x.(T)
	if !ok {
		return nil, errors.Errorf("a scalar of type %T, want %v", x, dtypeOf[T]())
	}
	if n != 1 {
		return nil, errors.Errorf("a scalar, want %d elements", n)
	}
	return []T{y}, nil
}

// rawOf returns the memory of a tensor of n elements, and whether its first n numbers are the elements in row-major
// order.
func rawOf[T Float](d *tensor.Dense, n int) (raw []T, inOrder bool, err error) {
	switch {
	case d.Dtype() != dtypeOf[T]():
		return nil, false, errors.Errorf("a tensor of %v, want %v", d.Dtype(), dtypeOf[T]())
	case size(d.Shape()) != n:
		return nil, false, errors.Errorf("a tensor of shape %v, want %d elements", d.Shape(), n)
	case !d.IsNativelyAccessible():
		return nil, false, errors.New("a tensor in the memory of another device")
	case d.IsMasked():
		return nil, false, errors.New("a masked tensor")
	}
	var zero T
	if _, ok := any(zero).(float32); ok {
		raw = any(d.Float32s()).([]T)
	} else {
		raw = any(d.Float64s()).([]T)
	}
	if !isRowMajor(d.Shape(), d.Strides()) {
		return raw, false, nil
	}
	if len(raw) < n {
		return nil, false, errors.Errorf("a tensor of shape %v with only %d numbers", d.Shape(), len(raw))
	}
	return raw[:n:n], true, nil
}

// isRowMajor ignores the strides of dimensions of length 1, which are arbitrary, and of column-major vectors, which have
// one stride too few.
func isRowMajor(shape tensor.Shape, strides []int) bool {
	strides = fullStrides(shape, strides)
	if len(strides) != len(shape) {
		return false
	}
	next := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] != 1 && strides[i] != next {
			return false
		}
		next *= shape[i]
	}
	return true
}

// fullStrides gives each dimension a stride: the tensor package has a single one, or none, for some shapes with at most
// one dimension longer than 1.
func fullStrides(shape tensor.Shape, strides []int) []int {
	if len(strides) == len(shape) {
		return strides
	}
	full := make([]int, len(shape))
	for i, d := range shape {
		if d == size(shape) && len(strides) == 1 {
			full[i] = strides[0]
			return full
		}
	}
	if size(shape) == 1 {
		return full
	}
	return strides
}

// eachOffset visits the offsets of a tensor's elements in row-major order. All of them must be below limit.
func eachOffset(shape tensor.Shape, strides []int, limit int, visit func(offset int)) error {
	strides = fullStrides(shape, strides)
	if len(strides) != len(shape) {
		return errors.Errorf("a tensor of shape %v with strides %v", shape, strides)
	}
	last := 0
	for i, d := range shape {
		if strides[i] < 0 {
			return errors.Errorf("a tensor of shape %v with strides %v", shape, strides)
		}
		last += (d - 1) * strides[i]
	}
	if last >= limit {
		return errors.Errorf("a tensor of shape %v and strides %v with only %d numbers", shape, strides, limit)
	}
	index := make([]int, len(shape))
	for offset := 0; ; {
		visit(offset)
		axis := len(shape) - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			offset += strides[axis]
			if index[axis] < shape[axis] {
				break
			}
			offset -= shape[axis] * strides[axis]
			index[axis] = 0
		}
		if axis < 0 {
			return nil
		}
	}
}

// valueOf makes a value of an array, which becomes its memory unless it is a scalar.
func valueOf[T Float](data []T, shape tensor.Shape) gorgonia.Value {
	if !shape.IsScalar() {
		return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(data))
	}
	switch x := any(data[0]).(type) {
	case float32:
		return gorgonia.NewF32(x)
	case float64:
		return gorgonia.NewF64(x)
	}
	panic("nodeop: not a Float")
}

// identity is a pointer to the first number of an output: it stays the same when a machine wraps the memory in another
// value, and as long as it is kept no other output can be there. It is nil for a value that is not one of ours.
func identity[T Float](v gorgonia.Value) any {
	switch v := v.(type) {
	case *gorgonia.F64, *gorgonia.F32:
		return v
	case *tensor.Dense:
		if raw, _, err := rawOf[T](v, size(v.Shape())); err == nil && len(raw) > 0 {
			return &raw[0]
		}
	}
	return nil
}

// add adds to the value in place, keeping its layout.
func add[T Float](to gorgonia.Value, grad []T) error {
	switch to := to.(type) {
	case *gorgonia.F64:
		if _, err := scalar[T](float64(*to), len(grad)); err != nil {
			return err
		}
		*to += gorgonia.F64(grad[0])
	case *gorgonia.F32:
		if _, err := scalar[T](float32(*to), len(grad)); err != nil {
			return err
		}
		*to += gorgonia.F32(grad[0])
	case *tensor.Dense:
		raw, inOrder, err := rawOf[T](to, len(grad))
		if err != nil {
			return err
		}
		if inOrder {
			for i, g := range grad {
				raw[i] += g
			}
			return nil
		}
		return eachOffset(to.Shape(), to.Strides(), len(raw), func(offset int) {
			raw[offset] += grad[0]
			grad = grad[1:]
		})
	default:
		return errors.Errorf("cannot add to a value of type %T", to)
	}
	return nil
}
