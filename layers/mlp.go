package layers

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// MLP is a multilayer perceptron, Linear layers with an activation between them:
//
//	h₀ = x,   h_i = σ(h_{i−1} W_i + b_i),   y = σ_final(h_{n−1} W_n + b_n)
//
// x is (…, sizes[0]), y is (…, sizes[n]). It is one Op in its graph. The parameters of its layers are called
// name.0.weight, name.0.bias, name.1.weight, …
type MLP struct {
	name   string
	layers []*Linear
}

// NewMLP makes a perceptron of the given widths: those of the input, of every hidden layer and of the output. rng draws
// the weights; it may be nil with WithInit. Options: WithActivation (default Tanh), WithFinalActivation (default
// Identity), WithDtype, WithInit, WithBiasInit and WithoutBias.
func NewMLP(rng *rand.Rand, name string, sizes []int, opts ...Option) (*MLP, error) {
	c, err := configure(fmt.Sprintf("mlp %q", name), opts, append(slices.Clone(linearOptions), "WithFinalActivation")...)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "":
		return nil, errors.New("layers: an mlp needs a name")
	case len(sizes) < 2:
		return nil, errors.Errorf("layers: mlp %q: sizes %v, want at least an input and an output", name, sizes)
	}
	hidden, final := Tanh(), Identity()
	if c.activation != nil {
		hidden = *c.activation
	}
	if c.final != nil {
		final = *c.final
	}
	m := &MLP{name: name}
	for i := range len(sizes) - 1 {
		a := hidden
		if i == len(sizes)-2 {
			a = final
		}
		l, err := newLinear(rng, fmt.Sprintf("%s.%d", name, i), sizes[i], sizes[i+1], a, c)
		if err != nil {
			return nil, err
		}
		m.layers = append(m.layers, l)
	}
	return m, nil
}

// Layers are the layers, first to last.
func (m *MLP) Layers() []*Linear { return append([]*Linear(nil), m.layers...) }

// Params implements [Layer].
func (m *MLP) Params() []*graph.Param {
	var ps []*graph.Param
	for _, l := range m.layers {
		ps = append(ps, l.Params()...)
	}
	return ps
}

func (m *MLP) String() string {
	s := fmt.Sprintf("mlp %q (%d", m.name, m.layers[0].in)
	for _, l := range m.layers {
		s += fmt.Sprintf(" → %d", l.out)
	}
	return s + ")"
}

// Forward implements [Layer]. x is (…, sizes[0]), of any rank from 1 on.
func (m *MLP) Forward(x *G.Node) (*G.Node, error) {
	if err := m.layers[0].accepts(x); err != nil {
		return nil, err
	}
	return operation(m.String(), func(in G.Nodes) (y *G.Node, err error) {
		y = in[0]
		for _, l := range m.layers {
			if y, err = l.build(y); err != nil {
				return nil, err
			}
		}
		return y, nil
	}, x)
}

var _ Layer = (*MLP)(nil)
