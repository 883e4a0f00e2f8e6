package solvers

import "math"

// Settings says how to solve. The zero value works, and so does nil.
type Settings struct {
	// Method is the method of integration. Nil: [Dopri5].
	Method Method

	// RTol and ATol are the relative and absolute error tolerated a step, see [Norm]. Zero: 1e-6 and 1e-8 for a float64
	// state, 1e-4 and 1e-6 for a float32 state, whose rounding is 6e-8.
	RTol, ATol float64

	// Step > 0 takes constant steps with no error control: each interval between consecutive mandatory times (t0, the
	// saved times, t1) is cut into the fewest equal steps that are not longer than Step, to rounding. Zero: error control for
	// a method that has an error estimate; for one that has none, one step an interval between consecutive mandatory times.
	Step float64

	// FirstStep is the size of the first step. Zero: chosen by Hairer's rule. Used under error control only, as are
	// MinStep and MaxStep.
	FirstStep float64

	// MinStep ends the solve with StepTooSmall where a step of this size is rejected. The last step before t1 may be
	// smaller. Zero: the resolution of time alone.
	MinStep float64

	// MaxStep bounds the steps. Zero: no bound.
	MaxStep float64

	// MaxSteps bounds the number of attempted steps; a solve that would need more ends with MaxStepsReached. Zero:
	// 100 000 under error control, and no bound with constant steps, whose number is known beforehand.
	MaxSteps int

	// SaveAt are the times whose states are saved: strictly monotonic in the direction of integration, within t0 and t1.
	// Empty: only t1. With constant steps they are hit exactly. Under error control those strictly between steps come
	// from the interpolant of the method, so that their order is min(Order, DenseOrder+1) of its Info; at a step's end
	// they are the step's states, and a state saved at t0 is y0 itself.
	SaveAt []float64

	// Dense keeps the interpolant of every step for Solution.Eval.
	Dense bool

	// Controller has the coefficients of the step size control. Zero: the method's.
	Controller Controller

	// Norm measures the error of a step. Nil: RMS{}.
	Norm Norm
}

// The defaults that Settings documents.
const (
	defaultRTol64, defaultATol64 = 1e-6, 1e-8
	defaultRTol32, defaultATol32 = 1e-4, 1e-6
	defaultMaxSteps              = 100_000
)

// withDefaults returns a copy of s with every zero replaced, checked against the problem.
func (s *Settings) withDefaults(single bool, dim int, t0, t1 float64) (*Settings, error) {
	var c Settings
	if s != nil {
		c = *s
	}
	if c.Method == nil {
		c.Method = Dopri5{}
	}
	rtol, atol := defaultRTol64, defaultATol64
	if single {
		rtol, atol = defaultRTol32, defaultATol32
	}
	for _, v := range []struct {
		name  string
		value *float64
		zero  float64
	}{
		{"RTol", &c.RTol, rtol},
		{"ATol", &c.ATol, atol},
		{"Step", &c.Step, 0},
		{"FirstStep", &c.FirstStep, 0},
		{"MinStep", &c.MinStep, 0},
		{"MaxStep", &c.MaxStep, math.Inf(1)},
	} {
		if !(*v.value >= 0) || math.IsInf(*v.value, 1) {
			return nil, badInput("%s is %g; it must be positive and finite, or zero for the default", v.name, *v.value)
		}
		if *v.value == 0 {
			*v.value = v.zero
		}
	}
	if c.MinStep > c.MaxStep {
		return nil, badInput("MinStep %g is larger than MaxStep %g", c.MinStep, c.MaxStep)
	}
	if c.MaxSteps < 0 {
		return nil, badInput("MaxSteps is %d; it must be positive, or zero for the default", c.MaxSteps)
	}
	c.Controller = c.Controller.or(c.Method.Info().Controller).or(defaultController)
	if err := c.Controller.check(); err != nil {
		return nil, err
	}
	if c.Norm == nil {
		c.Norm = RMS{}
	}
	if err := checkNorm(c.Norm, dim); err != nil {
		return nil, err
	}
	if len(c.SaveAt) == 0 {
		c.SaveAt = []float64{t1}
	}
	if err := checkSaveAt(c.SaveAt, t0, t1); err != nil {
		return nil, err
	}
	return &c, nil
}

// checkSaveAt checks that ts runs strictly from t0 to t1, within them.
func checkSaveAt(ts []float64, t0, t1 float64) error {
	dir := 1.0
	if t1 < t0 {
		dir = -1
	}
	for i, t := range ts {
		switch {
		case math.IsNaN(t) || math.IsInf(t, 0):
			return badInput("SaveAt[%d] is %g", i, t)
		case dir*(t-t0) < 0 || dir*(t1-t) < 0:
			return badInput("SaveAt[%d] = %g is not between t0 = %g and t1 = %g", i, t, t0, t1)
		case i > 0 && dir*(t-ts[i-1]) <= 0:
			return badInput("SaveAt[%d] = %g does not follow SaveAt[%d] = %g strictly in the direction of t0 = %g to t1 = %g",
				i, t, i-1, ts[i-1], t0, t1)
		}
	}
	return nil
}
