package odeop

import "gorgonia.org/gorgonia"

// GradientMode is a way to differentiate a solve: Backprop, Reversible, Forward, Adjoint, InterpolatedAdjoint,
// GaussAdjoint or Unrolled. The set is closed.
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
