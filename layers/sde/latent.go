package sde

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
	"gorgonode/odeop/sdeop"
)

// LatentConfig describes a Latent. Channels and State must be given, and Solve, with a step, for times that are common to
// all series: Observations.Times, PriorStates and PosteriorStates. Series with times of their own go without.
type LatentConfig struct {
	Channels int // of an observation
	State    int // d, of the latent state
	Context  int // width of the context that the posterior drift sees; 0 is 4
	Encoder  int // width of the gated recurrent unit that reads the series backwards; 0 is 16

	Hidden          []int             // hidden layers of both drifts; nil is 32
	Activation      layers.Activation // between them; the zero value is tanh
	DiffusionHidden int               // hidden units of each component of the diffusion; 0 is 8
	DiffusionBounds [2]float64        // see NewDiffusion; zeros are 0.01 and 2

	// Layers of the caller's in the place of networks: the prior drift h and the diffusion g, (B, d) → (B, d), which may be
	// layers.TimeLayers, and the decoder, (…, d) → (…, channels). nil makes a perceptron, a Diffusion and a layers.Linear.
	Prior, Diffusion, Decoder layers.Layer

	Likelihood Likelihood
	Scale      float64 // of the observations around the decoder's value, where training begins; 0 is 0.1
	FixedScale bool    // Scale is known and not trained

	Calculus sdeop.Calculus
	// Solve are the method, the steps h and the gradient; Args, Seed and Path are the model's own. g√h must be well
	// below the scale of the observations: what the last step before one shakes, the posterior's drift cannot take
	// back.
	Solve []sdeop.Option
	// Substeps are the steps, in the place of Solve's, from each row to the next of a series with times of its own,
	// shorter and shorter; 0 is 8.
	Substeps int
	// Longest is the longest time that Substeps steps are for in Sample, Predict and Generate, which cut what is longer: as
	// long as what lay between two rows in training. 0 cuts nothing.
	Longest float64
	Dtype   tensor.Dtype // the zero value is float64
}

func (c LatentConfig) withDefaults() LatentConfig {
	c.Context, c.Encoder = cmp.Or(c.Context, 4), cmp.Or(c.Encoder, 16)
	c.DiffusionHidden, c.Scale = cmp.Or(c.DiffusionHidden, 8), cmp.Or(c.Scale, 0.1)
	c.Substeps = cmp.Or(c.Substeps, 8)
	if c.Hidden == nil {
		c.Hidden = []int{32}
	}
	if c.Activation == (layers.Activation{}) {
		c.Activation = layers.Tanh()
	}
	if c.DiffusionBounds == [2]float64{} {
		c.DiffusionBounds = [2]float64{0.01, 2}
	}
	if c.Dtype.Type == nil {
		c.Dtype = tensor.Float64
	}
	return c
}

// Latent is a latent SDE, see the package's documentation.
type Latent struct {
	name string
	LatentConfig
	encoder                       *recurrent.Recurrent
	context, initial              *layers.Linear // of the encoder's states: c; μ and ln σ²
	posterior                     layers.Layer
	startMean, startLogVar, scale *graph.Param // m, ln s², ln r
	params                        []*graph.Param
}

// NewLatent makes a model. rng draws the weights.
func NewLatent(rng *rand.Rand, name string, c LatentConfig) (*Latent, error) {
	c = c.withDefaults()
	m := &Latent{name: name, LatentConfig: c}
	if err := m.check(rng); err != nil {
		return nil, errors.WithMessagef(err, "sde: latent %q", name)
	}
	if err := m.build(rng); err != nil {
		return nil, errors.WithMessagef(err, "sde: latent %q", name)
	}
	return m, nil
}

