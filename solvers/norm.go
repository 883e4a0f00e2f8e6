package solvers

import (
	"math"

	"gorgonode/internal/kernel"
)

// Norm measures an error that has been divided, component by component, by what is tolerated:
//
//	e_i = err_i / (ATol_i + RTol_i max(|y_i|, |ynew_i|))
//
// where every component has the tolerances RTol and ATol, or its own of RTols and ATols.
//
// A step is accepted where the norm of its e is at most 1. The result must not be negative. [RMS], [Max] and any
// [NormFunc] are norms; all work for both types of state.
type Norm interface {
	Norm(e []float64) float64
}

// RMS is the root mean square over the first First components,
//
//	√( (1/n) Σ e_i² ),   i < n,
//
// so that the norm of a batch of alike rows is that of one. First == 0 takes all components. A smaller First is a
// seminorm: the components behind it are integrated but do not choose the step, as suits the quadratures of an adjoint
// (Kidger, Chen and Lyons, "Hey, that's not an ODE", ICML 2021).
type RMS struct{ First int }

// Norm implements [Norm].
func (r RMS) Norm(e []float64) float64 {
	e = first(e, r.First)
	var s float64
	for _, v := range e {
		s += v * v
	}
	return math.Sqrt(s / float64(len(e)))
}

// Max is the largest |e_i| over the first First components; First == 0 takes all. Under it every row of a batch meets
// the tolerance on its own.
type Max struct{ First int }

// Norm implements [Norm].
func (m Max) Norm(e []float64) float64 {
	var s float64
	for _, v := range first(e, m.First) {
		if v = math.Abs(v); v > s || math.IsNaN(v) {
			s = v
		}
	}
	return s
}

// NormFunc is a norm given by a function. It must not change or keep e.
type NormFunc func(e []float64) float64

// Norm implements [Norm].
func (f NormFunc) Norm(e []float64) float64 { return f(e) }

// errorNormByComponent is errorNorm with RTols and ATols.
func (e *environment[T]) errorNormByComponent(err, y, y1 []T) float64 {
	for i, v := range err {
		a := math.Max(math.Abs(float64(y[i])), math.Abs(float64(y1[i])))
		e.scaled[i] = float64(v) / (e.atols[i] + e.rtols[i]*a)
	}
	return e.norm.Norm(e.scaled)
}

// stepNorm is errorNorm for the estimate of a step, of which worst may be asked while the vectors are still as they
// are. The root mean square of a wide state is summed as its e is computed, which is not kept.
func (e *environment[T]) stepNorm(err, y, y1 []T) float64 {
	r, ok := e.norm.(RMS)
	if !ok || e.atols != nil || len(err) < wide {
		return e.errorNorm(err, y, y1)
	}
	e.measured = [3][]T{err, y, y1}
	if r.First > 0 {
		err = err[:r.First]
	}
	return math.Sqrt(kernel.ErrorSquares(err, y, y1, e.atol, e.rtol) / float64(len(err)))
}

// first returns the first n of e, or all for n = 0.
func first(e []float64, n int) []float64 {
	if n == 0 {
		return e
	}
	return e[:n]
}

// checkNorm refuses a norm over more components than there are.
func checkNorm(n Norm, dim int) error {
	var m int
	switch n := n.(type) {
	case RMS:
		m = n.First
	case Max:
		m = n.First
	case NormFunc:
		if n == nil {
			return badInput("Norm is a nil NormFunc")
		}
	}
	if m < 0 || m > dim {
		return badInput("Norm %#v counts %d components of a state of %d", n, m, dim)
	}
	return nil
}

var (
	_ Norm = RMS{}
	_ Norm = Max{}
	_ Norm = NormFunc(nil)
)
