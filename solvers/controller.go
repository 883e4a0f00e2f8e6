package solvers

import "math"

// Controller holds the coefficients of a PID controller of the step size. After an accepted step of error norm e_n (≤ 1)
// the next step is h·factor with
//
//	factor = Safety · e_n^(−(P+I+D)/k) · e_{n−1}^((P+2D)/k) · e_{n−2}^(−D/k)
//
// clamped to [MinFactor, MaxFactor], where the method's error estimate behaves as h^k. P = D = 0, I = 1 is the elementary
// controller of the textbooks; P > 0 damps the oscillation of the steps where stability limits them. After a rejected
// step, of error norm e > 1,
//
//	factor = max(MinFactor, Safety · e^(−1/k)),
//
// and the step accepted next doesn't let the step size grow. A trial whose error norm is not finite is repeated with
// MinFactor times the step and leaves no trace in the e's.
//
// The zero value is the method's own choice (see [Info]); most take P = 0.2, I = 0.65, Hairer's values for Dopri5. If
// P, I and D are all zero the method's are taken, and each of the others that is zero is taken from the method.
//
// Source: Söderlind, "Digital filters in adaptive time-stepping", ACM TOMS 29 (2003); Hairer, Nørsett and Wanner I, II.4,
// and Hairer and Wanner II, IV.2.
type Controller struct {
	P, I, D   float64
	Safety    float64 // in (0, 1]; zero: 0.9
	MinFactor float64 // in (0, 1); zero: 0.2
	MaxFactor float64 // at least 1; zero: 10
}

// defaultController has Hairer's dopri5.f values: expo1 = 0.2 − 0.75·0.04 = 0.85/5 and beta = 0.04 = 0.2/5 with k = 5.
// P from 0 to 0.4, I from 0.3 to 1 and Safety from 0.85 to 0.95 move the evaluations that an error costs by 6 % at
// most, fewer on some problems and more on others.
var defaultController = Controller{P: 0.2, I: 0.65, Safety: 0.9, MinFactor: 0.2, MaxFactor: 10}

// or fills what is zero in c from d.
func (c Controller) or(d Controller) Controller {
	if c.P == 0 && c.I == 0 && c.D == 0 {
		c.P, c.I, c.D = d.P, d.I, d.D
	}
	if c.Safety == 0 {
		c.Safety = d.Safety
	}
	if c.MinFactor == 0 {
		c.MinFactor = d.MinFactor
	}
	if c.MaxFactor == 0 {
		c.MaxFactor = d.MaxFactor
	}
	return c
}

func (c Controller) check() error {
	for _, v := range []float64{c.P, c.I, c.D} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return badInput("Controller has a coefficient %g", v)
		}
	}
	switch {
	case !(c.P+c.I+c.D > 0):
		return badInput("Controller has P+I+D = %g; it must be positive", c.P+c.I+c.D)
	case !(c.Safety > 0 && c.Safety <= 1):
		return badInput("Controller.Safety is %g; it must lie in (0, 1]", c.Safety)
	case !(c.MinFactor > 0 && c.MinFactor < 1):
		return badInput("Controller.MinFactor is %g; it must lie in (0, 1)", c.MinFactor)
	case !(c.MaxFactor >= 1) || math.IsInf(c.MaxFactor, 1):
		return badInput("Controller.MaxFactor is %g; it must be at least 1 and finite", c.MaxFactor)
	}
	return nil
}

// minError is the logarithm of 1e-4, below which an error doesn't count for the steps after the next: a lucky tiny one
// must not rule them (Hairer's FACOLD).
const minError = -4 * math.Ln10

// control is a Controller at work in one solve.
type control struct {
	Controller
	prev, prev2 float64 // log e_{n−1}, log e_{n−2}; 0 before there are any
	rejected    bool    // the last attempt was rejected
}

func newControl(c Controller) control { return control{Controller: c} }

// accept returns the factor after an accepted step of norm e. The powers are one exponential of a sum of logarithms, of
// which a step has one to take.
func (c *control) accept(e float64, k int) float64 {
	l := math.Log(e)
	f := c.Safety * math.Exp((float64((c.P+2*c.D)*c.prev)-float64((c.P+c.I+c.D)*l)-float64(c.D*c.prev2))/float64(k))
	f = math.Min(math.Max(f, c.MinFactor), c.MaxFactor)
	if c.rejected {
		f = math.Min(f, 1)
	}
	c.chosen(l)
	return f
}

// chosen notes an accepted step whose error norm has the logarithm l, and whose successor's size is chosen.
func (c *control) chosen(l float64) {
	c.prev, c.prev2 = math.Max(l, minError), c.prev
	c.rejected = false
}

// maxRejectFactor makes a rejected step shrink even where Safety is 1 and the error is a rounding above 1.
const maxRejectFactor = 0.95

// reject returns the factor after a rejected step of finite norm e.
func (c *control) reject(e float64, k int) float64 {
	c.rejected = true
	f := c.Safety * math.Pow(e, -1/float64(k))
	return math.Min(math.Max(f, c.MinFactor), maxRejectFactor)
}

// fail returns the factor after a trial that gave no usable result.
func (c *control) fail() float64 {
	c.rejected = true
	return c.MinFactor
}
