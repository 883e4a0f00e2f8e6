package flow

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// formula writes arithmetic as nodes of a graph that is being traced. After the first error it does nothing more.
type formula struct {
	dtype tensor.Dtype
	err   error
}

func (f *formula) keep(n *G.Node, err error) *G.Node {
	if f.err == nil {
		f.err = err
	}
	return n
}

func (f *formula) unary(fn func(*G.Node) (*G.Node, error), x *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(fn(x))
}

func (f *formula) binary(fn func(a, b *G.Node) (*G.Node, error), a, b *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(fn(a, b))
}

func (f *formula) add(a, b *G.Node) *G.Node  { return f.binary(G.Add, a, b) }
func (f *formula) sub(a, b *G.Node) *G.Node  { return f.binary(G.Sub, a, b) }
func (f *formula) mul(a, b *G.Node) *G.Node  { return f.binary(G.HadamardProd, a, b) }
func (f *formula) prod(a, b *G.Node) *G.Node { return f.binary(G.Mul, a, b) }
func (f *formula) exp(x *G.Node) *G.Node     { return f.unary(G.Exp, x) }
func (f *formula) neg(x *G.Node) *G.Node     { return f.unary(G.Neg, x) }

func (f *formula) scale(x *G.Node, by float64) *G.Node { return f.mul(x, f.number(by)) }

func (f *formula) number(v float64) *G.Node {
	if f.dtype == tensor.Float32 {
		return G.NewConstant(float32(v))
	}
	return G.NewConstant(v)
}

func (f *formula) constant(like *G.Node, values []float64, shape ...int) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(graph.Constant(like, values, shape...))
}

func (f *formula) reshape(x *G.Node, shape ...int) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(graph.Reshape(x, shape...))
}

func (f *formula) slice(x *G.Node, ranges ...tensor.Slice) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(graph.Slice(x, ranges...))
}

// addRow, mulRow: (B, d) with a vector (d) that all rows share.
func (f *formula) addRow(x, v *G.Node) *G.Node { return f.broadcast(G.BroadcastAdd, x, v) }
func (f *formula) mulRow(x, v *G.Node) *G.Node { return f.broadcast(G.BroadcastHadamardProd, x, v) }

func (f *formula) broadcast(op func(a, b *G.Node, l, r []byte) (*G.Node, error), x, v *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(op(x, v, nil, []byte{0}))
}

// sumRows is Σ over the last axis: (B, d) → (B).
func (f *formula) sumRows(x *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	b := x.Shape()[0]
	return f.reshape(f.unary(func(x *G.Node) (*G.Node, error) { return G.Sum(x, 1) }, x), b)
}

// spread is a number for each of b rows.
func (f *formula) spread(x *G.Node, b int) *G.Node {
	if f.err != nil {
		return nil
	}
	ones := make([]float64, b)
	for i := range ones {
		ones[i] = 1
	}
	return f.mul(f.constant(x, ones, b), x)
}

// operation makes what build writes one Op in the graph of its inputs, with an output for each node that build returns.
// Inside of another traced function it dissolves.
func operation(name string, build func(f *formula, in G.Nodes) G.Nodes, in ...*G.Node) (G.Nodes, error) {
	specs := make([]graph.Spec, len(in))
	for i, n := range in {
		specs[i] = graph.Input(fmt.Sprintf("in%d", i), n.Dtype(), n.Shape()...)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		f := &formula{dtype: in[0].Dtype()}
		out := build(f, in)
		return out, f.err
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
