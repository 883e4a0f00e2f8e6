package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"gorgonode/internal/odefile"
	"gorgonode/solvers"
)

// problem is a model with everything that a solve needs.
type problem struct {
	file     *odefile.File
	model    *odefile.Model
	p, y0    []float64
	given    []bool // initial values that --init gives
	t0, t1   float64
	settings solvers.Settings
	sens     *odefile.Sensitivities // nil: not wanted
}

// solution is what came of it.
type solution struct {
	names   []string
	t       []float64
	y       [][]float64 // a row for each time: states, then auxiliary outputs
	wrt     []string
	dy      [][][]float64
	status  solvers.Status
	stats   solvers.Stats
	seconds float64
	failure *solvers.Error
}

func (c *solveCommand) problem(t terminal) (*problem, error) {
	f, err := c.read(t)
	if err != nil {
		return nil, err
	}
	q := &problem{file: f, p: f.Values(), given: make([]bool, len(f.Names))}
	if err := c.values(q); err != nil {
		return nil, err
	}
	if err := c.times(q); err != nil {
		return nil, err
	}
	if err := c.solver(t, q); err != nil {
		return nil, err
	}
	if q.model, err = f.Compile(); err != nil {
		return nil, modelError(t, err)
	}
	if c.Sensitivities || len(c.Wrt) > 0 {
		if q.sens, err = q.model.Sensitivities(q.p, q.y0, c.Wrt); err != nil {
			return nil, badInput(errors.WithMessage(err, "--wrt"))
		}
		q.settings.Norm = q.sens.Norm()
	}
	return q, nil
}

// values takes in --set and --init.
func (c *solveCommand) values(q *problem) error {
	var names []string
	for _, p := range q.file.Params {
		names = append(names, p.Name)
	}
	for _, text := range c.Set {
		name, v, err := assignment("--set", text)
		if err != nil {
			return err
		}
		i := q.file.ParamIndex(name)
		if i < 0 && q.file.StateIndex(name) >= 0 {
			return badInputf("--set %s: %q is a variable: --init %s gives it another initial value", text, name, text)
		}
		if i < 0 {
			return badInputf("--set %s: there is no parameter %q%s%s", text, name, odefile.Suggest(name, names), listed(names))
		}
		q.p[i] = v
	}
	q.y0 = q.file.Start(q.p)
	for _, text := range c.Init {
		name, v, err := assignment("--init", text)
		if err != nil {
			return err
		}
		i := q.file.StateIndex(name)
		if i < 0 {
			return badInputf("--init %s: there is no variable %q%s%s", text, name, odefile.Suggest(name, q.file.Names),
				listed(q.file.Names))
		}
		q.y0[i], q.given[i] = v, true
	}
	for i, v := range q.y0 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return badInputf("the initial value of %q is %g with these parameters", q.file.Names[i], v)
		}
	}
	return nil
}

func assignment(flag, text string) (name string, v float64, err error) {
	name, value, ok := strings.Cut(text, "=")
	v, bad := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !ok || bad != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return "", 0, badInputf("%s %s: give it as NAME=NUMBER", flag, text)
	}
	return strings.TrimSpace(name), v, nil
}

func listed(names []string) string {
	switch {
	case len(names) == 0:
		return "; the model has none"
	case len(names) > 12:
		return ""
	}
	return " (there are " + strings.Join(names, ", ") + ")"
}

// solve solves. A failure comes with what there is; without a solution the error is one of the input.
func (q *problem) solve(ctx context.Context) (*solution, error) {
	sys, err := q.model.System(q.p)
	if err != nil {
		return nil, badInput(err)
	}
	events, err := q.model.Events(q.p)
	if err != nil {
		return nil, badInput(err)
	}
	start := q.y0
	s := &solution{names: append(append([]string{}, q.file.Names...), q.file.Aux...)}
	if q.sens != nil {
		s.wrt = q.sens.Wrt
		if start, err = q.sens.Start(q.y0, q.given); err != nil {
			return nil, err
		}
		if sys, events, err = q.sens.Problem(q.t0, q.t1, start, cmp.Or(q.settings.RTol, 1e-6),
			cmp.Or(q.settings.ATol, 1e-8)); err != nil {
			return nil, err
		}
	}
	if err := q.checkSeparable(sys, start); err != nil {
		return nil, err
	}
	q.settings.Context = ctx
	begun := time.Now()
	sol, err := solvers.Solve(sys, start, q.t0, q.t1, &q.settings, events...)
	s.seconds = time.Since(begun).Seconds()
	if err != nil && !errors.As(err, &s.failure) {
		return nil, err
	}
	if f := s.failure; f != nil && (f.Status == solvers.BadInput || f.Status == solvers.NotSupported) {
		return nil, badInput(err)
	}
	s.status, s.stats = sol.Status, sol.Stats
	ts, ys := sol.T, sol.Y
	short := err != nil || sol.Status == solvers.EventOccurred
	if n := len(ts); short && sol.LastY != nil && (n == 0 || ts[n-1] != sol.LastT) {
		ts, ys = append(ts[:n:n], sol.LastT), append(ys[:n:n], sol.LastY)
	}
	if err := q.fill(s, ts, ys); err != nil {
		return nil, err
	}
	return s, q.place(s.failure)
}

// fill computes what is shown of the states.
func (q *problem) fill(s *solution, ts []float64, ys [][]float64) error {
	n := len(q.file.Names)
	aux, err := q.model.AuxOf(q.p)
	if err != nil {
		return err
	}
	var matrix func(t float64, z []float64) ([][]float64, error)
	if q.sens != nil {
		if matrix, err = q.sens.Matrix(); err != nil {
			return err
		}
	}
	for i, t := range ts {
		row := append(ys[i][:n:n], make([]float64, len(q.file.Aux))...)
		if err := aux(t, row[:n:n], row[n:]); err != nil {
			return err
		}
		s.t, s.y = append(s.t, t), append(s.y, row)
		if matrix != nil {
			m, err := matrix(t, ys[i])
			if err != nil {
				return err
			}
			s.dy = append(s.dy, m)
		}
	}
	return nil
}

// place says where a solve failed, in the model's words.
func (q *problem) place(e *solvers.Error) error {
	if e == nil {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v at t=%s", e.Method, e.Status.Err(), short(e.T))
	if e.Step != 0 {
		fmt.Fprintf(&b, ", step %.3g", e.Step)
	}
	if v := q.variable(e.Component); v != "" {
		fmt.Fprintf(&b, ", variable %s", v)
	}
	if a := e.Advice(); a != "" {
		fmt.Fprintf(&b, " (%s)", a)
	}
	if e.Err != nil {
		return errors.WithMessage(e.Err, b.String())
	}
	return errors.New(b.String())
}

// variable names a component of what is solved.
func (q *problem) variable(i int) string {
	n := len(q.file.Names)
	switch {
	case i < 0:
		return ""
	case i < n:
		return q.file.Names[i]
	default:
		return "d" + q.file.Names[i%n] + "/d" + q.sens.Wrt[i/n-1]
	}
}
