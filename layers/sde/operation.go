package sde

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

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
		return nil, errors.WithMessagef(err, "sde: %s", name)
	}
	out, err := graph.CallAll(fn.Named(name), in...)
	return out, errors.WithMessagef(err, "sde: %s", name)
}

// withTime appends the number t to every row of x, (B, d) → (B, d+1).
func withTime(f *formula.F, t, x *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.Concat(x, f.Mul(f.Fill(x, 1, x.Shape()[0], 1), t))
}
