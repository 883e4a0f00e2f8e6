package sdeop

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// values runs the nodes' graph.
func values(t *testing.T, nodes ...*G.Node) [][]float64 {
	t.Helper()
	read := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &read[i])
	}
	vm := G.NewTapeMachine(nodes[0].Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(nodes))
	for i, v := range read {
		out[i] = append(out[i], v.Data().([]float64)...)
	}
	return out
}

func input(g *G.ExprGraph, name string, v []float64, shape ...int) *G.Node {
	return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), v...)))))
}

func must(n *G.Node, err error) *G.Node {
	if err != nil {
		panic(err)
	}
	return n
}

// times is c·y as a field.
func times(c float64) odeop.Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.HadamardProd(y, must(graph.Constant(y, []float64{c})))
	}
}

// matrix is a diffusion of general noise: (B, d, m) with the columns a_j + tanh(y)·b_j, whose noise does not commute.
func matrix(ps ...*graph.Param) odeop.Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		w := ps[0].In(y.Graph())
		g := must(G.Mul(must(G.Tanh(y)), w)) // (B, d·m)
		return graph.Reshape(g, y.Shape()[0], y.Shape()[1], w.Shape()[1]/y.Shape()[1])
	}
}

// network is tanh(y·w + t) as a field.
func network(p *graph.Param) odeop.Field {
	return func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Tanh(must(G.Add(must(G.Mul(y, p.In(y.Graph()))), t)))
	}
}

// perComponent is a diffusion whose component depends on that of y alone: 0.5 + 0.3 tanh(y ⊙ w).
func perComponent(p *graph.Param) odeop.Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		w := must(graph.Reshape(p.In(y.Graph()), 1, y.Shape()[1]))
		x := must(G.Tanh(must(G.BroadcastHadamardProd(y, w, nil, []byte{0}))))
		return G.Add(must(G.HadamardProd(x, must(graph.Constant(y, []float64{0.3})))), must(graph.Constant(y, []float64{0.5})))
	}
}

// byTime is a diffusion that does not depend on y, 0.4 + 0.3 sin 2t.
func byTime(shape ...int) odeop.Field {
	return func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		ones := make([]float64, n)
		for i := range ones {
			ones[i] = 1 + 0.1*float64(i%3)
		}
		s := must(G.Sin(must(G.HadamardProd(t, must(graph.Constant(y, []float64{2}))))))
		c := must(G.Add(must(graph.Constant(y, []float64{0.4})), must(G.HadamardProd(s, must(graph.Constant(y, []float64{0.3}))))))
		return G.HadamardProd(must(graph.Constant(y, ones, shape...)), c)
	}
}

func param(t *testing.T, rng *rand.Rand, name string, shape ...int) *graph.Param {
	t.Helper()
	p, err := graph.NewParam(name, graph.Normal(rng, 0, 0.7), tensor.Float64, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// slope is that of a straight line through log₂ of the errors at steps that halve.
func slope(errs []float64) float64 {
	var sx, sy, sxx, sxy float64
	for i, e := range errs {
		x, y := -float64(i), math.Log2(e)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	n := float64(len(errs))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
