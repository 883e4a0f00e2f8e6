package odeop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Check is what CheckGradient found: the gradient of a random combination Σ wᵢᵀ·y(tᵢ) of the saved states, by the chosen
// mode and by central differences.
type Check struct {
	Parts   []CheckPart // y0, times, the args and the parameters
	Weights [][]float64 // wᵢ, one for each time; the same for every mode and field of as many times and components
}

// CheckPart compares the gradients with respect to one input.
type CheckPart struct {
	Name  string // "y0", "times", "arg 0 (x)" or the parameter's name
	Size  int
	Error float64 // the largest error, relative to the largest element of the part's gradient or, where that is larger, 1
	Index []int   // of the worst element

	Gradient, Difference float64 // of the worst element

	// Of all elements, row-major. Uncertainties are about how far the differences may be off; zero where the first difference
	// agreed with the gradient.
	Gradients, Differences, Uncertainties []float64
}

// Worst is the part with the largest error.
func (c *Check) Worst() CheckPart {
	var w CheckPart
	for i, p := range c.Parts {
		if i == 0 || worse(p.Error, w.Error) {
			w = p
		}
	}
	return w
}

// worse orders errors, with NaN as the worst.
func worse(a, b float64) bool { return a > b || math.IsNaN(a) && !math.IsNaN(b) }

// Err is nil if no error is larger than tol; otherwise it names the worst element with both values.
func (c *Check) Err(tol float64) error {
	if w := c.Worst(); !(w.Error <= tol) {
		return errors.Errorf("odeop: gradient of %s at %v is %.10g, but differences give %.10g: relative error %.2g, want at most %.2g",
			w.Name, w.Index, w.Gradient, w.Difference, w.Error, tol)
	}
	return nil
}

// String is a table with a line for each part.
func (c *Check) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %8s %10s  worst element\n", "with respect to", "size", "error")
	for _, p := range c.Parts {
		fmt.Fprintf(&b, "%-24s %8d %10.2g  %v: %.8g, by differences %.8g\n", p.Name, p.Size, p.Error, p.Index, p.Gradient, p.Difference)
	}
	return b.String()
}

// CheckGradient compares the gradient of Solve(f, y0, times, opts...) with central differences, with respect to y0, every
// time, every arg and every parameter, element by element: two solves for each, and more where they disagree. y0 and the args must be float64 nodes with
// values, and nothing is changed. Call it from a test of a field:
//
//	check, err := odeop.CheckGradient(field, y0, times)
//	if err == nil {
//		err = check.Err(1e-6)
//	}
//
// The differences are taken over the steps of the unperturbed solve, so that those of Backprop are exact to about 1e-8
// whatever the tolerance of the solve. Adjoint approximates the gradient of the exact solution, and agrees to its tolerance.
func CheckGradient(f Field, y0 *gorgonia.Node, times []float64, opts ...Option) (*Check, error) {
	p, err := newProblem(f, y0, times, nil, false, opts)
	if err != nil {
		return nil, err
	}
	if p.perRow {
		return nil, errors.Errorf("%s: with PerRow a gradient is that of each row alone; check it without", p.name)
	}
	if p.dtype != tensor.Float64 {
		return nil, errors.Errorf("%s: gradients are checked in float64, and y0 is %v", p.name, p.dtype)
	}
	g, ok := p.gradient.(backward)
	if !ok {
		return nil, errors.Errorf("%s: %T leaves its gradient to Gorgonia; check it there", p.name, p.gradient)
	}
	fn, err := f.trace(p.name, p.dtype, y0.Shape(), p.args)
	if err != nil {
		return nil, err
	}
	s, err := newSolve(p, fn, g.double(), y0.Shape())
	if err != nil {
		return nil, err
	}
	c := &checker{solve: s, times: p.times}
	if err := c.bind(fn.Params()); err != nil {
		return nil, err
	}
	return c.run()
}

// checker has the values of all inputs of a solve as flat arrays that it may change.
type checker struct {
	solve *solve[float64]
	names []string
	in    [][]float64 // y0, args, parameters
	times []float64
	w     [][]float64
	tape  *solvers.Tape[float64]
}

