package series

import (
	"fmt"
	"sync/atomic"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// Inputs are the nodes of a graph through which batches of one shape enter it. A node is made when it is asked for first;
// what a model does not use is not in its graph. A node whose width is 0 is nil.
type Inputs struct {
	shape Shape
	dtype tensor.Dtype
	graph *G.ExprGraph
	made  map[string]*input
}

type input struct {
	node *G.Node
	from func(*Batch) []float64
}

// NewInputs prepares nodes of dtype tensor.Float64 or tensor.Float32 in g for batches of a shape, which has at least one
// series and one step.
func NewInputs(g *G.ExprGraph, dt tensor.Dtype, shape Shape) (*Inputs, error) {
	switch {
	case g == nil:
		return nil, errors.New("series: inputs: no graph")
	case graph.CheckDtype(dt) != nil:
		return nil, errors.WithMessage(graph.CheckDtype(dt), "series: inputs")
	}
	if err := shape.check(); err != nil {
		return nil, errors.WithMessage(err, "inputs")
	}
	return &Inputs{shape: shape, dtype: dt, graph: g, made: map[string]*input{}}, nil
}

// Shape is that of the batches.
func (in *Inputs) Shape() Shape { return in.shape }

// Times is the node of the times, (B, T). In float32 it is for times of moderate size: Deltas keep their digits, Times do
// not.
func (in *Inputs) Times() *G.Node {
	return in.node("times", func(b *Batch) []float64 { return b.Times }, in.shape.Batch, in.shape.Steps)
}

// Deltas is the node of the time since the row before, (B, T).
func (in *Inputs) Deltas() *G.Node {
	return in.node("deltas", func(b *Batch) []float64 { return b.Deltas }, in.shape.Batch, in.shape.Steps)
}

// Valid is the node that is 1 for rows and 0 for padding, (B, T).
func (in *Inputs) Valid() *G.Node {
	return in.node("valid", func(b *Batch) []float64 { return b.Valid }, in.shape.Batch, in.shape.Steps)
}

// Values is the node of the observed values, (B, T, d), 0 where there is none.
func (in *Inputs) Values() *G.Node {
	return in.node("values", func(b *Batch) []float64 { return b.Values }, in.shape.Batch, in.shape.Steps, in.shape.Values)
}

// Mask is the node that is 1 where there is a value, (B, T, d).
func (in *Inputs) Mask() *G.Node {
	return in.node("mask", func(b *Batch) []float64 { return b.Mask }, in.shape.Batch, in.shape.Steps, in.shape.Values)
}

// Static is the node of what does not change with time, (B, s).
func (in *Inputs) Static() *G.Node {
	return in.node("static", func(b *Batch) []float64 { return b.Static }, in.shape.Batch, in.shape.Static)
}

// StaticMask is the node that is 1 where Static has a value, (B, s).
func (in *Inputs) StaticMask() *G.Node {
	return in.node("staticMask", func(b *Batch) []float64 { return b.StaticMask }, in.shape.Batch, in.shape.Static)
}

// Label is the node of what belongs to the whole series, (B, l).
func (in *Inputs) Label() *G.Node {
	return in.node("label", func(b *Batch) []float64 { return b.Label }, in.shape.Batch, in.shape.Label)
}

// LabelMask is the node that is 1 where Label has a value, (B, l): not for the empty rows of a batch.
func (in *Inputs) LabelMask() *G.Node {
	return in.node("labelMask", func(b *Batch) []float64 { return b.LabelMask }, in.shape.Batch, in.shape.Label)
}

// Targets is the node of what belongs to each time, (B, T, k).
func (in *Inputs) Targets() *G.Node {
	return in.node("targets", func(b *Batch) []float64 { return b.Targets }, in.shape.Batch, in.shape.Steps, in.shape.Targets)
}

// TargetMask is the node that is 1 where Targets has a value, (B, T, k).
func (in *Inputs) TargetMask() *G.Node {
	mask := func(b *Batch) []float64 { return b.TargetMask }
	return in.node("targetMask", mask, in.shape.Batch, in.shape.Steps, in.shape.Targets)
}

// nodes counts the nodes made: Gorgonia takes two of one name and type in a graph for one.
var nodes atomic.Uint64

func (in *Inputs) node(name string, from func(*Batch) []float64, shape ...int) *G.Node {
	if shape[len(shape)-1] == 0 {
		return nil
	}
	if i, ok := in.made[name]; ok {
		return i.node
	}
	value := tensor.New(tensor.Of(in.dtype), tensor.WithShape(shape...))
	unique := fmt.Sprintf("%s %d", name, nodes.Add(1))
	n := G.NewTensor(in.graph, in.dtype, len(shape), G.WithShape(shape...), G.WithName(unique), G.WithValue(value))
	in.made[name] = &input{n, from}
	return n
}

// Feed writes a batch into the nodes that were made. The batch must have the shape of the inputs.
func (in *Inputs) Feed(b *Batch) error {
	if b == nil {
		return errors.New("series: inputs: no batch")
	}
	if b.Shape != in.shape {
		return errors.Errorf("series: inputs: a batch of shape %+v, want %+v", b.Shape, in.shape)
	}
	for name, i := range in.made {
		values := i.from(b)
		switch data := i.node.Value().Data().(type) {
		case []float64:
			if len(values) != len(data) {
				return errors.Errorf("series: inputs: %d %s in the batch, want %d", len(values), name, len(data))
			}
			copy(data, values)
		case []float32:
			if len(values) != len(data) {
				return errors.Errorf("series: inputs: %d %s in the batch, want %d", len(values), name, len(data))
			}
			for j, v := range values {
				data[j] = float32(v)
			}
		}
	}
	return nil
}
