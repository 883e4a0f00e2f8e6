package formula

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// TestFormula writes every operation once, in both dtypes, and compares with numbers.
func TestFormula(t *testing.T) {
	build := func(in ...*G.Node) (G.Nodes, error) {
		x, r, c := in[0], in[1], in[2]
		f := For(x)
		y := f.AddRow(f.MulColumn(f.MulRow(x, r), c), r)            // 2·3·x + 2, 3·5·x + 2 …
		y = f.Concat(f.Columns(y, 0, 1), f.Columns(x, 1, 2))        // columns (y0, x1)
		y = f.Where(f.Fill(x, 1, 2, 2), y, x)                       //
		y = f.Mix(f.Constant(x, []float64{1, 0, 1, 0}, 2, 2), y, x) // (y0, x1)
		y = f.Transpose(f.Reshape(y, 2, 2), 1, 0)
		y = f.Sub(f.Add(y, f.Number(1)), f.Div(f.Abs(f.Neg(y)), f.Rectify(y))) // y, for y > 0
		y = f.MatMul(f.Fill(x, 1, 1, 2), y)
		zero := f.Sub(f.Exp(f.Softplus(x)), f.Add(f.Exp(x), f.Number(1)))
		half := f.Sub(f.Sigmoid(f.Add(x, x)), f.Mul(f.Add(f.Tanh(x), f.Number(1)), f.Number(0.5)))
		return G.Nodes{y, zero, half}, f.Err()
	}
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		if _, err := graph.Trace(build, graph.Input("x", dt, 2, 2), graph.Input("r", dt, 2),
			graph.Input("c", dt, 2, 1)); err != nil {
			t.Fatal(err)
		}
	}
	fn, err := graph.Trace(build, graph.Input("x", tensor.Float64, 2, 2), graph.Input("r", tensor.Float64, 2),
		graph.Input("c", tensor.Float64, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile[float64](fn)
	if err != nil {
		t.Fatal(err)
	}
	out := [][]float64{make([]float64, 2), make([]float64, 4), make([]float64, 4)}
	if err := p.Run([][]float64{{1, 2, 3, 4}, {2, 7}, {3, 5}}, out); err != nil {
		t.Fatal(err)
	}
	if out[0][0] != 8+2 || out[0][1] != 32+4 {
		t.Errorf("rows add up to %v, want 10 and 36", out[0])
	}
	for i := range 4 {
		// e^4 is 55, and two roundings of it.
		if z, h := out[1][i], out[2][i]; z > 3e-14 || z < -3e-14 || h > 3e-16 || h < -3e-16 {
			t.Errorf("identities of e^x and tanh fail by %g and %g", z, h)
		}
	}
}

// TestFirstError: the first error stays, and nothing is made after it.
func TestFirstError(t *testing.T) {
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 3), G.WithName("x"))
	f := For(x)
	y := f.MatMul(x, x)
	first := f.Err()
	if z := f.Add(f.Tanh(y), x); first == nil || z != nil {
		t.Fatal("a product of (2, 3) and (2, 3)")
	}
	if _, err := f.Result(x); err != first {
		t.Errorf("the error is %v, was %v", err, first)
	}
}
