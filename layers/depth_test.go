package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

func newGalerkin(t testing.TB, in, out int, b Basis, opts ...Option) *GalerkinLinear {
	t.Helper()
	l, err := NewGalerkinLinear(newRand(1), "g", in, out, b,
		append([]Option{WithBiasInit(graph.Normal(newRand(2), 0, 1))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newRadial(t testing.TB, n int, opts ...Option) *RadialBasis {
	t.Helper()
	b, err := NewRadialBasis("rbf", n, 0, 2, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Of a polynomial of degree 0 the layer is a Linear with the same draws.
func TestGalerkinOfDegreeZeroIsLinear(t *testing.T) {
	l, err := NewLinear(newRand(1), "l", 3, 2, WithActivation(SiLU()), WithBiasInit(graph.Normal(newRand(2), 0, 1)))
	if err != nil {
		t.Fatal(err)
	}
	x := draw(newRand(3), 6)
	want := valueOf(t, l, tensor.Float64, x, 2, 3)
	for _, b := range []Basis{Polynomial(0), Chebyshev(0, 0, 1), Fourier(0, 1), PiecewiseConstant()} {
		near(t, "y", valueOf(t, withTime(newGalerkin(t, 3, 2, b, WithActivation(SiLU())), 0.7), tensor.Float64, x, 2, 3), want,
			1e-15)
	}
}

// The functions of a basis are what a map of one number to K by unit coefficients shows.
func TestBasisValues(t *testing.T) {
	for _, c := range []struct {
		basis Basis
		want  func(t float64) []float64
	}{
		{Polynomial(3), func(t float64) []float64 { return []float64{1, t, t * t, t * t * t} }},
		{Chebyshev(3, -1, 3), func(t float64) []float64 {
			a := math.Acos((t - 1) / 2)
			return []float64{1, math.Cos(a), math.Cos(2 * a), math.Cos(3 * a)}
		}},
		{Chebyshev(1, 0, 2), func(t float64) []float64 { return []float64{1, t - 1} }},
		{Fourier(2, 3), func(t float64) []float64 {
			w := 2 * math.Pi / 3
			return []float64{1, math.Cos(w * t), math.Sin(w * t), math.Cos(2 * w * t), math.Sin(2 * w * t)}
		}},
		{PiecewiseConstant(0.5, 1.5), func(t float64) []float64 {
			v := make([]float64, 3)
			v[map[bool]int{true: 0}[t < 0.5]+map[bool]int{true: 1}[t >= 0.5]+map[bool]int{true: 1}[t >= 1.5]] = 1
			return v
		}},
		{newRadial(t, 3), func(t float64) []float64 {
			g := func(c float64) float64 { return math.Exp(-(t - c) * (t - c) / 2) }
			return []float64{g(0), g(1), g(2)}
		}},
	} {
		k := c.basis.size()
		unit := make([]float64, k*k)
		for i := range k {
			unit[i*k+i] = 1
		}
		l := newGalerkin(t, 1, k, c.basis, WithoutBias())
		if err := l.weight.Set(unit); err != nil {
			t.Fatal(err)
		}
		for _, time := range []float64{0, 0.5, 0.7, 1.5, 2} {
			near(t, fmt.Sprintf("%T at %g", c.basis, time), valueOf(t, withTime(l, time), tensor.Float64, []float64{1}, 1, 1),
				c.want(time), 1e-14)
		}
	}
}

func TestGalerkinGradients(t *testing.T) {
	x := draw(newRand(4), 4)
	for _, b := range []Basis{Polynomial(2), Chebyshev(3, 0, 1), Fourier(2, 1), PiecewiseConstant(0.25), newRadial(t, 3)} {
		l := newGalerkin(t, 2, 2, b, WithActivation(Tanh()))
		checkGradients(t, withTime(l, 0.4), x, 2, 2)
		checkGradients(t, newBlock(t, l, nil, odeop.Step(0.5)), x, 2, 2)
	}
	checkGradients(t, newBlock(t, newGalerkin(t, 2, 2, Fourier(1, 1)), nil, odeop.Step(0.5), odeop.PerRow()), x, 2, 2)
}

// With zero weights in its last layer the hyper-network makes constant weights: a Linear with the same draws.
func TestHyperLinearBeginsAsLinear(t *testing.T) {
	opts := []Option{WithActivation(SiLU()), WithBiasInit(graph.Fill(0.3))}
	h, err := NewHyperLinear(newRand(1), "h", 3, 2, []int{4}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLinear(nil, "l", 3, 2, append(opts, WithInit(graph.Values(h.hyper[1].bias.Float64s()[:6])))...)
	if err != nil {
		t.Fatal(err)
	}
	x := draw(newRand(3), 6)
	for _, time := range []float64{0, 0.8} {
		near(t, "y", valueOf(t, withTime(h, time), tensor.Float64, x, 2, 3), valueOf(t, l, tensor.Float64, x, 2, 3), 1e-15)
	}
	last := h.hyper[1].weight
	if err := last.Set(draw(newRand(5), last.Size())); err != nil {
		t.Fatal(err)
	}
	a, b := valueOf(t, withTime(h, 0.1), tensor.Float64, x, 2, 3), valueOf(t, withTime(h, 0.9), tensor.Float64, x, 2, 3)
	if a[0] == b[0] {
		t.Error("the weights do not depend on time")
	}
	checkGradients(t, withTime(h, 0.4), x, 2, 3)
	square, err := NewHyperLinear(newRand(1), "h", 2, 2, nil, WithoutBias(), WithActivation(Tanh()))
	if err != nil {
		t.Fatal(err)
	}
	checkGradients(t, newBlock(t, square, nil, odeop.Step(0.5)), draw(newRand(3), 4), 2, 2)
}

func TestDepthErrors(t *testing.T) {
	single := newRadial(t, 2, WithDtype(tensor.Float32))
	for _, c := range []struct {
		want string
		b    Basis
	}{
		{"the basis is nil", nil},
		{"polynomial basis: degree -1 is negative", Polynomial(-1)},
		{"chebyshev basis: degree -1", Chebyshev(-1, 0, 1)},
		{"chebyshev basis: from 1 to 1", Chebyshev(2, 1, 1)},
		{"fourier basis: a period of 0", Fourier(1, 0)},
		{"fourier basis: degree -1", Fourier(-1, 1)},
		{"the borders [1 1] do not ascend", PiecewiseConstant(1, 1)},
		{"radial basis: its parameters are float32, and the weights are float64", single},
	} {
		if _, err := NewGalerkinLinear(newRand(1), "g", 1, 1, c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, c := range []struct {
		want string
		make func() error
	}{
		{"widths must be at least 1", func() error {
			_, err := NewGalerkinLinear(newRand(1), "g", 0, 1, Polynomial(1))
			return err
		}},
		{"needs a name", func() error { _, err := NewGalerkinLinear(newRand(1), "", 1, 1, Polynomial(1)); return err }},
		{"need a random generator", func() error { _, err := NewGalerkinLinear(nil, "g", 1, 1, Polynomial(1)); return err }},
		{"widths must be at least 1", func() error { _, err := NewHyperLinear(newRand(1), "h", 1, 0, nil); return err }},
		{"needs a name", func() error { _, err := NewHyperLinear(newRand(1), "", 1, 1, nil); return err }},
		{"widths 1 and 0", func() error { _, err := NewHyperLinear(newRand(1), "h", 1, 1, []int{0}); return err }},
		{"a radial basis needs a name", func() error { _, err := NewRadialBasis("", 2, 0, 1); return err }},
		{"of 1 functions, want at least 2", func() error { _, err := NewRadialBasis("r", 1, 0, 1); return err }},
		{"radial basis: from 1 to 0", func() error { _, err := NewRadialBasis("r", 2, 1, 0); return err }},
	} {
		if err := c.make(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	g := newGalerkin(t, 2, 2, Polynomial(1))
	x := node(G.NewGraph(), tensor.Float64, "x", draw(newRand(1), 3), 1, 3)
	if _, err := g.Forward(x); err == nil || !strings.Contains(err.Error(), "needs a time") {
		t.Error(err)
	}
	if _, err := withTime(g, 1).Forward(x); err == nil || !strings.Contains(err.Error(), "want (…, 2)") {
		t.Error(err)
	}
}
