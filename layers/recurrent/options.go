package recurrent

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/option"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// Option changes how a cell is made. The constructors say which options they take; another one is an error.
type Option func(*config) error

type config struct {
	option.Names
	dtype       tensor.Dtype
	mask        bool
	elapsed     bool
	resetBefore bool
	mean        []float64
	rk4         int            // steps between two observations; 0: an adaptive solve
	solve       []odeop.Option // of the adaptive solve
}

func configure(what string, opts []Option, takes ...string) (*config, error) {
	c := &config{dtype: tensor.Float64, solve: []odeop.Option{odeop.Tolerance(1e-3, 1e-4)}}
	err := option.Apply(c, opts)
	if err == nil {
		err = c.Only(takes...)
	}
	return c, errors.WithMessagef(err, "recurrent: %s", what)
}

// WithDtype sets the dtype of the parameters, tensor.Float64 or tensor.Float32. The default is tensor.Float64.
func WithDtype(dt tensor.Dtype) Option {
	return option.Named("WithDtype", func(c *config) error {
		c.dtype = dt
		return graph.CheckDtype(dt)
	})
}

// WithMask adds the mask to a cell's inputs: it sees 2d numbers, or 2d + 1 with WithElapsed.
func WithMask() Option {
	return option.Named("WithMask", func(c *config) error {
		c.mask = true
		return nil
	})
}

// WithElapsed adds the time since the observation before to a cell's inputs.
func WithElapsed() Option {
	return option.Named("WithElapsed", func(c *config) error {
		c.elapsed = true
		return nil
	})
}

// WithResetBefore puts the reset gate of a GRU before the product with the recurrent weights, as in the paper, instead of
// behind it.
func WithResetBefore() Option {
	return option.Named("WithResetBefore", func(c *config) error {
		c.resetBefore = true
		return nil
	})
}

// WithMean sets the values of a GRU-D to which missing channels decay: the means of the training part. The default is 0, the
// mean of standardised channels.
func WithMean(mean []float64) Option {
	return option.Named("WithMean", func(c *config) error {
		c.mean = slices.Clone(mean)
		return nil
	})
}

// WithRK4 integrates between two observations with n equal steps of the classical Runge–Kutta method of order 4, however
// long that is. It is ten and more times as fast as an adaptive solve, and has no control of its error.
func WithRK4(n int) Option {
	return option.Named("WithRK4", func(c *config) error {
		if n < 1 {
			return errors.Errorf("WithRK4 of %d steps, want at least 1", n)
		}
		c.rk4 = n
		return nil
	})
}

// WithSolve sets options of the adaptive solve between two observations, in which each series steps on its own
// (odeop.PerRow): its method, tolerances, limits. The default is solvers.Dopri5{} with a relative and an absolute
// tolerance of 1e-3 and 1e-4. The solver's time runs from 0 to 1 in every interval.
func WithSolve(opts ...odeop.Option) Option {
	return option.Named("WithSolve", func(c *config) error {
		for i, o := range opts {
			if o == nil {
				return errors.Errorf("WithSolve: option %d is nil", i)
			}
		}
		c.solve = append(c.solve, opts...)
		return nil
	})
}

// linear makes weights (in, out), drawn evenly over a range of Glorot and Bengio (2010), with biases at zero.
func (c *config) linear(rng *rand.Rand, name string, in, out int) (*layers.Linear, error) {
	if rng == nil {
		return nil, errors.Errorf("recurrent: %q: the weights need a random generator", name)
	}
	return layers.NewLinear(rng, name, in, out, layers.WithDtype(c.dtype))
}

// square makes recurrent weights (in, out) without biases: orthogonal, which keeps the lengths of states (Saxe et al. 2014).
func (c *config) square(rng *rand.Rand, name string, in, out int) (*layers.Linear, error) {
	if rng == nil {
		return nil, errors.Errorf("recurrent: %q: the weights need a random generator", name)
	}
	return layers.NewLinear(rng, name, in, out,
		layers.WithDtype(c.dtype), layers.WithoutBias(), layers.WithInit(graph.Orthogonal(rng, 1)))
}
