package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Backprop is the discrete adjoint: the accepted steps are replayed backwards, each differentiated exactly. Its gradient
// is that of the numbers which the solver computed, whatever the tolerance. It keeps one state for each accepted step,
// and costs, for every evaluation of the field, another one and a vector–Jacobian product.
//
// The choice of the step sizes is not differentiated. With constant steps every step's time and size move with the times
// between which it lies. Under error control the ends of the steps are held, but for the first step's start, which is the
// first time, and the last step's end, which is the last time; the states in between are read off the interpolant at their times.
type Backprop struct{}

func (Backprop) check(*config) error                        { return nil }
func (g Backprop) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (Backprop) single() mode[float32]                      { return backprop[float32]{} }
func (Backprop) double() mode[float64]                      { return backprop[float64]{} }

type backprop[T graph.Float] struct{}

func (backprop[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any, error) {
	sol, tape, err := solvers.SolveTape(sys, y0, times[0], times[len(times)-1], s.settingsAt(times))
	return sol, tape, err
}

func (backprop[T]) backward(s *solve[T], sys solvers.System[T], times []float64, w [][]T, state any) (*gradients[T], error) {
	tape, ok := state.(*solvers.Tape[T])
	if !ok {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	g, err := tape.Backward(sys, w)
	if err != nil {
		return nil, s.located(err)
	}
	ts := append([]float64(nil), g.SaveAt...)
	ts[0] += g.T0
	ts[len(ts)-1] += g.T1
	return &gradients[T]{y0: g.Y0, theta: g.Theta, times: ts, stats: g.Stats}, nil
}
