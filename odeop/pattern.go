package odeop

import (
	"math/rand/v2"
	"sync"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// maxPatternDim is the largest state whose Jacobian is looked at: each look is at all of its entries.
const maxPatternDim = 4096

// structure is what is known of a field's Jacobian.
type structure struct {
	once    sync.Once
	pattern solvers.Pattern
}

// pattern finds the structure of ∂f/∂y when an implicit method first asks: the blocks of a batch whose rows do not
// depend on each other, most of all. It looks at random values of y and of θ, so that neither a first layer of zeros
// nor the data of a run decide it, and it is the same for every run.
func (c *compiled[T]) pattern() solvers.Pattern {
	c.structure.once.Do(func() {
		if c.dim > maxPatternDim {
			return // nothing is promised
		}
		pure, err := c.pure()
		if err != nil {
			return
		}
		rng := rand.New(rand.NewPCG(1, uint64(c.dim)))
		random := func(n int) []T {
			v := make([]T, n)
			for i := range v {
				v[i] = T(rng.NormFloat64())
			}
			return v
		}
		theta := make([][]T, len(c.theta))
		for i, n := range c.theta {
			theta[i] = random(n)
		}
		sys, done := c.runOn(pure, theta)
		defer done()
		if p, err := solvers.FindPattern(sys, rng.Float64(), random(c.dim)); err == nil {
			c.structure.pattern = p
		}
	})
	return c.structure.pattern
}

// implicitly gives a system what an implicit method wants to know.
func implicitly[T graph.Float](c *compiled[T], sys solvers.System[T], m solvers.Method) solvers.System[T] {
	if m != nil && m.Info().Implicit {
		sys.Pattern = c.pattern()
	}
	return sys
}
