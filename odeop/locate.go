package odeop

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// nonFiniteBackward says where a backward pass that came to a NaN or an infinity met the first: it runs the pass again and looks at
// every vector–Jacobian product. The error names the Op, the time and the row of the state.
func (s *solve[T]) nonFiniteBackward(cause error, sys solvers.System[T], theta [][]T, times []float64, w [][]T, state any) error {
	watch := &watch[T]{vjp: sys.VJP}
	sys.VJP = watch.VJP
	if _, err := s.differentiate(sys, theta, everything(len(theta)), times, w, state); err != nil && !watch.found {
		return cause
	}
	if !watch.found {
		return cause
	}
	in := append([][]T{{T(watch.t)}, watch.y}, theta...)
	fault, err := graph.FindFault(s.field.reverse.Func(), append(in, watch.w))
	if err != nil || fault == nil {
		return errors.WithMessagef(cause, "the derivative of the field at t=%g%s", watch.t, s.row(watch.row))
	}
	return errors.WithMessagef(cause, "at t=%g%s: %v", watch.t, s.row(watch.row), fault)
}

// row names the row of a batch that element i of the state lies in; −1: not known.
func (s *solve[T]) row(i int) string {
	if shape := s.inputs[0]; i >= 0 && len(shape) > 1 {
		return fmt.Sprintf(", row %d", indexOf(i, shape)[0])
	}
	return ""
}

// watch looks for the first product that is not finite although what it is made of is.
type watch[T graph.Float] struct {
	vjp   func(t float64, y, w, dydt, wy, wtheta []T) (float64, error)
	found bool
	t     float64
	y, w  []T
	row   int // the element of wᵀ∂f/∂y that is not finite, or −1
}

func (c *watch[T]) VJP(t float64, y, w, dydt, wy, wtheta []T) (float64, error) {
	if c.found {
		return c.vjp(t, y, w, dydt, wy, wtheta)
	}
	y, w = slices.Clone(y), slices.Clone(w) // wy may be the memory of either
	fresh := make([]T, len(wtheta))
	wt, err := c.vjp(t, y, w, dydt, wy, fresh)
	good := nonFinite(y) < 0 && nonFinite(w) < 0
	if err == nil && good && (nonFinite(wy) >= 0 || nonFinite(fresh) >= 0 || nonFinite([]float64{wt}) >= 0) {
		c.found, c.t, c.y, c.w, c.row = true, t, y, w, nonFinite(wy)
	}
	for i, v := range fresh {
		wtheta[i] += v
	}
	return wt, err
}
