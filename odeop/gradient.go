package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// GradientMode is a way to differentiate a solve: Backprop, Reversible, Forward, Adjoint, InterpolatedAdjoint, GaussAdjoint or
// Unrolled. The set is closed.
type GradientMode interface {
	// check refuses combinations that do not work.
	check(c *config) error
	// apply makes the node.
	apply(p *problem) (*gorgonia.Node, error)
}

// backward is a mode that runs inside of the Op.
type backward interface {
	single() mode[float32]
	double() mode[float64]
}

// plain solves for the states alone.
type plain[T graph.Float] struct{}

func (plain[T]) forward(s *solve[T], sys solvers.System[T], y0 []T, times []float64) (*solvers.Solution[T], any, error) {
	sol, err := solvers.Solve(sys, y0, times[0], times[len(times)-1], s.settingsAt(times))
	return sol, nil, err
}

func (plain[T]) backward(*solve[T], solvers.System[T], []float64, [][]T, any) (*gradients[T], error) {
	return nil, errors.New("a solve without a record has no gradient")
}
