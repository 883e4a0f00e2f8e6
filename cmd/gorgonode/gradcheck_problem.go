package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/odefile"
	"gorgonode/solvers"
)

// gradcheck is a model in units that make its numbers about one: z = y/unit, of each state's largest size, and parameters
// q = p/|p|, so that errors of derivatives can be compared, and differences be taken with one step.
type gradcheck struct {
	*problem
	ctx        context.Context
	rightSide  func(t, y *G.Node, p ...*G.Node) (*G.Node, error)
	times      []float64 // t0 first
	quantities []quantity
	kinds      [3]int // how many quantities there are of each kind
	set        solvers.Settings
	weights    [][]float64
}

// quantity is what is differentiated by.
type quantity struct {
	name   string
	kind   kind
	unit   float64
	wanted bool
}

type kind int

const (
	anInitialValue kind = iota
	aParameter
	aTime
)

// The tolerances that solvers.Settings documents.
const (
	defaultRTol = 1e-6
	defaultATol = 1e-8
)

// maxTimes bounds the saved times, of which each costs two solves.
const maxTimes = 1000

func (c *gradcheckCommand) problem(ctx context.Context, t terminal) (*gradcheck, error) {
	solve := solveCommand{equationFlags: c.equationFlags, At: c.At}
	p, err := solve.problem(t)
	if err != nil {
		return nil, err
	}
	if at := p.file.Jump(); at != nil {
		fmt.Fprintln(t.err, at)
		return nil, badInputf("%s: line %d of the model may jump, and gradients want a right-hand side that does not", at.File,
			at.Line)
	}
	if m := p.settings.Method; m.Info().Separable {
		return nil, badInputf("--method %s: it is for positions and momenta apart, which gradcheck does not do", m.Name())
	}
	q := &gradcheck{problem: p, ctx: ctx, rightSide: p.file.Field()}
	if q.t0 == q.t1 {
		return nil, badInputf("the first and the last time are both %g: there is nothing to differentiate", q.t0)
	}
	q.times = []float64{q.t0}
	if c.At == "" {
		const parts = 4
		for i := 1.0; i < parts; i++ {
			q.times = append(q.times, q.t0+(q.t1-q.t0)*i/parts)
		}
		q.times = append(q.times, q.t1)
	} else {
		for _, at := range p.settings.SaveAt {
			if at != q.t0 {
				q.times = append(q.times, at)
			}
		}
	}
	switch last := q.times[len(q.times)-1]; {
	case len(q.times) == 1:
		return nil, badInputf("--at %s: there must be a time after the first, %g", c.At, q.t0)
	case len(q.times) > maxTimes:
		return nil, badInputf("--at %s: these are %d times, and at most %d are differentiated by", c.At, len(q.times), maxTimes)
	default:
		q.t1 = last // nothing depends on what comes later
	}
	if err := q.measure(); err != nil {
		return nil, err
	}
	return q, q.choose(c.Wrt)
}

// measure solves once, for the units.
func (q *gradcheck) measure() error {
	sys, err := q.model.System(q.p)
	if err != nil {
		return badInput(err)
	}
	set := q.settings
	set.SaveAt, set.SaveEvery, set.Context = q.times, 1, q.ctx
	sol, err := solvers.Solve(sys, q.y0, q.t0, q.t1, &set)
	var failure *solvers.Error
	switch {
	case q.ctx.Err() != nil:
		return q.ctx.Err()
	case errors.As(err, &failure) && failure.Status != solvers.BadInput && failure.Status != solvers.NotSupported:
		return q.place(failure)
	case err != nil:
		return badInput(err)
	}
	for i, name := range q.file.Names {
		size := 0.0
		for _, y := range sol.Y {
			size = math.Max(size, math.Abs(y[i]))
		}
		if controlled := set.Step == 0; controlled && size > 0 {
			size = math.Max(size, or(set.ATol, defaultATol)) // what is smaller is not resolved
		}
		q.add(name+"(0)", anInitialValue, size)
	}
	for i, p := range q.file.Params {
		q.add(p.Name, aParameter, math.Abs(q.p[i]))
	}
	for i := range q.times {
		q.add(timeName(i), aTime, 1)
	}
	q.set = solvers.Settings{Method: q.settings.Method, RTol: or(q.settings.RTol, defaultRTol),
		ATol: or(q.settings.ATol, defaultATol), Step: q.settings.Step, Context: q.ctx}
	for i := range q.y0 {
		if q.set.Step > 0 {
			break // no error control
		}
		q.set.ATols = append(q.set.ATols, q.set.ATol/q.quantities[i].unit)
	}
	return nil
}

func (q *gradcheck) add(name string, k kind, size float64) {
	q.quantities = append(q.quantities, quantity{name: name, kind: k, unit: or(size, 1)})
	q.kinds[k]++
}

func or(v, zero float64) float64 {
	if v == 0 {
		return zero
	}
	return v
}

// field is the right-hand side in its units. Its arg are the parameters.
func (q *gradcheck) field(t, z *G.Node, args ...*G.Node) (*G.Node, error) {
	units := func(k kind) []float64 { return q.each(k, func(x quantity) float64 { return x.unit }) }
	y, err := times(z, units(anInitialValue))
	if err != nil {
		return nil, err
	}
	if len(args) > 0 {
		p, err := times(args[0], units(aParameter))
		if err != nil {
			return nil, err
		}
		args = []*G.Node{p}
	}
	f, err := q.rightSide(t, y, args...)
	if err != nil {
		return nil, err
	}
	return times(f, q.each(anInitialValue, func(x quantity) float64 { return 1 / x.unit }))
}

// times is x times a constant vector.
func times(x *G.Node, c []float64) (*G.Node, error) {
	n, err := graph.Constant(x, c, len(c))
	if err != nil {
		return nil, err
	}
	return G.HadamardProd(x, n)
}

// each is a number for each quantity of a kind.
func (q *gradcheck) each(k kind, value func(quantity) float64) []float64 {
	var v []float64
	for _, x := range q.quantities {
		if x.kind == k {
			v = append(v, value(x))
		}
	}
	return v
}

// choose marks what --wrt names.
func (q *gradcheck) choose(names []string) error {
	for i := range q.quantities {
		q.quantities[i].wanted = len(names) == 0
	}
	var known []string
	for _, x := range q.quantities {
		if x.kind != aTime {
			known = append(known, x.name)
		}
	}
	for _, name := range names {
		found := false
		for i := range q.quantities {
			x := &q.quantities[i]
			if x.kind == aTime && strings.EqualFold(name, "t") || x.kind != aTime && strings.EqualFold(name, x.name) {
				x.wanted, found = true, true
			}
		}
		switch {
		case found:
		case q.file.StateIndex(name) >= 0:
			return badInputf("--wrt %s: that is a variable; its initial value is %s(0)", name, name)
		default:
			return badInputf("--wrt %s: there is no such parameter or initial value%s; T is all times", name,
				odefile.Suggest(name, known))
		}
	}
	return nil
}

// wants tells whether some quantity of a kind is wanted.
func (q *gradcheck) wants(k kind) bool {
	for _, x := range q.quantities {
		if x.kind == k && x.wanted {
			return true
		}
	}
	return false
}
