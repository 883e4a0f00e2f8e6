package cfc

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/recurrent"
)

// MixedMemory is a cell behind an LSTM (Lechner and Hasani 2020; "CfC-mmRNN" in Hasani et al. 2022): with every observation
//
//	(ĥ, c') = LSTM(x, (h, c))
//	h' = cell(x, Δt, ĥ)
//
// so that a cell of continuous time has a memory that time does not act on. The state is (h, c) side by side.
type MixedMemory struct {
	lstm *recurrent.LSTM
	cell recurrent.Cell
}

// NewMixedMemory joins an LSTM and a cell of the same channels, width and dtype. The state of the cell is its output.
func NewMixedMemory(lstm *recurrent.LSTM, cell recurrent.Cell) (*MixedMemory, error) {
	if lstm == nil || cell == nil {
		return nil, errors.New("cfc: mixed memory: it needs an LSTM and a cell")
	}
	l, s := lstm.Sizes(), cell.Sizes()
	switch {
	case s.State != s.Output:
		return nil, errors.Errorf("cfc: mixed memory: a cell with a state of %d and an output of %d, want one of its output alone",
			s.State, s.Output)
	case l.Input != s.Input || l.Output != s.Output:
		return nil, errors.Errorf("cfc: mixed memory: an LSTM %d → %d and a cell %d → %d", l.Input, l.Output, s.Input, s.Output)
	case lstm.Dtype() != cell.Dtype():
		return nil, errors.Errorf("cfc: mixed memory: an LSTM of %v and a cell of %v", lstm.Dtype(), cell.Dtype())
	}
	return &MixedMemory{lstm, cell}, nil
}

// Sizes implements recurrent.Cell.
func (m *MixedMemory) Sizes() recurrent.Sizes { return m.lstm.Sizes() }

// Dtype implements recurrent.Cell.
func (m *MixedMemory) Dtype() tensor.Dtype { return m.cell.Dtype() }

// Start implements recurrent.Cell: the cell's start beside zeros.
func (m *MixedMemory) Start() []float64 {
	start := make([]float64, m.Sizes().State)
	copy(start, m.cell.Start())
	return start
}

// Params implements recurrent.Cell.
func (m *MixedMemory) Params() []*graph.Param {
	return graph.JoinParams(m.lstm.Params(), m.cell.Params())
}

// Prepare implements recurrent.Cell.
func (m *MixedMemory) Prepare(s recurrent.Sequence) (G.Nodes, error) {
	u, err := m.lstm.Prepare(s)
	if err != nil {
		return nil, err
	}
	v, err := m.cell.Prepare(s)
	return append(u, v...), err
}

// Step implements recurrent.Cell.
func (m *MixedMemory) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(state)
	s := m.Sizes()
	both := f.Apply(func(h *G.Node) (*G.Node, error) { return m.lstm.Step(h, u[:1]) }, state)
	h := f.Columns(both, 0, s.Output)
	h = f.Apply(func(h *G.Node) (*G.Node, error) { return m.cell.Step(h, u[1:]) }, h)
	return f.Result(f.Concat(h, f.Columns(both, s.Output, s.State)))
}

var _ recurrent.Cell = (*MixedMemory)(nil)
