package generative

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
	"gorgonode/training/seriesfit"
)

// Check tells whether a model can be fitted so to the series of a set: what Fit says before it begins.
func (c Config) Check(set *series.Set) error {
	_, err := c.forSet(set)
	return errors.WithMessage(err, "generative")
}

// forSet fills in defaults, and looks whether they and the set go together.
func (c Config) forSet(set *series.Set) (Config, error) {
	c = c.defaults()
	if err := set.Validate(); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, err
	}
	switch {
	case len(set.Channels) == 0:
		return c, errors.Errorf("%s has no channels", set.Name)
	case len(set.Statics) > 0:
		return c, errors.Errorf("%s has the static values %q: a generative model has no part for them", set.Name,
			set.Statics)
	case len(set.Targets) > 0:
		return c, errors.Errorf("%s has the targets %q: a generative model has no part for them; let them be channels",
			set.Name, set.Targets)
	case !slices.ContainsFunc(set.Series, func(s *series.Series) bool { return s.Len() > 1 }):
		return c, errors.Errorf("none of the %d series has a second row: is the right column the series' id?",
			len(set.Series))
	case !c.classifies(set) && (c.Balance || c.ClassWeights != nil):
		return c, errors.New("weights of classes are for series with classes")
	}
	if err := c.checkSize(len(set.Channels)); err != nil {
		return c, err
	}
	_, err := c.clock(set)
	return c, err
}

// checkSize bounds the weights for so many channels: those of the encoder's gates, of what it ends in, and of the networks
// beside it.
func (c Config) checkSize(channels int) error {
	in, units, latent := float64(2*channels+c.Units), float64(c.Units), float64(c.Latent)
	nets := 4 * training.PerceptronSize(latent, c.Hidden, latent+float64(channels))
	return training.CheckSize(4*units*in + 2*units*latent + nets)
}

// classifies tells whether classes are learned from a set.
func (c Config) classifies(set *series.Set) bool { return !c.NoClasses && len(set.Classes) > 1 }

// check looks at c, which has its defaults, and at nothing else.
func (c Config) check() error {
	if _, ok := models[c.Model]; !ok {
		return errors.Errorf("there is no model %q; there are %q", c.Model, Models())
	}
	const most = 1 << 16 // what is wider is a slip of the keyboard
	wide := func(w int) bool { return w < 1 || w > most }
	finite := []float64{
		c.Sigma, c.Split, c.Hide, c.Annealing, c.Step, c.Tolerance, c.ClassWeight, c.TimeUnit, c.Span, c.Valid, c.Test,
		c.LearnRate, c.Decay, c.ClipNorm}
	if c.Origin != nil {
		finite = append(finite, *c.Origin)
	}
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
	switch {
	case slices.ContainsFunc(finite, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }):
		return errors.New("a setting is no finite number")
	case !slices.Contains([]Encoder{GRU, ODERNN, Attention}, c.Encoder):
		return errors.Errorf("there is no encoder %q; there are %q", c.Encoder, []Encoder{GRU, ODERNN, Attention})
	case !slices.Contains([]Objective{Interpolate, Extrapolate}, c.Objective):
		return errors.Errorf("there is no objective %q; there are %q", c.Objective, []Objective{Interpolate, Extrapolate})
	case c.Objective == Interpolate && c.Split != 0:
		return errors.Errorf("a split at %g is for the objective %q, not for %q", c.Split, Extrapolate, c.Objective)
	case c.Objective == Extrapolate && c.Hide > 0:
		return errors.Errorf("a part %g to hide is for the objective %q, not for %q", c.Hide, Interpolate, c.Objective)
	case c.Objective == Extrapolate && c.Poisson:
		return errors.Errorf("the times of rows are modelled with the objective %q, not with %q", Interpolate, c.Objective)
	case c.Hide >= 1:
		return errors.Errorf("a part %g to hide: want less than 1", c.Hide)
	case c.Annealing > 1:
		return errors.Errorf("annealing in a part %g of the training: want 1 at most", c.Annealing)
	case c.Scaling != seriesdata.Standardise && c.Scaling != seriesdata.MinMax:
		return errors.Errorf("there is no scaling %q; there are %q", c.Scaling,
			[]seriesdata.ScalingMethod{seriesdata.Standardise, seriesdata.MinMax})
	case wide(c.Latent) || wide(c.Units) || slices.ContainsFunc(c.Hidden, wide):
		return errors.Errorf("a state of %d, %d units, hidden layers of %v: want from 1 to %d",
			c.Latent, c.Units, c.Hidden, most)
	case c.Epochs < 0 || c.Batch < 1 || c.Samples < 1 || c.Patience < 0:
		return errors.Errorf("epochs %d, batch %d, samples %d, patience %d: none may be negative",
			c.Epochs, c.Batch, c.Samples, c.Patience)
	case c.Sigma < 0 || c.Split < 0 || c.Step < 0 || c.Tolerance < 0 || c.TimeUnit < 0 || c.Span < 0 || c.Decay < 0:
		return errors.Errorf("sigma %g, split %g, step %g, tolerance %g, time unit %g, span %g, decay %g: none may be negative",
			c.Sigma, c.Split, c.Step, c.Tolerance, c.TimeUnit, c.Span, c.Decay)
	case c.LearnRate < 0 || c.ClassWeight < 0:
		return errors.Errorf("learning rate %g, class weight %g: want them positive", c.LearnRate, c.ClassWeight)
	case slices.ContainsFunc(c.ClassWeights, func(w float64) bool { return !positive(w) }):
		return errors.Errorf("class weights %v: want positive numbers", c.ClassWeights)
	}
	if err := c.checkSDE(); err != nil {
		return err
	}
	return seriesfit.CheckFractions(c.Valid, c.Test)
}
