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

// minError keeps a lucky tiny error from ruling the steps after it (Hairer's FACOLD).
const minError = 1e-4

// control is a Controller at work in one solve.
type control struct {
	Controller
	prev, prev2 float64 // e_{n−1}, e_{n−2}; 1 before there are any
	rejected    bool    // the last attempt was rejected
}

func newControl(c Controller) control { return control{Controller: c, prev: 1, prev2: 1} }

// accept returns the factor after an accepted step of norm e.
func (c *control) accept(e float64, k int) float64 {
	r := 1 / float64(k)
	f := c.Safety * math.Pow(e, -(c.P+c.I+c.D)*r) * math.Pow(c.prev, (c.P+2*c.D)*r) * math.Pow(c.prev2, -c.D*r)
	f = c.accepted(f)
	c.prev, c.prev2 = math.Max(e, minError), c.prev
	return f
}

// accepted clamps the factor that is to follow an accepted step, whoever chose it.
func (c *control) accepted(f float64) float64 {
	f = math.Min(math.Max(f, c.MinFactor), c.MaxFactor)
	if c.rejected {
		f = math.Min(f, 1)
	}
	c.rejected = false
	return f
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
