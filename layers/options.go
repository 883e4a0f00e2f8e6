package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// Option changes how a layer is made. The constructors say which options they take; another one is an error.
type Option func(*config) error

type config struct {
	dtype      tensor.Dtype
	init       graph.Initializer // nil: by the activation
	biasInit   graph.Initializer
	bias       bool
	activation *Activation // nil: the constructor's default
	final      *Activation
}

func configure(name string, opts []Option) (*config, error) {
	c := &config{dtype: tensor.Float64, biasInit: graph.Zeros(), bias: true}
	for i, o := range opts {
		if o == nil {
			return nil, errors.Errorf("layers: %s: option %d is nil", name, i)
		}
		if err := o(c); err != nil {
			return nil, errors.WithMessagef(err, "layers: %s", name)
		}
	}
	return c, nil
}

// WithDtype sets the dtype of the parameters, tensor.Float64 or tensor.Float32. The default is tensor.Float64.
func WithDtype(dt tensor.Dtype) Option {
	return func(c *config) error {
		if dt != tensor.Float64 && dt != tensor.Float32 {
			return errors.Errorf("dtype %v is not supported, use float64 or float32", dt)
		}
		c.dtype = dt
		return nil
	}
}

// WithInit sets the initializer of weights. The default is that of the activation which follows, see
// [Activation.Init].
func WithInit(init graph.Initializer) Option {
	return func(c *config) error {
		if init == nil {
			return errors.New("WithInit of no initializer")
		}
		c.init = init
		return nil
	}
}

// WithBiasInit sets the initializer of biases. The default is graph.Zeros().
func WithBiasInit(init graph.Initializer) Option {
	return func(c *config) error {
		if init == nil {
			return errors.New("WithBiasInit of no initializer")
		}
		c.biasInit = init
		return nil
	}
}

// WithoutBias leaves out the biases.
func WithoutBias() Option {
	return func(c *config) error {
		c.bias = false
		return nil
	}
}

// WithActivation sets the activation: of a Linear that which follows it (default: Identity), of an MLP that between its
// layers (default: Tanh).
func WithActivation(a Activation) Option {
	return func(c *config) error {
		c.activation = &a
		return nil
	}
}

// WithFinalActivation sets the activation after the last layer of an MLP. The default is Identity.
func WithFinalActivation(a Activation) Option {
	return func(c *config) error {
		c.final = &a
		return nil
	}
}

// weightInit is the initializer of weights that the activation a follows.
func (c *config) weightInit(name string, rng *rand.Rand, a Activation) (graph.Initializer, error) {
	switch {
	case c.init != nil:
		return c.init, nil
	case rng == nil:
		return nil, errors.Errorf("layers: %s: the weights need a random generator, or WithInit", name)
	}
	return a.Init(rng), nil
}
