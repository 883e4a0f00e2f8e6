package solvers

import "math"

// environment is what a solve shares with its stepper: the system with its counters, and the measure of errors.
type environment[T Float] struct {
	sys        System[T]
	stats      Stats
	rtol, atol float64
	rtols      []float64 // by component, as atols; nil: rtol and atol for all
	atols      []float64
	norm       Norm
	scaled     []float64 // e of the last measurement, but for measured
	measured   [3][]T    // the vectors of a measurement by wideNorm whose e is still to be written; nil: it is there
	zero       []T       // the zero state

	// exact asks for the solutions of a method's nonlinear equations to rounding instead of to the tolerance, and for no
	// error estimate: with constant steps, where there is no tolerance, and where a tape is followed.
	exact bool
	// taped asks for them to rounding where the step will be accepted: a gradient takes the states of the tape for
	// solutions of the equations.
	taped bool

	slots *int // of System.Linearize that are taken
	spy   *spy
}

func newEnvironment[T Float](sys System[T], s *Settings) *environment[T] {
	if sys.Linearize == nil || sys.Pullback == nil || s.Checkpoints > 0 {
		sys.Keep = 0
	}
	return &environment[T]{
		sys:    sys,
		rtol:   s.RTol,
		atol:   s.ATol,
		rtols:  s.RTols,
		atols:  s.ATols,
		norm:   s.Norm,
		scaled: make([]float64, sys.Dim),
		zero:   make([]T, sys.Dim),
		exact:  s.Step > 0,
		slots:  new(int),
		spy:    new(spy),
	}
}

// f writes f(t, y) to dydt.
func (e *environment[T]) f(t float64, y, dydt []T) error {
	e.stats.F++
	err := e.sys.F(t, y, dydt)
	if e.spy.on {
		see(e.spy, t, y, dydt)
	}
	return err
}

// jvp writes (∂f/∂y) v to out.
func (e *environment[T]) jvp(t float64, y, v, out []T) error {
	e.stats.JVP++
	return e.sys.JVP(t, y, v, out)
}

// vjp is System.VJP, counted.
func (e *environment[T]) vjp(t float64, y, w, dydt, wy, wtheta []T) (float64, error) {
	e.stats.VJP++
	return e.sys.VJP(t, y, w, dydt, wy, wtheta)
}

// linearize is System.Linearize, counted.
func (e *environment[T]) linearize(slot int, t float64, y, dydt []T) error {
	e.stats.F++
	err := e.sys.Linearize(slot, t, y, dydt)
	if e.spy.on {
		see(e.spy, t, y, dydt)
	}
	return err
}

// pullback is System.Pullback, counted.
func (e *environment[T]) pullback(slot int, w, wy, wtheta []T) (float64, error) {
	e.stats.VJP++
	return e.sys.Pullback(slot, w, wy, wtheta)
}

// tangentVJP is System.TangentVJP, counted.
func (e *environment[T]) tangentVJP(t float64, y []T, tau float64, v, w, wy, wtheta []T) (float64, error) {
	e.stats.VJP++
	return e.sys.TangentVJP(t, y, tau, v, w, wy, wtheta)
}

// timeDerivative is System.TimeDerivative, counted.
func (e *environment[T]) timeDerivative(t float64, y, dfdt []T) error {
	e.stats.JVP++
	return e.sys.TimeDerivative(t, y, dfdt)
}

// errorNorm measures an error estimate of the step from y to y1.
func (e *environment[T]) errorNorm(err, y, y1 []T) float64 {
	y, y1 = y[:len(err)], y1[:len(err)]
	e.measured[0] = nil
	if e.atols != nil {
		return e.errorNormByComponent(err, y, y1)
	}
	for i, v := range err {
		a, b := math.Abs(float64(y[i])), math.Abs(float64(y1[i]))
		if b > a {
			a = b
		}
		e.scaled[i] = float64(v) / (e.atol + e.rtol*a)
	}
	return e.norm.Norm(e.scaled)
}

// size measures v on the scale of y: the norm of v_i/(ATol + RTol |y_i|).
func (e *environment[T]) size(v, y []T) float64 { return e.errorNorm(v, y, y) }

// worst is the component of the largest scaled error measured last; one that isn't a number beats all.
func (e *environment[T]) worst() int {
	if m := e.measured; m[0] != nil {
		e.errorNorm(m[0], m[1], m[2])
	}
	w := 0
	for i, v := range e.scaled {
		if math.IsNaN(v) {
			return i
		}
		if math.Abs(v) > math.Abs(e.scaled[w]) {
			w = i
		}
	}
	return w
}

// nonFinite returns the first component of y that is NaN or infinite, or −1.
func nonFinite[T Float](y []T) int {
	for i, v := range y {
		if v-v != 0 {
			return i
		}
	}
	return -1
}
