package odefile

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Problem is the system above with its events, for one solve from the initial state z at t0 to t1 with these tolerances:
// an event that the solution's tolerance could undo has no derivative and is an error. The system is for one goroutine.
func (s *Sensitivities) Problem(t0, t1 float64, z []float64, rtol, atol float64) (solvers.System[float64],
	[]solvers.Event[float64], error) {
	h := s.held
	p := append(slices.Clone(s.p), make([]float64, len(h.surfaces))...)
	sys := s.whole.system(p)
	if h.planes == nil {
		return sys, nil, nil
	}
	w := &switching{held: h, s: s, p: p, modes: p[len(s.p):], n: h.field.n,
		field: h.field.system(p), planes: h.planes.system(p), g: make([]float64, h.planes.outs),
		since: t0, ahead: 1e-7 * (t1 - t0), rtol: rtol, atol: atol}
	var err error
	if w.planesAlong, err = s.alongAll(h.planes, p); err != nil {
		return sys, nil, err
	}
	for _, d := range h.after {
		along, err := s.alongAll(d, p)
		if err != nil {
			return sys, nil, err
		}
		w.after, w.afterAlong = append(w.after, d.system(p)), append(w.afterAlong, along)
	}
	if err := w.settle(t0, z[:w.n], nil, -1); err != nil {
		return sys, nil, err
	}
	w.guard(&sys)
	return sys, w.events(), nil
}

// alongAll are the derivatives of a function along (s_j, c_j e_j), for every j.
func (s *Sensitivities) alongAll(d *dynamics, p []float64) ([]func(t float64, y, v, out []float64) error, error) {
	fns := make([]func(t float64, y, v, out []float64) error, len(s.which))
	state := d.system(p).JVP
	for j, w := range s.which {
		if fns[j] = state; w.initial {
			continue
		}
		dir := direction{state: true, param: w.index, scale: s.scale[j]}
		plan, err := new(derivative).get(func() (*graph.Func, error) { return d.along(dir) })
		if err != nil {
			return nil, err
		}
		fns[j] = func(t float64, y, v, out []float64) error {
			return plan.Run([][]float64{{t}, y, p, v}, [][]float64{out})
		}
	}
	return fns, nil
}

// switching follows the modes of a model through one solve.
type switching struct {
	*held
	s        *Sensitivities
	p, modes []float64 // modes are the end of p
	n        int

	field, planes solvers.System[float64]
	after         []solvers.System[float64]
	planesAlong   []func(t float64, y, v, out []float64) error
	afterAlong    [][]func(t float64, y, v, out []float64) error

	g          []float64
	since      float64 // when the last event was
	ahead      float64 // a short time, in the direction of the solve
	rtol, atol float64
}

func (w *switching) events() []solvers.Event[float64] {
	var events []solvers.Event[float64]
	for k, s := range w.surfaces {
		events = append(events, solvers.Event[float64]{
			Name: "condition",
			G: func(t float64, z []float64) (float64, error) {
				err := w.planes.F(t, z[:w.n], w.g)
				g, mode := w.g[k], w.modes[k]
				switch {
				case math.IsNaN(mode):
					return sideOf(math.IsNaN(g)), err
				case math.IsNaN(g): // a trial behind another surface
					return mode, err
				case s.floor:
					return (g - mode) * (mode + 1 - g), err
				}
				return g, err
			},
			Map: func(t float64, z, after []float64) error { return w.flip(k, t, z, after) },
		})
	}
	for i, e := range w.file.resets {
		events = append(events, e.event(
			func(t float64, z []float64) (float64, error) {
				err := w.planes.F(t, z[:w.n], w.g)
				return w.g[len(w.surfaces)+i], err
			},
			func(t float64, z, after []float64) error { return w.reset(i, t, z, after) },
		))
	}
	return events
}

func sideOf(positive bool) float64 {
	if positive {
		return 1
	}
	return -1
}

// want is the mode that a surface asks for where its g is this. Where g is no number, in a branch that isn't taken, the mode
// is none either: what reads it comes to what it would without being held.
func (s *surface) want(g float64) float64 {
	switch {
	case math.IsNaN(g):
		return g
	case s.floor:
		return math.Floor(g)
	case g > 0:
		return 1
	case g < 0:
		return -1
	}
	return 0
}

// undecided reports whether g is on the surface, or has no value, as √x may have where x becomes positive.
func (s *surface) undecided(g float64) bool {
	if s.floor {
		return g == math.Trunc(g) || math.IsNaN(g)
	}
	return g == 0 || math.IsNaN(g)
}

// settle gives the modes what t and y ask for, but for mode k. Those whose g is what it was stay as they are, and on a
// surface the solution decides where it goes. A mode may change what another depends on: so it goes on until none changes.
func (w *switching) settle(t float64, y, was []float64, k int) error {
	for range len(w.surfaces) + 2 {
		g := make([]float64, len(w.g))
		if err := w.planes.F(t, y, g); err != nil {
			return err
		}
		changed := false
		for j := range w.surfaces {
			s := &w.surfaces[j]
			if j == k || was != nil && was[j] == g[j] && !math.IsNaN(w.modes[j]) {
				continue
			}
			want := s.want(g[j])
			if s.undecided(g[j]) {
				var err error
				if want, err = w.soon(j, t, y); err != nil {
					return err
				}
			}
			changed = changed || want != w.modes[j] && !(math.IsNaN(want) && math.IsNaN(w.modes[j]))
			w.modes[j] = want
		}
		if !changed {
			return nil
		}
		was = g
	}
	return errors.Errorf("odefile: %s: conditions that depend on each other come to no end at t=%g", w.file.Name, t)
}

// soon is the mode that a surface asks for a short time later, by a step of Heun's method.
func (w *switching) soon(k int, t float64, y []float64) (float64, error) {
	f, f1, u := make([]float64, w.n), make([]float64, w.n), make([]float64, w.n)
	if err := w.field.F(t, y, f); err != nil {
		return 0, err
	}
	for i := range u {
		u[i] = y[i] + w.ahead*f[i]
	}
	if err := w.field.F(t+w.ahead, u, f1); err != nil {
		return 0, err
	}
	for i := range u {
		u[i] = y[i] + w.ahead/2*(f[i]+f1[i])
	}
	g := make([]float64, len(w.g))
	err := w.planes.F(t+w.ahead, u, g)
	return w.surfaces[k].want(g[k]), err
}

// guard lets the system see the conditions as they are where the held ones make no number: the stages of a step may lie
// behind a surface, where the held branch of an if has none. Such a step is cut at the surface afterwards.
func (w *switching) guard(sys *solvers.System[float64]) {
	asTheyAre := func(t float64, z, out []float64, f func(t float64, z, out []float64) error) error {
		if err := f(t, z, out); err != nil || finite(out) {
			return err
		}
		saved := slices.Clone(w.modes)
		if w.settle(t, z[:w.n], nil, -1) == nil {
			clear(out)
			if err := f(t, z, out); err != nil {
				return err
			}
		}
		copy(w.modes, saved)
		return nil
	}
	f, jac := sys.F, sys.Jacobian
	sys.F = func(t float64, z, out []float64) error { return asTheyAre(t, z, out, f) }
	sys.Jacobian = func(t float64, z, out []float64) error { return asTheyAre(t, z, out, jac) }
}

func finite(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
