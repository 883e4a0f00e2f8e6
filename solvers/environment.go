package solvers

import "math"

// environment is what a solve shares with its stepper: the system with its counters, and the measure of errors.
type environment[T Float] struct {
	sys        System[T]
	stats      Stats
	rtol, atol float64
	norm       Norm
	scaled     []float64 // e of the last measurement
	zero       []T       // the zero state
}

func newEnvironment[T Float](sys System[T], s *Settings) *environment[T] {
	return &environment[T]{
		sys:    sys,
		rtol:   s.RTol,
		atol:   s.ATol,
		norm:   s.Norm,
		scaled: make([]float64, sys.Dim),
		zero:   make([]T, sys.Dim),
	}
}

// f writes f(t, y) to dydt.
func (e *environment[T]) f(t float64, y, dydt []T) error {
	e.stats.F++
	return e.sys.F(t, y, dydt)
}

// vjp is System.VJP, counted.
func (e *environment[T]) vjp(t float64, y, w, dydt, wy, wtheta []T) (float64, error) {
	e.stats.VJP++
	return e.sys.VJP(t, y, w, dydt, wy, wtheta)
}

// errorNorm measures an error estimate of the step from y to y1.
func (e *environment[T]) errorNorm(err, y, y1 []T) float64 {
	y, y1 = y[:len(err)], y1[:len(err)]
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
