package odeop

import (
	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// sweep is a backward pass of the continuous adjoint a(t) = (∂L/∂y(t))ᵀ over the saved times, from the last to the
// first: at each a grows by the cotangent of the state saved there, and between two of them it is integrated by whoever
// does the pass.
type sweep[T graph.Float] struct {
	sys   solvers.System[T]
	times []float64
	ys    [][]T // the saved states
	w     [][]T
	a     []T
	dydt  []T
	theta []T // ∂L/∂θ so far
	stats solvers.Stats
	timed bool // the gradients of the times are wanted, which cost an evaluation each
}

// saved are the states that a forward pass keeps for a sweep.
type saved[T graph.Float] [][]T

func newSweep[T graph.Float](sys solvers.System[T], times []float64, ys saved[T], w [][]T, timed bool) *sweep[T] {
	return &sweep[T]{sys: sys, times: times, ys: ys, w: w, timed: timed, a: make([]T, sys.Dim), dydt: make([]T, sys.Dim),
		theta: make([]T, sys.NumParams)}
}

// run calls back for i = N, ..., 1 to take a and the sums of θ from times[i] to times[i−1]. Besides a(t₀),
//
//	∂L/∂tᵢ = wᵢᵀf(tᵢ, yᵢ),   ∂L/∂t₀ = −a(t₀)ᵀf(t₀, y₀)   with a(t₀) before w₀ is added.
func (sw *sweep[T]) run(back func(i int) error) (*gradients[T], error) {
	g := &gradients[T]{times: make([]float64, len(sw.times))}
	for i := len(sw.times) - 1; i > 0; i-- {
		if w := sw.w[i]; w != nil {
			accumulate(sw.a, w)
			d, err := sw.slope(i, w)
			if err != nil {
				return nil, err
			}
			g.times[i] = d
		}
		if err := back(i); err != nil {
			return nil, err
		}
	}
	d, err := sw.slope(0, sw.a)
	if err != nil {
		return nil, err
	}
	g.times[0] = -d
	if sw.w[0] != nil {
		accumulate(sw.a, sw.w[0])
	}
	g.y0, g.theta, g.stats = sw.a, sw.theta, sw.stats
	return g, nil
}

// slope is cᵀ·f(tᵢ, yᵢ), or zero where nobody wants it.
func (sw *sweep[T]) slope(i int, c []T) (float64, error) {
	if !sw.timed {
		return 0, nil
	}
	if err := sw.sys.F(sw.times[i], sw.ys[i], sw.dydt); err != nil {
		return 0, errors.WithMessagef(err, "adjoint at t=%g", sw.times[i])
	}
	sw.stats.F++
	return dot(c, sw.dydt), nil
}

func dot[T graph.Float](a, b []T) float64 {
	var s float64
	for i, v := range a {
		s += float64(v) * float64(b[i])
	}
	return s
}

// locatedIn says which part of a backward state a solver's error means: parts, of y's size each, are those of y itself,
// if own, and of its gradient; what is behind them are the gradients of θ.
func (s *solve[T]) locatedIn(err error, own bool) error {
	var e *solvers.Error
	if !errors.As(err, &e) || e.Component < 0 {
		return err
	}
	c := e.Component
	if own {
		if c < s.field.dim {
			return s.located(err)
		}
		c -= s.field.dim
	}
	if c < s.field.dim {
		return errors.WithMessagef(err, "gradient with respect to y%s", subscript(c, s.inputs[0]))
	}
	return errors.WithMessagef(err, "gradient with respect to %s", s.field.place(c-s.field.dim))
}
