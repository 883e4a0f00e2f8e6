package cfc

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
)

// CfC is the closed-form continuous-time cell (Hasani et al. 2022): h' is the formula
// of its Mode, with the backbone
//
//	z₁ = act(W x + U h + b),   z_{i+1} = act(W_i z_i + b_i)
//
// of the input and the state, and Δt the time since the observation before, of each series its own.
type CfC struct {
	config *config
	sizes  recurrent.Sizes
	input  *layers.Linear // W and b; of the heads where there is no backbone
	state  *layers.Linear // U
	deeper []*layers.Linear
	heads  *layers.Linear // nil where there is no backbone
	scale  *graph.Param   // A of Pure
	rate   *graph.Param   // w of Pure
}

// New makes a cell of the given width for d channels. Options: WithMode, WithBackbone, WithActivation, WithDropout,
// WithMask, WithDtype. Its parameters are name.input.weight and .bias, name.state.weight, name.backbone.1.weight and so
// on, name.heads.weight and .bias with f₁, f₂, a, b side by side, and name.scale and name.rate for Pure.
func New(rng *rand.Rand, name string, d, width int, opts ...Option) (*CfC, error) {
	if err := checkSizes("cell", name, d, width); err != nil {
		return nil, err
	}
	c, err := configure(fmt.Sprintf("cell %q", name), opts,
		"WithMode", "WithBackbone", "WithActivation", "WithDropout", "WithMask", "WithDtype")
	if err != nil {
		return nil, err
	}
	return c.cell(rng, name, d, width)
}

func (c *config) cell(rng *rand.Rand, name string, d, width int) (*CfC, error) {
	cell := &CfC{config: c, sizes: recurrent.Sizes{Input: d, State: width, Output: width}}
	in, heads := c.features(d), 4*width
	if c.mode == Pure {
		heads = width
	}
	first := heads
	if c.depth > 0 {
		first = c.units
	}
	var err error
	if cell.input, err = c.linear(rng, name+".input", in, first, in+width); err != nil {
		return nil, err
	}
	if cell.state, err = c.linear(rng, name+".state", width, first, in+width, layers.WithoutBias()); err != nil {
		return nil, err
	}
	for i := 1; i < c.depth; i++ {
		l, err := c.linear(rng, fmt.Sprintf("%s.backbone.%d", name, i), c.units, c.units, c.units)
		if err != nil {
			return nil, err
		}
		cell.deeper = append(cell.deeper, l)
	}
	if c.depth > 0 {
		if cell.heads, err = c.linear(rng, name+".heads", c.units, heads, c.units); err != nil {
			return nil, err
		}
	}
	if c.mode == Pure {
		if cell.scale, err = graph.NewParam(name+".scale", graph.Fill(1), c.dtype, width); err != nil {
			return nil, err
		}
		// At 0 the derivative of |w| depends on the side; a small rate begins on one.
		if cell.rate, err = graph.NewParam(name+".rate", graph.Fill(0.1), c.dtype, width); err != nil {
			return nil, err
		}
	}
	return cell, nil
}

// Sizes implements recurrent.Cell.
func (c *CfC) Sizes() recurrent.Sizes { return c.sizes }

// Dtype implements recurrent.Cell.
func (c *CfC) Dtype() tensor.Dtype { return c.config.dtype }

// Start implements recurrent.Cell.
func (c *CfC) Start() []float64 { return nil }

// Params implements recurrent.Cell.
func (c *CfC) Params() []*graph.Param {
	list := graph.JoinParams(c.input.Params(), c.state.Params())
	for _, l := range c.deeper {
		list = append(list, l.Params()...)
	}
	if c.heads != nil {
		list = append(list, c.heads.Params()...)
	}
	if c.scale != nil {
		list = append(list, c.scale, c.rate)
	}
	return list
}

// Prepare implements recurrent.Cell: W x + b and the times.
func (c *CfC) Prepare(s recurrent.Sequence) (G.Nodes, error) {
	f := formula.For(s.X)
	x := s.X
	if c.config.mask {
		x = f.Concat(x, s.Mask)
	}
	u, err := f.Result(f.Apply(c.input.Forward, x))
	return G.Nodes{u, s.Deltas}, err
}

// Step implements recurrent.Cell.
func (c *CfC) Step(h *G.Node, u G.Nodes) (*G.Node, error) {
	f := formula.For(h)
	return f.Result(c.next(f, f.Add(u[0], f.Apply(c.state.Forward, h)), u[1]))
}

// next is the state from the first affine map and the times (B, 1).
func (c *CfC) next(f *formula.F, z, dt *G.Node) *G.Node {
	act := func(i int, z *G.Node) *G.Node {
		z = f.Apply(c.config.activation.Forward, z)
		if c.config.drop != nil {
			z = f.Apply(c.config.drop(i).Forward, z)
		}
		return z
	}
	if c.heads != nil {
		z = act(0, z)
		for i, l := range c.deeper {
			z = act(i+1, f.Apply(l.Forward, z))
		}
		z = f.Apply(c.heads.Forward, z)
	}
	n := c.sizes.Output
	head := func(i int) *G.Node { return f.Columns(z, i*n, (i+1)*n) }
	if c.config.mode == Pure {
		return c.closedForm(f, z, dt)
	}
	gate := f.Sigmoid(f.Add(f.MulColumn(head(2), dt), head(3)))
	f1, f2 := f.Tanh(head(0)), f.Tanh(head(1))
	if c.config.mode == NoGate {
		return f.Add(f1, f.Mul(gate, f2))
	}
	return f.Mix(gate, f2, f1)
}

// closedForm is A − A exp(−Δt (|w| + |f|)) f.
func (c *CfC) closedForm(f *formula.F, z, dt *G.Node) *G.Node {
	scale, rate := c.scale.In(z.Graph()), c.rate.In(z.Graph())
	decay := f.Exp(f.Neg(f.MulColumn(f.AddRow(f.Abs(z), f.Abs(rate)), dt)))
	return f.MulRow(f.Sub(f.Number(1), f.Mul(decay, z)), scale)
}

var _ recurrent.Cell = (*CfC)(nil)
