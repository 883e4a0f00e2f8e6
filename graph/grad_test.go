package graph_test

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// TestGradTwice takes derivatives of derivatives, where gorgonia.Grad passes by what it has differentiated before. With
// L = Σ sin(x y), the gradient by x is y cos(x y), and that of its product with v is −v y² sin(x y) by x and
// v (cos(x y) − x y sin(x y)) by y.
func TestGradTwice(t *testing.T) {
	for _, last := range []struct {
		name string
		grad func(cost *G.Node, wrt ...*G.Node) (G.Nodes, error)
	}{{"graph.Grad", graph.Grad}, {"gorgonia.Grad", G.Grad}} {
		g := G.NewGraph()
		value := func(name string, x ...float64) *G.Node {
			return G.NodeFromAny(g, tensor.New(tensor.WithBacking(x)), G.WithName(name))
		}
		x, y, v := value("x", 0.3, -1.2), value("y", 0.7, 2), value("v", 1.5, -0.4)
		cost := G.Must(G.Sum(G.Must(G.Sin(G.Must(G.HadamardProd(x, y))))))
		first, err := graph.Grad(cost, x)
		if err != nil {
			t.Fatal(err)
		}
		var firstValue G.Value // TapeMachine writes over the node's own
		G.Read(first[0], &firstValue)
		inner := G.Must(G.Sum(G.Must(G.HadamardProd(first[0], v))))
		second, err := last.grad(inner, x, y)
		if err != nil {
			t.Fatalf("%s: %v", last.name, err)
		}
		vm := G.NewTapeMachine(g)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		_ = vm.Close()
		numbers := func(n *G.Node) []float64 { return n.Value().Data().([]float64) }
		for i, a := range numbers(x) {
			b, d := numbers(y)[i], numbers(v)[i]
			for _, c := range []struct {
				what      string
				got, want float64
			}{
				{"∂L/∂x", firstValue.Data().([]float64)[i], b * math.Cos(a*b)},
				{"by x", numbers(second[0])[i], -d * b * b * math.Sin(a*b)},
				{"by y", numbers(second[1])[i], d * (math.Cos(a*b) - a*b*math.Sin(a*b))},
			} {
				if !(math.Abs(c.got-c.want) <= 1e-14) {
					t.Errorf("%s: %s: element %d is %.16g, want %.16g", last.name, c.what, i, c.got, c.want)
				}
			}
		}
	}
}

// TestGradInTrace has a Hamiltonian H = p²/2 + cos(w q) in a traced field: q' = p, p' = w sin(w q), with a parameter w,
// whose gradient is a second derivative of H.
func TestGradInTrace(t *testing.T) {
	w, err := graph.NewParam("w", graph.Fill(1.3), tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		q, p := in[0], in[1]
		h := G.Must(G.Sum(G.Must(G.Add(G.Must(G.Div(G.Must(G.Square(p)), G.NewConstant(2.0))),
			G.Must(G.Cos(G.Must(G.HadamardProd(w.In(q.Graph()), q))))))))
		d, err := graph.Grad(h, q, p)
		if err != nil {
			return nil, err
		}
		return G.Nodes{d[1], G.Must(G.Neg(d[0]))}, nil
	}, graph.Input("q", tensor.Float64, 1), graph.Input("p", tensor.Float64, 1))
	if err != nil {
		t.Fatal(err)
	}
	if ps := fn.Params(); len(ps) != 1 || ps[0] != w {
		t.Fatalf("the parameters are %v", ps)
	}
	vjp, err := fn.ValueVJP()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := graph.Compile[float64](vjp)
	if err != nil {
		t.Fatal(err)
	}
	out := [][]float64{make([]float64, 1), make([]float64, 1), make([]float64, 1), make([]float64, 1), make([]float64, 1)}
	if err := plan.Run([][]float64{{0.8}, {0.5}, {0}, {1}}, out); err != nil {
		t.Fatal(err)
	}
	sin, cos := math.Sincos(1.3 * 0.8)
	for i, want := range []float64{0.5, 1.3 * sin, 1.3 * 1.3 * cos, 0, sin + 1.3*0.8*cos} {
		if got := out[i][0]; !(math.Abs(got-want) <= 1e-15*4) {
			t.Errorf("output %d is %.17g, want %.17g", i, got, want)
		}
	}
}

// TestGradErrors says what is wrong with what was asked for.
func TestGradErrors(t *testing.T) {
	g := G.NewGraph()
	x := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("x"))
	z := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("z"))
	other := G.NewVector(G.NewGraph(), G.Float64, G.WithShape(2), G.WithName("x"))
	sq := G.Must(G.Square(x))
	cost := G.Must(G.Sum(sq))
	for _, c := range []struct {
		cost *G.Node
		wrt  G.Nodes
		want string
	}{
		{nil, G.Nodes{x}, "no node of a graph"},
		{sq, G.Nodes{x}, "shape (2), want a number"},
		{cost, nil, "nothing to differentiate"},
		{cost, G.Nodes{nil}, "no node of the cost's graph"},
		{cost, G.Nodes{other}, "no node of the cost's graph"},
		{cost, G.Nodes{sq}, "computed from other nodes"},
		{cost, G.Nodes{x, x}, "named twice"},
		{cost, G.Nodes{z}, "does not depend"},
	} {
		if _, err := graph.Grad(c.cost, c.wrt...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
