package layers

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/option"
)

// Option changes how a layer is made. The constructors say which options they take; another one is an error.
type Option func(*config) error

type config struct {
	option.Names
	dtype      tensor.Dtype
	init       graph.Initializer // nil: by the activation
	biasInit   graph.Initializer
	bias       bool
	activation *Activation // nil: the constructor's default
	final      *Activation
	epsilon    float64 // of a normalisation
	affine     bool
	stride     [2]int  // of a convolution
	padding    *[2]int // nil: half of the kernel
}

// configure applies options, of which the constructor takes those named in takes.
func configure(name string, opts []Option, takes ...string) (*config, error) {
	c := &config{dtype: tensor.Float64, biasInit: graph.Zeros(), bias: true, epsilon: 1e-5, affine: true, stride: [2]int{1, 1}}
	err := option.Apply(c, opts)
	if err == nil {
		err = c.Only(takes...)
	}
	return c, errors.WithMessagef(err, "layers: %s", name)
}

// WithDtype sets the dtype of the parameters, tensor.Float64 or tensor.Float32. The default is tensor.Float64.
func WithDtype(dt tensor.Dtype) Option {
	return option.Named("WithDtype", func(c *config) error {
		c.dtype = dt
		return graph.CheckDtype(dt)
	})
}

// WithInit sets the initializer of weights. The default is that of the activation which follows, see
// [Activation.Init].
func WithInit(init graph.Initializer) Option {
	return option.Named("WithInit", func(c *config) error {
		if init == nil {
			return errors.New("WithInit of no initializer")
		}
		c.init = init
		return nil
	})
}

// WithBiasInit sets the initializer of biases. The default is graph.Zeros().
func WithBiasInit(init graph.Initializer) Option {
	return option.Named("WithBiasInit", func(c *config) error {
		if init == nil {
			return errors.New("WithBiasInit of no initializer")
		}
		c.biasInit = init
		return nil
	})
}

// WithoutBias leaves out the biases.
func WithoutBias() Option {
	return option.Named("WithoutBias", func(c *config) error {
		c.bias = false
		return nil
	})
}

// WithActivation sets the activation: of a Linear that which follows it (default: Identity), of an MLP that between its
// layers (default: Tanh).
func WithActivation(a Activation) Option {
	return option.Named("WithActivation", func(c *config) error {
		c.activation = &a
		return nil
	})
}

// WithFinalActivation sets the activation after the last layer of an MLP. The default is Identity.
func WithFinalActivation(a Activation) Option {
	return option.Named("WithFinalActivation", func(c *config) error {
		c.final = &a
		return nil
	})
}

// WithEpsilon sets what a normalisation adds to the variance. The default is 1e-5.
func WithEpsilon(epsilon float64) Option {
	return option.Named("WithEpsilon", func(c *config) error {
		if !(epsilon > 0) || math.IsInf(epsilon, 0) {
			return errors.Errorf("WithEpsilon of %g: it must be positive and finite", epsilon)
		}
		c.epsilon = epsilon
		return nil
	})
}

// WithoutAffine leaves out the trainable scale and shift behind a normalisation.
func WithoutAffine() Option {
	return option.Named("WithoutAffine", func(c *config) error {
		c.affine = false
		return nil
	})
}

// WithStride sets how far the window of a convolution moves along height and width. The default is 1.
func WithStride(height, width int) Option {
	return option.Named("WithStride", func(c *config) error {
		if height < 1 || width < 1 {
			return errors.Errorf("WithStride of (%d, %d): both must be at least 1", height, width)
		}
		c.stride = [2]int{height, width}
		return nil
	})
}

// WithPadding sets how many zeros stand around an image on either side, along height and width. The default is half of
// the kernel, rounded down, so that an odd kernel of stride 1 keeps the size of the image.
func WithPadding(height, width int) Option {
	return option.Named("WithPadding", func(c *config) error {
		if height < 0 || width < 0 {
			return errors.Errorf("WithPadding of (%d, %d): neither may be negative", height, width)
		}
		c.padding = &[2]int{height, width}
		return nil
	})
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

// finite is what every number that a caller gives must be.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
