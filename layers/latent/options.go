package latent

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers"
	"gorgonode/odeop"
)

// Option changes how a Model is made.
type Option func(*config) error

type config struct {
	sigma     []float64
	learned   bool
	rk4       int
	solve     []odeop.Option
	adaptive  bool
	intensity layers.Layer
	given     []string
}

// WithSigma fixes the standard deviation of the observations' noise: one for all channels, or one each. The default is 0.1.
// It weighs the data against the prior: a small one asks for paths that go through the observations.
func WithSigma(sigma ...float64) Option { return noiseOption("WithSigma", false, sigma) }

// WithLearnedSigma makes the standard deviation of each channel's noise a parameter that begins with what is given, one
// for all channels or one each. The parameter, name.noise, has the logarithms of the variances.
func WithLearnedSigma(sigma ...float64) Option { return noiseOption("WithLearnedSigma", true, sigma) }

func noiseOption(name string, learned bool, sigma []float64) Option {
	sigma = slices.Clone(sigma)
	return func(c *config) error {
		c.given = append(c.given, "the noise")
		for _, s := range sigma {
			if !(s > 0) || math.IsInf(s, 0) {
				return errors.Errorf("%s of %g, want it finite and positive", name, s)
			}
		}
		c.sigma, c.learned = sigma, learned
		return nil
	}
}

// WithRK4 solves each interval between two times by n equal steps of the classical Runge–Kutta method of order 4, however
// long it is. It is the default, with n = 1, and fast; nothing controls its error, which is that of the longest
// intervals.
func WithRK4(n int) Option {
	return func(c *config) error {
		c.given = append(c.given, "the solver")
		if n < 1 {
			return errors.Errorf("WithRK4 of %d steps, want at least 1", n)
		}
		c.rk4 = n
		return nil
	}
}

// WithSolve solves each path to a tolerance, with steps of its own, by any method of odeop: its times, in one solve. The
// default of odeop is solvers.Dopri5{} with a relative and an absolute tolerance of 1e-6 and 1e-8.
func WithSolve(opts ...odeop.Option) Option {
	opts = slices.Clone(opts)
	return func(c *config) error {
		c.given = append(c.given, "the solver")
		for i, o := range opts {
			if o == nil {
				return errors.Errorf("WithSolve: option %d is nil", i)
			}
		}
		c.solve, c.adaptive = opts, true
		return nil
	}
}

// WithIntensity models the times of observations as a Poisson process too: the layer gives the logarithm of its rate, (…,
// L) to (…, c), from the state. With c = 1 an event is a row in which anything was observed; with c = d each channel has
// events of its own, its observations. ∫ λ dt is one more state of the differential equation (Rubanova et al. 2019,
// section 3.4).
func WithIntensity(logRate layers.Layer) Option {
	return func(c *config) error {
		c.given = append(c.given, "the intensity")
		if logRate == nil {
			return errors.New("WithIntensity of no layer")
		}
		c.intensity = logRate
		return nil
	}
}
