package layers

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// formula writes arithmetic as nodes. After the first error it does nothing more; result reports it.
type formula struct {
	dtype tensor.Dtype
	err   error
}

func (f *formula) result(n *G.Node) (*G.Node, error) {
	if f.err != nil {
		return nil, f.err
	}
	return n, nil
}

func (f *formula) keep(n *G.Node, err error) *G.Node {
	if f.err == nil {
		f.err = err
	}
	return n
}

// number is a constant.
func (f *formula) number(v float64) *G.Node {
	if f.dtype == tensor.Float32 {
		return G.NewConstant(float32(v))
	}
	return G.NewConstant(v)
}

func (f *formula) apply(fn func(*G.Node) (*G.Node, error), x *G.Node) *G.Node {
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

func (f *formula) add(a, b *G.Node) *G.Node { return f.binary(G.Add, a, b) }
func (f *formula) sub(a, b *G.Node) *G.Node { return f.binary(G.Sub, a, b) }
func (f *formula) mul(a, b *G.Node) *G.Node { return f.binary(G.HadamardProd, a, b) }
func (f *formula) div(a, b *G.Node) *G.Node { return f.binary(G.HadamardDiv, a, b) }

// compare is 1 where the comparison holds and 0 elsewhere.
func (f *formula) compare(fn func(a, b *G.Node, retSame bool) (*G.Node, error), a, b *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(fn(a, b, true))
}

// negativePart is min(x, 0).
func (f *formula) negativePart(x *G.Node) *G.Node {
	return f.mul(x, f.compare(G.Lt, x, f.number(0)))
}

func (f *formula) neg(x *G.Node) *G.Node { return f.apply(G.Neg, x) }

// reshape is for a graph that is being traced, where Gorgonia's Reshape shares no memory.
func (f *formula) reshape(x *G.Node, shape ...int) *G.Node {
	return f.apply(func(x *G.Node) (*G.Node, error) { return graph.Reshape(x, shape...) }, x)
}

// total is the sum of all elements.
func (f *formula) total(x *G.Node) *G.Node {
	if f.err != nil || x.IsScalar() {
		return x
	}
	return f.apply(func(x *G.Node) (*G.Node, error) { return G.Sum(x) }, f.reshape(x, x.Shape().TotalSize()))
}

// rowSums is the sum of each row of a matrix (n, m), as a column (n, 1).
func (f *formula) rowSums(x *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	n := x.Shape()[0]
	return f.reshape(f.apply(func(x *G.Node) (*G.Node, error) { return G.Sum(x, 1) }, x), n, 1)
}

// spread applies fn to a and b, where b has length 1 along the axes and is repeated.
func (f *formula) spread(fn func(a, b *G.Node, left, right []byte) (*G.Node, error), a, b *G.Node, axes ...byte) *G.Node {
	return f.binary(func(a, b *G.Node) (*G.Node, error) { return fn(a, b, nil, axes) }, a, b)
}

// constant is a tensor of given values.
func (f *formula) constant(like *G.Node, values []float64, shape ...int) *G.Node {
	return f.apply(func(like *G.Node) (*G.Node, error) { return graph.Constant(like, values, shape...) }, like)
}

// slice takes the elements from start to before end of the last axis.
func (f *formula) slice(x *G.Node, start, end int) *G.Node {
	return f.apply(func(x *G.Node) (*G.Node, error) {
		ranges := make([]tensor.Slice, x.Dims())
		ranges[len(ranges)-1] = G.S(start, end)
		return graph.Slice(x, ranges...)
	}, x)
}

// concat joins nodes along the last axis.
func (f *formula) concat(xs ...*G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	return f.keep(G.Concat(xs[0].Dims()-1, xs...))
}
