package sdeop

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// Noise is the structure of g.
type Noise int

const (
	// Diagonal: g is (B, d), and component i has a Brownian motion of its own, g_i dW_i. For Milstein g_i must depend
	// on no other component than y_i.
	Diagonal Noise = iota
	// Scalar: g is (B, d), and all components of a row share one motion.
	Scalar
	// General: g is (B, d, m), and a row has m motions.
	General
)

func (n Noise) String() string {
	switch n {
	case Diagonal:
		return "diagonal noise"
	case Scalar:
		return "scalar noise"
	case General:
		return "general noise"
	}
	return "unknown noise"
}

// Calculus says what the integral against dW means. Where g does not depend on y both are the same.
type Calculus int

const (
	// Ito takes g at the beginning of each interval.
	Ito Calculus = iota
	// Stratonovich takes the mean of both ends; it obeys the ordinary chain rule.
	Stratonovich
)

func (c Calculus) String() string {
	if c == Ito {
		return "Itô"
	}
	return "Stratonovich"
}

// SDE is the equation. Drift returns y's shape, Diffusion what Noise says; both see the nodes of Args.
type SDE struct {
	Drift, Diffusion odeop.Field
	Noise            Noise
	Calculus         Calculus
}

// Solve integrates from y(times[0]) = y0, of shape (B, d), and returns the states at all times, (len(times), B, d); the
// first row is y0. Times increase strictly. Without Step, which sets constant steps, or Tolerance, which sets error
// control, it is an error: there is no step that suits all.
//
// Gradients flow to y0, every arg and every parameter of the drift and the diffusion.
func Solve(e SDE, y0 *gorgonia.Node, times []float64, opts ...Option) (*gorgonia.Node, error) {
	return build(e, y0, times, false, opts)
}

// SolveFinal is Solve that returns the last state alone, of y0's shape.
func SolveFinal(e SDE, y0 *gorgonia.Node, times []float64, opts ...Option) (*gorgonia.Node, error) {
	return build(e, y0, times, true, opts)
}

// problem is a checked call of Solve.
type problem struct {
	*config
	SDE
	y0       *gorgonia.Node
	times    []float64
	final    bool
	dtype    tensor.Dtype
	batch    int
	motions  int  // of a row
	additive bool // g does not depend on y
}

func build(e SDE, y0 *gorgonia.Node, times []float64, final bool, opts []Option) (*gorgonia.Node, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	p := &problem{config: c, SDE: e, y0: y0, times: slices.Clone(times), final: final}
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.dtype == tensor.Float32 {
		return apply[float32](p)
	}
	return apply[float64](p)
}

func (p *problem) check() error {
	switch y0 := p.y0; {
	case p.Drift == nil || p.Diffusion == nil:
		return errors.Errorf("%s: the equation needs a drift and a diffusion", p.name)
	case y0 == nil || y0.Graph() == nil:
		return errors.Errorf("%s: y0 is no node of a graph", p.name)
	case y0.Dtype() != tensor.Float64 && y0.Dtype() != tensor.Float32:
		return errors.Errorf("%s: y0 (%q) is %v, want float64 or float32", p.name, y0.Name(), y0.Dtype())
	case y0.Dims() != 2 || y0.Shape().TotalSize() == 0:
		return errors.Errorf("%s: y0 (%q) has shape %v, want (batch, components)", p.name, y0.Name(), y0.Shape())
	case p.Noise < Diagonal || p.Noise > General || p.Calculus < Ito || p.Calculus > Stratonovich:
		return errors.Errorf("%s: noise %d, calculus %d: there are none such", p.name, p.Noise, p.Calculus)
	case len(p.times) < 2:
		return errors.Errorf("%s: %d times, want at least two", p.name, len(p.times))
	}
	for i, t := range p.times {
		if t-t != 0 || i > 0 && t <= p.times[i-1] {
			return errors.Errorf("%s: times[%d] = %g: times must be finite and increase", p.name, i, t)
		}
	}
	p.dtype, p.batch = p.y0.Dtype(), p.y0.Shape()[0]
	if err := p.checkNodes(); err != nil {
		return err
	}
	if err := p.checkDiffusion(); err != nil {
		return err
	}
	return p.checkMethod()
}

// checkNodes looks at what the options brought in.
func (p *problem) checkNodes() error {
	named := func(what string, n *gorgonia.Node) error {
		switch {
		case n == nil: // not given
		case n.Graph() != p.y0.Graph():
			return errors.Errorf("%s: %s (%q) is in another graph than y0", p.name, what, n.Name())
		case n.Dtype() != p.dtype:
			return errors.Errorf("%s: %s (%q) is %v, and y0 is %v", p.name, what, n.Name(), n.Dtype(), p.dtype)
		}
		return nil
	}
	for i, a := range p.args {
		if err := named(fmt.Sprintf("arg %d", i), a); err != nil {
			return err
		}
	}
	for i, a := range p.pieces {
		if err := named(fmt.Sprintf("piece arg %d", i), a); err != nil {
			return err
		}
		if s := a.Shape(); len(s) == 0 || s[0] != len(p.times)-1 {
			return errors.Errorf("%s: piece arg %d (%q) has shape %v, want (%d, …) for %d times",
				p.name, i, a.Name(), s, len(p.times)-1, len(p.times))
		}
	}
	if err := named("the path", p.path); err != nil {
		return err
	}
	if p.path != nil && p.path.Shape().TotalSize() != 1 {
		return errors.Errorf("%s: the path (%q) has shape %v, want a number", p.name, p.path.Name(), p.path.Shape())
	}
	if err := named("the node of streams", p.streams); err != nil {
		return err
	}
	if p.streams != nil && !slices.Equal(p.streams.Shape(), []int{p.batch}) {
		return errors.Errorf("%s: the node of streams (%q) has shape %v, want (%d)",
			p.name, p.streams.Name(), p.streams.Shape(), p.batch)
	}
	return nil
}

// checkDiffusion finds the shape of the noise, and whether g depends on y.
func (p *problem) checkDiffusion() error {
	g, err := p.trace("diffusion", p.Diffusion)
	if err != nil {
		return err
	}
	shape, y := g.Outputs()[0], p.y0.Shape()
	switch {
	case p.Noise == General && len(shape) == 3 && shape[0] == y[0] && shape[1] == y[1]:
		p.motions = shape[2]
	case p.Noise == Diagonal && slices.Equal(shape, y):
		p.motions = y[1]
	case p.Noise == Scalar && slices.Equal(shape, y):
		p.motions = 1
	default:
		return errors.Errorf("%s: the diffusion has shape %v, which for %v and y0 of shape %v it cannot have", p.name, shape, p.Noise, y)
	}
	p.additive = !g.DependsOn(1)
	return nil
}

// trace is a field by itself, as a function of t, y and the args.
func (p *problem) trace(role string, f odeop.Field) (*graph.Func, error) {
	specs := []graph.Spec{graph.Input("t", p.dtype), graph.Input("y", p.dtype, p.y0.Shape()...)}
	fn, err := graph.Trace(func(in ...*gorgonia.Node) (gorgonia.Nodes, error) {
		out, err := f(in[0], in[1], in[2:]...)
		if err == nil && out == nil {
			err = errors.Errorf("the %s returned no node", role)
		}
		return gorgonia.Nodes{out}, err
	}, append(specs, p.argSpecs()...)...)
	return fn, errors.WithMessagef(err, "%s: %s", p.name, role)
}
