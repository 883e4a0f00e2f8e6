package recurrent

import (
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// LSTM is long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates (Gers, Schmidhuber and Cummins 2000):
//
//	i, f, o = σ(W x + U h + b)        g = tanh(W_g x + U_g h + b_g)
//	c' = f⊙c + i⊙g                    h' = o⊙tanh(c')
//
// The state is (h, c) side by side. The bias of f begins at 1, so that the unit remembers at first (Jozefowicz, Zaremba and
// Sutskever 2015).
type LSTM struct{ *rnn }

// NewLSTM makes a unit of the given width for d channels. Options: WithDtype, WithMask, WithElapsed. Its parameters are
// name.input.weight, name.input.bias and name.state.weight, each with i, f, o, g side by side.
func NewLSTM(rng *rand.Rand, name string, d, width int, opts ...Option) (*LSTM, error) {
	r, err := newRNN(rng, "lstm", name, Sizes{d, 2 * width, width}, 4, opts)
	if err != nil {
		return nil, err
	}
	bias := make([]float64, 4*width)
	for i := width; i < 2*width; i++ {
		bias[i] = 1
	}
	return &LSTM{r}, r.input.Bias().Set(bias)
}

// Step implements [Cell].
func (l *LSTM) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(state)
	n := l.sizes.Output
	h, c := f.Columns(state, 0, n), f.Columns(state, n, 2*n)
	v := f.Add(u[0], f.Apply(l.state.Forward, h))
	gates := f.Sigmoid(f.Columns(v, 0, 3*n))
	i, forget, o := f.Columns(gates, 0, n), f.Columns(gates, n, 2*n), f.Columns(gates, 2*n, 3*n)
	c = f.Add(f.Mul(forget, c), f.Mul(i, f.Tanh(f.Columns(v, 3*n, 4*n))))
	return f.Result(f.Concat(f.Mul(o, f.Tanh(c)), c))
}

var _ Cell = (*LSTM)(nil)
