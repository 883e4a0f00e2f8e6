package sdeop

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// checkOwn refuses diagonal noise of which a component of g depends on another component of y, for methods whose terms of
// second order are only then complete (Kloeden and Platen 1992, equations 10.3.16 and 10.3.6).
func (p *problem) checkOwn() error {
	if p.Noise != Diagonal || p.additive || p.y0.Shape()[1] < 2 {
		return nil
	}
	probe := coupled[float64]
	if p.dtype == tensor.Float32 {
		probe = coupled[float32]
	}
	i, err := probe(p)
	if err != nil || i < 0 {
		return err
	}
	return errors.Wrapf(solvers.ErrNotSupported, "%s: %s: component %d of the diffusion depends on another component of y, "+
		"for which it is no better than euler-maruyama; that, heun and midpoint are for such noise", p.name, p.method.Name(), i)
}

// coupled finds a component of g that depends on another component of y, or returns −1. What a function depends on shows in
// its derivative at any point but by chance: for each digit of the components' binary numbers it is taken along those that
// have it set and along those that have it not, which tells any two components apart.
func coupled[T graph.Float](p *problem) (component int, err error) {
	g, err := p.trace("diffusion", p.Diffusion)
	if err != nil {
		return -1, err
	}
	if g, err = g.JVP(1); err != nil {
		return -1, errors.WithMessagef(err, "%s: diffusion", p.name)
	}
	plan, err := graph.Compile[T](g)
	if err != nil {
		return -1, errors.WithMessagef(err, "%s: diffusion", p.name)
	}
	var in, out [][]T
	for k, x := range g.Inputs() {
		values := make([]T, max(1, x.Shape.TotalSize()))
		for i := range values {
			values[i] = T(0.6 + 0.3*math.Sin(float64(7*k+3*i)))
		}
		in = append(in, values)
	}
	for _, shape := range g.Outputs() {
		out = append(out, make([]T, shape.TotalSize()))
	}
	d, tangent := p.y0.Shape()[1], in[len(in)-1]
	for digit := 1; digit < d; digit *= 2 {
		for _, set := range []bool{false, true} {
			for i := range tangent {
				tangent[i] = 0
				if (i%d&digit != 0) == set {
					tangent[i] = T(1 + 0.5*math.Cos(float64(i)))
				}
			}
			if err := plan.Run(in, out); err != nil {
				return -1, errors.WithMessagef(err, "%s: diffusion", p.name)
			}
			for i, v := range out[1] {
				if tangent[i] == 0 && v != 0 && v == v { // NaN says nothing
					return i % d, nil
				}
			}
		}
	}
	return -1, nil
}
