package solvers

import (
	"math"
	"slices"
)

// verdict is what is to become of an iteration.
type verdict int

const (
	goOn      verdict = iota // iterate again
	converged                // the last iterate will do
	hopeless                 // it diverges, or won't be there within the limit
)

// convergence judges a simplified Newton iteration by the sizes of its increments, measured so that 1 is what is tolerated
// of an error. With the rate Θ_k = |Δ_k|/|Δ_{k−1}|, geometrically averaged over the last two, the error left is at
// most
//
//	η |Δ_k|,   η = Θ/(1−Θ),
//
// and it has converged where that is below tol; it is hopeless where Θ > 0.99 or η|Δ| Θ^(limit−k) is still above.
// The first increment is judged by η^0.8 of the iteration before, or leastEta. (Hairer and Wanner II, IV.8.)
//
// An exact iteration goes on to rounding: to increments of the size of that, or small ones that shrink no more.
type convergence struct {
	tol   float64
	limit int
	exact bool
	eps   float64 // of the state's type, in units of the tolerance

	worstNoise float64 // what an exact iteration puts up with, in these units

	n     int     // increments so far
	last  float64 // |Δ_n|
	rate  float64 // Θ; 0 after a single increment
	quot  float64 // |Δ_n|/|Δ_{n−1}|
	eta   float64
	short float64 // by what factor the limit misses tol, where that is what made it hopeless; otherwise 0
}

// exactLimit is the number of iterations in which the exact ones must be there, as a multiple of the others' limit.
const exactLimit = 12

// leastEta bounds the trust in the rate of the step before: with none, HIRES goes wrong at loose tolerances, leaving its
// steady state at a time that the sum of all it was spared decides.
const leastEta = 0.1

// newConvergence returns the judge for a tolerance tol, in a solve with a relative tolerance of rtol.
func newConvergence[T Float](tol float64, limit int, exact bool, rtol float64) convergence {
	c := convergence{tol: tol, limit: limit, exact: exact, eps: epsilon[T]() / rtol, eta: 1}
	c.worstNoise = math.Sqrt(epsilon[T]()) / rtol
	if exact {
		c.limit *= exactLimit
	}
	return c
}

// begin starts an iteration.
func (c *convergence) begin() {
	c.n, c.rate, c.quot, c.short = 0, 0, 0, 0
	c.eta = math.Max(math.Pow(c.eta, 0.8), leastEta)
}

// reset forgets the iterations before.
func (c *convergence) reset() { c.eta = 1 }

// next takes the size of an increment.
func (c *convergence) next(size float64) verdict {
	c.n++
	if !(size >= 0) || math.IsInf(size, 1) {
		return c.fail()
	}
	if c.n > 1 {
		q := size / c.last
		if c.n == 2 {
			c.rate = q
		} else {
			c.rate = math.Sqrt(q * c.quot)
		}
		c.quot = q
	}
	c.last = size
	if c.exact {
		return c.exactly(size)
	}
	if c.n > 1 {
		if !(c.rate < 0.99) {
			return c.fail()
		}
		c.eta = c.rate / (1 - c.rate)
		left := c.eta * size * math.Pow(c.rate, float64(c.limit-1-c.n)) / c.tol
		if c.n < c.limit && left >= 1 {
			c.short = left
			return hopeless
		}
	}
	switch {
	case c.eta*size <= c.tol:
		return converged
	case c.n >= c.limit:
		return c.fail()
	}
	return goOn
}

// exactly judges the size of an increment of an exact iteration.
func (c *convergence) exactly(size float64) verdict {
	small := size <= 1e3*c.eps
	switch {
	case size <= 2*c.eps || c.n > 1 && c.quot < 0.1 && size*c.quot <= c.eps/4:
		return converged
	case small && c.n > 2 && c.quot >= 0.5: // in the noise of rounding
		return converged
	case c.n >= c.limit && size <= c.worstNoise: // that of a system that is nearly singular
		return converged
	case c.n > 2 && c.rate >= 2 && size > c.worstNoise || c.n >= c.limit:
		return c.fail()
	}
	return goOn
}

func (c *convergence) fail() verdict {
	c.eta = 1
	return hopeless
}

// increment measures a change v of y as the error control would measure an error. With z, the change so far, it
// measures it on the scale of rounding, which is that of y and z.
func (e *environment[T]) increment(v []float64, y []T, z []float64) float64 {
	y = y[:len(v)]
	for i, x := range v {
		rtol, atol := e.tolerances(i)
		scale := math.Abs(float64(y[i]))
		if z != nil {
			scale += math.Abs(z[i])
		}
		e.scaled[i] = x / (atol + rtol*scale)
	}
	return e.norm.Norm(e.scaled)
}

// tolerances are those of component i.
func (e *environment[T]) tolerances(i int) (rtol, atol float64) {
	if e.atols != nil {
		return e.rtols[i], e.atols[i]
	}
	return e.rtol, e.atol
}

// loosest are the largest tolerances that a component has.
func (e *environment[T]) loosest() (rtol, atol float64) {
	if e.atols != nil {
		return slices.Max(e.rtols), slices.Max(e.atols)
	}
	return e.rtol, e.atol
}
