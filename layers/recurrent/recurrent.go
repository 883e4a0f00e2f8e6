package recurrent

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers/series"
)

// Recurrent runs a cell over the rows of a batch.
type Recurrent struct {
	cell        Cell
	reverse     bool
	checkpoints bool
}

// RunOption sets how a Recurrent goes through a batch.
type RunOption func(*Recurrent)

// Backwards goes through each series from its last row to its first, as the encoder of a latent ODE does. The time that a
// cell sees is then that to the row behind, 0 at the last. Padding stays behind the rows, and is passed over.
func Backwards() RunOption { return func(r *Recurrent) { r.reverse = true } }

// Checkpoints keeps about 2√T states for the gradient instead of all T, at the cost of one more forward pass
// (graph.ScanCheckpoints). The gradient is the same to the last digit.
func Checkpoints() RunOption { return func(r *Recurrent) { r.checkpoints = true } }

// New makes a layer of a cell.
func New(cell Cell, opts ...RunOption) (*Recurrent, error) {
	if cell == nil {
		return nil, errors.New("recurrent: no cell")
	}
	s := cell.Sizes()
	if s.Input < 1 || s.Output < 1 || s.State < s.Output {
		return nil, errors.Errorf("recurrent: a cell of sizes %+v, want at least 1 each and a state as wide as the output", s)
	}
	if start := cell.Start(); start != nil && len(start) != s.State {
		return nil, errors.Errorf("recurrent: a cell that starts from %d numbers, with a state of %d", len(start), s.State)
	}
	r := &Recurrent{cell: cell}
	for i, o := range opts {
		if o == nil {
			return nil, errors.Errorf("recurrent: option %d is nil", i)
		}
		o(r)
	}
	return r, nil
}

// Cell is the cell.
func (r *Recurrent) Cell() Cell { return r.cell }

// Params are the cell's.
func (r *Recurrent) Params() []*graph.Param { return r.cell.Params() }

// Input is what a Recurrent reads: the nodes of a batch of B series of up to T rows, as series.Batch has them.
type Input struct {
	Values *G.Node // (B, T, d); where the mask is 0 they may be anything
	Mask   *G.Node // (B, T, d), 1 where there is a value; 0 in the padding. nil: all values of all rows
	Deltas *G.Node // (B, T), the time since the row before. nil: 1 everywhere
	Valid  *G.Node // (B, T), 1 for rows, 0 for the padding behind them. nil: all T are rows
	Start  *G.Node // (B, S), the state to begin with. nil: the cell's own
}

// From is the Input of a batch that enters a graph through in.
func From(in *series.Inputs) Input {
	return Input{Values: in.Values(), Mask: in.Mask(), Deltas: in.Deltas(), Valid: in.Valid()}
}

// States are the outputs of the cell after each row, (B, T, H). Behind its end a series keeps its last one; with Backwards
// its padding has the cell's start.
func (r *Recurrent) States(in Input) (*G.Node, error) {
	all, err := r.scan(in, graph.Scan)
	if err != nil {
		return nil, err
	}
	return r.view(all, func(f *formula.F, all *G.Node) *G.Node {
		return f.Transpose(f.Columns(all, 0, r.cell.Sizes().Output), 1, 0, 2)
	})
}

// Final is the output of the cell after the last row of each series, (B, H): its own last row, not that of the batch; with
// Backwards after the first. A series without rows has that of the start.
func (r *Recurrent) Final(in Input) (*G.Node, error) {
	state, err := r.FinalState(in)
	if s := r.cell.Sizes(); err != nil || s.State == s.Output {
		return state, err
	}
	return r.view(state, func(f *formula.F, state *G.Node) *G.Node { return f.Columns(state, 0, r.cell.Sizes().Output) })
}

// FinalState is the whole state where Final is its output, (B, S): the Start of a run that goes on.
func (r *Recurrent) FinalState(in Input) (*G.Node, error) { return r.scan(in, graph.ScanFinal) }

// view is a part of the states, as an Op.
func (r *Recurrent) view(states *G.Node, build func(*formula.F, *G.Node) *G.Node) (*G.Node, error) {
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		out, err := f.Result(build(f, in[0]))
		return G.Nodes{out}, err
	}, graph.Input("states", states.Dtype(), states.Shape()...))
	if err != nil {
		return nil, errors.WithMessagef(err, "recurrent: %T", r.cell)
	}
	return graph.Call(fn.Named(fmt.Sprintf("%T: states", r.cell)), states)
}

var inputNames = []string{"values", "mask", "deltas", "valid", "start"}

func (in *Input) places() []**G.Node {
	return []**G.Node{&in.Values, &in.Mask, &in.Deltas, &in.Valid, &in.Start}
}

func (in Input) nodes() G.Nodes { return G.Nodes{in.Values, in.Mask, in.Deltas, in.Valid, in.Start} }

func (r *Recurrent) check(in Input) error {
	size := r.cell.Sizes()
	v := in.Values
	switch {
	case v == nil || v.Graph() == nil:
		return errors.Errorf("recurrent: %T: the values are no node of a graph", r.cell)
	case v.Dims() != 3 || v.Shape()[2] != size.Input:
		return errors.Errorf("recurrent: %T: the values have shape %v, want (B, T, %d)", r.cell, v.Shape(), size.Input)
	case v.Dtype() != r.cell.Dtype():
		return errors.Errorf("recurrent: %T: the values are %v, and the cell is %v", r.cell, v.Dtype(), r.cell.Dtype())
	}
	b, t := v.Shape()[0], v.Shape()[1]
	want := []tensor.Shape{{b, t, size.Input}, {b, t, size.Input}, {b, t}, {b, t}, {b, size.State}}
	for i, n := range in.nodes() {
		switch {
		case n == nil:
		case n.Graph() != v.Graph():
			return errors.Errorf("recurrent: %T: the %s are in another graph than the values", r.cell, inputNames[i])
		case !slices.Equal(n.Shape(), want[i]):
			return errors.Errorf("recurrent: %T: %s of shape %v, want %v", r.cell, inputNames[i], n.Shape(), want[i])
		case n.Dtype() != v.Dtype():
			return errors.Errorf("recurrent: %T: the %s are %v, and the values %v", r.cell, inputNames[i], n.Dtype(), v.Dtype())
		}
	}
	return nil
}
