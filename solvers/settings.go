package solvers

import (
	"context"
	"math"
	"slices"
)

// Settings says how to solve. The zero value works, and so does nil.
type Settings struct {
	// Method is the method of integration. Nil: [Dopri5].
	Method Method

	// RTol and ATol are the relative and absolute error tolerated a step, see [Norm]. Zero: 1e-6 and 1e-8 for a float64
	// state, 1e-4 and 1e-6 for a float32 state, whose rounding is 6e-8.
	RTol, ATol float64

	// RTols and ATols are tolerances of their own for each component of the state. Nil: RTol and ATol for all. An entry of
	// zero is that component's RTol or ATol.
	RTols, ATols []float64

	// Step > 0 takes constant steps with no error control: each interval between consecutive mandatory times (t0, the
	// saved times, Through, Jumps, t1) is cut into the fewest equal steps that are not longer than Step, to rounding.
	// Zero: error control for a method that has an error estimate; for one that has none, one step an interval between
	// consecutive mandatory times, however long that is: such a method wants a Step. Together with tolerances it is refused
	// without one, which it couldn't keep to.
	Step float64

	// FirstStep is the size of the first step. Zero: chosen by Hairer's rule. Used under error control only, as are
	// MinStep and MaxStep.
	FirstStep float64

	// MinStep ends the solve with StepTooSmall where a step of this size is rejected. The last step before a mandatory time
	// may be smaller. Zero: the resolution of time alone.
	MinStep float64

	// MaxStep bounds the steps. Zero: no bound.
	MaxStep float64

	// MaxSteps bounds the number of attempted steps; a solve that would need more ends with MaxStepsReached. Zero:
	// 100 000 under error control; with constant steps, whose number is known beforehand, Solve refuses more than 10 000
	// 000.
	MaxSteps int

	// MaxEvents ends the solve with MaxEventsReached at so many events, as where a ball comes to rest in infinitely many
	// bounces. Zero: 100 000.
	MaxEvents int

	// Through are times that the solver steps onto, in any order. Those that don't lie between t0 and t1 are left out. Nil:
	// none but t1.
	Through []float64

	// Jumps are times at which f jumps, in any order; those that don't lie within t0 and t1 are left out. The solver steps
	// onto them and begins there anew, without what it knew from before. A step that ends at a jump sees the limit of f
	// from its own side, and so does one that begins there, whatever f is at the jump itself: f is asked for the
	// neighbouring floating-point time. The state is continuous; where it jumps too, use an [Event]. Nil: none.
	Jumps []float64

	// SaveAt are the times whose states are saved: strictly monotonic in the direction of integration, within t0 and t1.
	// Empty: only the end, t1 or the time of a terminal event. With constant steps they are hit exactly. Under error
	// control those strictly between steps come from the interpolant of the method, so that their order is min(Order,
	// DenseOrder+1) of its Info; at a step's end they are the step's states, and a state saved at t0 is y0 itself. A state
	// saved at the time of an event is the one before it.
	SaveAt []float64

	// SaveEvery n > 0 saves the initial state and that after every n-th accepted step too, between those of SaveAt. Zero:
	// SaveAt alone.
	SaveEvery int

	// Dense keeps the interpolant of every step for Solution.Eval.
	Dense bool

	// Checkpoints n > 0 lets the tape of SolveTape keep the states at n points, t0 among them, instead of one a step; a
	// multistep method's have its history, an implicit one's what its iterations have learned. The backward pass makes the
	// others again, to the same digits, and repeats no more steps than it must: with n = 10 and 1000 steps 2637. Zero: all
	// states are kept.
	Checkpoints int

	// Controller has the coefficients of the step size control. Zero: the method's.
	Controller Controller

	// Norm measures the error of a step. Nil: RMS{}.
	Norm Norm

	// Context is looked at before every attempted step; once it is done the solve ends with Cancelled and what it has. Nil:
	// the solve can't be cancelled.
	Context context.Context

	// Progress is called after every accepted step with the time reached and the work so far. Nil: nothing is called.
	Progress func(t float64, work Stats)
}

// The defaults that Settings documents.
const (
	defaultRTol64, defaultATol64 = 1e-6, 1e-8
	defaultRTol32, defaultATol32 = 1e-4, 1e-6
	defaultMaxSteps              = 100_000
	defaultMaxConstantSteps      = 10_000_000
	defaultMaxEvents             = 100_000
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
	asked := c.RTol > 0 || c.ATol > 0 || c.RTols != nil || c.ATols != nil
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
	if c.MaxEvents < 0 {
		return nil, badInput("MaxEvents is %d; it must be positive, or zero for the default", c.MaxEvents)
	}
	if c.MaxEvents == 0 {
		c.MaxEvents = defaultMaxEvents
	}
	if c.Checkpoints < 0 {
		return nil, badInput("Checkpoints is %d; it must be positive, or zero to keep all states", c.Checkpoints)
	}
	if c.SaveEvery < 0 {
		return nil, badInput("SaveEvery is %d; it must be positive, or zero for none", c.SaveEvery)
	}
	if err := c.tolerances(dim); err != nil {
		return nil, err
	}
	if asked && c.Step == 0 && !c.Method.Info().Adaptive() {
		return nil, badInput("RTol and ATol have no meaning for %s, which has no error estimate: give Step, or take "+
			"StepDoubling around it or a method that chooses its steps", c.Method.Name())
	}
	if m, ok := c.Method.(Radau); ok {
		c.Method = m.at(c.RTol, c.Step > 0)
	}
	if err := c.mandatory(); err != nil {
		return nil, err
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
	c.SaveAt = slices.Clone(c.SaveAt)
	if len(c.SaveAt) == 0 {
		c.SaveAt = []float64{t1}
	}
	if err := checkSaveAt(c.SaveAt, t0, t1); err != nil {
		return nil, err
	}
	return &c, nil
}

// tolerances fills in RTols and ATols, where there are any, and makes RTol and ATol the smallest of theirs, for a
// method that wants one number.
func (s *Settings) tolerances(dim int) error {
	if s.RTols == nil && s.ATols == nil {
		return nil
	}
	for _, v := range []struct {
		name   string
		all    *[]float64
		single *float64
	}{{"RTols", &s.RTols, &s.RTol}, {"ATols", &s.ATols, &s.ATol}} {
		full := make([]float64, dim)
		if *v.all != nil && len(*v.all) != dim {
			return badInput("%s has %d entries; the state has %d components", v.name, len(*v.all), dim)
		}
		copy(full, *v.all)
		for i, x := range full {
			if !(x >= 0) || math.IsInf(x, 1) {
				return badInput("%s[%d] is %g; it must be positive and finite, or zero for the default", v.name, i, x)
			}
			if x == 0 {
				full[i] = *v.single
			}
		}
		*v.all, *v.single = full, slices.Min(full)
	}
	return nil
}

// mandatory sorts Through and Jumps upwards. Those outside the interval stay, for an Integrator's target can be moved.
func (s *Settings) mandatory() error {
	for _, v := range []struct {
		name string
		ts   *[]float64
	}{{"Through", &s.Through}, {"Jumps", &s.Jumps}} {
		for i, t := range *v.ts {
			if math.IsNaN(t) || math.IsInf(t, 0) {
				return badInput("%s[%d] is %g; it must be finite", v.name, i, t)
			}
		}
		if len(*v.ts) == 0 {
			*v.ts = nil
			continue
		}
		ts := slices.Clone(*v.ts)
		slices.Sort(ts)
		*v.ts = slices.Compact(ts)
	}
	return nil
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
