package solvers

import "math"

// Integrator solves a problem a step at a time:
//
//	it, err := solvers.NewIntegrator(sys, y0, 0, 1, nil)
//	if err != nil { ... }
//	for it.Step() {
//		fmt.Println(it.T(), it.Y())
//	}
//	if err := it.Err(); err != nil { ... }
//
// It saves nothing; of Settings, SaveAt matters with constant steps alone, which hit these times, and SaveEvery and Dense
// not at all. A step doesn't allocate memory, but for what an event leaves behind. An Integrator is not safe for use by
// several goroutines. One that NewIntegrator didn't make takes no step: Step is false, and Err is an ErrBadInput.
type Integrator[T Float] struct {
	env  *environment[T]
	step stepper[T]
	set  *Settings

	t, t1  float64
	dir    float64 // +1 forward, −1 backward in time
	y, y1  []T     // the current state, and room for the next; after a step y1 is the state before it
	prev   float64 // the time before the last step
	status Status
	err    error

	constant  bool // the steps are
	grid      *grid
	h         float64
	control   control
	begun     bool    // h is chosen
	limit     int     // of attempts; 0: none
	since     float64 // when the method began anew last
	pending   bool    // the stepper is still to be reset
	firstStep float64 // the caller's size of the first step, 0: to be chosen
	firstMax  float64 // the bound of a first step after an event

	stops   []float64 // the mandatory times ahead, the target last
	planned route     // what stops and grid are made of
	spare   route     // and room for another
	endOnly bool      // the caller gave no SaveAt
	window  *window   // keeps f between two jumps; nil: there are none

	watch     *watcher[T] // nil: no events
	full      float64     // the end of the last step as it was taken; t, or beyond it where an event cut the step short
	restarted bool        // an event began the method anew at the end of the last step

	trying bool    // keep tried
	tried  []trial // the attempts since the last record of a tape

	f1     []T // room for the choice of a first step
	poly   []T // coefficients of the last step's interpolant, from prev to full
	polyOK bool
}

// NewIntegrator begins the solve of y' = f(t, y), y(t0) = y0 towards t1, which may lie on either side of t0. y0 is copied.
// Where t1 == t0 there is nothing to do, and the status is Success at once.
func NewIntegrator[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings, events ...Event[T]) (*Integrator[T], error) {
	set, err := check(sys, y0, t0, t1, s)
	if err != nil {
		return nil, err
	}
	it := &Integrator[T]{
		set:       set,
		t:         t0,
		full:      t0,
		prev:      t0,
		since:     t0,
		y:         append([]T(nil), y0...),
		y1:        make([]T, len(y0)),
		constant:  set.Step > 0 || !set.Method.Info().Adaptive(),
		control:   newControl(set.Controller),
		firstStep: set.FirstStep,
		firstMax:  math.Inf(1),
		endOnly:   s == nil || len(s.SaveAt) == 0,
	}
	if len(set.Jumps) > 0 {
		it.window = &window{}
		sys = guarded(sys, it.window)
	}
	it.env = newEnvironment(sys, set)
	if it.step, err = newStepper(set.Method, it.env); err != nil {
		return nil, err
	}
	it.step.reset()
	it.limit = it.firstLimit()
	if it.watch, err = newWatcher(events, len(y0), set.MaxEvents); err != nil {
		return nil, err
	}
	if err := it.aim(t1); err != nil {
		return nil, err
	}
	return it, nil
}

// check refuses what makes no sense and fills in the settings.
func check[T Float](sys System[T], y0 []T, t0, t1 float64, s *Settings) (*Settings, error) {
	switch {
	case sys.Dim < 1:
		return nil, badInput("System.Dim is %d; it must be at least 1", sys.Dim)
	case sys.F == nil:
		return nil, badInput("System.F is nil")
	case sys.NumParams < 0:
		return nil, badInput("System.NumParams is %d", sys.NumParams)
	case len(y0) != sys.Dim:
		return nil, badInput("y0 has %d components; System.Dim is %d", len(y0), sys.Dim)
	}
	if err := checkInterval(t0, t1); err != nil {
		return nil, err
	}
	if i := nonFinite(y0); i >= 0 {
		return nil, badInput("y0[%d] is %v; it must be finite", i, y0[i])
	}
	var z T
	_, single := any(z).(float32)
	return s.withDefaults(single, sys.Dim, t0, t1)
}

func checkInterval(t0, t1 float64) error {
	switch {
	case math.IsNaN(t0) || math.IsInf(t0, 0) || math.IsNaN(t1) || math.IsInf(t1, 0):
		return badInput("t0 = %g and t1 = %g must be finite", t0, t1)
	case math.IsInf(t1-t0, 0):
		return badInput("the interval from t0 = %g to t1 = %g is too long", t0, t1)
	}
	return nil
}

// T returns the time reached.
func (it *Integrator[T]) T() float64 { return it.t }

// Y returns the state at T, after the events there. It is the integrator's own and holds until the next Step.
func (it *Integrator[T]) Y() []T { return it.y }

// Last returns the time and the state before the last step, which hold until the next Step.
func (it *Integrator[T]) Last() (t float64, y []T) {
	if it.prev == it.t {
		return it.t, it.y
	}
	return it.prev, it.y1
}

// Status says how the solve stands.
func (it *Integrator[T]) Status() Status { return it.status }

// Err returns the *Error that ended the solve, or nil.
func (it *Integrator[T]) Err() error {
	if it.err == nil && it.step == nil {
		return it.unmade()
	}
	return it.err
}

// unmade is the error of an Integrator that NewIntegrator didn't make.
func (it *Integrator[T]) unmade() error {
	return badInput("an Integrator that NewIntegrator didn't make")
}

// Stats returns the work done so far.
func (it *Integrator[T]) Stats() Stats {
	if it.step == nil {
		return Stats{}
	}
	return it.env.stats
}

// Events returns the events of the last step, in their order. The slice holds until the next Step.
func (it *Integrator[T]) Events() []Occurrence[T] {
	if it.watch == nil {
		return nil
	}
	return it.watch.fired
}

// Step goes on by one accepted step, attempting as many as that takes. It reports whether it did: false says that t1
// was reached before, or that the solve failed. The time and state reached by the steps before remain then. An event
// that changes the state or is terminal ends the step, so that T is its time and Y the state after it.
func (it *Integrator[T]) Step() bool {
	if it.step == nil || it.status != Running || !it.watching() {
		return false
	}
	it.settle()
	var ok bool
	if it.grid != nil {
		ok = it.constantStep()
	} else {
		ok = (it.begun || it.begin()) && it.controlledStep()
	}
	if ok && it.set.Progress != nil {
		it.set.Progress(it.t, it.env.stats)
	}
	return ok
}

// fail ends the solve.
func (it *Integrator[T]) fail(s Status, h float64, component int, cause error) bool {
	it.status = s
	it.err = &Error{Status: s, Method: it.set.Method.Name(), T: it.t, Step: h, Component: component, Err: cause,
		least: s == StepTooSmall && math.Abs(h) <= 1.01*it.set.MinStep}
	return false
}
