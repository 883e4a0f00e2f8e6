package layers

import (
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// affine is a Linear of 2 → 3 with known weights.
func affineLayer(t testing.TB, opts ...Option) *Linear {
	t.Helper()
	opts = append([]Option{
		WithInit(graph.Values([]float64{1, 2, 3, 4, 5, 6})), WithBiasInit(graph.Values([]float64{0.5, -0.5, 0.25})),
	}, opts...)
	l, err := NewLinear(nil, "affine", 2, 3, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLinearByHand(t *testing.T) {
	x := []float64{1, -1, 2, 0.5}
	// x W + b, row by row.
	y := []float64{
		1 - 4 + 0.5, 2 - 5 - 0.5, 3 - 6 + 0.25,
		2 + 2 + 0.5, 4 + 2.5 - 0.5, 6 + 3 + 0.25,
	}
	w := cotangent(6)
	dx := []float64{
		w[0]*1 + w[1]*2 + w[2]*3, w[0]*4 + w[1]*5 + w[2]*6,
		w[3]*1 + w[4]*2 + w[5]*3, w[3]*4 + w[4]*5 + w[5]*6,
	}
	dw := []float64{
		1*w[0] + 2*w[3], 1*w[1] + 2*w[4], 1*w[2] + 2*w[5],
		-1*w[0] + 0.5*w[3], -1*w[1] + 0.5*w[4], -1*w[2] + 0.5*w[5],
	}
	db := []float64{w[0] + w[3], w[1] + w[4], w[2] + w[5]}
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		tol := 1e-14
		if dt == tensor.Float32 {
			tol = 1e-6
		}
		for _, shape := range [][]int{{2, 2}, {2, 1, 2}, {1, 2, 2}, {1, 2, 1, 2}} {
			for _, m := range machines {
				name := fmt.Sprint(dt, shape, m.name)
				l := affineLayer(t, WithDtype(dt))
				g := G.NewGraph()
				in := node(g, dt, "x", x, shape...)
				out, err := l.Forward(in)
				if err != nil {
					t.Fatal(err)
				}
				want := append(append([]int(nil), shape[:len(shape)-1]...), 3)
				if !out.Shape().Eq(tensor.Shape(want)) {
					t.Errorf("%s: shape %v, want %v", name, out.Shape(), want)
				}
				v, grads, err := m.run(out, in, l.Weight().In(g), l.Bias().In(g))
				if err != nil {
					t.Fatal(err)
				}
				near(t, name+" y", v, y, tol)
				near(t, name+" dx", grads[0], dx, tol)
				near(t, name+" dW", grads[1], dw, tol)
				near(t, name+" db", grads[2], db, tol)
				near(t, name+" W after", l.Weight().Float64s(), []float64{1, 2, 3, 4, 5, 6}, 0)
				near(t, name+" b after", l.Bias().Float64s(), []float64{0.5, -0.5, 0.25}, 0)
			}
		}
	}
}

func TestLinearOfAVector(t *testing.T) {
	near(t, "y", valueOf(t, affineLayer(t), tensor.Float64, []float64{1, -1}, 2), []float64{-2.5, -3.5, -2.75}, 1e-15)
	checkGradients(t, affineLayer(t), []float64{1, -1}, 2)
}

func TestLinearOfNarrowShapes(t *testing.T) {
	for _, c := range []struct{ batch, in, out int }{{1, 1, 1}, {4, 1, 1}, {1, 1, 3}, {1, 3, 1}, {3, 1, 2}, {3, 2, 1}} {
		for _, opts := range [][]Option{nil, {WithoutBias()}, {WithActivation(Tanh())}} {
			l, err := NewLinear(newRand(3), "l", c.in, c.out, append(opts, WithBiasInit(graph.Fill(0.1)))...)
			if err != nil {
				t.Fatal(err)
			}
			checkGradients(t, l, draw(newRand(4), c.batch*c.in), c.batch, c.in)
		}
	}
}

func TestLinearTwiceInOneGraph(t *testing.T) {
	l, err := NewLinear(newRand(3), "l", 2, 2, WithBiasInit(graph.Fill(0.1)))
	if err != nil {
		t.Fatal(err)
	}
	twice := Sequential(l, Tanh(), l)
	if n := len(twice.Params()); n != 2 {
		t.Errorf("%d parameters", n)
	}
	checkGradients(t, twice, draw(newRand(5), 6), 3, 2)
}

func TestLinearErrors(t *testing.T) {
	for _, c := range []struct {
		want    string
		name    string
		in, out int
		opts    []Option
	}{
		{"needs a name", "", 1, 1, nil},
		{`layers: linear "l": widths 0 and 1`, "l", 0, 1, nil},
		{`layers: linear "l": widths 2 and -1`, "l", 2, -1, nil},
		{`layers: linear "l": the weights need a random generator`, "l", 1, 1, nil},
		{`layers: linear "l": option 0 is nil`, "l", 1, 1, []Option{nil}},
		{`layers: linear "l": dtype int`, "l", 1, 1, []Option{WithDtype(tensor.Int)}},
		{"WithInit of no initializer", "l", 1, 1, []Option{WithInit(nil)}},
		{"WithBiasInit of no initializer", "l", 1, 1, []Option{WithBiasInit(nil)}},
		{"WithFinalActivation is not among the options WithDtype, WithInit", "l", 1, 1, []Option{WithFinalActivation(Tanh())}},
		{"the initializer gave 1 values", "l", 2, 1, []Option{WithInit(graph.Values([]float64{1}))}},
	} {
		if _, err := NewLinear(nil, c.name, c.in, c.out, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	l := affineLayer(t)
	for _, c := range []struct {
		want  string
		dt    tensor.Dtype
		shape []int
	}{
		{`layers: linear "affine" (2 → 3): the input has shape (4, 3), want (…, 2)`, tensor.Float64, []int{4, 3}},
		{`layers: linear "affine" (2 → 3): the input has shape (3), want (…, 2)`, tensor.Float64, []int{3}},
		{`layers: linear "affine" (2 → 3): the input has shape (), want at least 1 axes`, tensor.Float64, nil},
		{`layers: linear "affine" (2 → 3): the input is float32, and the weights are float64`, tensor.Float32, []int{4, 2}},
	} {
		x := node(G.NewGraph(), c.dt, "x", make([]float64, max(1, tensor.Shape(c.shape).TotalSize())), c.shape...)
		if _, err := l.Forward(x); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := l.Forward(nil); err == nil {
		t.Error("no error for no node")
	}
}
