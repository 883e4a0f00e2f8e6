package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// GroupNorm normalises each example over groups of channels (Wu and He 2018, Group normalization),
//
//	y = γ_c (x − μ)/√(σ² + ε) + β_c,   μ and σ² the mean and the biased variance of x over the group of channel c
//
// x is (B, C) or (B, C, …), images (B, C, H, W) above all; the C channels are cut into groups of C/groups neighbours, and
// all places belong to the statistics. γ and β, of shape (C), are called name.scale and name.shift and begin at 1 and 0.
// It does not mix examples, so unlike a batch normalisation it may stand in a field, as in the ODE-Net of Chen et al.
type GroupNorm struct {
	name             string
	groups, channels int
	epsilon          float64
	scaleShift
}

// NewGroupNorm makes a normalisation of channels in groups, which divide them. Options: WithDtype, WithEpsilon and
// WithoutAffine.
func NewGroupNorm(name string, groups, channels int, opts ...Option) (*GroupNorm, error) {
	n := &GroupNorm{name: name, groups: groups, channels: channels}
	if groups < 1 || channels < 1 || channels%groups != 0 {
		return nil, errors.Errorf("layers: %v: the groups must divide the channels", n)
	}
	c, err := configure(n.String(), opts, "WithDtype", "WithEpsilon", "WithoutAffine")
	if err != nil {
		return nil, err
	}
	n.epsilon = c.epsilon
	n.scaleShift, err = newScaleShift(name, c, channels)
	return n, err
}

func (n *GroupNorm) String() string {
	return fmt.Sprintf("group norm %q of %d channels in %d groups", n.name, n.channels, n.groups)
}

// Forward implements [Layer].
func (n *GroupNorm) Forward(x *G.Node) (*G.Node, error) {
	name := n.String()
	if err := checkInput(name, x, 2); err != nil {
		return nil, err
	}
	s := x.Shape()
	if s[1] != n.channels {
		return nil, errors.Errorf("layers: %s: the input has shape %v, want (B, %d, …)", name, s, n.channels)
	}
	if err := n.accepts(name, x); err != nil {
		return nil, err
	}
	places := s.TotalSize() / s[0] / n.channels
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		y := standardize(f, f.Reshape(in[0], s[0]*n.groups, n.channels/n.groups*places), n.epsilon)
		y = n.scaleShift.build(f, f.Reshape(y, s[0], n.channels, places), []int{1, n.channels, 1}, 0, 2)
		return f.Result(f.Reshape(y, s...))
	}, x)
}

var _ Layer = (*GroupNorm)(nil)
