package layers

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

type concatTime struct{}

// ConcatTime appends the time to the last axis: (…, d) → (…, d+1). Before the first Linear of a field it makes the field
// depend on time, as the concat layers of FFJORD do (Grathwohl et al. 2019). It needs a time.
func ConcatTime() TimeLayer { return concatTime{} }

func (concatTime) Params() []*graph.Param { return nil }

func (concatTime) Forward(*G.Node) (*G.Node, error) { return nil, needsTime("concat time") }

func (concatTime) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkInput("concat time", x, 1); err != nil {
		return nil, err
	}
	if err := checkTime("concat time", t, x); err != nil {
		return nil, err
	}
	return operation("concat time", func(in G.Nodes) (*G.Node, error) {
		shape := x.Shape().Clone()
		last := len(shape) - 1
		shape[last] = 1
		ones, err := graph.Constant(in[0], filled(1, shape), shape...)
		if err != nil {
			return nil, err
		}
		column, err := G.HadamardProd(ones, in[1])
		if err != nil {
			return nil, err
		}
		return G.Concat(last, in[0], column)
	}, x, t)
}

func filled(v float64, shape tensor.Shape) []float64 {
	vs := make([]float64, shape.TotalSize())
	for i := range vs {
		vs[i] = v
	}
	return vs
}

var _ TimeLayer = concatTime{}
