package recurrent

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// GRUD is the gated recurrent unit with trainable decays (Che et al. 2018). With δ the time since a
// channel was last observed and x' what was seen then, a missing value decays from x' to the channel's mean x̄, and the
// state to 0:
//
//	γ_x = exp(−max(0, w_x⊙δ + b_x))        x̂ = m⊙x + (1 − m)⊙(γ_x⊙x' + (1 − γ_x)⊙x̄)
//	γ_h = exp(−max(0, W_h δ + b_h))        ĥ = γ_h⊙h
//	r, z = σ(W x̂ + U ĥ + V m + b)          g = tanh(W_g x̂ + U_g (r⊙ĥ) + V_g m + b_g)
//	h_new = (1 − z)⊙ĥ + z⊙g
//
// The state is (h, x', δ) side by side, where δ counts up to the row that was seen last. Before its first value a channel
// is at its mean. The mask is always an input.
type GRUD struct {
	config     *config
	sizes      Sizes
	input      *layers.Linear // W and V: of x̂ and m side by side
	state      *layers.Linear // of r and z
	candidate  *layers.Linear
	decay      *layers.Linear // W_h
	inputDecay *graph.Param   // w_x
	inputBias  *graph.Param   // b_x
}

// NewGRUD makes a unit of the given width for d channels. Options: WithDtype, WithMean. Its parameters are
// name.input.weight and .bias with the gates r, z, g side by side, name.state.weight with r and z, name.candidate.weight,
// name.decay.weight and .bias, and name.inputdecay.weight and .bias.
func NewGRUD(rng *rand.Rand, name string, d, width int, opts ...Option) (*GRUD, error) {
	if err := checkSizes("gru-d", name, d, width); err != nil {
		return nil, err
	}
	c, err := configure(fmt.Sprintf("gru-d %q", name), opts, "WithDtype", "WithMean")
	if err != nil {
		return nil, err
	}
	if c.mean == nil {
		c.mean = make([]float64, d)
	}
	if len(c.mean) != d {
		return nil, errors.Errorf("recurrent: gru-d %q: %d means for %d channels", name, len(c.mean), d)
	}
	for k, m := range c.mean {
		if math.IsNaN(m) || math.IsInf(m, 0) {
			return nil, errors.Errorf("recurrent: gru-d %q: the mean of channel %d is %g", name, k, m)
		}
	}
	g := &GRUD{config: c, sizes: Sizes{d, width + 2*d, width}}
	if g.input, err = c.linear(rng, name+".input", 2*d, 3*width); err != nil {
		return nil, err
	}
	if g.state, err = c.square(rng, name+".state", width, 2*width); err != nil {
		return nil, err
	}
	if g.candidate, err = c.square(rng, name+".candidate", width, width); err != nil {
		return nil, err
	}
	if g.decay, err = c.linear(rng, name+".decay", d, width); err != nil {
		return nil, err
	}
	if g.inputDecay, err = graph.NewParam(name+".inputdecay.weight", graph.Uniform(rng, 0, 1), c.dtype, d); err != nil {
		return nil, err
	}
	g.inputBias, err = graph.NewParam(name+".inputdecay.bias", graph.Zeros(), c.dtype, d)
	return g, err
}

// Sizes implements [Cell].
func (g *GRUD) Sizes() Sizes { return g.sizes }

// Dtype implements [Cell].
func (g *GRUD) Dtype() tensor.Dtype { return g.config.dtype }

// Params implements [Cell].
func (g *GRUD) Params() []*graph.Param {
	return graph.JoinParams(g.input.Params(), g.state.Params(), g.candidate.Params(), g.decay.Params(),
		[]*graph.Param{g.inputDecay, g.inputBias})
}

// Start implements [Cell]: zeros, the means, and no time since.
func (g *GRUD) Start() []float64 {
	start := make([]float64, g.sizes.State)
	copy(start[g.sizes.Output:], g.config.mean)
	return start
}

// Prepare implements [Cell]. What depends on no weight is left as it is.
func (g *GRUD) Prepare(s Sequence) (G.Nodes, error) { return G.Nodes{s.X, s.Mask, s.Deltas}, nil }

// Step implements [Cell].
func (g *GRUD) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(state)
	n, d := g.sizes.Output, g.sizes.Input
	rows := state.Shape()[0]
	x, m, delta := u[0], u[1], u[2]
	h, seen := f.Columns(state, 0, n), f.Columns(state, n, n+d)
	since := f.Add(f.Columns(state, n+d, n+2*d), f.MatMul(delta, f.Fill(state, 1, 1, d)))

	gammaX := decayed(f, f.AddRow(f.MulRow(since, g.inputDecay.In(state.Graph())), g.inputBias.In(state.Graph())))
	mean := f.MatMul(f.Fill(state, 1, rows, 1), f.Constant(state, g.config.mean, 1, d))
	filled := f.Mix(m, x, f.Mix(gammaX, seen, mean))
	h = f.Mul(h, decayed(f, f.Apply(g.decay.Forward, since)))

	w := f.Apply(g.input.Forward, f.Concat(filled, m))
	v := f.Apply(g.state.Forward, h)
	r := f.Sigmoid(f.Add(f.Columns(w, 0, n), f.Columns(v, 0, n)))
	z := f.Sigmoid(f.Add(f.Columns(w, n, 2*n), f.Columns(v, n, 2*n)))
	c := f.Tanh(f.Add(f.Columns(w, 2*n, 3*n), f.Apply(g.candidate.Forward, f.Mul(r, h))))
	h = f.Mix(z, c, h)

	missing := f.Sub(f.Number(1), m)
	return f.Result(f.Concat(h, f.Mix(m, x, seen), f.Mul(since, missing)))
}

// decayed is exp(−max(0, x)).
func decayed(f *formula.F, x *G.Node) *G.Node { return f.Exp(f.Neg(f.Rectify(x))) }

var _ Cell = (*GRUD)(nil)
