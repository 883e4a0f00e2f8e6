package sde

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 11)) }

func input(g *G.ExprGraph, name string, v []float64, shape ...int) *G.Node {
	return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), v...)))))
}

// number is an input of shape (1).
func number(g *G.ExprGraph, name string, v float64) *G.Node { return input(g, name, []float64{v}, 1) }

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
		switch d := v.Data().(type) {
		case []float64:
			out[i] = append(out[i], d...)
		case float64:
			out[i] = []float64{d}
		}
	}
	return out
}

// must is for graphs that a test knows to be right.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// linear is a·y + b as a field.
func linear(a, b float64) odeop.Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		scaled := must(G.HadamardProd(y, must(graph.Constant(y, []float64{a}))))
		return G.Add(scaled, must(graph.Constant(y, []float64{b})))
	}
}

// constant is a field that does not depend on y.
func constant(c float64) odeop.Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		all := make([]float64, y.Shape().TotalSize())
		for i := range all {
			all[i] = c
		}
		return graph.Constant(y, all, y.Shape()...)
	}
}

func wave(n int, at float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 0.8 * math.Sin(at+1.7*float64(i))
	}
	return v
}

// checkGradients compares the exact derivatives of a number by parameters with central differences at the same noise: the
// error of these is of the order h² of a third derivative and the rounding of the number by h, which meet at about 1e-10 for
// h = 1e-5; functions of order one with third derivatives of order a hundred stay below 1e-6.
func checkGradients(t *testing.T, params []*graph.Param, cost func() *G.Node) {
	t.Helper()
	loss := cost()
	ds, err := graph.Grad(loss, graph.ParamNodes(loss.Graph(), params)...)
	if err != nil {
		t.Fatal(err)
	}
	exact := values(t, ds...)
	plain := cost()
	var read G.Value
	G.Read(plain, &read)
	vm := G.NewTapeMachine(plain.Graph())
	defer vm.Close()
	at := func() float64 {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
		return read.Data().(float64)
	}
	for i, p := range params {
		v := p.Float64s()
		for _, k := range []int{0, len(v) - 1} {
			const h = 1e-5
			old := v[k]
			move := func(to float64) float64 {
				v[k] = to
				must(0, p.Set(v))
				return at()
			}
			want := (move(old+h) - move(old-h)) / (2 * h)
			move(old)
			if got := exact[i][k]; math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%s[%d]: the derivative is %.9g, by differences %.9g", p.Name(), k, got, want)
			}
		}
	}
}
