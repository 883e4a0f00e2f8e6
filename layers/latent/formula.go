package latent

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// call makes one Op of what build writes.
func call(name string, build func(f *formula.F, in G.Nodes) *G.Node, nodes ...*G.Node) (*G.Node, error) {
	var specs []graph.Spec
	for i, n := range nodes {
		if n == nil {
			return nil, errors.Errorf("%s: input %d is no node", name, i)
		}
		specs = append(specs, graph.Input(fmt.Sprintf("input %d", i), n.Dtype(), n.Shape()...))
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := formula.For(in[0])
		out, err := f.Result(build(f, in))
		return G.Nodes{out}, err
	}, specs...)
	if err != nil {
		return nil, errors.WithMessage(err, name)
	}
	return graph.Call(fn.Named("latent: "+name), nodes...)
}

// repeated is x, k times along a new first axis, as a matrix (k, all elements of x).
func repeated(f *formula.F, x *G.Node, k int) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.MatMul(f.Fill(x, 1, k, 1), f.Reshape(x, 1, x.Shape().TotalSize()))
}

// widened is each element of x, k times along a new last axis, as a matrix (all elements of x, k).
func widened(f *formula.F, x *G.Node, k int) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.MatMul(f.Reshape(x, x.Shape().TotalSize(), 1), f.Fill(x, 1, 1, k))
}

// rowSums are the sums of the rows of x, (m, n), as (m, 1).
func rowSums(f *formula.F, x *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.MatMul(x, f.Fill(x, 1, x.Shape()[1], 1))
}

// rowMax are the largest elements of the rows of x, (m, n), as (m, 1).
func rowMax(f *formula.F, x *G.Node) *G.Node {
	largest := f.Apply(func(x *G.Node) (*G.Node, error) { return G.Max(x, 1) }, x)
	if f.Err() != nil {
		return nil
	}
	return f.Reshape(largest, x.Shape()[0], 1)
}

func square(f *formula.F, x *G.Node) *G.Node { return f.Mul(x, x) }

// above is 1 where x is above a limit and 0 elsewhere.
func above(f *formula.F, x *G.Node, limit float64) *G.Node {
	return f.Apply(func(x *G.Node) (*G.Node, error) { return G.Gt(x, f.Number(limit), true) }, x)
}

// only is x where the mask is not 0, and 0 elsewhere, whatever x is there.
func only(f *formula.F, mask, x *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	return f.Where(mask, x, f.Fill(x, 0, x.Shape()...))
}

// fits tells whether a node has a shape, and the graph and the dtype of another.
func fits(what string, n, like *G.Node, shape ...int) error {
	switch {
	case n == nil || n.Graph() == nil:
		return errors.Errorf("%s: no node of a graph", what)
	case n.Graph() != like.Graph():
		return errors.Errorf("%s: a node of another graph", what)
	case n.Dtype() != like.Dtype():
		return errors.Errorf("%s of dtype %v, want %v", what, n.Dtype(), like.Dtype())
	case !slices.Equal(n.Shape(), shape):
		return errors.Errorf("%s of shape %v, want %v", what, n.Shape(), tensor.Shape(shape))
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
