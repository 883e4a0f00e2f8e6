package generative

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/latent"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

// latentODE is the model of package layers/latent (Rubanova, Chen and Duvenaud 2019).
type latentODE struct {
	*latent.Model
	config Config
}

const latentName = "latent"

func newLatentODE(c Config, channels int) (model, error) {
	rng := rand.New(rand.NewPCG(c.Seed, 0x6c6f6465))
	encoder, err := newEncoder(rng, c, channels)
	if err != nil {
		return nil, err
	}
	net := func(name string, out int) (layers.Layer, error) {
		sizes := append(append([]int{c.Latent}, c.Hidden...), out)
		return layers.NewMLP(rng, name, sizes, layers.WithDtype(dtype), layers.WithActivation(layers.Tanh()))
	}
	field, err := net("field", c.Latent)
	if err != nil {
		return nil, err
	}
	output, err := net("output", channels)
	if err != nil {
		return nil, err
	}
	opts := []latent.Option{latent.WithLearnedSigma(0.3)}
	if c.Sigma > 0 {
		opts = []latent.Option{latent.WithSigma(c.Sigma)}
	}
	if c.Tolerance > 0 {
		opts = append(opts, latent.WithSolve(odeop.Tolerance(c.Tolerance, c.Tolerance)))
	}
	if c.Poisson {
		rate, err := net("intensity", 1)
		if err != nil {
			return nil, err
		}
		opts = append(opts, latent.WithIntensity(rate))
	}
	m, err := latent.New(latentName, encoder, field, output, opts...)
	return &latentODE{m, c}, err
}

func newEncoder(rng *rand.Rand, c Config, channels int) (latent.Encoder, error) {
	const name = "encoder"
	gru := func(more ...recurrent.Option) (recurrent.Cell, error) {
		opts := append([]recurrent.Option{recurrent.WithDtype(dtype), recurrent.WithMask()}, more...)
		return recurrent.NewGRU(rng, name+".cell", channels, c.Units, opts...)
	}
	switch c.Encoder {
	case GRU:
		cell, err := gru(recurrent.WithElapsed())
		if err != nil {
			return nil, err
		}
		return latent.NewRecurrentEncoder(rng, name, cell, c.Latent)
	case ODERNN:
		update, err := gru()
		if err != nil {
			return nil, err
		}
		sizes := append(append([]int{c.Units}, c.Hidden...), c.Units)
		field, err := layers.NewMLP(rng, name+".field", sizes, layers.WithDtype(dtype),
			layers.WithActivation(layers.Tanh()), layers.WithFinalActivation(layers.Tanh()))
		if err != nil {
			return nil, err
		}
		cell, err := recurrent.NewODERNN(update, field, recurrent.WithRK4(1))
		if err != nil {
			return nil, err
		}
		return latent.NewRecurrentEncoder(rng, name, cell, c.Latent)
	}
	const references = 32
	end := c.Span
	if c.Objective == Extrapolate {
		end = c.Split
	}
	at := make([]float64, references)
	for i := range at {
		at[i] = end / c.TimeUnit * float64(i) / (references - 1)
	}
	return latent.NewAttentionEncoder(rng, name, latent.AttentionConfig{
		Channels: channels, Latent: c.Latent, References: at, Width: c.Units, Dtype: dtype,
	})
}

func (m *latentODE) params() []*graph.Param { return m.Params() }

func (m *latentODE) bound(p *pairs, o boundOptions) (*bound, error) {
	g := G.NewGraph()
	seen, whole := p.shapes()
	in, err := series.NewInputs(g, dtype, seen)
	if err != nil {
		return nil, err
	}
	target, err := series.NewInputs(g, dtype, whole)
	if err != nil {
		return nil, err
	}
	noise, err := latent.NewNoise(g, dtype, o.samples, seen.Batch, m.config.Latent, m.config.Seed)
	if err != nil {
		return nil, err
	}
	weight, err := latent.NewKLWeight(g, dtype)
	if err != nil {
		return nil, err
	}
	objective := latent.Objective{Importance: o.importance, KLWeight: weight.Node()}
	b, err := m.Bound(latent.From(in), latent.From(target), noise.Node(), objective)
	if err != nil {
		return nil, err
	}
	var sigma []*graph.Param // none where it is fixed
	for _, p := range m.Params() {
		if p.Name() == latentName+".noise" {
			sigma = append(sigma, p)
		}
	}
	return &bound{
		graph: g, perSeries: b.PerSeries, cost: b.Cost, inputs: in, undecayed: sigma,
		starts: func() (*G.Node, error) { return b.Posterior.Sample(noise.Node()) },
		feed: func(step int, w float64, encoded, decoded *series.Batch) error {
			noise.Draw(step)
			if err := weight.Set(w); err != nil {
				return err
			}
			if err := in.Feed(encoded); err != nil {
				return err
			}
			return errors.WithMessage(target.Feed(decoded), "decoded batch")
		},
	}, nil
}
