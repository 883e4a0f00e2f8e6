package solvers

import "math"

// The constants of RADAU5's step size control.
const (
	radauSafety    = 0.9
	radauMinFactor = 0.2
	radauMaxFactor = 8

	// A step that would change by a factor between these is kept for the factors' sake. RADAU5 has 1 for the first: where
	// steps shrink a little each, as towards the jumps of Van der Pol's equation, that is no step kept at all. Below
	// about Safety times the Newton iterations' part the error of a step kept would be expected above the tolerance.
	radauKeepFrom = 0.88
	radauKeepTo   = 1.2

	// Convergence for which the Jacobian is kept: RADAU5's rate, or SciPy's number of iterations, and up to two more where a
	// Jacobian costs as much as several of them.
	radauGoodRate      = 0.001
	radauFewIterations = 2
	radauMoreAtMost    = 2
)

// radauControl is what the prediction of the step size remembers.
type radauControl struct {
	h, err       float64 // of the step accepted last
	newH, newErr float64 // of the last attempt
	accepted     int     // steps
	rejected     bool    // the last attempt was
}

func (c *radauControl) accept() {
	c.h, c.err = c.newH, c.newErr
	c.accepted++
	c.rejected = false
}

// nextStep predicts the next step as a multiple of the attempt's, of error norm e: by e and, after an accepted step, by the
// change from the last accepted one to this,
//
//	h · min( fac · e_n^(−1/k),  Safety · (h_n/h_{n−1}) · (e_{n−1}/e_n²)^(1/k) ),
//
// fac being the smaller the more iterations there were. (Gustafsson, "Control-theoretic techniques for stepsize selection in
// implicit Runge–Kutta methods", ACM TOMS 20 (1994).)
func (m *radau[T]) nextStep(e float64) float64 {
	test, k, c := &m.stages.test, 1/float64(m.controlOrder()), &m.control
	nit := float64(2 * test.limit)
	factor := math.Min(radauSafety, radauSafety*(1+nit)/(float64(test.n)+nit)) * math.Pow(e, -k)
	if !(e <= 1) {
		c.rejected = true
		if c.accepted == 0 {
			return 0.1
		}
		return math.Max(factor, radauMinFactor)
	}
	h := m.stages.t1 - m.stages.t
	if c.accepted > 0 {
		factor = math.Min(factor, radauSafety*(h/c.h)*math.Pow(c.err/(e*e), k))
	}
	factor = math.Min(math.Max(factor, radauMinFactor), radauMaxFactor)
	if c.rejected {
		factor = math.Min(factor, 1)
	}
	c.newH, c.newErr = h, math.Max(e, 0.01)
	if m.goodRate() && factor >= radauKeepFrom && factor <= radauKeepTo {
		return 1
	}
	return factor
}

// goodRate reports whether the last iteration converged so well that its Jacobian is worth another step.
func (m *radau[T]) goodRate() bool {
	more := min(len(m.jac.groups)/(2*m.tab.s), radauMoreAtMost)
	return m.stages.test.n <= radauFewIterations+more || m.stages.test.rate <= radauGoodRate
}

// failed is the outcome of an iteration that didn't converge: half the step, or what its rate calls for.
func (m *radau[T]) failed(err error) outcome {
	m.control.rejected = true
	out := outcome{fail: err, factor: 0.5}
	if test := &m.stages.test; test.short > 0 {
		q := math.Max(1e-4, math.Min(20, test.short))
		out.factor = 0.8 * math.Pow(q, -1/float64(3+test.limit-test.n))
	}
	return out
}
