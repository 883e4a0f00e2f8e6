package graph_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// TestLinearize has both halves together compute what ValueVJP does, and the value of the activation handed over.
func TestLinearize(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		h := G.Must(G.Tanh(G.Must(G.Mul(G.Must(G.Cube(in[0])), in[1]))))
		return G.Nodes{G.Must(G.Mul(h, G.Must(G.Transpose(in[1]))))}, nil
	}, graph.Input("y", tensor.Float64, 4, 2), graph.Input("w", tensor.Float64, 2, 5))
	if err != nil {
		t.Fatal(err)
	}
	forward, reverse, err := fn.Linearize()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(forward.Outputs()); n != 2 {
		t.Errorf("%d outputs of the forward half, want the value and tanh: the cube is computed again", n)
	}
	random := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		return v
	}
	run := func(f *graph.Func, in ...[]float64) [][]float64 {
		t.Helper()
		plan, err := graph.Compile[float64](f)
		if err != nil {
			t.Fatal(err)
		}
		var out [][]float64
		for _, s := range f.Outputs() {
			out = append(out, make([]float64, s.TotalSize()))
		}
		if err := plan.Run(in, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	y, w, c := random(8), random(10), random(8)
	vjp, err := fn.ValueVJP()
	if err != nil {
		t.Fatal(err)
	}
	want := run(vjp, y, w, c)
	kept := run(forward, y, w)
	got := append(kept[:1:1], run(reverse, append(append([][]float64{y, w}, kept[1:]...), c)...)...)
	for i := range want {
		for j, v := range want[i] {
			if got[i][j] != v {
				t.Errorf("output %d, element %d: %v, want %v", i, j, got[i][j], v)
			}
		}
	}
	masked, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		n, err := graph.Dropout(in[0], in[1], 0.5, 1)
		return G.Nodes{n}, err
	}, graph.Input("x", tensor.Float64, 3), graph.Input("step", tensor.Float64))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := masked.Linearize(); err == nil || !strings.Contains(err.Error(), "keeps state") {
		t.Errorf("a mask: %v", err)
	}
}