func (c *checker) bind(params []*graph.Param) error {
	nodes := append(gorgonia.Nodes{c.solve.y0}, c.solve.args...)
	for i, n := range nodes {
		name := "y0"
		if i > 0 {
			name = argName(i-1, n)
		}
		if n.Value() == nil {
			return errors.Errorf("%s: %s has no value to check at", c.solve.name, name)
		}
		v, err := floats(n.Value())
		if err != nil {
			return errors.WithMessagef(err, "%s: %s", c.solve.name, name)
		}
		c.names, c.in = append(c.names, name), append(c.in, v)
	}
	for _, p := range params {
		c.names, c.in = append(c.names, p.Name()), append(c.in, p.Float64s())
	}
	return nil
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

func (c *checker) run() (*Check, error) {
	s := c.solve
	rng := rand.New(rand.NewPCG(1, uint64(len(c.in[0]))))
	for range c.times {
		row := make([]float64, len(c.in[0]))
		for i := range row {
			row[i] = rng.NormFloat64()
		}
		c.w = append(c.w, row)
	}
	sys, done := s.field.run(c.in[1:])
	defer done()
	last := len(c.times) - 1
	if err := s.checkFinite(c.in[0]); err != nil {
		return nil, errors.WithMessage(err, s.name)
	}
	_, tape, err := solvers.SolveTape(sys, c.in[0], c.times[0], c.times[last], s.settingsAt(c.times))
	if err != nil {
		return nil, errors.WithMessage(s.located(err), s.name)
	}
	c.tape = tape
	_, state, err := s.mode.forward(s, sys, c.in[0], c.times)
	if err != nil {
		return nil, errors.WithMessage(s.located(err), s.name)
	}
	g, err := s.differentiate(sys, c.in[1:], everything(len(c.in)-1), c.times, c.w, state)
	if err != nil {
		return nil, errors.WithMessagef(err, "%s: backward", s.name)
	}
	check := &Check{Weights: c.w}
	at := 0
	for i, v := range c.in {
		grad := g.y0
		if i > 0 {
			grad = g.theta[at : at+len(v)]
			at += len(v)
		}
		shape := s.inputs[i]
		part, err := c.compare(sys, c.names[i], shape, v, grad)
		if err != nil {
			return nil, err
		}
		check.Parts = append(check.Parts, part)
		if i == 0 {
			if part, err = c.compare(sys, "times", tensor.Shape{len(c.times)}, c.times, g.times); err != nil {
				return nil, err
			}
			check.Parts = append(check.Parts, part)
		}
	}
	return check, nil
}

// compare perturbs x, one of the inputs in place, element by element.
func (c *checker) compare(sys solvers.System[float64], name string, shape tensor.Shape, x, grad []float64) (CheckPart, error) {
	part := CheckPart{Name: name, Size: len(x), Index: indexOf(0, shape), Gradients: slices.Clone(grad)}
	scale := 1.0
	for _, v := range grad {
		if a := math.Abs(v); a > scale { // not NaN
			scale = a
		}
	}
	for i := range x {
		d := &difference{loss: func() (float64, error) { return c.loss(sys) }, x: &x[i]}
		diff, uncertainty, err := d.near(grad[i], scale)
		if err != nil {
			return part, err
		}
		part.Differences, part.Uncertainties = append(part.Differences, diff), append(part.Uncertainties, uncertainty)
		if e := math.Abs(grad[i]-diff) / scale; i == 0 || worse(e, part.Error) {
			part.Error, part.Index, part.Gradient, part.Difference = e, indexOf(i, shape), grad[i], diff
		}
	}
	return part, nil
}

func (c *checker) loss(sys solvers.System[float64]) (float64, error) {
	if ctx := c.solve.settings.Context; ctx != nil && ctx.Err() != nil {
		return 0, errors.WithMessagef(ctx.Err(), "%s: differences", c.solve.name)
	}
	ys, err := c.tape.Follow(sys, c.in[0], c.times[0], c.times[len(c.times)-1], c.times)
	if err != nil {
		return 0, errors.WithMessagef(c.solve.located(err), "%s: differences", c.solve.name)
	}
	var sum float64
	for i, y := range ys {
		for j, v := range y {
			sum += c.w[i][j] * v
		}
	}
	return sum, nil
}
