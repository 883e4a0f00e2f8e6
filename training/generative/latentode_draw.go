package generative

import (
	"context"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/latent"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

func (m *latentODE) posterior(ctx context.Context, seen *series.Batch, times [][]float64, samples int, seed uint64) (
	*paths, error,
) {
	g := G.NewGraph()
	in, err := series.NewInputs(g, dtype, seen.Shape)
	if err != nil {
		return nil, err
	}
	q, err := m.Encode(latent.From(in))
	if err != nil {
		return nil, err
	}
	noise := node(g, "noise", samples, seen.Batch, m.config.Latent)
	z0, err := q.Sample(noise)
	if err != nil {
		return nil, err
	}
	if err := in.Feed(seen); err != nil {
		return nil, err
	}
	// All series share what is drawn, so that a series gives the same alone as in any batch.
	draws := normal(seed, samples*m.config.Latent)
	width := seen.Batch * m.config.Latent
	for i, data := 0, floats(noise); i < len(data); i++ {
		data[i] = draws[i/width*m.config.Latent+i%m.config.Latent]
	}
	return m.decode(ctx, z0, times)
}

func (m *latentODE) prior(ctx context.Context, n int, times []float64, seed uint64) (*paths, error) {
	z0 := node(G.NewGraph(), "z0", 1, n, m.config.Latent)
	copy(floats(z0), normal(seed, n*m.config.Latent))
	all := make([][]float64, n)
	for i := range all {
		all[i] = times
	}
	return m.decode(ctx, z0, all)
}

// decode runs the graph of z₀ up to the means of what is observed at the times of each series. A batch may have empty rows
// behind the series that times are for.
func (m *latentODE) decode(ctx context.Context, z0 *G.Node, times [][]float64) (*paths, error) {
	d, _ := m.Sizes()
	k, b := z0.Shape()[0], z0.Shape()[1]
	fine, at, steps := make([][]float64, b), make([][]int, b), 1
	for i, ts := range times {
		var err error
		if fine[i], at[i], err = refine(ts, m.config.longest()); err != nil {
			return nil, err
		}
		steps = max(steps, len(fine[i]))
	}
	g := z0.Graph()
	when, valid := node(g, "times", b, steps), node(g, "valid", b, steps)
	for i, ts := range fine {
		for j, t := range ts {
			floats(when)[i*steps+j], floats(valid)[i*steps+j] = float32(t), 1
		}
	}
	p, err := m.Solve(z0, when, valid)
	if err != nil {
		return nil, err
	}
	mean, err := p.Mean()
	if err != nil {
		return nil, err
	}
	var x, z G.Value
	G.Read(mean, &x)
	G.Read(z0, &z)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := ctx.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	if err := vm.RunAll(); err != nil {
		return nil, odeop.Cause(err)
	}
	out := &paths{samples: k, width: d, sigma: m.Sigma(), starts: z.Data().([]float32)}
	all := x.Data().([]float32)
	for i := range times {
		var values []float32
		for s := range k {
			for _, j := range at[i] {
				from := ((s*b+i)*steps + j) * d
				values = append(values, all[from:from+d]...)
			}
		}
		out.values = append(out.values, values)
	}
	return out, nil
}

// node is an input of zeros.
func node(g *G.ExprGraph, name string, shape ...int) *G.Node {
	value := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
	return G.NewTensor(g, dtype, len(shape), G.WithShape(shape...), G.WithName("generative: "+name), G.WithValue(value))
}

func floats(n *G.Node) []float32 { return n.Value().Data().([]float32) }

// normal are n standard normal numbers.
func normal(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 0))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}