func (m *Latent) check(rng *rand.Rand) error {
	switch c := m.LatentConfig; {
	case m.name == "":
		return errors.New("a model needs a name")
	case rng == nil:
		return errors.New("the weights need a random generator")
	case c.Channels < 1 || c.State < 1 || c.Context < 1 || c.Encoder < 1:
		return errors.Errorf("%d channels, %d states, context of %d, encoder of %d: want at least 1",
			c.Channels, c.State, c.Context, c.Encoder)
	case c.Substeps < 1:
		return errors.Errorf("%d steps between two rows: want at least 1", c.Substeps)
	case c.Dtype != tensor.Float64 && c.Dtype != tensor.Float32:
		return errors.Errorf("dtype %v is not supported, use float64 or float32", c.Dtype)
	case c.Likelihood != Gaussian && c.Likelihood != Laplace:
		return errors.Errorf("there is no likelihood %d", c.Likelihood)
	case !(c.Longest >= 0):
		return errors.Errorf("a longest time of %g between two rows: it must not be negative", c.Longest)
	case !(c.Scale > 0) || math.IsInf(c.Scale, 0):
		return errors.Errorf("a scale of %g: it must be positive and finite", c.Scale)
	}
	return nil
}

func (m *Latent) build(rng *rand.Rand) (err error) {
	dt := layers.WithDtype(m.Dtype)
	cell, err := recurrent.NewGRU(rng, m.name+".encoder", m.Channels, m.Encoder,
		recurrent.WithMask(), recurrent.WithElapsed(), recurrent.WithDtype(m.Dtype))
	if err != nil {
		return err
	}
	if m.encoder, err = recurrent.New(cell, recurrent.Backwards()); err != nil {
		return err
	}
	if m.context, err = layers.NewLinear(rng, m.name+".context", m.Encoder, m.Context, dt); err != nil {
		return err
	}
	if m.initial, err = layers.NewLinear(rng, m.name+".initial", m.Encoder, 2*m.State, dt); err != nil {
		return err
	}
	drift := func(what string, in, out int) (layers.Layer, error) {
		sizes := append(append([]int{in}, m.Hidden...), out)
		return layers.NewMLP(rng, m.name+what, sizes, layers.WithActivation(m.Activation), dt)
	}
	if m.posterior, err = drift(".posterior", m.State+m.Context+1, (1+len(posteriorRates))*m.State); err != nil {
		return err
	}
	if m.Prior == nil {
		if m.Prior, err = drift(".prior", m.State, m.State); err != nil {
			return err
		}
	}
	if m.Diffusion == nil {
		b := m.DiffusionBounds
		if m.Diffusion, err = NewDiffusion(rng, m.name+".diffusion", m.State, m.DiffusionHidden, b[0], b[1], m.Dtype); err != nil {
			return err
		}
	}
	if m.Decoder == nil {
		if m.Decoder, err = layers.NewLinear(rng, m.name+".decoder", m.State, m.Channels, dt); err != nil {
			return err
		}
	}
	for _, p := range []struct {
		to    **graph.Param
		name  string
		value float64
		width int
	}{
		{&m.startMean, ".start.mean", 0, m.State},
		{&m.startLogVar, ".start.logvariance", 0, m.State},
		{&m.scale, ".logscale", math.Log(m.Scale), m.Channels},
	} {
		if *p.to, err = graph.NewParam(m.name+p.name, graph.Fill(p.value), m.Dtype, p.width); err != nil {
			return err
		}
	}
	return m.collect()
}

// collect lists the parameters, each once.
func (m *Latent) collect() error {
	own := []*graph.Param{m.startMean, m.startLogVar}
	if !m.FixedScale {
		own = append(own, m.scale)
	}
	m.params = graph.JoinParams(m.encoder.Params(), m.context.Params(), m.initial.Params(), m.posterior.Params(),
		m.Prior.Params(), m.Diffusion.Params(), m.Decoder.Params(), own)
	return graph.UniqueNames(m.params)
}

// Params are the trainable parameters, each once, always in the same order.
func (m *Latent) Params() []*graph.Param { return slices.Clone(m.params) }

// ObservationScale is r, the scale of the observations around the decoder's value in each channel.
func (m *Latent) ObservationScale() []float64 {
	r := m.scale.Float64s()
	for i, v := range r {
		r[i] = math.Exp(v)
	}
	return r
}

// Decode is the decoder's value at states (…, State), of shape (…, Channels).
func (m *Latent) Decode(states *G.Node) (*G.Node, error) {
	x, err := m.Decoder.Forward(states)
	return x, errors.WithMessagef(err, "sde: latent %q: decoder", m.name)
}
