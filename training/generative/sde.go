package generative

import (
	"context"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/layers/sde"
	"gorgonode/layers/series"
)

// latentSDE is the latent SDE of package layers/sde (Li, Wong, Chen and Duvenaud 2020): between two rows a series is not
// settled by what came before, so that doubt grows in gaps and in forecasts.
type latentSDE struct {
	*sde.Latent
	config Config
}

// substeps of Euler's method in each of Config.Step, of which the gaps between two rows are made. It learns somewhat too
// little noise, but its bound is one whatever is learned; Heun's is not where the noise of observations is small, see
// sde.LatentConfig.Calculus.
const substeps = 4

// checkSDE refuses what is for the other models.
func (c Config) checkSDE() error {
	switch {
	case c.Model != sdeName:
	case c.Encoder != GRU:
		return errors.Errorf("the model %q reads series by the encoder %q, not by %q", sdeName, GRU, c.Encoder)
	case c.Poisson:
		return errors.Errorf("the model %q has no part for the times of rows", sdeName)
	case c.Tolerance > 0:
		return errors.Errorf("the model %q takes steps of its own, without a tolerance", sdeName)
	}
	return nil
}

const sdeName = "sde"

func newLatentSDE(c Config, channels int) (model, error) {
	rng := rand.New(rand.NewPCG(c.Seed, 0x6c736465))
	config := sde.LatentConfig{
		Channels: channels, State: c.Latent, Encoder: c.Units, Hidden: c.Hidden, Context: 8,
		DiffusionBounds: [2]float64{0.02, 4}, Scale: 0.3,
		Substeps: substeps, Longest: c.longest(), Dtype: dtype,
	}
	if c.Sigma > 0 {
		config.Scale, config.FixedScale = c.Sigma, true
	}
	m, err := sde.NewLatent(rng, latentName, config)
	return &latentSDE{m, c}, err
}

func (m *latentSDE) params() []*graph.Param { return m.Params() }

// fromZero is a batch with a row at time 0 before each series, in which nothing was observed: there its state begins.
func fromZero(b *series.Batch) *series.Batch {
	out := *b
	n := b.Steps
	out.Steps++
	out.Lengths = make([]int, b.Batch)
	widen := func(width int, from []float64) []float64 {
		to := make([]float64, b.Batch*(n+1)*width)
		for i := range b.Batch {
			copy(to[(i*(n+1)+1)*width:][:n*width], from[i*n*width:])
		}
		return to
	}
	d := b.Widths.Values
	out.Times, out.Deltas, out.Valid = widen(1, b.Times), widen(1, b.Deltas), widen(1, b.Valid)
	out.Values, out.Mask = widen(d, b.Values), widen(d, b.Mask)
	for i, rows := range b.Lengths {
		if rows > 0 {
			out.Lengths[i] = rows + 1
			out.Valid[i*(n+1)] = 1
			out.Deltas[i*(n+1)+1] = b.Times[i*n]
		}
	}
	return &out
}

func (m *latentSDE) bound(p *pairs, o boundOptions) (*bound, error) {
	g := G.NewGraph()
	seen, whole := p.shapes()
	seen.Steps++
	whole.Steps++
	in, err := series.NewInputs(g, dtype, seen)
	if err != nil {
		return nil, err
	}
	target, err := sde.NewTarget(g, dtype, seen, whole)
	if err != nil {
		return nil, err
	}
	path, weight := node(g, "path", 1), node(g, "kl weight", 1)
	b, err := m.Bound(sde.From(in), target, sde.Draw{Seed: m.config.Seed, Path: path},
		sde.Objective{Samples: o.samples, Importance: o.importance, KLWeight: weight})
	if err != nil {
		return nil, err
	}
	var scales []*graph.Param
	for _, p := range m.Params() {
		if p.Name() == latentName+".logscale" || p.Name() == latentName+".start.logvariance" {
			scales = append(scales, p)
		}
	}
	return &bound{
		graph: g, perSeries: b.PerSeries, cost: b.Cost, inputs: in, undecayed: scales,
		starts: func() (*G.Node, error) { return b.Starts, nil },
		feed: func(step int, w float64, encoded, decoded *series.Batch) error {
			const most = 1 << 24 // whole numbers that a float32 has
			floats(path)[0], floats(weight)[0] = float32(step%most), float32(w)
			encoded, decoded = fromZero(encoded), fromZero(decoded)
			if err := in.Feed(encoded); err != nil {
				return err
			}
			return target.Feed(encoded, decoded)
		},
	}, nil
}

func (m *latentSDE) posterior(ctx context.Context, seen *series.Batch, times [][]float64, samples int, seed uint64) (
	*paths, error,
) {
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	all := make([][]float64, seen.Batch) // a batch may have empty rows behind the series that times are for
	copy(all, times)
	drawn, err := m.Sample(fromZero(seen), all, samples, seed)
	if err != nil {
		return nil, err
	}
	p := &paths{samples: samples, width: m.Channels, sigma: m.ObservationScale()}
	for _, one := range drawn.Values[:len(times)] {
		p.values = append(p.values, flat(one, 0))
	}
	for k := range samples {
		for _, starts := range drawn.Starts {
			for _, z := range starts[k] {
				p.starts = append(p.starts, float32(z))
			}
		}
	}
	return p, nil
}

func (m *latentSDE) prior(ctx context.Context, n int, times []float64, seed uint64) (*paths, error) {
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	skip := 0
	if len(times) == 0 || times[0] > 0 {
		times, skip = append([]float64{0}, times...), 1
	}
	drawn, err := m.Generate(n, times, seed)
	if err != nil {
		return nil, err
	}
	p := &paths{samples: 1, width: m.Channels, sigma: m.ObservationScale()}
	for _, one := range drawn {
		p.values = append(p.values, flat([][][]float64{one}, skip))
	}
	return p, nil
}

// flat is paths one behind the other, without their first rows.
func flat(all [][][]float64, skip int) []float32 {
	var out []float32
	for _, path := range all {
		for _, row := range path[skip:] {
			for _, v := range row {
				out = append(out, float32(v))
			}
		}
	}
	return out
}
