package odeop

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// checker compares a gradient with central differences. It has the values of all inputs of a solve as flat arrays that
// it may change.
type checker struct {
	name   string
	inputs []checked
	// value solves again over the steps of the unperturbed solve, with what the inputs are now.
	value func() ([]float64, error)
	// gradient is that of Σ wᵢ·valueᵢ by each of the inputs.
	gradient func(w []float64) ([][]float64, error)
	times    int // the value has a part for each of so many; 0: it is divided otherwise
	context  context.Context
	done     func()
}

// checked is an input.
type checked struct {
	name  string
	shape tensor.Shape
	x     []float64
}

// run compares all inputs, unless err says that there is nothing to compare.
func (c *checker) run(err error) (*Check, error) {
	if c != nil && c.done != nil {
		defer c.done()
	}
	if err != nil {
		return nil, err
	}
	value, err := c.value()
	if err != nil {
		return nil, errors.WithMessage(err, c.name)
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(c.inputs[0].x))))
	w := make([]float64, len(value))
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	grads, err := c.gradient(w)
	if err != nil {
		return nil, errors.WithMessagef(err, "%s: backward", c.name)
	}
	check := &Check{}
	for part := range slices.Chunk(w, len(w)/max(1, c.times)) {
		if c.times > 0 {
			check.Weights = append(check.Weights, part)
		}
	}
	for i, in := range c.inputs {
		part, err := c.compare(in, grads[i], w)
		if err != nil {
			return nil, errors.WithMessagef(err, "%s: differences", c.name)
		}
		check.Parts = append(check.Parts, part)
	}
	return check, nil
}

// compare perturbs an input in place, element by element.
func (c *checker) compare(in checked, grad, w []float64) (CheckPart, error) {
	part := CheckPart{Name: in.name, Size: len(in.x), Index: indexOf(0, in.shape), Gradients: slices.Clone(grad)}
	scale := 1.0
	for _, v := range grad {
		if a := math.Abs(v); a > scale { // not NaN
			scale = a
		}
	}
	loss := func() (float64, error) {
		if c.context != nil && c.context.Err() != nil {
			return 0, c.context.Err()
		}
		value, err := c.value()
		if err != nil {
			return 0, err
		}
		return dot(w, value), nil
	}
	for i := range in.x {
		diff, uncertainty, err := (&difference{loss: loss, x: &in.x[i]}).near(grad[i], scale)
		if err != nil {
			return part, err
		}
		part.Differences, part.Uncertainties = append(part.Differences, diff), append(part.Uncertainties, uncertainty)
		if e := math.Abs(grad[i]-diff) / scale; i == 0 || worse(e, part.Error) {
			part.Error, part.Index, part.Gradient, part.Difference = e, indexOf(i, in.shape), grad[i], diff
		}
	}
	return part, nil
}

// newChecker prepares a checker of Solve or SolveRows.
func newChecker(p *problem) (*checker, error) {
	if p.dtype != tensor.Float64 {
		return nil, errors.Errorf("%s: gradients are checked in float64, and y0 is %v", p.name, p.dtype)
	}
	if p.perRow {
		return newRowsChecker(p)
	}
	g, ok := p.gradient.(backward)
	if !ok {
		return nil, errors.Errorf("%s: %T leaves its gradient to Gorgonia; check it there", p.name, p.gradient)
	}
	fn, err := p.field.trace(p.name, p.dtype, p.y0.Shape(), p.args)
	if err != nil {
		return nil, err
	}
	s, err := newSolve(p, fn, g.double(), p.y0.Shape())
	if err != nil {
		return nil, err
	}
	c := &checker{name: p.name, times: p.n, context: p.settings.Context}
	times := checked{"times", tensor.Shape{len(p.times)}, p.times}
	theta, err := c.bind(p, times, fn.Params())
	if err != nil {
		return nil, err
	}
	y0, ts, last := c.inputs[0].x, times.x, len(times.x)-1
	if err := s.checkFinite(y0); err != nil {
		return nil, errors.WithMessage(err, s.name)
	}
	sys, done := s.field.run(theta)
	c.done = done
	sys = implicitly(s.field, sys, s.settings.Method)
	_, tape, err := solvers.SolveTape(sys, y0, ts[0], ts[last], s.settingsAt(ts))
	if err != nil {
		return c, errors.WithMessage(s.located(err), s.name)
	}
	_, state, err := s.mode.forward(s, sys, y0, ts)
	if err != nil {
		return c, errors.WithMessage(s.located(err), s.name)
	}
	c.value = func() ([]float64, error) {
		ys, err := tape.Follow(sys, y0, ts[0], ts[last], ts)
		return slices.Concat(ys...), s.located(err)
	}
	c.gradient = func(w []float64) ([][]float64, error) {
		rows := make([][]float64, len(ts))
		for i := range rows {
			rows[i] = w[i*len(y0) : (i+1)*len(y0)]
		}
		g, err := s.mode.differentiate(s, sys, theta, everything(len(theta)), ts, rows, state)
		if err != nil {
			return nil, err
		}
		return c.apart(g), nil
	}
	return c, nil
}

// bind takes the values of the inputs: of y0, the times, the args, the row args and the parameters. It returns θ.
func (c *checker) bind(p *problem, times checked, params []*graph.Param) (theta [][]float64, err error) {
	add := func(name string, n *gorgonia.Node) error {
		v, err := p.valueOf(name, n)
		c.inputs = append(c.inputs, checked{name, n.Shape(), v})
		return err
	}
	if err := add("y0", p.y0); err != nil {
		return nil, err
	}
	c.inputs = append(c.inputs, times)
	for i, n := range p.args {
		if err := add(argName(i, n), n); err != nil {
			return nil, err
		}
	}
	for i, n := range p.rowArgs {
		if err := add(rowArgName(i, n), n); err != nil {
			return nil, err
		}
	}
	for _, q := range params {
		c.inputs = append(c.inputs, checked{q.Name(), q.Shape(), q.Float64s()})
	}
	for _, in := range c.inputs[2:] {
		theta = append(theta, in.x)
	}
	return theta, nil
}

// apart divides a gradient into those by the inputs.
func (c *checker) apart(g *gradients[float64]) [][]float64 {
	all, at := [][]float64{g.y0, g.times}, 0
	for _, in := range c.inputs[2:] {
		all = append(all, g.theta[at:at+len(in.x)])
		at += len(in.x)
	}
	return all
}

// valueOf is a row-major copy of the value of a node.
func (p *problem) valueOf(name string, n *gorgonia.Node) ([]float64, error) {
	if n.Value() == nil {
		return nil, errors.Errorf("%s: %s has no value to check at", p.name, name)
	}
	v, err := floats(n.Value())
	return v, errors.WithMessagef(err, "%s: %s", p.name, name)
}

// floats is a row-major copy of a value.
func floats(v gorgonia.Value) ([]float64, error) {
	switch v := v.(type) {
	case *gorgonia.F64:
		return []float64{float64(*v)}, nil
	case *tensor.Dense:
		d := v.Clone().(*tensor.Dense)
		if d.RequiresIterator() || !d.DataOrder().IsRowMajor() {
			d = tensor.New(tensor.WithShape(v.Shape().Clone()...), tensor.Of(v.Dtype()))
			if err := tensor.Copy(d, v); err != nil {
				return nil, err
			}
		}
		switch x := d.Data().(type) {
		case []float64:
			return x, nil
		case float64:
			return []float64{x}, nil
		}
	}
	return nil, errors.Errorf("a value of type %T", v)
}
