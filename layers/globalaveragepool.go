package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type globalAveragePool struct{}

// GlobalAveragePool is the mean over all places of each channel: (B, C, H, W) → (B, C) (Lin, Chen and Yan 2014, Network in
// network, section 3.2).
func GlobalAveragePool() Layer { return globalAveragePool{} }

func (globalAveragePool) Params() []*graph.Param { return nil }

func (globalAveragePool) Forward(x *G.Node) (*G.Node, error) {
	const name = "global average pool"
	if err := checkInput(name, x, 4); err != nil {
		return nil, err
	}
	s := x.Shape()
	if len(s) != 4 {
		return nil, errors.Errorf("layers: %s: the input has shape %v, want (B, C, H, W)", name, s)
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		places := s[2] * s[3]
		sums := f.RowSums(f.Reshape(in[0], s[0]*s[1], places))
		return f.Result(f.Reshape(f.Mul(sums, f.Number(1/float64(places))), s[0], s[1]))
	}, x)
}

var _ Layer = globalAveragePool{}
