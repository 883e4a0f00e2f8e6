package formula

import (
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// F makes nodes in the graph of its inputs. After the first error it makes none; Result and Err report it.
type F struct {
	dtype tensor.Dtype
	err   error
}

// For is arithmetic of the dtype of a node.
func For(like *G.Node) *F { return &F{dtype: like.Dtype()} }

// Of is arithmetic of a dtype.
func Of(dt tensor.Dtype) *F { return &F{dtype: dt} }

// Err is the first error.
func (f *F) Err() error { return f.err }

// Result is n, or the first error.
func (f *F) Result(n *G.Node) (*G.Node, error) {
	if f.err != nil {
		return nil, f.err
	}
	return n, nil
}

// Apply is fn(x), where fn is any function of one node: a layer's Forward.
func (f *F) Apply(fn func(*G.Node) (*G.Node, error), x *G.Node) *G.Node {
	return f.do(func() (*G.Node, error) { return fn(x) })
}

// Keep is n, whose error becomes the first if there was none.
func (f *F) Keep(n *G.Node, err error) *G.Node {
	if f.err == nil {
		f.err = err
	}
	return n
}

// Binary is fn(a, b).
func (f *F) Binary(fn func(a, b *G.Node) (*G.Node, error), a, b *G.Node) *G.Node {
	return f.do(func() (*G.Node, error) { return fn(a, b) })
}

// Broadcast is fn(a, b), where b has length 1 along the axes, or lacks them, and is repeated.
func (f *F) Broadcast(fn func(a, b *G.Node, left, right []byte) (*G.Node, error), a, b *G.Node, axes ...byte) *G.Node {
	return f.do(func() (*G.Node, error) { return fn(a, b, nil, axes) })
}

// Compare is 1 where the comparison holds and 0 elsewhere.
func (f *F) Compare(fn func(a, b *G.Node, retSame bool) (*G.Node, error), a, b *G.Node) *G.Node {
	return f.do(func() (*G.Node, error) { return fn(a, b, true) })
}

func (f *F) do(make func() (*G.Node, error)) *G.Node {
	if f.err != nil {
		return nil
	}
	var n *G.Node
	n, f.err = make()
	return n
}

// Number is a constant.
func (f *F) Number(v float64) *G.Node {
	if f.dtype == tensor.Float32 {
		return G.NewConstant(float32(v))
	}
	return G.NewConstant(v)
}

// Constant is a tensor of given values, row-major, in the graph of like.
func (f *F) Constant(like *G.Node, values []float64, shape ...int) *G.Node {
	return f.do(func() (*G.Node, error) { return graph.Constant(like, values, shape...) })
}

// Fill is a tensor of equal values in the graph of like.
func (f *F) Fill(like *G.Node, v float64, shape ...int) *G.Node {
	values := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range values {
		values[i] = v
	}
	return f.Constant(like, values, shape...)
}

// Add is a + b for two nodes of one shape, or where one is a number.
func (f *F) Add(a, b *G.Node) *G.Node { return f.Binary(G.Add, a, b) }

// Sub is a − b.
func (f *F) Sub(a, b *G.Node) *G.Node { return f.Binary(G.Sub, a, b) }

// Mul is the product of elements.
func (f *F) Mul(a, b *G.Node) *G.Node { return f.Binary(G.HadamardProd, a, b) }

// Div is the quotient of elements.
func (f *F) Div(a, b *G.Node) *G.Node { return f.Binary(G.HadamardDiv, a, b) }

// MatMul is the product of two matrices.
func (f *F) MatMul(a, b *G.Node) *G.Node { return f.Binary(G.Mul, a, b) }

// AddRow adds r, of shape (n), to every row of x, of shape (m, n).
func (f *F) AddRow(x, r *G.Node) *G.Node { return f.Broadcast(G.BroadcastAdd, x, r, 0) }

// MulRow multiplies every row of x, of shape (m, n), by r, of shape (n).
func (f *F) MulRow(x, r *G.Node) *G.Node { return f.Broadcast(G.BroadcastHadamardProd, x, r, 0) }

// MulColumn multiplies every column of x, of shape (m, n), by c, of shape (m, 1).
func (f *F) MulColumn(x, c *G.Node) *G.Node { return f.Broadcast(G.BroadcastHadamardProd, x, c, 1) }

// Exp is eˣ.
func (f *F) Exp(x *G.Node) *G.Node { return f.Apply(G.Exp, x) }

// Neg is −x.
func (f *F) Neg(x *G.Node) *G.Node { return f.Apply(G.Neg, x) }

// Abs is |x|.
func (f *F) Abs(x *G.Node) *G.Node { return f.Apply(G.Abs, x) }

// Tanh is the hyperbolic tangent.
func (f *F) Tanh(x *G.Node) *G.Node { return f.Apply(G.Tanh, x) }

// Sigmoid is 1/(1 + e⁻ˣ).
func (f *F) Sigmoid(x *G.Node) *G.Node { return f.Apply(G.Sigmoid, x) }

// Softplus is ln(1 + eˣ).
func (f *F) Softplus(x *G.Node) *G.Node { return f.Apply(G.Softplus, x) }

// Rectify is max(x, 0).
func (f *F) Rectify(x *G.Node) *G.Node { return f.Apply(G.Rectify, x) }

// Where is graph.Where: a where cond is not zero, b elsewhere.
func (f *F) Where(cond, a, b *G.Node) *G.Node {
	return f.do(func() (*G.Node, error) { return graph.Where(cond, a, b) })
}

// Mix is b + w⊙(a − b): a where w is 1, b where it is 0.
func (f *F) Mix(w, a, b *G.Node) *G.Node { return f.Add(b, f.Mul(w, f.Sub(a, b))) }

// Reshape gives the elements another shape.
func (f *F) Reshape(x *G.Node, shape ...int) *G.Node {
	return f.do(func() (*G.Node, error) { return graph.Reshape(x, shape...) })
}

// Sum is that of all elements.
func (f *F) Sum(x *G.Node) *G.Node {
	if f.err != nil || x.IsScalar() {
		return x
	}
	flat := f.Reshape(x, x.Shape().TotalSize())
	return f.do(func() (*G.Node, error) { return G.Sum(flat) })
}

// RowSums is the sum of each row of x, of shape (n, m), as a column (n, 1).
func (f *F) RowSums(x *G.Node) *G.Node {
	if f.err != nil {
		return nil
	}
	n := x.Shape()[0]
	return f.Reshape(f.do(func() (*G.Node, error) { return G.Sum(x, 1) }), n, 1)
}

// Transpose reorders the axes.
func (f *F) Transpose(x *G.Node, axes ...int) *G.Node {
	return f.do(func() (*G.Node, error) { return G.Transpose(x, axes...) })
}

// Columns takes the elements from start to before end of the last axis.
func (f *F) Columns(x *G.Node, start, end int) *G.Node {
	return f.do(func() (*G.Node, error) {
		shape := x.Shape()
		if start == 0 && end == shape[len(shape)-1] {
			return x, nil
		}
		ranges := make([]tensor.Slice, len(shape))
		ranges[len(ranges)-1] = G.S(start, end)
		return graph.Slice(x, ranges...)
	})
}

// Concat joins nodes along the last axis.
func (f *F) Concat(xs ...*G.Node) *G.Node {
	return f.do(func() (*G.Node, error) {
		if len(xs) == 1 {
			return xs[0], nil
		}
		return G.Concat(xs[0].Dims()-1, slices.Clone(xs)...) // a node keeps the slice of its children
	})
}
