package odeop

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// nonFiniteBackward says where a backward pass that came to a NaN or an infinity met the first: it runs the pass again
// and looks at every vector–Jacobian product. The error names the Op, the time and the row of the state.
func (s *solve[T]) nonFiniteBackward(cause error, sys solvers.System[T], theta [][]T, times []float64, w [][]T,
	state any) error {
	again := *s
	again.look = &watch[T]{}
	again.look.products(&sys, s.field, theta, s.row)
	_, _ = again.mode.differentiate(&again, sys, theta, everything(len(theta)), times, w, state) // that it fails is known
	return nameGiven(again.look.blame(cause), cause, s.theta, theta)
}

// bind has the further derivatives of the field at θ, looked at where a NaN is looked for.
func (s *solve[T]) bind(theta [][]T) *atTheta[T] {
	b := s.field.bind(theta)
	if look := s.look; look != nil {
		b.look = func(fn *graph.Func, t float64, in, out [][]T) {
			look.at(fn, t, "", s.row(nonFinite(out[len(out)-1])), in, out) // the last is of the state's shape
		}
	}
	return b
}

// nonFiniteForward says which Op of the field made the NaN or the infinity that ended a forward solve: it takes the
// step that failed again, from the last good state, and looks at every value of f.
func (s *solve[T]) nonFiniteForward(cause error, sol *solvers.Solution[T], theta [][]T) error {
	return nameGiven(s.stepAgain(cause, sol, theta, s.row), cause, s.theta, theta)
}

// stepAgain takes the step that failed with cause again, or evaluates f where there was no step yet.
func (s *solve[T]) stepAgain(cause error, sol *solvers.Solution[T], theta [][]T, row func(int) string) error {
	var e *solvers.Error
	if !errors.Is(cause, solvers.ErrNonFinite) || !errors.As(cause, &e) || sol == nil || sol.LastY == nil {
		return cause
	}
	plans, err := s.field.pure()
	if err != nil {
		return cause
	}
	sys, done := s.field.runOn(plans, theta)
	defer done()
	look := &watch[T]{}
	look.values(&sys, s.field, theta, row)
	sys = implicitly(s.field, sys, s.settings.Method)
	if e.Step == 0 {
		_ = sys.F(sol.LastT, sol.LastY, make([]T, len(sol.LastY)))
		return look.blame(cause)
	}
	set := s.settings
	set.Step, set.MaxSteps, set.Checkpoints = math.Abs(e.Step), 0, 0
	set.Through, set.Progress = nil, nil
	_, _ = solvers.Solve(sys, sol.LastY, sol.LastT, sol.LastT+e.Step, &set) // that it fails is known
	return look.blame(cause)
}

// nonFiniteBackward is that of a solve, and looks at the events' derivatives too.
func (h *hybrid[T]) nonFiniteBackward(cause error, sys solvers.System[T], theta [][]T, times []float64, w []T,
	st *hybridState[T]) error {
	look := &watch[T]{}
	look.products(&sys, h.field, theta[:len(h.field.theta)], h.row)
	look.functions(st.bound)
	_, _ = h.differentiate(sys, times, w, st)
	for _, f := range st.bound.all {
		f.seen = nil
	}
	return nameGiven(look.blame(cause), cause, h.theta, theta)
}

// nonFiniteForward is that of a solve, and looks at the functions of the events where the solve ended.
func (h *hybrid[T]) nonFiniteForward(cause error, sol *solvers.Solution[T], theta [][]T) error {
	err := h.solve.nonFiniteForward(cause, sol, theta[:len(h.field.theta)])
	if err != cause || !errors.Is(cause, solvers.ErrNonFinite) || sol.LastY == nil {
		return err
	}
	look := &watch[T]{}
	b, events := h.bind(theta)
	defer b.release()
	look.functions(b)
	for _, e := range events {
		_, _ = e.G(sol.LastT, sol.LastY)
	}
	return nameGiven(look.blame(cause), cause, h.theta, theta)
}

