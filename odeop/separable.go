package odeop

import (
	"math/rand/v2"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/internal/separable"
)

// checkDivision is checkSeparable of a field that is traced only.
func checkDivision[T graph.Float](p *problem, fn *graph.Func) error {
	if !p.settings.Method.Info().Separable {
		return nil
	}
	c, err := compileField[T](fn)
	if err != nil {
		return err
	}
	return checkSeparable(p, c)
}

// checkSeparable refuses a symplectic method for a field whose q' depends on q, or p' on p. It compares values of the
// field at random places, where what is structurally zero is zero and nothing else is: which nodes depend on which says
// less, for in a product with a constant matrix all do. Args and parameters are random too, so that the answer is one about
// the field and not about the weights that it happens to have.
func checkSeparable[T graph.Float](p *problem, c *compiled[T]) error {
	_, positions, ok := divided(p.settings.Method, c.dim)
	if !ok {
		return nil
	}
	pure, err := c.pure()
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, uint64(c.dim)))
	for _, draw := range []func() float64{rng.NormFloat64, func() float64 { return 0.1 + 0.9*rng.Float64() }} {
		random := func(n int) []T {
			v := make([]T, n)
			for i := range v {
				v[i] = T(draw())
			}
			return v
		}
		theta := make([][]T, len(c.theta))
		for i, n := range c.theta {
			theta[i] = random(n)
		}
		sys, done := c.runOn(pure, theta)
		i, err := separable.Dependence(sys.F, positions, draw(), random(c.dim), random(c.dim))
		done()
		if err == nil && i >= 0 { // a place where the field has no value says nothing
			return p.notSeparable(c.fn.Inputs()[1], i, positions, c.dim)
		}
	}
	return nil
}

// notSeparable says what component i of y depends on, and how y must be laid out.
func (p *problem) notSeparable(y graph.Spec, i, positions, n int) error {
	name := "y" + subscript(i, y.Shape)
	if p.state != nil {
		name = p.state("y", i)
	}
	own, half := "momentum", "momenta"
	if i < positions {
		own, half = "position", "positions"
	}
	layout := "a batch has all positions before all momenta, of shape (2, rows, d), or rows (q, p) and PerRow"
	if p.perRow {
		layout = "with PerRow that is within a row"
	}
	return errors.Errorf("%s: %s: the field is not separable: of the %d components the first %d are positions q and the "+
		"others momenta p (%s); q' may depend on p and t alone, p' on q and t alone, but the derivative of the %s %s depends on "+
		"the %s",
		p.name, p.settings.Method.Name(), n, positions, layout, own, name, half)
}
