package solvers

import (
	"math"
	"slices"
)

// route is the mandatory times of a solve and, with constant steps, its grid.
type route struct {
	stops []float64
	grid  grid
}

// aim makes t1 the end of the solve.
func (it *Integrator[T]) aim(t1 float64) error {
	r := &it.spare
	r.stops = append(between(r.stops[:0], it.t, t1, it.set.Through, it.set.Jumps), t1)
	if it.constant {
		saved := it.set.SaveAt
		if it.endOnly {
			saved = nil
		}
		if err := r.grid.plan(it.t, r.stops, saved, it.set.Step); err != nil {
			return err
		}
		it.grid = &it.planned.grid
	}
	it.planned, it.spare = it.spare, it.planned
	it.stops = it.planned.stops
	it.t1, it.dir = t1, 1
	if t1 < it.t {
		it.dir = -1
	}
	it.status, it.err = Running, nil
	if it.t == t1 {
		it.status = Success
	}
	it.look()
	return nil
}

// stop is the next mandatory time.
func (it *Integrator[T]) stop() float64 { return it.stops[0] }

// between appends the times of ts strictly between a and b to out, which is empty, from a to b, each once.
func between(out []float64, a, b float64, ts ...[]float64) []float64 {
	lo, hi := math.Min(a, b), math.Max(a, b)
	for _, v := range ts {
		for _, t := range v {
			if t > lo && t < hi {
				out = append(out, t)
			}
		}
	}
	return inOrder(out, b < a)
}

// inOrder sorts ts, backwards or not, and makes equal ones one.
func inOrder(ts []float64, backwards bool) []float64 {
	slices.Sort(ts)
	ts = slices.Compact(ts)
	if backwards {
		slices.Reverse(ts)
	}
	return ts
}

// jumpsAt reports whether f jumps at t.
func (it *Integrator[T]) jumpsAt(t float64) bool { return contains(it.set.Jumps, t) }

func contains(sorted []float64, t float64) bool {
	_, found := slices.BinarySearch(sorted, t)
	return found
}

// look sets the window to the smooth piece that follows the current point.
func (it *Integrator[T]) look() {
	if it.window != nil {
		it.window.set(it.set.Jumps, it.t, it.dir)
	}
}

// window keeps the times that f sees strictly between two jumps, so that at a jump it is f's limit from the side of the
// step that counts, whatever f itself is there.
type window struct{ lo, hi float64 }

// set chooses the piece that a step from t in direction dir lies in.
func (w *window) set(jumps []float64, t, dir float64) {
	w.lo, w.hi = math.Inf(-1), math.Inf(1)
	n, found := slices.BinarySearch(jumps, t) // the first jump at t or after it
	below, above := n-1, n
	if found && dir > 0 {
		below, above = n, n+1
	}
	if below >= 0 {
		w.lo = math.Nextafter(jumps[below], math.Inf(1))
	}
	if above < len(jumps) {
		w.hi = math.Nextafter(jumps[above], math.Inf(-1))
	}
}

func (w *window) clamp(t float64) float64 { return math.Min(math.Max(t, w.lo), w.hi) }

// guarded is a System whose functions see the times of w.
func guarded[T Float](sys System[T], w *window) System[T] {
	g := sys
	g.F = func(t float64, y, dydt []T) error { return sys.F(w.clamp(t), y, dydt) }
	if sys.Jacobian != nil {
		g.Jacobian = func(t float64, y, jac []T) error { return sys.Jacobian(w.clamp(t), y, jac) }
	}
	if sys.JVP != nil {
		g.JVP = func(t float64, y, v, out []T) error { return sys.JVP(w.clamp(t), y, v, out) }
	}
	if sys.TimeDerivative != nil {
		g.TimeDerivative = func(t float64, y, dfdt []T) error { return sys.TimeDerivative(w.clamp(t), y, dfdt) }
	}
	if sys.Stiff != nil {
		g.Stiff = func(t float64, y, dydt []T) error { return sys.Stiff(w.clamp(t), y, dydt) }
	}
	if sys.VJP != nil {
		g.VJP = func(t float64, y, v, dydt, wy, wtheta []T) (float64, error) {
			return sys.VJP(w.clamp(t), y, v, dydt, wy, wtheta)
		}
	}
	if sys.Linearize != nil {
		g.Linearize = func(slot int, t float64, y, dydt []T) error { return sys.Linearize(slot, w.clamp(t), y, dydt) }
	}
	if sys.StiffVJP != nil {
		g.StiffVJP = func(t float64, y, v, dydt, wy, wtheta []T) (float64, error) {
			return sys.StiffVJP(w.clamp(t), y, v, dydt, wy, wtheta)
		}
	}
	if sys.TangentVJP != nil {
		g.TangentVJP = func(t float64, y []T, tau float64, v, c, wy, wtheta []T) (float64, error) {
			return sys.TangentVJP(w.clamp(t), y, tau, v, c, wy, wtheta)
		}
	}
	return g
}
