package recurrent

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// ODERNN follows a differential equation between two observations and updates at them (Rubanova, Chen and Duvenaud 2019,
// algorithm 1):
//
//	ĥ_i = h(t_i),  where h(t_{i−1}) = h_{i−1},  h' = f(h)
//	h_i = cell(ĥ_i, x_i)                                     if anything was observed at t_i, else ĥ_i
//
// The solve goes forwards in time and over the whole of the interval, each series over its own. It is taken in the
// variable s ∈ [0, 1], dh/ds = Δt f(h). The equation is that of the cell's output; the rest of a state, such as the cells
// of an LSTM, waits.
type ODERNN struct {
	Cell
	evolution
}

// NewODERNN makes a cell of an update and a vector field, a layer (…, H) → (…, H) that does not depend on time. Options:
// WithRK4 or WithSolve; the default is an adaptive solve.
func NewODERNN(update Cell, field layers.Layer, opts ...Option) (*ODERNN, error) {
	e, err := newEvolution("ode-rnn", update, field, opts)
	return &ODERNN{update, e}, err
}

// Params implements [Cell]: those of the update, then the field's.
func (o *ODERNN) Params() []*graph.Param { return graph.JoinParams(o.Cell.Params(), o.field.Params()) }

// Prepare implements [Cell].
func (o *ODERNN) Prepare(s Sequence) (G.Nodes, error) {
	u, err := o.Cell.Prepare(s)
	if err != nil {
		return nil, err
	}
	f := formula.For(s.X)
	d := s.Mask.Shape()[2]
	sum := f.MatMul(f.Reshape(s.Mask, s.Mask.Shape().TotalSize()/d, d), f.Fill(s.X, 1, d, 1))
	count, err := f.Result(f.Reshape(sum, s.Deltas.Shape()...))
	return append(G.Nodes{s.Deltas, count}, u...), err
}

// Step implements [Cell].
func (o *ODERNN) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(state)
	before := o.follow(f, o.Sizes(), state, u[0])
	after := f.Apply(func(h *G.Node) (*G.Node, error) { return o.Cell.Step(h, u[2:]) }, before)
	seen := f.MatMul(u[1], f.Fill(state, 1, 1, o.Sizes().State))
	return f.Result(f.Where(seen, after, before))
}

// ODELSTM is the LSTM whose output follows a differential equation after each update (Lechner and Hasani 2020, algorithm 1):
//
//	(ĥ_i, c_i) = LSTM(x_i, (h_{i−1}, c_{i−1}))
//	h_i = h(Δt_i),  where h(0) = ĥ_i,  h' = f(h)
//
// with Δt_i = t_i − t_{i−1}. The cells c remember over long times, because no differential equation makes them forget.
type ODELSTM struct {
	*LSTM
	evolution
}

// NewODELSTM makes a cell of the given width for d channels from a vector field, a layer (…, width) → (…, width) that does
// not depend on time. Options: WithDtype, WithMask, WithElapsed of the LSTM, and WithRK4 or WithSolve; the default is an
// adaptive solve. The LSTM's parameters are as NewLSTM names them.
func NewODELSTM(rng *rand.Rand, name string, d, width int, field layers.Layer, opts ...Option) (*ODELSTM, error) {
	c, err := configure(fmt.Sprintf("ode-lstm %q", name), opts, "WithDtype", "WithMask", "WithElapsed", "WithRK4", "WithSolve")
	if err != nil {
		return nil, err
	}
	inner := []Option{WithDtype(c.dtype)}
	if c.mask {
		inner = append(inner, WithMask())
	}
	if c.elapsed {
		inner = append(inner, WithElapsed())
	}
	l, err := NewLSTM(rng, name, d, width, inner...)
	if err != nil {
		return nil, err
	}
	e, err := c.evolution("ode-lstm", l, field)
	return &ODELSTM{l, e}, err
}

// Params implements [Cell]: those of the LSTM, then the field's.
func (o *ODELSTM) Params() []*graph.Param { return graph.JoinParams(o.LSTM.Params(), o.field.Params()) }

// Prepare implements [Cell].
func (o *ODELSTM) Prepare(s Sequence) (G.Nodes, error) {
	u, err := o.LSTM.Prepare(s)
	return append(G.Nodes{s.Deltas}, u...), err
}

// Step implements [Cell].
func (o *ODELSTM) Step(state *G.Node, u G.Nodes) (*G.Node, error) {
	next, err := o.LSTM.Step(state, u[1:])
	if err != nil {
		return nil, err
	}
	f := formula.For(state)
	return f.Result(o.follow(f, o.Sizes(), next, u[0]))
}

func newEvolution(what string, cell Cell, field layers.Layer, opts []Option) (evolution, error) {
	if cell == nil {
		return evolution{}, errors.Errorf("recurrent: %s: no cell for the update", what)
	}
	c, err := configure(what, opts, "WithRK4", "WithSolve")
	if err != nil {
		return evolution{}, err
	}
	return c.evolution(what, cell, field)
}

var (
	_ Cell = (*ODERNN)(nil)
	_ Cell = (*ODELSTM)(nil)
)
