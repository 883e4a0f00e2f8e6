package latent

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
)

// RecurrentEncoder goes through a series from its last row to its first, and on to time 0, and makes the posterior of the
// state that it has there (Chen et al. 2018, section 5; Rubanova et al. 2019, section 3.3). The cell decides what it sees:
//
//   - a GRU with WithMask and WithElapsed reads values, which of them are there, and times;
//   - an ODE-RNN follows a differential equation backwards between two observations, over the whole of the interval, and
//     from the first to time 0.
type RecurrentEncoder struct {
	loop   *recurrent.Recurrent
	head   *layers.MLP
	latent int
}

// NewRecurrentEncoder makes an encoder of a cell for z₀ of the given width. The cell's output goes through a perceptron
// to 2L numbers, whose hidden layers have the widths of hidden; without any it is linear. Its parameters are
// name.0.weight, ….
func NewRecurrentEncoder(rng *rand.Rand, name string, cell recurrent.Cell, latent int, hidden ...int) (
	*RecurrentEncoder, error,
) {
	loop, err := recurrent.New(cell, recurrent.Backwards())
	if err != nil {
		return nil, errors.WithMessagef(err, "latent: encoder %q", name)
	}
	head, err := newHead(rng, name, cell.Sizes().Output, latent, hidden, cell.Dtype())
	return &RecurrentEncoder{loop, head, latent}, err
}

// newHead is the network from a summary of a series to its posterior.
func newHead(rng *rand.Rand, name string, in, latent int, hidden []int, dt tensor.Dtype) (*layers.MLP, error) {
	if latent < 1 {
		return nil, errors.Errorf("latent: encoder %q: z₀ of width %d, want at least 1", name, latent)
	}
	head, err := layers.NewMLP(rng, name, append(append([]int{in}, hidden...), 2*latent), layers.WithDtype(dt))
	return head, errors.WithMessage(err, "latent")
}

// Sizes implements [Encoder].
func (e *RecurrentEncoder) Sizes() (channels, latent int) {
	return e.loop.Cell().Sizes().Input, e.latent
}

// Dtype implements [Encoder].
func (e *RecurrentEncoder) Dtype() tensor.Dtype { return e.loop.Cell().Dtype() }

// Params implements [Encoder]: the cell's, then the head's.
func (e *RecurrentEncoder) Params() []*graph.Param {
	return graph.JoinParams(e.loop.Params(), e.head.Params())
}

// Encode implements [Encoder].
func (e *RecurrentEncoder) Encode(o Observations) (*Posterior, error) {
	channels, _ := e.Sizes()
	o, err := o.checked(channels, e.Dtype())
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	in, err := o.fromZero()
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	h, err := e.loop.Final(in)
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	out, err := e.head.Forward(h)
	if err != nil {
		return nil, errors.WithMessage(err, "latent: encode")
	}
	return newPosterior(out)
}

var _ Encoder = (*RecurrentEncoder)(nil)
