package flow

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
)

// TimeNet is the field of a flow as FFJORD builds it (Grathwohl et al. 2019): layers of one [TimeKind], d → hidden … → d,
// with an activation between them. It is one Op in its graph. Layers are called name.0, name.1, …
type TimeNet struct {
	name       string
	layers     []*TimeLinear
	activation layers.Activation
	dim        int
}

// NewTimeNet makes a field of d columns. FFJORD has the kind ConcatSquash, with Tanh for points in the plane and
// Softplus for tables.
func NewTimeNet(rng *rand.Rand, name string, d int, kind TimeKind, c NetConfig) (*TimeNet, error) {
	if err := checkNew("time net", name, d, 1); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	n := &TimeNet{name: name, activation: c.Activation, dim: d}
	sizes := c.sizes(d, d)
	for i := range len(sizes) - 1 {
		a := c.Activation
		if i == len(sizes)-2 {
			a = layers.Identity()
		}
		l, err := NewTimeLinear(rng, fmt.Sprintf("%s.%d", name, i), kind, sizes[i], sizes[i+1], a, c.Dtype)
		if err != nil {
			return nil, err
		}
		n.layers = append(n.layers, l)
	}
	return n, nil
}

// Params implements [layers.Layer].
func (n *TimeNet) Params() []*graph.Param {
	var ps []*graph.Param
	for _, l := range n.layers {
		ps = append(ps, l.Params()...)
	}
	return ps
}

func (n *TimeNet) String() string { return fmt.Sprintf("time net %q", n.name) }

// Forward implements [layers.Layer]: only layers that ignore it can do without a time.
func (n *TimeNet) Forward(x *G.Node) (*G.Node, error) {
	if n.layers[0].kind != Ignore {
		return nil, needsTime(n.String())
	}
	return n.apply(nil, x)
}

// ForwardTime implements [layers.TimeLayer]. x is (B, d).
func (n *TimeNet) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkTime(n.String(), t, x); err != nil {
		return nil, err
	}
	if n.layers[0].kind == Ignore {
		t = nil
	}
	return n.apply(t, x)
}

func (n *TimeNet) apply(t, x *G.Node) (*G.Node, error) {
	if err := checkBatch(n.String(), x, n.dim, n.layers[0].weight.Dtype()); err != nil {
		return nil, err
	}
	in := G.Nodes{x}
	if t != nil {
		in = append(in, t)
	}
	y, err := operation(n.String(), func(f *formula.F, in G.Nodes) G.Nodes {
		y, t := in[0], (*G.Node)(nil)
		if len(in) > 1 {
			t = in[1]
		}
		for i, l := range n.layers {
			if y = l.build(f, t, y); i < len(n.layers)-1 {
				y = f.Apply(n.activation.Forward, y)
			}
		}
		return G.Nodes{y}
	}, in...)
	return single(y, err)
}

var _ layers.TimeLayer = (*TimeNet)(nil)
