package graph

import (
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestLowerGradients builds the gradients of Gorgonia's Ops by SymDiff, as gorgonia.Grad does, and compares them with
// the VJP of the Op itself, value and derivative.
func TestLowerGradients(t *testing.T) {
	for _, c := range []lowering{
		shaped("slice", shape(4, 5), sliceOf(G.S(1, 3))), shaped("slice index", shape(4, 5), sliceOf(G.S(2))),
		shaped("slice columns", shape(2, 6), sliceOf(nil, G.S(1, 5, 2))),
		shaped("slice of a vector", shape(4), sliceOf(G.S(2))),
		shaped("softmax", shape(2, 3), overAxes(G.SoftMax)), shaped("softmax 0", shape(2, 3), overAxes(G.SoftMax, 0)),
		shaped("log softmax", shape(2, 3), overAxes(G.LogSoftMax)),
		shaped("sparsemax", shape(2, 3), overAxes(G.Sparsemax)), shaped("sparsemax 0", shape(3, 2), overAxes(G.Sparsemax, 0)),
		shaped("im2col", shape(1, 2, 3, 4), func(x *G.Node) (*G.Node, error) {
			return G.Im2Col(x, shape(2, 2), shape(1, 0), shape(1, 2), shape(1, 1))
		}),
		shaped("max pool", shape(1, 2, 4, 4), pool(G.MaxPool2D, shape(2, 2), []int{1, 0}, []int{2, 1})),
		shaped("average pool", shape(1, 2, 4, 4), pool(G.AveragePool2D, shape(2, 3), []int{1, 0}, []int{2, 1})),
		shaped("upsample", shape(1, 2, 2, 3), func(x *G.Node) (*G.Node, error) { return G.Upsample2D(x, 2) }),
		shaped("by indices", shape(4, 3), func(x *G.Node) (*G.Node, error) {
			return G.ByIndices(x, G.NewConstant(tensor.New(tensor.WithShape(4), tensor.WithBacking([]int{2, 0, 1, 2}))), 0)
		}),
		shaped("sum", shape(2, 3, 2), overAxes(G.Sum, 1)), shaped("max", shape(2, 3), overAxes(G.Max, 1)),
		shaped("reshape", shape(2, 3), reshapeTo(3, 2)), shaped("transpose", shape(2, 3), overAxes(G.Transpose)),
		shaped("tanh", shape(2, 3), G.Tanh),
		shaped("concat", shape(2, 3), func(x *G.Node) (*G.Node, error) { return G.Concat(0, x) }),
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, uint64(len(c.name))))
			f := traced(t, c.builder(), c.specs(tensor.Float64)...)
			vjp, err := f.VJP()
			if err != nil {
				t.Fatal(err)
			}
			g := traced(t, func(in ...*G.Node) (G.Nodes, error) {
				return symDiff(c.build(in[0]), in[1])
			}, Input("x", tensor.Float64, c.in[0]...), Input("w", tensor.Float64, f.outputs[0].shape...))
			x := append(c.arguments(r), gaussians(r, f.outputs[0].size()))
			compare(t, "gradient", evaluate(g, x)[0], evaluate(vjp, x)[0], 1e-12)
			checkDerivatives(t, g, x, r, 1e-6)
		})
	}
}

func symDiff(y, w *G.Node) (G.Nodes, error) {
	var inputs G.Nodes
	for ps := y.Graph().From(y.ID()); ps.Next(); {
		inputs = append(inputs, ps.Node().(*G.Node))
	}
	ns, err := y.Op().(G.SDOp).SymDiff(inputs, y, w)
	return ns[:1], err
}

// normOf is the node of a normalisation without its scale and bias.
func normOf(y *G.Node) *G.Node {
	for _, n := range y.Graph().AllNodes() {
		if n.Op() != nil && (isOp(n, "BatchNormOp") || isOp(n, "GroupNormOp")) {
			return n
		}
	}
	return nil
}

func TestLowerNormGradients(t *testing.T) {
	for _, c := range normCases() {
		t.Run(c.name, func(t *testing.T) {
			for _, training := range []bool{true, false} {
				r := rand.New(rand.NewPCG(3, uint64(len(c.name))))
				mode := func(n *G.Node) *G.Node {
					if op, ok := n.Op().(*G.BatchNormOp); ok {
						setStats(t, op)
						if !training {
							op.SetTraining(false)
						}
					}
					return n
				}
				f := traced(t, func(in ...*G.Node) (G.Nodes, error) {
					return G.Nodes{mode(normOf(c.build(in...)))}, nil
				}, c.specs(tensor.Float64)...)
				vjp, err := f.VJP()
				if err != nil {
					t.Fatal(err)
				}
				specs := append(c.specs(tensor.Float64), Input("w", tensor.Float64, f.outputs[0].shape...))
				g := traced(t, func(in ...*G.Node) (G.Nodes, error) {
					return symDiff(mode(normOf(c.build(in[:3]...))), in[3])
				}, specs...)
				x := append(c.arguments(r), gaussians(r, f.outputs[0].size()))
				compare(t, "gradient", evaluate(g, x)[0], evaluate(vjp, x)[0], 1e-12)
				checkDerivatives(t, g, x, r, 1e-5)
				if len(g.updates) != 0 {
					t.Error("the gradient updates the statistics once more")
				}
			}
		})
	}
}

func setStats(t *testing.T, op *G.BatchNormOp) {
	t.Helper()
	m, _ := op.Stats()
	n := m.Shape().TotalSize()
	mean, variance := make([]float64, n), make([]float64, n)
	for i := range mean {
		mean[i], variance[i] = 0.1*float64(i), 1+0.5*float64(i)
	}
	if err := op.SetStats(tensor.New(tensor.WithBacking(mean)), tensor.New(tensor.WithBacking(variance))); err != nil {
		t.Fatal(err)
	}
}
