package odeop

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Backprop is the discrete adjoint: the accepted steps are replayed backwards, each differentiated exactly. Its gradient
// is that of the numbers which the solver computed, whatever the tolerance. It keeps one state for each accepted step
// and, of as many explicit steps as Memory has room for, the field linearized at the stages. For every evaluation of
// the field it costs a vector–Jacobian product and, where that was not kept, another evaluation.
//
// The choice of the step sizes is not differentiated. With constant steps every step's time and size move with the times
// between which it lies. Under error control the ends of the steps are held, but for the first step's start, which is the
// first time, and the last step's end, which is the last time; the states in between are read off the interpolant at
// their times.
type Backprop struct {
	// Checkpoints n > 0 keeps the states at n points instead of one a step, and takes steps again to have the others: the
	// same digits in less memory for more time. With n = 10 a thousand steps are taken 2.6 times more. A point of a multistep
	// method has the states of its history. See solvers.Settings, which has the same setting. Zero: that of Settings, or
	// all states.
	Checkpoints int
	// Memory is how many bytes more than the states the forward pass of an explicit Runge–Kutta method may keep: the field
	// linearized at the stages of the first steps, as many as there is room for, so that the backward pass needn't
	// evaluate it there again. The digits are the same with any, and the next run
	// takes the same memory. Zero: 64 MiB, and with Checkpoints none; negative: none. A field with side effects or
	// masks is evaluated again whatever Memory is.
	Memory int
}

// defaultMemory is that of Backprop.
const defaultMemory = 64 << 20

// memory is what a solve may keep.
func (g Backprop) memory(s *solvers.Settings) int {
	_, explicit := solvers.TableauOf(s.Method)
	switch {
	case !explicit || g.Checkpoints > 0 || s.Checkpoints > 0:
		return 0
	case g.Memory == 0:
		return defaultMemory
	}
	return g.Memory
}

func (g Backprop) check(*config) error {
	if g.Checkpoints < 0 {
		return errors.Errorf("odeop: backprop: %d checkpoints; there must be at least one, or zero for all states", g.Checkpoints)
	}
	return nil
}

func (g Backprop) apply(p *problem) (*gorgonia.Node, error) { return p.applyOp(g) }
func (g Backprop) single() mode[float32]                    { return backprop[float32]{g} }
func (g Backprop) double() mode[float64]                    { return backprop[float64]{g} }

type backprop[T graph.Float] struct{ Backprop }

func (m backprop[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any,
	error) {
	set := s.settingsAt(times)
	if m.Checkpoints > 0 {
		set.Checkpoints = m.Checkpoints
	}
	sol, tape, err := solvers.SolveTape(sys, y0, times[0], times[len(times)-1], set)
	return sol, tape, err
}

func (backprop[T]) differentiate(
	s *solve[T], sys solvers.System[T], _ [][]T, _ wanted, _ []float64, w [][]T, state any,
) (*gradients[T], error) {
	tape, ok := state.(*solvers.Tape[T])
	if !ok {
		return nil, errors.Errorf("the record of the solve is a %T", state)
	}
	g, err := tape.Backward(sys, w)
	if err != nil {
		return nil, s.located(err)
	}
	return ofSolve(g), nil
}

// ofSolve is a solver's gradient, whose first and last saved times are its t0 and t1.
func ofSolve[T graph.Float](g *solvers.Gradient[T]) *gradients[T] {
	ts := slices.Clone(g.SaveAt)
	ts[0] += g.T0
	ts[len(ts)-1] += g.T1
	return &gradients[T]{y0: g.Y0, theta: g.Theta, times: ts, stats: g.Stats}
}
