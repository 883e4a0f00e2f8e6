package flow

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// Coupling moves some columns by a scale and a shift that the others decide (Dinh, Sohl-Dickstein and Bengio 2017, Density
// estimation using Real NVP, equation 9). With m the mask of the columns that are kept,
//
//	z = x ⊙ eˢ + t,   s = (1 − m) ⊙ c ⊙ tanh(a),   t = (1 − m) ⊙ b,   (a, b) = net(m ⊙ x),   ln |det ∂z/∂x| = Σ s
//
// where c is a trained scale for each column, as published. What is kept goes through to the last bit. The perceptron is
// called name.net, the scale name.scale.
type Coupling struct {
	name  string
	mask  Mask
	net   *layers.MLP
	scale *graph.Param // c
}

// NetConfig is the size of the networks in a flow.
type NetConfig struct {
	Hidden     []int             // widths of the hidden layers; nil is 64, 64
	Activation layers.Activation // between layers; the identity, which would make a network linear, is Tanh
	Dtype      tensor.Dtype      // zero is tensor.Float64
}

func (c NetConfig) withDefaults() NetConfig {
	if c.Hidden == nil {
		c.Hidden = []int{64, 64}
	}
	if c.Activation == layers.Identity() {
		c.Activation = layers.Tanh()
	}
	if c.Dtype.Type == nil {
		c.Dtype = tensor.Float64
	}
	return c
}

func (c NetConfig) sizes(in, out int) []int {
	return append(append([]int{in}, c.Hidden...), out)
}

// NewCoupling makes a coupling of len(mask) columns, at least two. It begins as the identity: the last layer of its network
// is zero.
func NewCoupling(rng *rand.Rand, name string, mask Mask, c NetConfig) (*Coupling, error) {
	d := len(mask)
	if err := checkNew("coupling", name, d, 2); err != nil {
		return nil, err
	}
	if err := mask.check(); err != nil {
		return nil, errors.WithMessagef(err, "flow: coupling %q", name)
	}
	c = c.withDefaults()
	net, err := layers.NewMLP(rng, name+".net", c.sizes(d, 2*d), layers.WithActivation(c.Activation), layers.WithDtype(c.Dtype))
	if err != nil {
		return nil, errors.WithMessagef(err, "flow: coupling %q", name)
	}
	last := net.Layers()[len(net.Layers())-1].Weight()
	if err := last.Set(make([]float64, last.Size())); err != nil {
		return nil, err
	}
	scale, err := graph.NewParam(name+".scale", graph.Fill(1), c.Dtype, d)
	if err != nil {
		return nil, errors.WithMessagef(err, "flow: coupling %q", name)
	}
	return &Coupling{name: name, mask: append(Mask(nil), mask...), net: net, scale: scale}, nil
}

// Dim implements [Bijection].
func (c *Coupling) Dim() int { return len(c.mask) }

// Params implements [Bijection].
func (c *Coupling) Params() []*graph.Param { return append(c.net.Params(), c.scale) }

// Forward implements [Bijection].
func (c *Coupling) Forward(x *G.Node) (z, logDet *G.Node, err error) {
	return c.run(c.name, x, func(f *formula.F, x, s, t *G.Node) G.Nodes {
		return G.Nodes{f.Add(f.Mul(x, f.Exp(s)), t), sumRows(f, s)}
	})
}

// Inverse implements [Bijection].
func (c *Coupling) Inverse(z *G.Node) (x, logDet *G.Node, err error) {
	return c.run(c.name+" inverse", z, func(f *formula.F, z, s, t *G.Node) G.Nodes {
		s = f.Neg(s)
		return G.Nodes{f.Mul(f.Sub(z, t), f.Exp(s)), sumRows(f, s)}
	})
}

// run writes the map of x from s and t, which the kept columns of x decide in either direction.
func (c *Coupling) run(name string, x *G.Node, apply func(f *formula.F, x, s, t *G.Node) G.Nodes) (y, logDet *G.Node,
	err error) {
	d := len(c.mask)
	if err := checkBatch(name, x, d, c.scale.Dtype()); err != nil {
		return nil, nil, err
	}
	return pair(operation(name, func(f *formula.F, in G.Nodes) G.Nodes {
		x := in[0]
		st := f.Apply(c.net.Forward, f.MulRow(x, f.Constant(x, c.mask.kept(), d)))
		moved := f.Constant(x, c.mask.moved(), d)
		s := f.Apply(G.Tanh, slice(f, st, nil, G.S(0, d)))
		if f.Err() != nil {
			return nil
		}
		s = f.MulRow(s, f.Mul(c.scale.In(x.Graph()), moved))
		t := f.MulRow(slice(f, st, nil, G.S(d, 2*d)), moved)
		return apply(f, x, s, t)
	}, x))
}

var _ Bijection = (*Coupling)(nil)
