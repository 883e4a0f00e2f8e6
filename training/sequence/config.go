package sequence

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
	"gorgonode/training/seriesfit"
)

// Task is what a model is asked.
type Task string

const (
	Classify Task = "classify" // the class of a series, Set.Classes
	Regress  Task = "regress"  // Set.Targets of each row
	Forecast Task = "forecast" // the channels of the next row
)

// Noise is the distribution of a predicted value.
type Noise string

const (
	NoNoise  Noise = "none"     // values alone, fitted by least squares
	Gaussian Noise = "gaussian" // normal, with a mean and a variance that the model gives, fitted by likelihood
)

// Config says what is fitted and how. The zero value works; Fit fills in the rest.
type Config struct {
	Model string `json:"model"` // one of Models; empty is "cfc"
	Task  Task   `json:"task"`  // empty is Classify for a set with classes, Regress for one with targets, else Forecast
	Noise Noise  `json:"noise"` // of Regress and Forecast; empty is Gaussian

	Units  int   `json:"units"`  // width of the state; 0 is 32
	Hidden []int `json:"hidden"` // hidden layers of the vector field, or of the backbone of a CfC; nil is one of 64
	// Solver is the steps of the Runge–Kutta method of order 4 between two rows, of ODE models, or the steps of an LTC; 0 is
	// 1, or 6 for an LTC.
	Solver int `json:"solver"`
	// Mask shows the model which values are missing. Fit sets it if some are, in the training part; gru-d and cde see it
	// always.
	Mask bool `json:"mask"`

	// Scaling empty is seriesdata.Standardise. Of a missing value models see 0, which is the mean then and the least value of a
	// channel with seriesdata.MinMax; "gru-d" has the mean in either.
	Scaling seriesdata.ScalingMethod `json:"scaling"`
	// TimeUnit is what the model counts as 1. 0 is the mean time between two rows of the training part, or, for models that
	// solve equations in time, the longest time that a series of it spans.
	TimeUnit   float64 `json:"time_unit"`
	RawTargets bool    `json:"raw_targets"` // targets are fitted in their own units: squares of large ones weigh more

	ClassWeights []float64 `json:"class_weights"` // of the loss; nil is 1 each
	// Balance makes class weights inverse to how often a class is in the training part, 1 on average.
	Balance bool `json:"balance"`

	Valid float64 `json:"valid"` // part of the series for validation, drawn by the seed; 0 is 0.15, negative is none
	Test  float64 `json:"test"`  // part for the test; likewise

	Epochs    int     `json:"epochs"`     // 0 is 30
	Batch     int     `json:"batch"`      // series in a step; 0 is 32; no more than there are
	LearnRate float64 `json:"learn_rate"` // of Adam; 0 is 0.005; it falls to a hundredth along a cosine
	Decay     float64 `json:"decay"`      // of weights, see training.Loop
	// Dropout is the probability with which a step of training leaves out units: those of a CfC's backbone, or of the state
	// that the answer is read from, of other models.
	Dropout  float64 `json:"dropout,omitempty"`
	ClipNorm float64 `json:"clip_norm"` // of the gradient; 0 is 1, negative is none
	Patience int     `json:"patience"`  // epochs without a lower validation loss that end the training; 0 is never
	Seed     uint64  `json:"seed"`
}

// defaults is what zero fields stand for.
func (c Config) defaults() Config {
	c.Model, c.Noise = cmp.Or(c.Model, "cfc"), cmp.Or(c.Noise, Gaussian)
	if c.Hidden == nil {
		c.Hidden = []int{64}
	}
	solver := 1
	if c.Model == "ltc" {
		solver = 6
	}
	c.Units, c.Solver = cmp.Or(c.Units, 32), cmp.Or(c.Solver, solver)
	c.Scaling = cmp.Or(c.Scaling, seriesdata.Standardise)
	c.Valid, c.Test = cmp.Or(c.Valid, 0.15), cmp.Or(c.Test, 0.15)
	c.Epochs, c.Batch = cmp.Or(c.Epochs, 30), cmp.Or(c.Batch, 32)
	c.LearnRate, c.ClipNorm = cmp.Or(c.LearnRate, 0.005), cmp.Or(c.ClipNorm, 1)
	return c
}

