package generative

import (
	"cmp"

	"gorgonode/training/seriesdata"
)

// Objective is what a model is trained to decode.
type Objective string

const (
	Interpolate Objective = "interpolate" // all of what is there, from a part of it
	Extrapolate Objective = "extrapolate" // what comes after Config.Split, from what comes before
)

// Encoder is how a series is read.
type Encoder string

const (
	GRU       Encoder = "gru"       // backwards, by a gated unit that sees values, the mask and the time between rows
	ODERNN    Encoder = "ode-rnn"   // backwards, by a state that follows a differential equation between rows
	Attention Encoder = "attention" // by attention to the observations from reference times
)

// Config says what is fitted and how. The zero value works; Fit fills in the rest.
type Config struct {
	Model   string  `json:"model"`   // one of Models; empty is "latent-ode"
	Encoder Encoder `json:"encoder"` // empty is ODERNN, and GRU for "sde", which has no other
	Latent  int     `json:"latent"`  // width of the state; 0 is 6
	Units   int     `json:"units"`   // of the encoder; 0 is 32
	// Hidden are the hidden layers of the field, of the output and of the head for classes; nil is one of 64.
	Hidden []int `json:"hidden"`
	// Sigma is the standard deviation of the noise of observations in the scale of training, of all channels. 0: it is
	// learned, one for each channel.
	Sigma float64 `json:"sigma"`
	// Poisson models the times of rows too, as a process with a rate that depends on the state (Rubanova et al. 2019,
	// section 3.4).
	Poisson bool `json:"poisson"`

	Objective Objective `json:"objective"` // empty is Interpolate
	// Split is where Extrapolate splits a series, in the time of the data since time 0. 0 is half the longest time that a
	// series of the training part spans.
	Split float64 `json:"split"`
	// Hide is the part of the observed values that Interpolate keeps from the encoder in training; 0 is 0.3, negative is
	// none. Metrics hide that part, or 0.3.
	Hide float64 `json:"hide"`
	// Samples of z(0) in a step; 0 is 1. With more than one the bound is that of importance weighted autoencoders.
	Samples int `json:"samples"`
	// Annealing is the part of the training in which the weight of the divergence from the prior grows from 0 to 0.99; 0 is
	// a quarter, negative is none: 1 from the beginning.
	Annealing float64 `json:"annealing"`

	// Step is the longest step of the solver (Runge–Kutta, order 4; for "sde" four of Euler–Maruyama), in the time of the
	// data; longer gaps have several. 0 is the mean time between two rows of the training part, or a twentieth of Span where
	// that is less.
	Step float64 `json:"step"`
	// Tolerance, relative and absolute, has each path solved on its own with error control, which is slower. 0 is not.
	Tolerance float64 `json:"tolerance"`

	// Classes are learned from the labels of the set, if it has some, unless NoClasses says not to.
	NoClasses    bool      `json:"no_classes,omitempty"`
	ClassWeight  float64   `json:"class_weight"`  // of the cross-entropy beside the bound of one observed value; 0 is 1
	ClassWeights []float64 `json:"class_weights"` // of each class; nil is 1
	Balance      bool      `json:"balance"`       // weights of classes inverse to how often they are, 1 on average

	Scaling seriesdata.ScalingMethod `json:"scaling"` // empty is seriesdata.Standardise
	// Origin is time 0 of all series; nil is the first time of each.
	Origin *float64 `json:"origin"`
	// TimeUnit is what the model counts as 1; 0 is a fifth of Span.
	TimeUnit float64 `json:"time_unit"`
	// Span is the longest time from time 0 to a last row. Fit finds it in the training part.
	Span float64 `json:"span"`

	Valid float64 `json:"valid"` // part of the series for validation, drawn by the seed; 0 is 0.15, negative is none
	Test  float64 `json:"test"`  // part for the test; likewise

	Epochs    int     `json:"epochs"`     // 0 is as many as make 1500 steps, and no less than 20
	Batch     int     `json:"batch"`      // series in a step; 0 is 32; no more than there are
	LearnRate float64 `json:"learn_rate"` // of Adam; 0 is 0.01; it falls to a hundredth along a cosine
	Decay     float64 `json:"decay"`      // of weights, see training.Loop
	ClipNorm  float64 `json:"clip_norm"`  // of the gradient; 0 is 1, negative is none
	Patience  int     `json:"patience"`   // epochs without a lower validation loss that end the training; 0 is never
	Seed      uint64  `json:"seed"`
}

// defaults is what zero fields stand for, as far as no data are needed.
func (c Config) defaults() Config {
	c.Model = cmp.Or(c.Model, "latent-ode")
	encoder := ODERNN
	if c.Model == sdeName {
		encoder = GRU
	}
	c.Encoder, c.Objective = cmp.Or(c.Encoder, encoder), cmp.Or(c.Objective, Interpolate)
	if c.Objective == Interpolate {
		c.Hide = cmp.Or(c.Hide, hidden)
	}
	if c.Hidden == nil {
		c.Hidden = []int{64}
	}
	c.Latent, c.Units, c.Samples = cmp.Or(c.Latent, 6), cmp.Or(c.Units, 32), cmp.Or(c.Samples, 1)
	c.Annealing, c.ClassWeight = cmp.Or(c.Annealing, 0.25), cmp.Or(c.ClassWeight, 1)
	c.Scaling = cmp.Or(c.Scaling, seriesdata.Standardise)
	c.Valid, c.Test = cmp.Or(c.Valid, 0.15), cmp.Or(c.Test, 0.15)
	c.Batch, c.LearnRate, c.ClipNorm = cmp.Or(c.Batch, 32), cmp.Or(c.LearnRate, 0.01), cmp.Or(c.ClipNorm, 1)
	return c
}

// hidden is the part of the values that are hidden where nothing else is said.
const hidden = 0.3
