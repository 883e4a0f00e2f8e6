package cfc

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/option"
	"gorgonode/internal/splitmix"
	"gorgonode/layers"
)

// Mode is the formula of a CfC cell.
type Mode string

// With z the backbone of the input and the state, and f₁, f₂, a, b affine in z:
const (
	// Default is tanh(f₁)(1 − σ) + tanh(f₂) σ with σ = sigmoid(a Δt + b).
	Default Mode = "default"
	// NoGate is tanh(f₁) + tanh(f₂) σ.
	NoGate Mode = "no-gate"
	// Pure is A − A exp(−Δt (|w| + |f₁|)) f₁ with a w and an A for each unit: the closed form itself, called Cf-S in the
	// paper.
	Pure Mode = "pure"
)

// Option changes how a cell is made. The constructors say which options they take; another one is an error.
type Option func(*config) error

type config struct {
	option.Names
	dtype      tensor.Dtype
	mask       bool
	mode       Mode
	depth      int // of the backbone
	units      int
	activation layers.Activation
	drop       func(layer int) layers.Layer // of the backbone; nil: none
	unfolds    int
}

func configure(what string, opts []Option, takes ...string) (*config, error) {
	c := &config{dtype: tensor.Float64, mode: Default, depth: 1, units: 128, activation: layers.LeCunTanh(), unfolds: 6}
	err := option.Apply(c, opts)
	if err == nil {
		err = c.Only(takes...)
	}
	return c, errors.WithMessagef(err, "cfc: %s", what)
}

// WithDtype sets the dtype of the parameters, tensor.Float64 or tensor.Float32. The default is tensor.Float64.
func WithDtype(dt tensor.Dtype) Option {
	return option.Named("WithDtype", func(c *config) error {
		c.dtype = dt
		return graph.CheckDtype(dt)
	})
}

// WithMask adds the mask to a cell's inputs: it sees 2d numbers.
func WithMask() Option {
	return option.Named("WithMask", func(c *config) error {
		c.mask = true
		return nil
	})
}

// WithMode chooses the formula. The default is Default.
func WithMode(m Mode) Option {
	return option.Named("WithMode", func(c *config) error {
		if m != Default && m != NoGate && m != Pure {
			return errors.Errorf("unknown mode %q, there are %q", m, []Mode{Default, NoGate, Pure})
		}
		c.mode = m
		return nil
	})
}

// WithBackbone sets how many hidden layers of how many units come before the heads. The default is 1 of 128; 0 layers is
// none.
func WithBackbone(depth, units int) Option {
	return option.Named("WithBackbone", func(c *config) error {
		if depth < 0 || depth > 0 && units < 1 {
			return errors.Errorf("WithBackbone of %d layers of %d units", depth, units)
		}
		c.depth, c.units = depth, units
		return nil
	})
}

// WithActivation sets the activation of the backbone. The default is layers.LeCunTanh.
func WithActivation(a layers.Activation) Option {
	return option.Named("WithActivation", func(c *config) error {
		c.activation = a
		return nil
	})
}

// WithDropout drops units of the backbone with a probability, see layers.Dropout. All times of a series have the same mask
// in one training step (Gal and Ghahramani 2016).
func WithDropout(step *layers.Step, drop float64, seed uint64) Option {
	return option.Named("WithDropout", func(c *config) error {
		if step == nil || !(drop >= 0 && drop < 1) {
			return errors.Errorf("WithDropout of %g, want a step and a probability in [0, 1)", drop)
		}
		stream := splitmix.Mix(seed)
		c.drop = func(i int) layers.Layer { return layers.Dropout(step, drop, splitmix.At(stream, i)) }
		return nil
	})
}

// WithUnfolds sets how many steps the solver of an LTC takes between two observations. The default is 6.
func WithUnfolds(n int) Option {
	return option.Named("WithUnfolds", func(c *config) error {
		if n < 1 {
			return errors.Errorf("WithUnfolds of %d, want at least 1", n)
		}
		c.unfolds = n
		return nil
	})
}

// features is the number of a cell's inputs for d channels.
func (c *config) features(d int) int {
	if c.mask {
		return 2 * d
	}
	return d
}

// linear makes weights (in, out) drawn evenly over the range of Glorot and Bengio (2010) for a layer of as many inputs as
// fan says, of which these may be a part.
func (c *config) linear(rng *rand.Rand, name string, in, out, fan int, opts ...layers.Option) (*layers.Linear, error) {
	if rng == nil {
		return nil, errors.Errorf("cfc: %q: the weights need a random generator", name)
	}
	limit := math.Sqrt(6 / float64(fan+out))
	opts = append(opts, layers.WithDtype(c.dtype), layers.WithInit(graph.Uniform(rng, -limit, limit)))
	return layers.NewLinear(rng, name, in, out, opts...)
}

func checkSizes(what, name string, input, width int) error {
	switch {
	case name == "":
		return errors.Errorf("cfc: %s: it needs a name", what)
	case input < 1 || width < 1:
		return errors.Errorf("cfc: %s %q: widths %d and %d, want at least 1", what, name, input, width)
	}
	return nil
}
