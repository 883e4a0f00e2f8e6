package graph

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func linearCases() []lowering {
	cs := []lowering{
		binaryCase("dot", G.Mul, shape(4), shape(4)), binaryCase("dot of one", G.Mul, shape(1), shape(1)),
		binaryCase("outer", G.OuterProd, shape(3), shape(2)), binaryCase("outer of one", G.OuterProd, shape(1), shape(3)),
		binaryCase("mul by number", G.Mul, shape(2, 3), shape()),
		binaryCase("vector matrix", G.Mul, shape(3), shape(3, 2)), binaryCase("vector row", G.Mul, shape(1), shape(1, 2)),
	}
	for _, s := range [][2]tensor.Shape{
		{shape(2, 3), shape(3, 4)}, {shape(1, 3), shape(3, 1)}, {shape(3, 1), shape(1, 3)}, {shape(1, 1), shape(1, 4)},
		{shape(1, 1), shape(1, 1)},
		{shape(2, 3), shape(3)}, {shape(1, 3), shape(3)}, {shape(3, 1), shape(1)}, {shape(3, 3), shape(3)},
	} {
		cs = append(cs, binaryCase(fmt.Sprintf("mul %v %v", s[0], s[1]), G.Mul, s[0], s[1]))
	}
	for _, lead := range []tensor.Shape{shape(2), shape(1), shape(2, 3)} {
		for i := 0; i < 4; i++ {
			ta, tb := i&1 == 1, i&2 == 2
			a, b := append(lead.Clone(), 3, 4), append(lead.Clone(), 4, 2)
			if ta {
				a = append(lead.Clone(), 4, 3)
			}
			if tb {
				b = append(lead.Clone(), 2, 4)
			}
			cs = append(cs, binaryCase(fmt.Sprintf("batched %v %v %v %v", a, b, ta, tb), func(x, y *G.Node) (*G.Node, error) {
				return G.BatchedMatMul(x, y, ta, tb)
			}, a, b))
		}
	}
	for _, d := range []struct {
		ax, ay []int
		a, b   tensor.Shape
	}{
		{[]int{1}, []int{0}, shape(2, 3), shape(3, 4)},
		{[]int{0}, []int{1}, shape(3, 2), shape(4, 3)},
		{[]int{0, 1}, []int{1, 0}, shape(2, 3), shape(3, 2)},
		{[]int{0, 2}, []int{2, 1}, shape(2, 3, 4), shape(3, 4, 2)},
		{[]int{2}, []int{0}, shape(2, 3, 4), shape(4, 2)},
		{[]int{0}, []int{0}, shape(4), shape(4)},
	} {
		cs = append(cs, binaryCase(fmt.Sprintf("tensordot %v %v", d.ax, d.ay), func(x, y *G.Node) (*G.Node, error) {
			return G.Tensordot(d.ax, d.ay, x, y)
		}, d.a, d.b))
	}
	return cs
}

func TestLowerLinear(t *testing.T) { testLowerings(t, linearCases()) }

// shaped is a case of one argument.
func shaped(name string, s tensor.Shape, f func(*G.Node) (*G.Node, error), opts ...func(*lowering)) lowering {
	c := unaryCase(name, f, opts...)
	c.in = shapes(s)
	return c
}

func overAxes(f func(*G.Node, ...int) (*G.Node, error), axes ...int) func(*G.Node) (*G.Node, error) {
	return func(x *G.Node) (*G.Node, error) { return f(x, axes...) }
}