// Check tells whether a model can be fitted so to the series of a set: what Fit says before it begins.
func (c Config) Check(set *series.Set) error {
	_, err := c.forSet(set)
	return err
}

// forSet fills in what the zero value leaves open, and looks whether that and the set go together.
func (c Config) forSet(set *series.Set) (Config, error) {
	c = c.defaults()
	if err := set.Validate(); err != nil {
		return c, errors.WithMessage(err, "sequence")
	}
	if c.Task == "" {
		c.Task = taskOf(set)
	}
	if err := c.check(); err != nil {
		return c, err
	}
	if err := c.checkSize(len(set.Channels)); err != nil {
		return c, err
	}
	return c, fits(set, c.Task)
}

// checkSize bounds the weights for so many channels, to about a factor of two: those of four gates and a field or a backbone
// with four heads, or of a field that has a matrix of values.
func (c Config) checkSize(channels int) error {
	in, units := float64(2*channels+c.Units), float64(c.Units)
	n := 4*units*in + training.PerceptronSize(in, c.Hidden, 4*units)
	if c.Model == "cde" {
		n = training.PerceptronSize(units, c.Hidden, units*float64(2*channels+1))
	}
	return errors.WithMessage(training.CheckSize(n), "sequence")
}

// check looks at c, which has its defaults, and at nothing else.
func (c Config) check() error {
	finite := func(v ...float64) bool {
		return !slices.ContainsFunc(v, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	}
	if _, err := modelByName(c.Model); err != nil {
		return err
	}
	most := 1 << 16 // a state or layer that is wider is a slip of the keyboard
	wide := func(w int) bool { return w < 1 || w > most }
	switch {
	case c.Task != "" && !slices.Contains([]Task{Classify, Regress, Forecast}, c.Task):
		return errors.Errorf("sequence: there is no task %q; there are %q", c.Task, []Task{Classify, Regress, Forecast})
	case c.Noise != NoNoise && c.Noise != Gaussian:
		return errors.Errorf("sequence: there is no noise %q; there are %q", c.Noise, []Noise{NoNoise, Gaussian})
	case c.Scaling != seriesdata.Standardise && c.Scaling != seriesdata.MinMax:
		return errors.Errorf("sequence: there is no scaling %q; there are %q", c.Scaling,
			[]seriesdata.ScalingMethod{seriesdata.Standardise, seriesdata.MinMax})
	case wide(c.Units) || slices.ContainsFunc(c.Hidden, wide):
		return errors.Errorf("sequence: %d units, hidden layers of %v: want from 1 to %d", c.Units, c.Hidden, most)
	case c.Solver < 1 || c.Epochs < 1 || c.Batch < 1 || c.Patience < 0:
		return errors.Errorf("sequence: solver steps %d, epochs %d, batch %d, patience %d: none may be negative",
			c.Solver, c.Epochs, c.Batch, c.Patience)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return errors.Errorf("sequence: dropout of %g, want at least 0 and less than 1", c.Dropout)
	case !finite(c.TimeUnit, c.LearnRate, c.Decay, c.ClipNorm, c.Valid, c.Test):
		return errors.New("sequence: a setting is no finite number")
	case c.TimeUnit < 0 || c.LearnRate <= 0 || c.Decay < 0:
		return errors.Errorf("sequence: time unit %g, learning rate %g, decay %g: the first and last may not be negative, "+
			"the rate is positive", c.TimeUnit, c.LearnRate, c.Decay)
	case c.Balance && c.ClassWeights != nil:
		return errors.New("sequence: class weights are given, and are to be balanced: want one of them")
	case slices.ContainsFunc(c.ClassWeights, func(w float64) bool { return !finite(w) || w <= 0 }):
		return errors.Errorf("sequence: class weights %v: want positive numbers", c.ClassWeights)
	}
	return errors.WithMessage(seriesfit.CheckFractions(c.Valid, c.Test), "sequence")
}
