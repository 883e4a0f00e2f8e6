package solvers

import "math"

// adamsChoice chooses the order and the step of the Adams method as Shampine and Gordon's STEP does (Computer Solution of
// Ordinary Differential Equations, chapter 7). It compares estimates E_i of the errors that steps of orders i about k and
// of this
// size would have on equal steps,
//
//	E_i = h |γ*_i| ‖hⁱ f⁽ⁱ⁾‖,
//
// each derivative being a difference over the nodes there are. The order that the next step takes is
//
//	k−1  if the two orders below would do as well, max(E_{k−1}, E_{k−2}) ≤ E_k,
//	k+1  if E_{k−1} > E_k > E_{k+1} after k + 1 steps of one size: others say too little of E_{k+1},
//
// and k otherwise. The step is doubled if half the tolerance allows that, else kept, else cut by 0.5 to 0.9: keeping it
// is what makes the estimates good. While a solve starts, order and step grow with every step, until an estimate, a
// failure or maxSpread
// stops it.
type adamsChoice struct {
	top   int     // highest order
	k     int     // of the next attempt
	next  int     // the order after it, if it is accepted
	start bool    // order and step still grow
	h     float64 // size of the last accepted step
	run   int     // how many of that size there were
	fails int     // of attempts since

	below2, below, at, above float64 // E_{k−2}, E_{k−1}, E_k and E_{k+1} of the attempt
}

// noEstimate stands for an estimate that was not wanted.
const noEstimate = -1

// halfTol is the part of the tolerance that the next step aims at.
const halfTol = 0.5

func (c *adamsChoice) reset() { *c = adamsChoice{top: c.top, k: 1, next: 1, start: true} }

// lower reports whether order k − 1 would do as well.
func (c *adamsChoice) lower() bool {
	switch c.k {
	case 1:
		return false
	case 2:
		return c.below <= 0.5*c.at
	}
	return math.Max(c.below, c.below2) <= c.at
}

// raisable takes note of a good attempt of size h, and reports whether E_{k+1} matters.
func (c *adamsChoice) raisable(h float64) bool {
	if math.Abs(h-c.h) > 1e-6*h {
		c.h, c.run = h, 0
	}
	c.run++
	return !c.start && c.k < c.top && c.run > c.k && !c.lower()
}

// maxSpread bounds the growth of the order while a solve starts, with steps that double: rounding errors grow with the
// spread of
// the weights, which an order of 12 on equal steps would have 4095 of, and one of 6 on doubled ones a hundred thousand.
const maxSpread = 100

// accepted decides after a good attempt whose weights have that spread, and returns the factor of the step.
func (c *adamsChoice) accepted(spread float64) float64 {
	k, err, low := c.k, c.at, c.lower()
	c.start = c.start && !low && k < c.top && spread <= maxSpread
	switch {
	case c.start:
		c.next = k + 1
		return 2
	case low:
		k, err = k-1, c.below
	case c.above == noEstimate:
	case k == 1:
		if c.above < 0.5*err {
			k, err = k+1, c.above
		}
	case c.below <= math.Min(err, c.above):
		k, err = k-1, c.below
	case c.above < err:
		k, err = k+1, c.above
	}
	c.next = k
	switch {
	case math.Ldexp(err, k+1) <= halfTol:
		return 2
	case err <= halfTol:
		return 1
	}
	return math.Max(0.5, math.Min(0.9, math.Pow(halfTol/err, 1/float64(k+1))))
}

// maxAdamsFails is the number of failures after which the history is no use: f has a jump.
const maxAdamsFails = 3

// rejected decides after a bad attempt, and returns the factor of the step.
func (c *adamsChoice) rejected() float64 {
	low := c.lower()
	c.start = false
	c.fails++
	switch {
	case c.fails >= maxAdamsFails:
		c.k, c.start = 1, true
		return 0.25
	case low:
		c.k--
	}
	return 0.5
}

// advance is told that the attempt was accepted.
func (c *adamsChoice) advance() { c.k, c.fails = c.next, 0 }
