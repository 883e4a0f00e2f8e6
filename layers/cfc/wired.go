package cfc

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/recurrent"
)

// Wired is a stack of CfC cells without backbones, one for each layer of a wiring: the first reads the inputs, every other
// the new state of the one before, through the connections of the wiring alone. Within its layer every neuron sees all.
// Polarities are not used: weights have signs of their own. The state is that of the layers from the last to the first, so
// the motor neurons, whose state is the output, come first.
//
// Of the weights from everything to everything only the blocks of the stack are there and are multiplied: those from one
// layer to the next, dense, with zeros where nothing is connected, and those within a layer. A wiring with connections
// that pass a layer by or go back, which would have to be left out, is an error; an [LTC] has any.
type Wired struct {
	cells []*CfC
	masks [][]float64 // of the input weights of each cell, (inputs, heads)
	sizes recurrent.Sizes
}

// NewWired makes a stack of a wiring whose inputs are the channels. Options: WithMode, WithDtype. The parameters of layer
// i are those of a CfC called name.i.
func NewWired(rng *rand.Rand, name string, wiring *Wiring, opts ...Option) (*Wired, error) {
	what := fmt.Sprintf("wired %q", name)
	c, err := configure(what, opts, "WithMode", "WithDtype")
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("cfc: wired: it needs a name")
	}
	if err := wiring.Validate(); err != nil {
		return nil, errors.WithMessagef(err, "cfc: %s", what)
	}
	if err := wiring.layered(); err != nil {
		return nil, errors.WithMessagef(err, "cfc: %s", what)
	}
	c.depth = 0
	w := &Wired{sizes: recurrent.Sizes{Input: wiring.Inputs, State: wiring.Neurons, Output: wiring.Motors}}
	from, rows := span(0, wiring.Inputs), wiring.Sensory
	for i, layer := range wiring.Layers {
		if i == len(wiring.Layers)-1 && !slices.Equal(layer[:min(len(layer), wiring.Motors)], span(0, wiring.Motors)) {
			return nil, errors.Errorf("cfc: %s: the last layer, %v, does not begin with the %d motor neurons",
				what, layer, wiring.Motors)
		}
		cell, err := c.cell(rng, fmt.Sprintf("%s.%d", name, i), len(from), len(layer))
		if err != nil {
			return nil, err
		}
		var mask []float64
		for _, a := range from {
			var row []float64
			for _, b := range layer {
				row = append(row, float64(rows[a][b]*rows[a][b]))
			}
			mask = append(mask, slices.Repeat(row, cell.input.Weight().Shape()[1]/len(layer))...)
		}
		w.cells, w.masks = append(w.cells, cell), append(w.masks, mask)
		from, rows = layer, wiring.Synapses
	}
	return w, nil
}

// Sizes implements recurrent.Cell.
func (w *Wired) Sizes() recurrent.Sizes { return w.sizes }

// Dtype implements recurrent.Cell.
func (w *Wired) Dtype() tensor.Dtype { return w.cells[0].Dtype() }

// Start implements recurrent.Cell.
func (w *Wired) Start() []float64 { return nil }

// Params implements recurrent.Cell.
func (w *Wired) Params() []*graph.Param {
	var list []*graph.Param
	for _, c := range w.cells {
		list = append(list, c.Params()...)
	}
	return list
}

// Prepare implements recurrent.Cell: the inputs' products for the first layer, and the times.
func (w *Wired) Prepare(s recurrent.Sequence) (G.Nodes, error) {
	f := formula.For(s.X)
	shape := s.X.Shape()
	u := w.read(f, 0, f.Reshape(s.X, shape[0]*shape[1], shape[2]))
	u, err := f.Result(f.Reshape(u, shape[0], shape[1], w.cells[0].input.Weight().Shape()[1]))
	return G.Nodes{u, s.Deltas}, err
}

// read is what cell i makes of its inputs x, (N, inputs): through its connections.
func (w *Wired) read(f *formula.F, i int, x *G.Node) *G.Node {
	in := w.cells[i].input
	weight := f.Mul(in.Weight().In(x.Graph()), f.Constant(x, w.masks[i], in.Weight().Shape()...))
	return f.AddRow(f.MatMul(x, weight), in.Bias().In(x.Graph()))
}

// Step implements recurrent.Cell.
func (w *Wired) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(state)
	next := make(G.Nodes, len(w.cells)) // last layer first
	end := w.sizes.State
	z := u[0]
	for i, c := range w.cells {
		n := c.sizes.Output
		own := f.Columns(state, end-n, end)
		end -= n
		if i > 0 {
			z = w.read(f, i, next[len(next)-i])
		}
		next[len(next)-1-i] = c.next(f, f.Add(z, f.Apply(c.state.Forward, own)), u[1])
		if f.Err() != nil {
			return nil, f.Err()
		}
	}
	return f.Result(f.Concat(next...))
}

var _ recurrent.Cell = (*Wired)(nil)
