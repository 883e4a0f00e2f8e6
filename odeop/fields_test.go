package odeop

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// testFields cover what a field may look like.
func testFields() []*testField {
	network := func(ps []*graph.Param) Field {
		// y' = tanh(y·w0 + w1) ⊙ u0·cos t − y/2
		return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
			g := y.Graph()
			z := must(G.Tanh(must(G.Add(must(G.Mul(y, ps[0].In(g))), ps[1].In(g)))))
			z = must(G.HadamardProd(must(G.HadamardProd(z, args[0])), must(G.Cos(t))))
			return G.Sub(z, scaled(0.5, y))
		}
	}
	// y' = tanh(y) ⊙ u0·sin t − y/2, of any shape but a number
	elementwise := func([]*graph.Param) Field {
		return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
			z := must(G.HadamardProd(must(G.HadamardProd(must(G.Tanh(y)), args[0])), must(G.Sin(t))))
			return G.Sub(z, scaled(0.5, y))
		}
	}
	// y' = tanh(y·w0) ignores t
	autonomous := func(ps []*graph.Param) Field {
		return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Tanh(must(G.Mul(y, ps[0].In(y.Graph()))))
		}
	}
	return []*testField{
		{name: "network", y: []int{3, 2}, args: [][]int{{3, 2}}, params: [][]int{{2, 2}, {3, 2}}, field: network},
		{name: "descending", y: []int{3, 2}, args: [][]int{{3, 2}}, params: [][]int{{2, 2}, {3, 2}}, field: network,
			times: []float64{1.1, 0.6, 0.5, -0.4}},
		{name: "irregular", y: []int{3, 2}, args: [][]int{{3, 2}}, params: [][]int{{2, 2}, {3, 2}}, field: network,
			times: []float64{-1, -0.99, -0.3, 0.4, 0.401}},
		{name: "one interval", y: []int{2, 2}, params: [][]int{{2, 2}}, field: autonomous, times: []float64{0, 1}},
		{name: "ignores t", y: []int{3, 2}, params: [][]int{{2, 2}}, field: autonomous},
		{name: "ignores an arg", y: []int{3, 2}, args: [][]int{{2}}, params: [][]int{{2, 2}}, unused: []string{"u0"},
			field: autonomous},
		{name: "number", args: [][]int{{}}, field: func([]*graph.Param) Field {
			return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) { // y' = u0·sin(t + y)
				return G.HadamardProd(args[0], must(G.Sin(must(G.Add(t, y)))))
			}
		}},
		{name: "y' = t", unused: nil, field: func([]*graph.Param) Field {
			return func(t, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return t, nil }
		}},
		{name: "vector", y: []int{3}, args: [][]int{{3}}, field: elementwise},
		{name: "column", y: []int{3, 1}, args: [][]int{{3, 1}}, field: elementwise},
		{name: "rank 3", y: []int{2, 3, 2}, args: [][]int{{2, 3, 2}}, field: elementwise},
		{name: "rank 4", y: []int{2, 1, 2, 3}, args: [][]int{{2, 1, 2, 3}}, field: elementwise},
		{name: "constant", y: []int{2, 2}, field: func([]*graph.Param) Field {
			return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
				return graph.Constant(y, []float64{0.3, -0.2, 1, 2}, 2, 2)
			}
		}},
		{name: "y itself", y: []int{2, 2}, field: func([]*graph.Param) Field {
			return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }
		}},
		{name: "arg itself", y: []int{2, 2}, args: [][]int{{2, 2}}, field: func([]*graph.Param) Field {
			return func(_, _ *G.Node, args ...*G.Node) (*G.Node, error) { return args[0], nil }
		}},
		{name: "parameter itself", y: []int{2, 2}, params: [][]int{{2, 2}}, field: func(ps []*graph.Param) Field {
			return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return ps[0].In(y.Graph()), nil }
		}},
		{name: "call", y: []int{3, 2}, params: [][]int{{2, 2}}, field: func(ps []*graph.Param) Field {
			return func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
				fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
					z := must(G.Mul(in[1], ps[0].In(in[1].Graph())))
					return G.Nodes{must(G.HadamardProd(must(G.Tanh(z)), in[0]))}, nil
				}, graph.Input("t", t.Dtype()), graph.Input("y", y.Dtype(), y.Shape()...))
				if err != nil {
					return nil, err
				}
				return graph.Call(fn, t, y)
			}
		}},
	}
}
