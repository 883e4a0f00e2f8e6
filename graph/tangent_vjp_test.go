package graph_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// f(t, y) = (t y₀² y₁, w t³ y₁) has d = τ ∂f/∂t + (∂f/∂y) v = (τ y₀²y₁ + t(2 y₀y₁v₀ + y₀²v₁), w(3t²τ y₁ + t³v₁)); the
// derivatives of cᵀd by t, y and w are written out.
func TestTangentVJP(t *testing.T) {
	w, err := graph.NewParam("w", graph.Zeros(), tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	const wv = 0.7
	if err := w.Set([]float64{wv}); err != nil {
		t.Fatal(err)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y0, err := graph.Slice(in[1], G.S(0, 1))
		if err != nil {
			return nil, err
		}
		y1, err := graph.Slice(in[1], G.S(1, 2))
		if err != nil {
			return nil, err
		}
		a := G.Must(G.HadamardProd(in[0], G.Must(G.HadamardProd(G.Must(G.Square(y0)), y1))))
		b := G.Must(G.HadamardProd(w.In(in[0].Graph()), G.Must(G.HadamardProd(G.Must(G.Cube(in[0])), y1))))
		return G.Nodes{a, b}, nil
	}, graph.Input("t", tensor.Float64, 1), graph.Input("y", tensor.Float64, 2))
	if err != nil {
		t.Fatal(err)
	}
	d, err := fn.TangentVJP(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := graph.Compile[float64](d)
	if err != nil {
		t.Fatal(err)
	}
	const x, y0, y1, tau, v0, v1, c0, c1 = 1.3, 0.4, -0.9, 0.8, -0.3, 1.1, 0.6, -1.7
	out := [][]float64{make([]float64, 1), make([]float64, 2), make([]float64, 1)}
	if err := plan.Run([][]float64{{x}, {y0, y1}, {tau}, {v0, v1}, {c0}, {c1}}, out); err != nil {
		t.Fatal(err)
	}
	want := []float64{
		c0*(2*y0*y1*v0+y0*y0*v1) + c1*wv*(6*x*tau*y1+3*x*x*v1),
		c0 * (2*tau*y0*y1 + x*(2*y1*v0+2*y0*v1)),
		c0*(tau*y0*y0+2*x*y0*v0) + c1*wv*3*x*x*tau,
		c1 * (3*x*x*tau*y1 + x*x*x*v1),
	}
	for i, got := range append(append(out[0], out[1]...), out[2]...) {
		if math.Abs(got-want[i]) > 1e-14*(1+math.Abs(want[i])) {
			t.Errorf("derivative %d: %.17g, want %.17g", i, got, want[i])
		}
	}
	if _, err := fn.TangentVJP(2); err == nil {
		t.Error("a tangent of an input that isn't there")
	}
}
