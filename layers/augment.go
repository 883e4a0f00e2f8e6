package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

type augment int

// Augment appends k zeros to the last axis: (…, d) → (…, d+k). A field on the longer state can move it through the
// added directions, and so make maps that no flow on the d channels makes, such as those whose trajectories would have
// to cross (Dupont, Doucet and Teh 2019, Augmented neural ODEs).
func Augment(k int) Layer { return augment(k) }

func (augment) Params() []*graph.Param { return nil }

func (k augment) Forward(x *G.Node) (*G.Node, error) {
	name := fmt.Sprintf("augment by %d", int(k))
	if err := checkInput(name, x, 1); err != nil {
		return nil, err
	}
	if k < 1 {
		return nil, errors.Errorf("layers: %s: want at least 1", name)
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		shape := x.Shape().Clone()
		shape[len(shape)-1] = int(k)
		zeros, err := graph.Constant(in[0], make([]float64, shape.TotalSize()), shape...)
		if err != nil {
			return nil, err
		}
		return G.Concat(len(shape)-1, in[0], zeros)
	}, x)
}

type project int

// Project keeps the first d channels of the last axis: (…, d+k) → (…, d), the way back from Augment.
func Project(d int) Layer { return project(d) }

func (project) Params() []*graph.Param { return nil }

func (d project) Forward(x *G.Node) (*G.Node, error) {
	name := fmt.Sprintf("project to %d", int(d))
	if err := checkInput(name, x, 1); err != nil {
		return nil, err
	}
	shape := x.Shape()
	last := len(shape) - 1
	if d < 1 || int(d) > shape[last] {
		return nil, errors.Errorf("layers: %s: the input has shape %v", name, shape)
	}
	ranges := make([]tensor.Slice, len(shape))
	ranges[last] = G.S(0, int(d))
	y, err := graph.Slice(x, ranges...)
	return y, errors.WithMessagef(err, "layers: %s", name)
}

var _, _ Layer = augment(0), project(0)
