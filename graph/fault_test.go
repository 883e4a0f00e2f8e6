package graph_test

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// TestFindFault finds the place where NaNs and infinities begin, in a function and in its derivative.
func TestFindFault(t *testing.T) {
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		return G.Nodes{G.Must(G.Mul(G.Must(G.Sqrt(in[0])), in[1]))}, nil
	}, graph.Input("x", tensor.Float64, 2, 3), graph.Input("w", tensor.Float64, 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	vjp, err := fn.ValueVJP()
	if err != nil {
		t.Fatal(err)
	}
	w, c := []float64{1, 2, 3}, []float64{1, 1}
	for _, k := range []struct {
		name  string
		fn    *graph.Func
		in    [][]float64
		op    string
		of    string
		index []int
	}{
		{"good", vjp, [][]float64{{1, 2, 3, 4, 5, 6}, w, c}, "", "", nil},
		{"negative", fn, [][]float64{{1, 2, 3, 4, -5, 6}, w}, "sqrt", "", []int{1, 1}},
		{"slope at zero", vjp, [][]float64{{1, 2, 3, 4, 5, 0}, w, c}, "", "sqrt", []int{1, 2}},
		{"infinite input", fn, [][]float64{{1, 2, 3, 4, math.Inf(1), 6}, w}, "x", "", []int{1, 1}},
	} {
		f, err := graph.FindFault(k.fn, k.in)
		switch {
		case err != nil:
			t.Errorf("%s: %v", k.name, err)
		case k.index == nil && f != nil, k.index != nil && f == nil:
			t.Errorf("%s: %v", k.name, f)
		case f != nil && (k.op != "" && f.Op != k.op || f.Of != k.of || !slices.Equal(f.Index, k.index)):
			t.Errorf("%s: %v, want %s of %s at %v", k.name, f, k.op, k.of, k.index)
		}
	}
}