func reductionCases() []lowering {
	var cs []lowering
	for _, r := range []struct {
		name string
		f    func(*G.Node, ...int) (*G.Node, error)
		opts []func(*lowering)
	}{{"sum", G.Sum, nil}, {"mean", G.Mean, nil}, {"max", G.Max, []func(*lowering){first}}} {
		for _, s := range []struct {
			shape tensor.Shape
			axes  [][]int
		}{
			{shape(4), [][]int{nil, {0}}}, {shape(1), [][]int{nil}},
			{shape(2, 3), [][]int{nil, {0}, {1}, {0, 1}}}, {shape(1, 3), [][]int{{0}, {1}, nil}},
			{shape(3, 1), [][]int{{0}, {1}, nil}}, {shape(1, 1), [][]int{nil, {0}}},
			{shape(2, 3, 4), [][]int{nil, {0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}}}, {shape(2, 1, 3), [][]int{{1}, {0, 2}}},
			{shape(2, 3, 2, 2), [][]int{{0}, {1}, {3}, {0, 2, 3}, nil}},
		} {
			for _, axes := range s.axes {
				cs = append(cs, shaped(fmt.Sprintf("%s%v%v", r.name, s.shape, axes), s.shape, overAxes(r.f, axes...), r.opts...))
			}
		}
	}
	norm := func(axis, p int) func(*G.Node) (*G.Node, error) {
		return func(x *G.Node) (*G.Node, error) { return G.Norm(x, axis, p) }
	}
	cs = append(cs,
		shaped("norm 2", shape(2, 3), norm(1, 2)), shaped("norm 2 of a vector", shape(4), norm(0, 2)),
		shaped("norm 2, axis 0", shape(2, 3), norm(0, 2)),
		shaped("norm 4", shape(2, 3), norm(1, 4)), shaped("norm 3 of positives", shape(2, 3), norm(1, 3), positive),
		shaped("softmax of a vector", shape(4), overAxes(G.SoftMax)), shaped("softmax", shape(2, 3), overAxes(G.SoftMax)),
		shaped("softmax 0", shape(3, 2), overAxes(G.SoftMax, 0)),
		shaped("softmax 1 of rank 3", shape(2, 3, 2), overAxes(G.SoftMax, 1)),
		shaped("softmax of a row", shape(1, 3), overAxes(G.SoftMax)),
		shaped("softmax of a column", shape(3, 1), overAxes(G.SoftMax)),
		shaped("log softmax of a vector", shape(4), overAxes(G.LogSoftMax)),
		shaped("log softmax", shape(2, 3), overAxes(G.LogSoftMax)),
		shaped("log softmax 0", shape(3, 2), overAxes(G.LogSoftMax, 0)),
		shaped("log softmax 0 of rank 3", shape(2, 3, 2), overAxes(G.LogSoftMax, 0)),
		shaped("log of softmax", shape(2, 3), func(x *G.Node) (*G.Node, error) { return G.Log(G.Must(G.SoftMax(x))) }),
		shaped("sparsemax", shape(3, 4), overAxes(G.Sparsemax), first),
		shaped("sparsemax of a vector", shape(5), overAxes(G.Sparsemax), first),
		shaped("sparsemax of rank 3", shape(2, 2, 3), overAxes(G.Sparsemax), first),
		shaped("sparsemax 1", shape(2, 3), overAxes(G.Sparsemax, 1), first),
		shaped("size", shape(2, 3), func(x *G.Node) (*G.Node, error) { return G.HadamardProd(x, G.Must(G.SizeOf(1, x))) }),
		shaped("keep dims", shape(2, 3), func(x *G.Node) (*G.Node, error) {
			return G.KeepDims(x, false, func(y *G.Node) (*G.Node, error) { return G.Sum(y, 1) })
		}),
		shaped("keep dims left", shape(2, 3), func(x *G.Node) (*G.Node, error) {
			return G.KeepDims(x, true, func(y *G.Node) (*G.Node, error) { return G.Sum(y, 0) })
		}),
	)
	return cs
}

func TestLowerReductions(t *testing.T) { testLowerings(t, reductionCases()) }

func sliceOf(ranges ...tensor.Slice) func(*G.Node) (*G.Node, error) {
	return func(x *G.Node) (*G.Node, error) { return G.Slice(x, ranges...) }
}

func concat(axis int) func(a, b *G.Node) (*G.Node, error) {
	return func(a, b *G.Node) (*G.Node, error) { return G.Concat(axis, a, b) }
}

func reshapeTo(d ...int) func(*G.Node) (*G.Node, error) {
	return func(x *G.Node) (*G.Node, error) { return G.Reshape(x, shape(d...)) }
}

