package flow

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// scale is by·x.
func scale(f *formula.F, x *G.Node, by float64) *G.Node { return f.Mul(x, f.Number(by)) }

func slice(f *formula.F, x *G.Node, ranges ...tensor.Slice) *G.Node {
	return f.Apply(func(x *G.Node) (*G.Node, error) { return graph.Slice(x, ranges...) }, x)
}

// sumRows is Σ over the last axis: (B, d) → (B).
func sumRows(f *formula.F, x *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.Reshape(f.RowSums(x), x.Shape()[0])
}

// spread is a number for each of b rows.
func spread(f *formula.F, x *G.Node, b int) *G.Node { return f.Mul(f.Fill(x, 1, b), x) }

// operation makes what build writes one Op in the graph of its inputs, with an output for each node that build returns.
// Inside of another traced function it dissolves.
func operation(name string, build func(f *formula.F, in G.Nodes) G.Nodes, in ...*G.Node) (G.Nodes, error) {
	specs := make([]graph.Spec, len(in))
	for i, n := range in {
		specs[i] = graph.Input(fmt.Sprintf("in%d", i), n.Dtype(), n.Shape()...)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		out := build(f, in)
		return out, f.Err()
	}, specs...)
	if err != nil {
		return nil, errors.WithMessagef(err, "flow: %s", name)
	}
	out, err := graph.CallAll(fn.Named(name), in...)
	return out, errors.WithMessagef(err, "flow: %s", name)
}

// checkBatch is what every bijection asks of its input: a node (B, d) of the dtype of its parameters.
func checkBatch(name string, x *G.Node, d int, dt tensor.Dtype) error {
	switch {
	case x == nil || x.Graph() == nil:
		return errors.Errorf("flow: %s: the input is no node of a graph", name)
	case x.Dtype() != tensor.Float64 && x.Dtype() != tensor.Float32:
		return errors.Errorf("flow: %s: the input is %v, want float64 or float32", name, x.Dtype())
	case len(x.Shape()) != 2 || x.Shape()[1] != d || x.Shape()[0] < 1:
		return errors.Errorf("flow: %s: the input has shape %v, want (rows, %d)", name, x.Shape(), d)
	case dt.Type != nil && x.Dtype() != dt:
		return errors.Errorf("flow: %s: the input is %v, and the parameters are %v", name, x.Dtype(), dt)
	}
	return nil
}

// dtypeOf is the dtype of parameters, float64 where there are none.
func dtypeOf(params []*graph.Param) tensor.Dtype {
	if len(params) == 0 {
		return tensor.Float64
	}
	return params[0].Dtype()
}
