package latent

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
)

// AttentionConfig says what a [AttentionEncoder] is made of. Channels, Latent and References must be given.
type AttentionConfig struct {
	Channels   int       // d
	Latent     int       // L
	References []float64 // increasing times r_1 … r_R at which a series is summarised, over the range of its times
	Embedding  int       // E, the width of the embedding of a time, a multiple of Heads; 0 is 16
	Heads      int       // 0 is 1
	Width      int       // of what attention makes at a reference time, and of the GRU that reads it; 0 is 32
	Hidden     []int     // widths of the hidden layers between the GRU and the posterior
	Dtype      tensor.Dtype
}

// AttentionEncoder attends to the observations from reference times (Shukla and Marlin 2021, Multi-time attention networks
// for irregularly sampled time series, sections 3.1 and 4). Of a time t it sees the learned embedding
//
//	φ(t) = (ω₁t + α₁, sin(ω₂t + α₂), …, sin(ω_E t + α_E))
//
// and for head h and channel j it makes at the reference time r the mean of the channel's observations by their weights,
//
//	x̂_hj(r) = Σ_i m_ij κ_h(r, t_i) x_ij / Σ_i m_ij κ_h(r, t_i),   κ_h(r, t) = exp(φ(r)A_h·φ(t)B_h/√k),   k = E/heads
//
// beside the part Σ_i m_ij κ_h / Σ_i κ_h of the weights that falls on rows where the channel was observed. A linear layer
// joins heads and channels, a GRU goes through the reference times backwards, and a perceptron makes the posterior. A
// channel that was nowhere observed counts as 0, as one does whose weights are all below 1e-30 of the largest.
type AttentionEncoder struct {
	config           AttentionConfig
	frequency, phase *graph.Param // ω, (1, E); α, (E)
	queries, keys    *layers.Linear
	joined           *layers.Linear
	loop             *recurrent.Recurrent
	head             *layers.MLP
}

// NewAttentionEncoder makes an encoder. Its parameters are name.frequency and name.phase, and those of name.queries,
// name.keys, name.joined, name.gru and name.head. The frequencies begin spread evenly in their logarithm from 1 to R times
// that of the range of the reference times.
func NewAttentionEncoder(rng *rand.Rand, name string, c AttentionConfig) (*AttentionEncoder, error) {
	c = c.withDefaults()
	if err := c.check(rng, name); err != nil {
		return nil, errors.WithMessagef(err, "latent: encoder %q", name)
	}
	e := &AttentionEncoder{config: c}
	var errs [7]error
	e.frequency, errs[0] = graph.NewParam(name+".frequency", graph.Values(c.frequencies()), c.Dtype, 1, c.Embedding)
	e.phase, errs[1] = graph.NewParam(name+".phase", graph.Zeros(), c.Dtype, c.Embedding)
	square := func(name string) (*layers.Linear, error) {
		return layers.NewLinear(rng, name, c.Embedding, c.Embedding, layers.WithDtype(c.Dtype), layers.WithoutBias())
	}
	e.queries, errs[2] = square(name + ".queries")
	e.keys, errs[3] = square(name + ".keys")
	e.joined, errs[4] = layers.NewLinear(rng, name+".joined", 2*c.Heads*c.Channels, c.Width, layers.WithDtype(c.Dtype))
	gru, err := recurrent.NewGRU(rng, name+".gru", c.Width, c.Width, recurrent.WithDtype(c.Dtype))
	if err != nil {
		return nil, errors.WithMessage(err, "latent")
	}
	e.loop, errs[5] = recurrent.New(gru, recurrent.Backwards())
	e.head, errs[6] = newHead(rng, name+".head", c.Width, c.Latent, c.Hidden, c.Dtype)
	return e, errors.WithMessagef(firstError(errs[:]...), "latent: encoder %q", name)
}

func (c AttentionConfig) withDefaults() AttentionConfig {
	for _, d := range []struct {
		n   *int
		def int
	}{{&c.Embedding, 16}, {&c.Heads, 1}, {&c.Width, 32}} {
		if *d.n == 0 {
			*d.n = d.def
		}
	}
	if c.Dtype == (tensor.Dtype{}) {
		c.Dtype = tensor.Float64
	}
	c.References = slices.Clone(c.References)
	return c
}

func (c AttentionConfig) check(rng *rand.Rand, name string) error {
	switch {
	case rng == nil:
		return errors.New("the weights need a random generator")
	case name == "":
		return errors.New("it needs a name")
	case c.Channels < 1 || c.Latent < 1 || c.Width < 1 || c.Heads < 1:
		return errors.Errorf("%d channels, z₀ of width %d, %d heads and width %d, want at least 1",
			c.Channels, c.Latent, c.Heads, c.Width)
	case c.Embedding < 2 || c.Embedding%c.Heads != 0:
		return errors.Errorf("an embedding of width %d for %d heads, want a multiple of at least 2", c.Embedding, c.Heads)
	case c.Dtype != tensor.Float64 && c.Dtype != tensor.Float32:
		return errors.Errorf("dtype %v is not supported, use float64 or float32", c.Dtype)
	case len(c.References) < 2:
		return errors.Errorf("%d reference times, want at least 2", len(c.References))
	}
	for i, r := range c.References {
		if math.IsNaN(r) || math.IsInf(r, 0) || i > 0 && r <= c.References[i-1] {
			return errors.Errorf("reference times must be finite and increase, and number %d is %g", i, r)
		}
	}
	return nil
}

// frequencies are 1/range for the linear part, and from 1 to R periods over it for the others.
func (c AttentionConfig) frequencies() []float64 {
	n := len(c.References)
	span := c.References[n-1] - c.References[0]
	all := []float64{1 / span}
	for i := range c.Embedding - 1 {
		x := float64(i) / float64(max(1, c.Embedding-2))
		all = append(all, 2*math.Pi/span*math.Pow(float64(n), x))
	}
	return all
}

// Sizes implements [Encoder].
func (e *AttentionEncoder) Sizes() (channels, latent int) { return e.config.Channels, e.config.Latent }

// Dtype implements [Encoder].
func (e *AttentionEncoder) Dtype() tensor.Dtype { return e.config.Dtype }

// Params implements [Encoder].
func (e *AttentionEncoder) Params() []*graph.Param {
	return graph.JoinParams([]*graph.Param{e.frequency, e.phase}, e.queries.Params(), e.keys.Params(), e.joined.Params(),
		e.loop.Params(), e.head.Params())
}

// Encode implements [Encoder].
func (e *AttentionEncoder) Encode(o Observations) (*Posterior, error) {
	o, err := o.checked(e.config.Channels, e.config.Dtype)
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	u, err := call("attention", func(f *formula.F, in G.Nodes) *G.Node {
		return e.attend(f, in[0], in[1], in[2], in[3])
	}, o.Times, o.Values, o.Mask, o.Valid)
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	h, err := e.loop.Final(recurrent.Input{Values: u})
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	out, err := e.head.Forward(h)
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	return newPosterior(out)
}

var _ Encoder = (*AttentionEncoder)(nil)