// nonFiniteBackward is that of a solve for rows: the row is the first that failed.
func (s *rowsSolve[T]) nonFiniteBackward(cause error, theta [][]T, pass func(solvers.RowSystem[T])) error {
	if s.field.differentiable() != nil {
		return cause
	}
	sys, done := s.system(theta)
	defer done()
	look := &watch[T]{}
	var failed *solvers.RowsError
	only := -1
	if errors.As(cause, &failed) {
		only = failed.Rows[0]
	}
	dim, vjp := s.batched.dim, sys.VJP
	own := func(v []T, k int) []T { return v[k*dim : (k+1)*dim] }
	sys.VJP = func(t []float64, rows []int, y, w, dydt, wy, wtheta []T, wt []float64) error {
		if look.found {
			return vjp(t, rows, y, w, dydt, wy, wtheta, wt)
		}
		y, w = slices.Clone(y), slices.Clone(w)
		if err := vjp(t, rows, y, w, dydt, wy, wtheta, wt); err != nil {
			return err
		}
		for k, row := range rows {
			if only >= 0 && row != only {
				continue
			}
			out := [][]T{own(wy, k), {T(wt[k])}}
			if nonFinite(wtheta) >= 0 { // of some row
				alone := make([]T, len(wtheta))
				if err := vjp(t[k:k+1], rows[k:k+1], own(y, k), own(w, k), nil, make([]T, dim), alone, make([]float64, 1)); err != nil {
					return err
				}
				out = append(out, alone)
			}
			in := append(append([][]T{{T(t[k])}, own(y, k)}, s.batched.of(theta, row)...), own(w, k))
			look.at(s.field.derivatives.reverse.fn(), t[k], "", rowName(row), in, out)
		}
		return nil
	}
	pass(sys)
	if only < 0 {
		return look.blame(cause)
	}
	return nameGiven(look.blame(cause), cause, s.theta, s.batched.alone(theta, only))
}

// nonFiniteForward is that of a solve for the first row that failed.
func (s *rowsSolve[T]) nonFiniteForward(cause error, sol *solvers.RowsSolution[T], theta [][]T) error {
	var failed *solvers.RowsError
	if !errors.As(cause, &failed) || !errors.Is(failed.Errs[0], solvers.ErrNonFinite) {
		return cause
	}
	i := failed.Rows[0]
	err := s.stepAgain(cause, sol.Rows[i], s.batched.of(theta, i), func(int) string { return rowName(i) })
	return nameGiven(err, cause, s.theta, s.batched.alone(theta, i))
}

// nonFinite is that of the larger solve of a tangent: pass takes the solve, or its backward pass, again.
func (m *tangent[T]) nonFinite(cause error, sys solvers.System[T], theta [][]T, pass func(solvers.System[T])) error {
	look := &watch[T]{}
	n := m.bottom().inputs[0].TotalSize()
	row := func(i int) string { return m.bottom().row(i % n) }
	look.values(&sys, m.field, theta, row)
	look.products(&sys, m.field, theta, row)
	pass(sys)
	return look.blame(cause)
}

// row names the row of a batch that element i of the state lies in; −1: not known.
func (s *solve[T]) row(i int) string {
	shape := s.inputs[0]
	switch {
	case i < 0:
		return ""
	case s.rowOf != nil:
		if i = s.rowOf(i); i < 0 {
			return ""
		}
		return rowName(i)
	case len(shape) > 1:
		return rowName(indexOf(i, shape)[0])
	}
	return ""
}

func rowName(i int) string { return fmt.Sprintf(", row %d", i) }

// watch looks for the first evaluation of a function whose value is not finite although all that it is made of is.
type watch[T graph.Float] struct {
	found bool
	fn    *graph.Func
	role  string // of the function, if it is not the field
	t     float64
	row   string
	in    [][]T
}

