package solvers

import (
	"math"
	"sort"

	"github.com/pkg/errors"
)

// Interpolate writes the state at a time within the last step to dst, from the method's interpolant. At T it is Y.
func (it *Integrator[T]) Interpolate(t float64, dst []T) error {
	if it.step == nil {
		return it.unmade()
	}
	if len(dst) != len(it.y) {
		return badInput("Interpolate into %d components; the state has %d", len(dst), len(it.y))
	}
	if t == it.t {
		copy(dst, it.y)
		return nil
	}
	if !(it.dir*(t-it.prev) >= 0 && it.dir*(it.t-t) >= 0) {
		return badInput("Interpolate at t=%g outside the last step, from t=%g to t=%g", t, it.prev, it.t)
	}
	poly, err := it.polynomial()
	if err != nil {
		return err
	}
	evalPolynomial(poly, (t-it.prev)/(it.full-it.prev), dst)
	return nil
}

// before is Interpolate, but that at the end of a step it is the state before the events there.
func (it *Integrator[T]) before(t float64, dst []T) error {
	if !it.restarted || t != it.t {
		return it.Interpolate(t, dst)
	}
	for _, o := range it.watch.fired[it.watch.cut:] {
		copy(dst, o.Before)
		break
	}
	return nil
}

// polynomial returns the coefficients of the last step's interpolant, computed once a step.
func (it *Integrator[T]) polynomial() ([]T, error) {
	if it.polyOK {
		return it.poly, nil
	}
	poly, err := it.step.interpolant(it.poly[:0])
	if err != nil {
		it.fail(FieldFailed, 0, -1, err)
		return nil, it.err
	}
	if i := nonFinite(poly); i >= 0 {
		it.fail(NonFinite, 0, i%len(it.y), errInterpolant)
		return nil, it.err
	}
	it.poly, it.polyOK = poly, true
	return poly, nil
}

// evalPolynomial writes u(θ) = Σ c_j θ^j to dst, the c_j being vectors of its length one behind the other.
func evalPolynomial[T Float](c []T, theta float64, dst []T) {
	n := len(dst)
	x := T(theta)
	top := len(c) - n
	for i := range dst {
		v := c[top+i]
		for j := top - n + i; j >= 0; j -= n {
			v = v*x + c[j]
		}
		dst[i] = v
	}
}

// slopePolynomial returns w · u'(θ) = Σ j θ^(j−1) w·c_j.
func slopePolynomial[T Float](c []T, theta float64, w []T) float64 {
	n := len(w)
	var s float64
	for j := len(c)/n - 1; j >= 1; j-- {
		s = s*theta + float64(j)*dot(w, c[j*n:(j+1)*n])
	}
	return s
}

// pieces is a dense output: a polynomial a step.
type pieces[T Float] struct {
	t    []float64 // the ends of the steps, the first's beginning before them
	full []float64 // where the polynomial of each step ends: beyond t where an event cut the step
	coef []T
	off  []int // coef[off[n]:off[n+1]] belong to step n
}

// add appends the step to t.
func (p *pieces[T]) add(t, full float64, coef []T) {
	if t == p.t[len(p.t)-1] { // cut where it began
		return
	}
	p.full = append(p.full, full)
	p.coef = append(p.coef, coef...)
	p.t = append(p.t, t)
	p.off = append(p.off, len(p.coef))
}

// eval writes the state at t to dst and reports whether t is covered.
func (p *pieces[T]) eval(t float64, dst []T) bool {
	last := len(p.t) - 1
	dir := math.Copysign(1, p.t[last]-p.t[0])
	if !(dir*(t-p.t[0]) >= 0 && dir*(p.t[last]-t) >= 0) {
		return false
	}
	if last == 0 {
		copy(dst, p.coef)
		return true
	}
	n := sort.Search(last-1, func(i int) bool { return dir*(p.t[i+1]-t) >= 0 })
	evalPolynomial(p.coef[p.off[n]:p.off[n+1]], (t-p.t[n])/(p.full[n]-p.t[n]), dst)
	return true
}

// errInterpolant is the cause where f is not finite at a place of a good step that the interpolant needs.
var errInterpolant = errors.New("the interpolant of the last step")
