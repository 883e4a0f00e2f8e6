package odefile

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// flip is the event of surface k.
func (w *switching) flip(k int, t float64, z, after []float64) error {
	copy(after, z)
	y, s := z[:w.n], &w.surfaces[k]
	if t == w.since { // another event may have settled this one
		if want, err := w.soon(k, t, y); err != nil || want == w.modes[k] {
			return err
		}
	}
	c, err := w.crossing(k, t, y)
	if err != nil {
		return err
	}
	was, old := slices.Clone(c.g), slices.Clone(w.modes)
	if s.floor && !math.IsNaN(old[k]) {
		if w.modes[k]--; c.g[k] > old[k]+0.5 {
			w.modes[k] += 2
		}
	} else if w.modes[k] = -old[k]; old[k] == 0 || math.IsNaN(old[k]) {
		w.modes[k] = s.want(c.rate * w.ahead)
		if math.IsNaN(old[k]) {
			w.modes[k] = s.want(c.g[k])
		}
	}
	if err := w.settle(t, y, was, k); err != nil {
		return err
	}
	f := make([]float64, w.n)
	if err := w.field.F(t, y, f); err != nil {
		return err
	}
	if same(f, c.f) { // nothing jumps; the solution may also have touched the surface and gone back
		w.since = t
		copy(w.modes, old)
		want, err := w.soon(k, t, y)
		w.modes[k] = want
		if err != nil {
			return err
		}
		return w.settle(t, y, was, k)
	}
	if math.IsNaN(old[k]) {
		return w.errorAt(s.at, t, "enters where this condition has a value, and jumps")
	}
	if err := w.transversal(k, s.at, t, y, c); err != nil {
		return err
	}
	on, err := w.crossing(k, t, y)
	if err != nil {
		return err
	}
	if on.rate*c.rate < 0 {
		return w.errorAt(s.at, t, "slides along the surface where this changes, pushed back to it from both sides")
	}
	for j := range w.s.which {
		v := after[w.n*(1+j) : w.n*(2+j)]
		tau, err := w.shift(k, j, t, y, v, c)
		if err != nil {
			return err
		}
		for i := range v {
			v[i] += (c.f[i] - f[i]) * tau
		}
	}
	w.since = t
	return nil
}

// same reports whether two slopes differ by rounding alone.
func same(x, y []float64) bool {
	for i := range x {
		if !(math.Abs(x[i]-y[i]) <= 1e-13*(math.Abs(x[i])+math.Abs(y[i]))) {
			return false
		}
	}
	return true
}

// reset is event i of the file.
func (w *switching) reset(i int, t float64, z, after []float64) error {
	y, e := z[:w.n], w.file.resets[i]
	c, err := w.crossing(len(w.surfaces)+i, t, y)
	if err != nil {
		return err
	}
	if err := w.transversal(len(w.surfaces)+i, e.at, t, y, c); err != nil {
		return err
	}
	if err := w.after[i].F(t, y, after[:w.n]); err != nil {
		return err
	}
	// ∂m/∂y (s_j + f⁻ τ_j) + c_j ∂m/∂p_j + ∂m/∂t τ_j, with the modes before the event.
	byTime := make([]float64, w.n)
	if err := w.after[i].TimeDerivative(t, y, byTime); err != nil {
		return err
	}
	tau, u := make([]float64, len(w.s.which)), make([]float64, w.n)
	for j := range tau {
		v, out := z[w.n*(1+j):w.n*(2+j)], after[w.n*(1+j):w.n*(2+j)]
		if tau[j], err = w.shift(len(w.surfaces)+i, j, t, y, v, c); err != nil {
			return err
		}
		for l := range u {
			u[l] = v[l] + c.f[l]*tau[j]
		}
		if err := w.afterAlong[i][j](t, y, u, out); err != nil {
			return err
		}
		for l := range out {
			out[l] += byTime[l] * tau[j]
		}
	}
	if err := w.settle(t, after[:w.n], c.g, -1); err != nil {
		return err
	}
	f := make([]float64, w.n)
	if err := w.field.F(t, after[:w.n], f); err != nil {
		return err
	}
	for j := range tau {
		for l, out := 0, after[w.n*(1+j):w.n*(2+j)]; l < w.n; l++ {
			out[l] -= f[l] * tau[j]
		}
	}
	w.since = t
	return nil
}

// crossing is what a plane meets at an event.
type crossing struct {
	g    []float64 // of all planes
	f    []float64
	rate float64 // dg/dt along the solution
}

func (w *switching) crossing(k int, t float64, y []float64) (*crossing, error) {
	c := &crossing{g: make([]float64, len(w.g)), f: make([]float64, w.n)}
	if err := w.planes.F(t, y, c.g); err != nil {
		return nil, err
	}
	if err := w.field.F(t, y, c.f); err != nil {
		return nil, err
	}
	byTime, along := make([]float64, len(w.g)), make([]float64, len(w.g))
	if err := w.planes.TimeDerivative(t, y, byTime); err != nil {
		return nil, err
	}
	err := w.planes.JVP(t, y, c.f, along)
	c.rate = byTime[k] + along[k]
	return c, err
}

// shift is τ_j: how the time of the event moves.
func (w *switching) shift(k, j int, t float64, y, v []float64, c *crossing) (float64, error) {
	dg := make([]float64, len(w.g))
	err := w.planesAlong[j](t, y, v, dg)
	return -dg[k] / c.rate, err
}

// transversal refuses a crossing that the tolerance of the solution could undo. Near it g ≈ ġ τ + g̈ τ²/2, which leaves zero
// once it is moved by more than ġ²/(2|g̈|).
func (w *switching) transversal(k int, at place, t float64, y []float64, c *crossing) error {
	step := 1e-5 * (t - w.since)
	later := make([]float64, w.n)
	for i := range later {
		later[i] = y[i] + step*c.f[i]
	}
	next, err := w.crossing(k, t+step, later)
	if err != nil {
		return err
	}
	unit, dg, tol := make([]float64, w.n), make([]float64, len(w.g)), 0.0
	for i := range unit {
		unit[i] = 1
		if err := w.planes.JVP(t, y, unit, dg); err != nil {
			return err
		}
		unit[i] = 0
		tol += math.Abs(dg[k]) * (w.rtol*math.Abs(y[i]) + w.atol)
	}
	bend := math.Abs((next.rate - c.rate) / step)
	if c.rate == 0 || 2*tol*bend >= c.rate*c.rate {
		return w.errorAt(at, t, "touches the surface where this changes, or crosses it too flatly for its tolerance")
	}
	return nil
}

// errorAt is an error of a solution that has no derivatives from t on.
func (w *switching) errorAt(at place, t float64, what string) error {
	return errors.Errorf("%s:%d:%d: no derivatives from t=%.6g on: the solution %s", w.file.Name, at.line, at.column, t, what)
}
