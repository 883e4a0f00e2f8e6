package recurrent

import (
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// GRU is the gated recurrent unit (Cho et al. 2014):
//
//	r = σ(W_r x + U_r h + b_r)
//	z = σ(W_z x + U_z h + b_z)
//	g = tanh(W_g x + b_g + r⊙(U_g h + c))
//	h' = (1 − z)⊙g + z⊙h
//
// The reset gate r stands behind the product with U_g, so that one product serves all gates. With WithResetBefore it stands
// before it, as in equation 8 of the paper, g = tanh(W_g x + U_g (r⊙h) + b_g).
type GRU struct {
	*rnn
	reset     *graph.Param   // c
	candidate *layers.Linear // U_g with the gate before it; nil otherwise
}

// NewGRU makes a unit of the given width for d channels. Options: WithDtype, WithMask, WithElapsed, WithResetBefore. Its
// parameters are name.input.weight, name.input.bias and name.state.weight, each with the gates r, z, g side by side, and
// name.reset.bias or, with WithResetBefore, name.candidate.weight.
func NewGRU(rng *rand.Rand, name string, d, width int, opts ...Option) (*GRU, error) {
	r, err := newRNN(rng, "gru", name, Sizes{d, width, width}, 3, opts, "WithResetBefore")
	if err != nil {
		return nil, err
	}
	g := &GRU{rnn: r}
	if !r.config.resetBefore {
		g.reset, err = graph.NewParam(name+".reset.bias", graph.Zeros(), r.config.dtype, width)
		return g, err
	}
	if g.state, err = r.config.square(rng, name+".state", width, 2*width); err != nil {
		return nil, err
	}
	g.candidate, err = r.config.square(rng, name+".candidate", width, width)
	return g, err
}

// Params implements [Cell].
func (g *GRU) Params() []*graph.Param {
	if g.candidate != nil {
		return graph.JoinParams(g.input.Params(), g.state.Params(), g.candidate.Params())
	}
	return append(g.rnn.Params(), g.reset)
}

// Step implements [Cell].
func (g *GRU) Step(h *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(h)
	n := g.sizes.Output
	v := f.Apply(g.state.Forward, h)
	r := f.Sigmoid(f.Add(f.Columns(u[0], 0, n), f.Columns(v, 0, n)))
	z := f.Sigmoid(f.Add(f.Columns(u[0], n, 2*n), f.Columns(v, n, 2*n)))
	var w *G.Node
	if g.candidate != nil {
		w = f.Apply(g.candidate.Forward, f.Mul(r, h))
	} else {
		w = f.Mul(r, f.AddRow(f.Columns(v, 2*n, 3*n), g.reset.In(h.Graph())))
	}
	return f.Result(f.Mix(z, h, f.Tanh(f.Add(f.Columns(u[0], 2*n, 3*n), w))))
}

var _ Cell = (*GRU)(nil)
