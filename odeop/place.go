package odeop

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// located says which element of the state a solver's error means.
func (s *solve[T]) located(err error) error {
	var e *solvers.Error
	if errors.As(err, &e) && e.Component >= 0 && (s.state != nil || len(s.inputs[0]) > 1) {
		return errors.WithMessage(err, s.component("y", e.Component))
	}
	return err
}

// component names the i-th component of the state, which is y or y0, as y[1 0].
func (s *solve[T]) component(y string, i int) string {
	if s.state != nil {
		return s.state(y, i)
	}
	return y + subscript(i, s.inputs[0])
}

// placeAmong names the i-th element of specs, one behind the other: w[1 0].
func placeAmong(specs []graph.Spec, i int) string {
	for _, in := range specs {
		n := in.Shape.TotalSize()
		if i < n {
			return in.Name + subscript(i, in.Shape)
		}
		i -= n
	}
	return ""
}

// subscript is the index along every axis of the i-th element of a shape, as [1 0]; empty for a number.
func subscript(i int, shape tensor.Shape) string {
	if len(shape) == 0 {
		return ""
	}
	return fmt.Sprint(indexOf(i, shape))
}

// indexOf is the index along every axis of the i-th element of a shape.
func indexOf(i int, shape tensor.Shape) []int {
	idx := make([]int, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		idx[a], i = i%shape[a], i/shape[a]
	}
	return idx
}
