package recurrent

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Decay is a cell whose output decays to zero between observations (Rubanova et al. 2019, "RNN-Decay"; Mozer, Kazakov and
// Lindsey 2017):
//
//	h ← h exp(−ρ Δt),   ρ = ln(1 + e^ω) > 0
//
// before the step of the cell, with a rate for each unit. The rest of the state, such as the cells of an LSTM, stays.
type Decay struct {
	Cell
	rate *graph.Param // ω
}

// NewDecay makes another cell of one. The rates begin at 1 per unit of time; their parameter is name.rate.
func NewDecay(name string, cell Cell) (*Decay, error) {
	switch {
	case name == "":
		return nil, errors.New("recurrent: decay: it needs a name")
	case cell == nil:
		return nil, errors.Errorf("recurrent: decay %q: no cell", name)
	}
	rate, err := graph.NewParam(name+".rate", graph.Fill(math.Log(math.E-1)), cell.Dtype(), cell.Sizes().Output)
	if err != nil {
		return nil, errors.WithMessagef(err, "recurrent: decay %q", name)
	}
	return &Decay{cell, rate}, nil
}

// Params implements [Cell]: those of the cell, then the rates.
func (d *Decay) Params() []*graph.Param { return append(slices.Clone(d.Cell.Params()), d.rate) }

// Prepare implements [Cell]: the factors of all steps, before what the cell prepares.
func (d *Decay) Prepare(s Sequence) (G.Nodes, error) {
	u, err := d.Cell.Prepare(s)
	if err != nil {
		return nil, err
	}
	f := formula.For(s.X)
	n := d.Sizes().Output
	shape := s.Deltas.Shape()
	rate := f.Reshape(f.Softplus(d.rate.In(s.X.Graph())), 1, n)
	exponent := f.MatMul(f.Reshape(s.Deltas, tensor.Shape(shape).TotalSize(), 1), f.Neg(rate))
	factor, err := f.Result(f.Reshape(f.Exp(exponent), shape[0], shape[1], n))
	return append(G.Nodes{factor}, u...), err
}

// Step implements [Cell].
func (d *Decay) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(state)
	s := d.Sizes()
	h := f.Mul(f.Columns(state, 0, s.Output), u[0])
	if s.State > s.Output {
		h = f.Concat(h, f.Columns(state, s.Output, s.State))
	}
	return f.Result(f.Apply(func(h *G.Node) (*G.Node, error) { return d.Cell.Step(h, u[1:]) }, h))
}

var _ Cell = (*Decay)(nil)
