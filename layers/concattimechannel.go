package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type concatTimeChannel struct{}

// ConcatTimeChannel puts a channel that holds the time before those of images: (B, C, H, W) → (B, C+1, H, W). With a
// Conv2d behind it it is the time-dependent convolution of the ODE-Net of Chen et al. (2018), of whose field this is a
// half:
//
//	layers.Sequential(norm, layers.ReLU(), layers.ConcatTimeChannel(), conv)
//
// where conv has C+1 channels in and C out. At the border of an image the zeros around it stand for the time too. It
// needs a time.
func ConcatTimeChannel() TimeLayer { return concatTimeChannel{} }

func (concatTimeChannel) Params() []*graph.Param { return nil }

func (concatTimeChannel) Forward(*G.Node) (*G.Node, error) {
	return nil, needsTime("concat time channel")
}

func (concatTimeChannel) ForwardTime(t, x *G.Node) (*G.Node, error) {
	const name = "concat time channel"
	if err := checkInput(name, x, 4); err != nil {
		return nil, err
	}
	if err := checkTime(name, t, x); err != nil {
		return nil, err
	}
	s := x.Shape().Clone()
	if len(s) != 4 {
		return nil, errors.Errorf("layers: %s: the input has shape %v, want (B, C, H, W)", name, s)
	}
	s[1] = 1
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		channel := f.Mul(f.Constant(in[0], filled(1, s), s...), in[1])
		if f.Err() != nil {
			return nil, f.Err()
		}
		return G.Concat(1, channel, in[0])
	}, x, t)
}

var _ TimeLayer = concatTimeChannel{}
