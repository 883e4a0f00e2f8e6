package solvers

import (
	"math"
	"slices"
)

// aim makes t1 the end of the solve.
func (it *Integrator[T]) aim(t1 float64) error {
	dir := 1.0
	if t1 < it.t {
		dir = -1
	}
	stops := between(it.t, t1, it.set.Through, it.set.Jumps)
	if it.constant() {
		var saved []float64
		for _, s := range it.set.SaveAt {
			if dir*(s-it.t) >= 0 && dir*(t1-s) >= 0 {
				saved = append(saved, s)
			}
		}
		g, err := newGrid(it.t, t1, merge(dir, stops, saved), it.set.Step)
		if err != nil {
			return err
		}
		it.grid = g
	}
	it.t1, it.dir = t1, dir
	it.stops = append(stops, t1)
	it.status, it.err = Running, nil
	if it.t == t1 {
		it.status = Success
	}
	it.look()
	return nil
}

// stop is the next mandatory time.
func (it *Integrator[T]) stop() float64 { return it.stops[0] }

// between lists the times of ts strictly between a and b, from a to b, each once. The ts are sorted upwards.
func between(a, b float64, ts ...[]float64) []float64 {
	lo, hi := math.Min(a, b), math.Max(a, b)
	var out []float64
	for _, v := range ts {
		for _, t := range v {
			if t > lo && t < hi {
				out = append(out, t)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if b < a {
		slices.Reverse(out)
	}
	return out
}

// merge lists the times of a and b in direction dir, each once.
func merge(dir float64, a, b []float64) []float64 {
	out := slices.Concat(a, b)
	slices.Sort(out)
	out = slices.Compact(out)
	if dir < 0 {
		slices.Reverse(out)
	}
	return out
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