func shapeCases() []lowering {
	indices := func(x *G.Node, axis int, i ...int) (*G.Node, error) {
		return G.ByIndices(x, G.NewConstant(tensor.New(tensor.WithShape(len(i)), tensor.WithBacking(i))), axis)
	}
	return []lowering{
		shaped("slice", shape(4, 5), sliceOf(G.S(1, 3))), shaped("slice both", shape(4, 5), sliceOf(G.S(1, 3), G.S(2, 5))),
		shaped("slice nil", shape(4, 5), sliceOf(nil, G.S(1, 4))), shaped("slice all", shape(4, 5), sliceOf(nil)),
		shaped("slice index", shape(4, 5), sliceOf(G.S(2))), shaped("slice indices", shape(4, 5), sliceOf(G.S(2), G.S(3))),
		shaped("slice second index", shape(4, 5), sliceOf(nil, G.S(0))),
		shaped("slice index, range", shape(4, 5), sliceOf(G.S(1), G.S(1, 4))),
		shaped("slice vector", shape(5), sliceOf(G.S(1, 4))), shaped("slice vector index", shape(5), sliceOf(G.S(4))),
		shaped("slice step", shape(6), sliceOf(G.S(0, 6, 2))),
		shaped("slice step of columns", shape(2, 6), sliceOf(nil, G.S(1, 5, 2))),
		shaped("slice rank 3", shape(2, 3, 4), sliceOf(nil, G.S(1), G.S(1, 3))),
		shaped("slice rank 4", shape(2, 3, 2, 3), sliceOf(G.S(0), nil, G.S(1))),
		shaped("slice of length 1", shape(3, 4), sliceOf(G.S(0, 1))),
		shaped("slice of a column", shape(4, 1), sliceOf(G.S(1, 3))),
		shaped("unconcat", shape(2, 6), func(x *G.Node) (*G.Node, error) {
			p, err := G.Unconcat(x, 1, 3)
			if err != nil {
				return nil, err
			}
			return G.HadamardProd(p[0], G.Must(G.Sub(p[1], p[2])))
		}),
		shaped("reshape", shape(2, 3), reshapeTo(3, 2)), shaped("reshape inferred", shape(2, 6), reshapeTo(3, -1)),
		shaped("reshape rank 3", shape(4, 3), reshapeTo(2, 2, 3)),
		shaped("ravel", shape(2, 3), G.Ravel),
		shaped("transpose", shape(2, 3), overAxes(G.Transpose)),
		shaped("transpose rank 3", shape(2, 3, 4), overAxes(G.Transpose, 2, 0, 1)),
		shaped("transpose nothing", shape(2, 3), overAxes(G.Transpose, 0, 1)),
		shaped("transpose row", shape(1, 3), overAxes(G.Transpose)),
		shaped("transpose rank 4", shape(2, 3, 2, 1), overAxes(G.Transpose, 0, 3, 1, 2)),
		binaryCase("concat 0", concat(0), shape(2, 3), shape(1, 3)), binaryCase("concat 1", concat(1), shape(2, 3), shape(2, 1)),
		binaryCase("concat vectors", concat(0), shape(2), shape(3)),
		binaryCase("concat rank 3", concat(2), shape(2, 3, 1), shape(2, 3, 4)),
		shaped("concat with itself", shape(2, 3), func(x *G.Node) (*G.Node, error) { return G.Concat(0, x, x, G.Must(G.Neg(x))) }),
		shaped("by indices", shape(4, 3), func(x *G.Node) (*G.Node, error) { return indices(x, 0, 2, 0, 1, 3, 3) }),
		shaped("by indices 1", shape(2, 3), func(x *G.Node) (*G.Node, error) { return indices(x, 1, 2, 0) }),
		shaped("diag", shape(3), G.DiagFlat), shaped("diag of a matrix", shape(2, 2), G.DiagFlat),
		{name: "number", in: shapes(shape()), build: func(x ...*G.Node) *G.Node { return G.Must(G.Sin(x[0])) }},
		shaped("tensor constant", shape(2, 2), func(x *G.Node) (*G.Node, error) {
			if x.Dtype() == tensor.Float32 {
				return G.Add(x, G.NewConstant(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))))
			}
			return G.Add(x, G.NewConstant(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))))
		}),
	}
}

func TestLowerShapes(t *testing.T) { testLowerings(t, shapeCases()) }

func convolution(kernel tensor.Shape, pad, stride, dilation []int) func(a, b *G.Node) (*G.Node, error) {
	return func(a, b *G.Node) (*G.Node, error) { return G.Conv2d(a, b, kernel, pad, stride, dilation) }
}

func pool(f func(*G.Node, tensor.Shape, []int, []int) (*G.Node, error), kernel tensor.Shape,
	pad, stride []int) func(*G.Node) (*G.Node, error) {
	return func(x *G.Node) (*G.Node, error) { return f(x, kernel, pad, stride) }
}

