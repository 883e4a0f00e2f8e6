package layers

import (
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type residual struct{ layer Layer }

// Residual is the residual block y = x + l(x) (He et al. 2016, Deep residual learning for image recognition), which is
// a step of Euler's method of size 1. l keeps the shape.
func Residual(l Layer) TimeLayer { return residual{l} }

func (r residual) Params() []*graph.Param { return paramsOf(r.layer) }

func (r residual) Forward(x *G.Node) (*G.Node, error) { return r.ForwardTime(nil, x) }

func (r residual) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkInput("residual", x, 0); err != nil {
		return nil, err
	}
	if r.layer == nil {
		return nil, errors.New("layers: residual: the layer is nil")
	}
	y, err := forward(r.layer, t, x)
	if err != nil {
		return nil, err
	}
	return step("residual", x, y, 1)
}

// step is x + h·k.
func step(name string, x, k *G.Node, h float64) (*G.Node, error) {
	if !slices.Equal(k.Shape(), x.Shape()) || k.Dtype() != x.Dtype() {
		return nil, errors.Errorf("layers: %s: the layer makes %v of shape %v out of %v of shape %v; they must be the same",
			name, k.Dtype(), k.Shape(), x.Dtype(), x.Shape())
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		return f.Result(f.Add(in[0], f.Mul(f.Number(h), in[1])))
	}, x, k)
}

var _ TimeLayer = residual{}
