package sdeop

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// Option changes how an equation is solved.
type Option func(*config) error

type config struct {
	name       string
	method     Stepper
	step       float64
	count      int // of equal steps between two times; 0: step or rtol say
	rtol, atol float64
	maxSteps   int
	seed       uint64
	path       *gorgonia.Node
	streams    *gorgonia.Node
	args       gorgonia.Nodes
	pieces     gorgonia.Nodes
	gradient   GradientMode
	stats      *Stats
}

func configure(opts []Option) (*config, error) {
	c := &config{name: "sdeop: solve", maxSteps: 1_000_000, gradient: Backprop{}}
	for i, o := range opts {
		if o == nil {
			return nil, errors.Errorf("sdeop: option %d is nil", i)
		}
		if err := o(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Method chooses the method. The default is EulerMaruyama{} for Itô equations and Heun{} for Stratonovich's.
func Method(m Stepper) Option {
	return func(c *config) error {
		if m == nil {
			return errors.New("sdeop: no method")
		}
		c.method = m
		return nil
	}
}

// Step takes constant steps: the interval between two times is cut into the fewest equal steps that are not longer than h.
func Step(h float64) Option {
	return func(c *config) error {
		if !(h > 0) || math.IsInf(h, 0) {
			return errors.Errorf("sdeop: step %g: it must be positive and finite", h)
		}
		c.step = h
		return nil
	}
}

// Steps takes n equal steps between each two times, in the place of Step.
func Steps(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.Errorf("sdeop: %d steps between two times: it must be at least 1", n)
		}
		c.count = n
		return nil
	}
}

// Tolerance lets the error that the method estimates choose the steps: its root mean square over all elements, in units
// of atol + rtol·|y|, is at most 1 for each step. Rejected steps are tried again on the same path. With Step too, that
// is the first step.
func Tolerance(rtol, atol float64) Option {
	return func(c *config) error {
		if !(rtol > 0) || !(atol > 0) || math.IsInf(rtol, 0) || math.IsInf(atol, 0) {
			return errors.Errorf("sdeop: tolerance (%g, %g): both must be positive and finite", rtol, atol)
		}
		c.rtol, c.atol = rtol, atol
		return nil
	}
}

// MaxSteps bounds the attempted steps; the default is a million. One that needs more is an error, solvers.ErrMaxSteps.
func MaxSteps(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.Errorf("sdeop: at most %d steps: it must be at least 1", n)
		}
		c.maxSteps = n
		return nil
	}
}

// Seed chooses the noise. The default is 0.
func Seed(seed uint64) Option {
	return func(c *config) error { c.seed = seed; return nil }
}

// Path is a node of y0's graph and dtype, a whole number from 0 to 2³² − 1 (in float32 to 2²⁴), which chooses one of the
// independent paths of the seed when the graph runs. Without it that is path 0. It has no gradient.
func Path(n *gorgonia.Node) Option {
	return func(c *config) error {
		if n == nil {
			return errors.New("sdeop: the path is nil")
		}
		c.path = n
		return nil
	}
}

// Streams is a node of y0's graph and dtype, (B), of whole numbers as those of Path: row b has the noise that belongs to
// the b-th number. Between the k-th time and the next that is a function of this number, the seed, the path and k, and of
// where one is between the two. So a row sees the same noise at any place of any batch, and on a solve that goes on for
// longer; two rows with one number see one motion. It has no gradient.
func Streams(n *gorgonia.Node) Option {
	return func(c *config) error {
		if n == nil {
			return errors.New("sdeop: the streams are nil")
		}
		c.streams = n
		return nil
	}
}

// Args hands nodes of y0's graph to drift and diffusion, in order. Gradients flow to them.
func Args(nodes ...*gorgonia.Node) Option {
	nodes = append(gorgonia.Nodes(nil), nodes...)
	return func(c *config) error {
		for i, n := range nodes {
			if n == nil {
				return errors.Errorf("sdeop: arg %d is nil", i)
			}
		}
		c.args = nodes
		return nil
	}
}

// PieceArgs hands nodes to drift and diffusion, behind those of Args, that are constant in pieces: a node has the shape
// (len(times)−1, …), and from the k-th time to the next the fields see its k-th entry, of shape (…). All stages of a step
// see the same one, so that methods keep their order where a piece ends. Gradients flow to the nodes.
func PieceArgs(nodes ...*gorgonia.Node) Option {
	nodes = append(gorgonia.Nodes(nil), nodes...)
	return func(c *config) error {
		for i, n := range nodes {
			if n == nil {
				return errors.Errorf("sdeop: piece arg %d is nil", i)
			}
		}
		c.pieces = nodes
		return nil
	}
}

// Gradient chooses how the solve is differentiated. The default is Backprop{}.
func Gradient(g GradientMode) Option {
	return func(c *config) error {
		if g == nil {
			return errors.New("sdeop: no gradient mode")
		}
		c.gradient = g
		return nil
	}
}

// Record keeps the statistics of the newest run in s.
func Record(s *Stats) Option {
	return func(c *config) error {
		if s == nil {
			return errors.New("sdeop: record: no stats")
		}
		c.stats = s
		return nil
	}
}

// Name names the solve in errors and in pictures of the graph.
func Name(name string) Option {
	return func(c *config) error {
		if name == "" {
			return errors.New("sdeop: empty name")
		}
		c.name = "sdeop: " + name
		return nil
	}
}

// argSpecs describes the args as inputs, and the entries of piece args behind them.
func (p *problem) argSpecs() []graph.Spec {
	var specs []graph.Spec
	for i, a := range p.args {
		specs = append(specs, graph.Input(fmt.Sprintf("arg %d (%s)", i, a.Name()), p.dtype, a.Shape()...))
	}
	for i, a := range p.pieces {
		specs = append(specs, graph.Input(fmt.Sprintf("piece arg %d (%s)", i, a.Name()), p.dtype, a.Shape()[1:]...))
	}
	return specs
}