func imageCases() []lowering {
	upsample := func(s int) func(*G.Node) (*G.Node, error) {
		return func(x *G.Node) (*G.Node, error) { return G.Upsample2D(x, s) }
	}
	return []lowering{
		binaryCase("conv", convolution(shape(2, 2), []int{0, 0}, []int{1, 1}, []int{1, 1}), shape(2, 2, 3, 4), shape(3, 2, 2, 2)),
		binaryCase("conv of one", convolution(shape(3, 3), []int{1, 1}, []int{1, 1}, nil), shape(1, 1, 3, 3), shape(1, 1, 3, 3)),
		binaryCase("conv 1×1", convolution(shape(1, 1), nil, []int{1, 1}, nil), shape(1, 2, 2, 2), shape(3, 2, 1, 1)),
		binaryCase("conv stride, pad", convolution(shape(3, 2), []int{1, 2}, []int{2, 3}, nil), shape(1, 2, 5, 4),
			shape(2, 2, 3, 2)),
		binaryCase("conv dilation", convolution(shape(2, 2), []int{1, 0}, []int{1, 1}, []int{2, 3}), shape(1, 1, 4, 5),
			shape(1, 1, 2, 2)),
		binaryCase("conv1d", func(a, b *G.Node) (*G.Node, error) {
			return G.Conv1d(a, b, 3, 1, 2, 1)
		}, shape(2, 2, 1, 6), shape(3, 2, 1, 3)),
		shaped("im2col", shape(1, 2, 3, 3), func(x *G.Node) (*G.Node, error) {
			return G.Im2Col(x, shape(2, 2), shape(1, 0), shape(1, 2), shape(1, 1))
		}),
		shaped("max pool", shape(1, 2, 4, 4), pool(G.MaxPool2D, shape(2, 2), []int{0, 0}, []int{2, 2}), first),
		shaped("max pool pad", shape(2, 1, 3, 4), pool(G.MaxPool2D, shape(3, 2), []int{1, 1}, []int{1, 2}), first),
		shaped("max pool 1d", shape(1, 2, 1, 5), func(x *G.Node) (*G.Node, error) { return G.MaxPool1D(x, 2, 0, 2) }, first),
		shaped("max pool symmetric explicit", shape(1, 1, 4, 4), pool(G.MaxPool2D, shape(2, 2), []int{1, 1, 1, 1}, []int{1, 1}),
			first),
		shaped("global average pool", shape(2, 2, 3, 2), G.GlobalAveragePool2D),
		shaped("upsample", shape(1, 2, 2, 3), upsample(2)), shaped("upsample 1", shape(1, 1, 2, 2), upsample(1)),
		shaped("upsample 3", shape(2, 1, 1, 2), upsample(3)),
	}
}

func TestLowerImages(t *testing.T) { testLowerings(t, imageCases()) }

func groupNorm(groups, channels int) func(x ...*G.Node) *G.Node {
	return func(x ...*G.Node) *G.Node { return G.Must(G.GroupNorm(x[0], x[1], x[2], groups, channels, 1e-3)) }
}

func batchNorm(x ...*G.Node) *G.Node {
	n, _, _, _, err := G.BatchNorm(x[0], x[1], x[2], 0.1, 1e-3)
	return G.Must(n, err)
}

func normCases() []lowering {
	return []lowering{
		{name: "group norm", in: shapes(shape(2, 4, 2, 2), shape(1, 4, 1, 1), shape(1, 4, 1, 1)), build: groupNorm(2, 4)},
		{name: "group norm, one group", in: shapes(shape(2, 3, 2, 1), shape(1, 3, 1, 1), shape(1, 3, 1, 1)),
			build: groupNorm(1, 3)},
		{name: "instance norm", in: shapes(shape(1, 2, 3, 2), shape(1, 2, 1, 1), shape(1, 2, 1, 1)), build: groupNorm(2, 2)},
		{name: "batch norm of rows", in: shapes(shape(4, 3), shape(1, 3), shape(1, 3)), build: batchNorm},
		{name: "batch norm of images", in: shapes(shape(2, 3, 2, 2), shape(1, 3, 1, 1), shape(1, 3, 1, 1)), build: batchNorm},
	}
}

func TestLowerNorms(t *testing.T) { testLowerings(t, normCases()) }
