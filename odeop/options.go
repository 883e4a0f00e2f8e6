package odeop

import (
	"math"
	"reflect"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/solvers"
)

// Option changes how a differential equation is solved or differentiated.
type Option func(*config) error

type config struct {
	settings solvers.Settings // what was chosen, over Settings
	chosen   solvers.Settings // by Method, Tolerance, Step and MaxSteps
	gradient GradientMode
	args     gorgonia.Nodes
	stats    *Stats
	name     string

	perRow      bool
	rowWise     bool // the field is known not to mix the rows
	rowArgs     gorgonia.Nodes
	allowFailed bool
	rowStats    *RowStats
	occurrences int                          // of Occurrences; 0: the default
	costError   bool                         // of CostErrorControl
	withEvents  bool                         // of SolveEvents
	withCost    bool                         // of SolveWithCost
	given       *gorgonia.Node               // the caller's y0, where the state is more than y
	state       func(y string, i int) string // names a component of a state that is more than y; nil: it is y
	rowOf       func(i int) int              // the row of y that a component of such a state lies in, or −1
}

func configure(opts []Option) (*config, error) {
	c := &config{gradient: Backprop{}, name: "odeop: solve"}
	for _, o := range opts {
		if o == nil {
			return nil, errors.New("odeop: nil option")
		}
		if err := o(c); err != nil {
			return nil, err
		}
	}
	c.merge()
	if isNil(c.settings.Method) {
		return nil, errors.Errorf("odeop: the method is a nil %T", c.settings.Method)
	}
	return c, c.gradient.check(c)
}

// merge lays what was chosen by an option of its own over Settings, so that the order of the options doesn't matter.
func (c *config) merge() {
	s, chosen := &c.settings, c.chosen
	if chosen.Method != nil {
		s.Method = chosen.Method
	}
	if s.Method == nil {
		s.Method = solvers.Dopri5{}
	}
	if chosen.RTol > 0 {
		s.RTol, s.ATol = chosen.RTol, chosen.ATol
	}
	if chosen.Step > 0 {
		s.Step = chosen.Step
	}
	if chosen.MaxSteps > 0 {
		s.MaxSteps = chosen.MaxSteps
	}
}

// isNil reports whether a method is a nil pointer, whose methods can't be called.
func isNil(m solvers.Method) bool {
	v := reflect.ValueOf(m)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// Method chooses the method of integration. The default is solvers.Dopri5{}.
//
// A symplectic method, as solvers.Verlet{}, takes the first half of the flattened y, or as many components as its Positions
// say, for positions q and the rest for momenta p, and the field must be separable in these: q' may depend on t and p
// alone, p' on t and q alone. So a batch has all positions before all momenta, of shape (2, rows, d); rows (q, p) are
// solved with [PerRow]. Another field is an error of Solve. It is found by values of the field at random states, args and
// parameters, so that a matrix which is an arg or a parameter counts as if it were full.
func Method(m solvers.Method) Option {
	return func(c *config) error {
		if m == nil {
			return errors.New("odeop: no method")
		}
		c.chosen.Method = m
		return nil
	}
}

// Tolerance sets the relative and the absolute error tolerated a step: the root mean square over the elements of y of
// their errors, that of element i in units of atol + rtol·|y_i|, is at most 1. The defaults are those of
// solvers.Settings: 1e-6 and 1e-8 for float64, 1e-4 and 1e-6 for float32. A method without an error estimate, and a solve
// with constant steps, ignore it.
func Tolerance(rtol, atol float64) Option {
	return func(c *config) error {
		if !(rtol > 0) || !(atol > 0) || math.IsInf(rtol, 0) || math.IsInf(atol, 0) {
			return errors.Errorf("odeop: tolerance (%g, %g): both must be positive and finite", rtol, atol)
		}
		c.chosen.RTol, c.chosen.ATol = rtol, atol
		return nil
	}
}

// Step takes constant steps: the interval between two consecutive times is cut into the fewest equal steps that are not
// longer than h, in units of t. Without it, a method that has no error estimate takes one step between two times.
func Step(h float64) Option {
	return func(c *config) error {
		if !(h > 0) || math.IsInf(h, 0) {
			return errors.Errorf("odeop: step %g: it must be positive and finite", h)
		}
		c.chosen.Step = h
		return nil
	}
}

// MaxSteps bounds the attempted steps of a solve; one that needs more is an error, solvers.ErrMaxSteps. The default is
// that of solvers.Settings.
func MaxSteps(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.Errorf("odeop: at most %d steps: it must be at least 1", n)
		}
		c.chosen.MaxSteps = n
		return nil
	}
}

// Settings sets whatever else solvers.Settings offers: the controller, the norm, the first, smallest and largest step.
// Wherever they stand, Method, Tolerance, Step and MaxSteps go before its fields. SaveAt, SaveEvery and Dense must be left
// zero: the times of the solve are what is saved.
func Settings(s solvers.Settings) Option {
	return func(c *config) error {
		if len(s.SaveAt) > 0 || s.Dense || s.SaveEvery != 0 {
			return errors.New("odeop: settings: SaveAt, SaveEvery and Dense are the solve's own, whose times are what is saved")
		}
		c.settings = s
		return nil
	}
}

// Gradient chooses how the solve is differentiated. The default is Backprop{}.
func Gradient(g GradientMode) Option {
	return func(c *config) error {
		switch g.(type) {
		case nil:
			return errors.New("odeop: no gradient mode")
		case Backprop, Reversible, Forward, Adjoint, InterpolatedAdjoint, GaussAdjoint, Unrolled:
			c.gradient = g
			return nil
		}
		return errors.Errorf("odeop: %T is no gradient mode; a mode is a value, as Backprop{}", g)
	}
}

// Args hands nodes of y0's graph to the field, in order, as its args: data, controls, weights that are no graph.Param.
// Gradients flow to them. Args given later replace earlier ones.
func Args(nodes ...*gorgonia.Node) Option {
	nodes = slices.Clone(nodes)
	return func(c *config) error {
		for i, n := range nodes {
			if n == nil {
				return errors.Errorf("odeop: arg %d is nil", i)
			}
		}
		c.args = nodes
		return nil
	}
}

// Record keeps the statistics of the newest run in s. Unrolled, which is no Op of ours, records nothing.
func Record(s *Stats) Option {
	return func(c *config) error {
		if s == nil {
			return errors.New("odeop: record: no stats")
		}
		c.stats = s
		return nil
	}
}

// Name names the solve in errors and in pictures of the graph.
func Name(name string) Option {
	return func(c *config) error {
		if name == "" {
			return errors.New("odeop: empty name")
		}
		c.name = "odeop: " + name
		return nil
	}
}
