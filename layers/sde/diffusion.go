package sde

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// Diffusion is diagonal noise from a network for each component,
//
//	g_i = low + (high − low) σ(v_iᵀ tanh(w_i z_i + a_i) + b_i)
//
// which sees no other component, so that the noise is of the kind for which Milstein's method and Heun's have strong order
// 1. It is bounded from both sides: by low, because the divergence of two laws divides by it, and by high, because noise
// that feeds on itself may run away. It is a layer (B, d) → (B, d).
type Diffusion struct {
	name           string
	d, hidden      int
	low, high      float64
	spread, gather []float64 // (d, d·hidden) with ones where a hidden unit belongs to a component, and its transpose
	weight, bias   *graph.Param
	out, outBias   *graph.Param
}

// NewDiffusion makes d networks of the given hidden width, with 0 < low < high. rng draws the weights. The parameters are
// name.weight, name.bias, name.out.weight, of shape (d·hidden), and name.out.bias, (d).
func NewDiffusion(rng *rand.Rand, name string, d, hidden int, low, high float64, dt tensor.Dtype) (*Diffusion, error) {
	switch {
	case name == "" || rng == nil:
		return nil, errors.New("sde: a diffusion needs a name and a random generator")
	case d < 1 || hidden < 1:
		return nil, errors.Errorf("sde: diffusion %q: %d components and %d hidden units, want at least 1", name, d, hidden)
	case !(low > 0) || !(high > low) || math.IsInf(high, 0):
		return nil, errors.Errorf("sde: diffusion %q: bounds %g and %g, want 0 < low < high", name, low, high)
	}
	g := &Diffusion{name: name, d: d, hidden: hidden, low: low, high: high,
		spread: make([]float64, d*d*hidden), gather: make([]float64, d*d*hidden)}
	n := d * hidden
	for j := range n {
		g.spread[j/hidden*n+j], g.gather[j*d+j/hidden] = 1, 1
	}
	for _, p := range []struct {
		to    **graph.Param
		name  string
		init  graph.Initializer
		width int
	}{
		{&g.weight, ".weight", graph.Normal(rng, 0, 1), n},
		{&g.bias, ".bias", graph.Normal(rng, 0, 1), n},
		{&g.out, ".out.weight", graph.Normal(rng, 0, 1/math.Sqrt(float64(hidden))), n},
		{&g.outBias, ".out.bias", graph.Zeros(), d},
	} {
		made, err := graph.NewParam(name+p.name, p.init, dt, p.width)
		if err != nil {
			return nil, errors.WithMessagef(err, "sde: diffusion %q", name)
		}
		*p.to = made
	}
	return g, nil
}

// Params implements layers.Layer.
func (g *Diffusion) Params() []*graph.Param {
	return []*graph.Param{g.weight, g.bias, g.out, g.outBias}
}

// Forward implements layers.Layer.
func (g *Diffusion) Forward(z *G.Node) (*G.Node, error) {
	if z == nil || z.Graph() == nil || z.Dims() != 2 || z.Shape()[1] != g.d || z.Dtype() != g.weight.Dtype() {
		return nil, errors.Errorf("sde: diffusion %q: the input is no node of shape (batch, %d) and of %v",
			g.name, g.d, g.weight.Dtype())
	}
	out, err := operation("diffusion "+g.name, func(f *formula.F, in G.Nodes) G.Nodes {
		at := func(p *graph.Param) *G.Node { return p.In(in[0].Graph()) }
		n := g.d * g.hidden
		h := f.MatMul(in[0], f.Constant(in[0], g.spread, g.d, n))
		h = f.MulRow(f.Tanh(f.AddRow(f.MulRow(h, at(g.weight)), at(g.bias))), at(g.out))
		x := f.AddRow(f.MatMul(h, f.Constant(in[0], g.gather, n, g.d)), at(g.outBias))
		return G.Nodes{f.Add(f.Mul(f.Sigmoid(x), f.Number(g.high-g.low)), f.Number(g.low))}
	}, z)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

var _ layers.Layer = (*Diffusion)(nil)
