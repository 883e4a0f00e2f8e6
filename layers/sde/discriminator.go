package sde

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/cde"
	"gorgonode/solvers"
)

// Discriminator gives a path a score, by a controlled differential equation that the path drives (Kidger et al. 2021, Neural
// SDEs as infinite-dimensional GANs, section 3.2): with Y the path and the time, in straight lines between its times,
//
//	H(t₀) = ξ(Y(t₀)),   dH = F(H) dY,   score = m H(t₁) + b
//
// Time is a channel of Y, so that dY has a dt. ξ and F, a matrix (State, 1 + Channels), are perceptrons with LipSwish; F
// ends with tanh. GANConfig.Drive says how the equation is solved, without it H + F(H) ΔY from each time to the next. With
// clipped weights F has a slope of at most 1, so that H forgets nothing sooner than within about a unit of time.
type Discriminator struct {
	name string
	GANConfig
	model *cde.Model
	score *layers.Linear
}

// NewDiscriminator makes a discriminator, whose weights it clips for the first time. rng draws the weights. Motions, Noise,
// FieldScale and Solve play no part.
func NewDiscriminator(rng *rand.Rand, name string, c GANConfig) (*Discriminator, error) {
	m, err := newDiscriminator(rng, name, c.withDefaults())
	return m, errors.WithMessagef(err, "sde: discriminator %q", name)
}

func newDiscriminator(rng *rand.Rand, name string, c GANConfig) (*Discriminator, error) {
	if err := c.check(name, rng); err != nil {
		return nil, err
	}
	channels := 1 + c.Channels
	initial, err := c.mlp(rng, name+".initial", channels, c.State, layers.Identity())
	if err != nil {
		return nil, err
	}
	field, err := c.mlp(rng, name+".field", c.State, c.State*channels, layers.Tanh())
	if err != nil {
		return nil, err
	}
	m := &Discriminator{name: name, GANConfig: c}
	m.model, err = cde.New(rng, name+".cde", channels, c.State,
		slices.Concat([]cde.Option{cde.WithSteps(1, solvers.Euler{})}, c.Drive,
			[]cde.Option{cde.WithInitial(initial), cde.WithField(field), cde.WithDtype(c.Dtype)})...)
	if err != nil {
		return nil, err
	}
	if m.score, err = layers.NewLinear(rng, name+".score", c.State, 1, layers.WithDtype(c.Dtype)); err != nil {
		return nil, err
	}
	return m, ClipLipschitz(m.Params()...)
}

// Params are the trainable parameters, all of which ClipLipschitz takes.
func (m *Discriminator) Params() []*graph.Param {
	return slices.Concat(m.model.Params(), m.score.Params())
}

// Score is the score of each path, (B), from the values of paths at two or more increasing times, (len(times), B, Channels).
// Gradients flow to the values.
func (m *Discriminator) Score(paths *G.Node, times []float64) (*G.Node, error) {
	s, err := m.scores(paths, times)
	return s, errors.WithMessagef(err, "sde: discriminator %q", m.name)
}

func (m *Discriminator) scores(paths *G.Node, times []float64) (*G.Node, error) {
	switch {
	case paths == nil || paths.Graph() == nil:
		return nil, errors.New("the paths are no node of a graph")
	case paths.Dtype() != m.Dtype:
		return nil, errors.Errorf("the paths are %v and the model %v", paths.Dtype(), m.Dtype)
	case len(times) < 2 || paths.Dims() != 3 || paths.Shape()[0] != len(times) || paths.Shape()[2] != m.Channels:
		return nil, errors.Errorf("paths of shape %v at %d times, want (times, batch, %d) and two times or more",
			paths.Shape(), len(times), m.Channels)
	}
	if err := checkTimes(times); err != nil {
		return nil, err
	}
	n, rows := len(times), paths.Shape()[1]
	timed, err := operation("paths with time", func(f *formula.F, in G.Nodes) G.Nodes {
		clock := make([]float64, 0, n*rows)
		for _, t := range times {
			clock = append(clock, slices.Repeat([]float64{t}, rows)...)
		}
		return G.Nodes{f.Concat(f.Constant(in[0], clock, n, rows, 1), in[0])}
	}, paths)
	if err != nil {
		return nil, err
	}
	x, err := cde.FromStates(timed[0])
	if err != nil {
		return nil, err
	}
	h, err := m.model.Forward(x)
	if err != nil {
		return nil, err
	}
	out, err := operation("score", func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{f.Reshape(f.Apply(m.score.Forward, in[0]), rows)}
	}, h)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// DiscriminatorLoss is mean(fake) − mean(real) of scores (B) and (B'): what a discriminator makes small. Without a sign it
// is an estimate of the Wasserstein distance of the paths, times the Lipschitz constant of the discriminator (Arjovsky,
// Chintala and Bottou 2017, Wasserstein generative adversarial networks, equation 2).
func DiscriminatorLoss(real, fake *G.Node) (*G.Node, error) {
	if err := checkScores(real, fake); err != nil {
		return nil, err
	}
	out, err := operation("discriminator loss", func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{f.Sub(mean(f, in[1]), mean(f, in[0]))}
	}, real, fake)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// GeneratorLoss is −mean(fake): what a generator makes small.
func GeneratorLoss(fake *G.Node) (*G.Node, error) {
	if err := checkScores(fake); err != nil {
		return nil, err
	}
	out, err := operation("generator loss", func(f *formula.F, in G.Nodes) G.Nodes {
		return G.Nodes{f.Neg(mean(f, in[0]))}
	}, fake)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func mean(f *formula.F, x *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.Mul(f.Sum(x), f.Number(1/float64(x.Shape().TotalSize())))
}

func checkScores(scores ...*G.Node) error {
	for _, s := range scores {
		switch {
		case s == nil || s.Graph() == nil || s.Dims() != 1:
			return errors.New("sde: scores are no node of shape (batch)")
		case s.Graph() != scores[0].Graph() || s.Dtype() != scores[0].Dtype():
			return errors.New("sde: scores of two graphs or dtypes")
		}
	}
	return nil
}
