package recurrent

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// rnn is the part that RNN, GRU and LSTM share: the weights of the inputs, whose products are taken for all steps at once,
// and those of the state.
type rnn struct {
	config  *config
	sizes   Sizes
	input   *layers.Linear // of the gates side by side
	state   *layers.Linear
	columns int // of the gates
}

func newRNN(rng *rand.Rand, what, name string, sizes Sizes, gates int, opts []Option, more ...string) (*rnn, error) {
	if err := checkSizes(what, name, sizes.Input, sizes.Output); err != nil {
		return nil, err
	}
	takes := append([]string{"WithDtype", "WithMask", "WithElapsed"}, more...)
	c, err := configure(fmt.Sprintf("%s %q", what, name), opts, takes...)
	if err != nil {
		return nil, err
	}
	r := &rnn{config: c, sizes: sizes, columns: gates * sizes.Output}
	if r.input, err = c.linear(rng, name+".input", c.width(sizes.Input), r.columns); err != nil {
		return nil, err
	}
	r.state, err = c.square(rng, name+".state", sizes.Output, r.columns)
	return r, err
}

// Sizes implements [Cell].
func (r *rnn) Sizes() Sizes { return r.sizes }

// Dtype implements [Cell].
func (r *rnn) Dtype() tensor.Dtype { return r.config.dtype }

// Params implements [Cell].
func (r *rnn) Params() []*graph.Param { return graph.JoinParams(r.input.Params(), r.state.Params()) }

// Start implements [Cell].
func (r *rnn) Start() []float64 { return nil }

// Prepare implements [Cell]: W x + b for all gates.
func (r *rnn) Prepare(s Sequence) (G.Nodes, error) {
	x, err := r.config.features(s)
	if err != nil {
		return nil, err
	}
	u, err := r.input.Forward(x)
	return G.Nodes{u}, err
}

// RNN is Elman's unit (1990):
//
//	h' = tanh(W x + U h + b)
type RNN struct{ *rnn }

// NewRNN makes a unit of the given width for d channels. Options: WithDtype, WithMask, WithElapsed. Its parameters are
// name.input.weight, name.input.bias and name.state.weight.
func NewRNN(rng *rand.Rand, name string, d, width int, opts ...Option) (*RNN, error) {
	r, err := newRNN(rng, "rnn", name, Sizes{d, width, width}, 1, opts)
	if err != nil {
		return nil, err
	}
	return &RNN{r}, nil
}

// Step implements [Cell].
func (r *RNN) Step(h *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(h)
	return f.Result(f.Tanh(f.Add(u[0], f.Apply(r.state.Forward, h))))
}

var _ Cell = (*RNN)(nil)