// at looks at an evaluation.
func (c *watch[T]) at(fn *graph.Func, t float64, role, row string, in, out [][]T) {
	bad := func(v []T) bool { return nonFinite(v) >= 0 }
	if c.found || slices.ContainsFunc(in, bad) || !slices.ContainsFunc(out, bad) {
		return
	}
	c.found, c.fn, c.t, c.role, c.row = true, fn, t, role, row
	for _, v := range in {
		c.in = append(c.in, slices.Clone(v))
	}
}

// values looks at f.
func (c *watch[T]) values(sys *solvers.System[T], field *compiled[T], theta [][]T, row func(int) string) {
	f := sys.F
	sys.F = func(t float64, y, dydt []T) error {
		err := f(t, y, dydt)
		if err == nil && !c.found {
			c.at(field.fn, t, "", row(nonFinite(dydt)), append([][]T{{T(t)}, y}, theta...), [][]T{dydt})
		}
		return err
	}
}

// functions looks at those of events, and at their derivatives.
func (c *watch[T]) functions(b *binding[T]) {
	for _, f := range b.all {
		f.seen = func(fn *graph.Func, t float64, in, out [][]T) { c.at(fn, t, f.role+": ", "", in, out) }
	}
}

// products looks at the products of f's Jacobian, from both sides, and at the vector–Jacobian products of its directional
// derivatives.
func (c *watch[T]) products(sys *solvers.System[T], field *compiled[T], theta [][]T, row func(int) string) {
	look := func(fn func() *graph.Func, t float64, y []T, further [][]T, wy, wtheta []T,
		vjp func(y []T, further [][]T, wtheta []T) (float64, error)) (
		float64, error,
	) {
		if c.found {
			return vjp(y, further, wtheta)
		}
		y = slices.Clone(y) // wy may be its memory, or that of w
		for i, v := range further {
			further[i] = slices.Clone(v)
		}
		fresh := make([]T, len(wtheta))
		wt, err := vjp(y, further, fresh)
		if err == nil {
			in := slices.Concat([][]T{{T(t)}, y}, theta, further)
			c.at(fn(), t, "", row(nonFinite(wy)), in, [][]T{wy, fresh, {T(wt)}})
		}
		accumulate(wtheta, fresh)
		return wt, err
	}
	sys.Linearize, sys.Pullback = nil, nil // VJP is the same, and is looked at
	if vjp := sys.VJP; vjp != nil {
		sys.VJP = func(t float64, y, w, dydt, wy, wtheta []T) (float64, error) {
			return look(field.derivatives.reverse.fn, t, y, [][]T{w}, wy, wtheta, func(y []T, in [][]T, wtheta []T) (float64, error) {
				return vjp(t, y, in[0], dydt, wy, wtheta)
			})
		}
	}
	if jvp := sys.JVP; jvp != nil {
		sys.JVP = func(t float64, y, v, out []T) error {
			err := jvp(t, y, v, out)
			if err == nil && !c.found {
				in := slices.Concat([][]T{{T(t)}, y}, theta, [][]T{v})
				c.at(field.derivatives.forward.fn(), t, "", row(nonFinite(out)), in, [][]T{out})
			}
			return err
		}
	}
	if vjp := sys.TangentVJP; vjp != nil {
		sys.TangentVJP = func(t float64, y []T, tau float64, v, w, wy, wtheta []T) (float64, error) {
			further := [][]T{{T(tau)}, v, w}
			return look(field.derivatives.tangentVJP.fn, t, y, further, wy, wtheta,
				func(y []T, in [][]T, wtheta []T) (float64, error) {
					return vjp(t, y, tau, in[1], in[2], wy, wtheta)
				})
		}
	}
}

// blame adds to cause what was found.
func (c *watch[T]) blame(cause error) error {
	if !c.found {
		return cause
	}
	fault, err := graph.FindFault(c.fn, c.in)
	if err != nil || fault == nil {
		return errors.WithMessagef(cause, "at t=%g%s: %s%s", c.t, c.row, c.role, c.fn.Name())
	}
	return errors.WithMessagef(cause, "at t=%g%s: %s%v", c.t, c.row, c.role, fault)
}
