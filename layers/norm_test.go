package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func newLayerNorm(t testing.TB, shape []int, opts ...Option) *LayerNorm {
	t.Helper()
	l, err := NewLayerNorm("norm", shape, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newGroupNorm(t testing.TB, groups, channels int, opts ...Option) *GroupNorm {
	t.Helper()
	n, err := NewGroupNorm("norm", groups, channels, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// standardized is (x − μ)/√(σ² + ε) of every block of n numbers.
func standardized(x []float64, n int, epsilon float64) []float64 {
	y := make([]float64, len(x))
	for at := 0; at < len(x); at += n {
		var mean, variance float64
		for _, v := range x[at : at+n] {
			mean += v / float64(n)
		}
		for _, v := range x[at : at+n] {
			variance += (v - mean) * (v - mean) / float64(n)
		}
		for i, v := range x[at : at+n] {
			y[at+i] = (v - mean) / math.Sqrt(variance+epsilon)
		}
	}
	return y
}

func TestLayerNormValues(t *testing.T) {
	for _, c := range []struct{ norm, shape []int }{
		{[]int{4}, []int{4}}, {[]int{4}, []int{3, 4}}, {[]int{4}, []int{2, 1, 4}}, {[]int{2, 3}, []int{3, 2, 3}},
		{[]int{2, 2, 2}, []int{1, 2, 2, 2}}, {[]int{1}, []int{3, 1}}, {[]int{3}, []int{1, 3}},
	} {
		x := draw(newRand(2), tensor.Shape(c.shape).TotalSize())
		want := standardized(x, tensor.Shape(c.norm).TotalSize(), 1e-5)
		l := newLayerNorm(t, c.norm)
		near(t, fmt.Sprint(c), valueOf(t, l, tensor.Float64, x, c.shape...), want, 1e-12)
		f32 := newLayerNorm(t, c.norm, WithDtype(tensor.Float32))
		near(t, fmt.Sprint(c, " float32"), valueOf(t, f32, tensor.Float32, x, c.shape...), want, 1e-5)

		scale, shift := l.Params()[0], l.Params()[1]
		n := scale.Size()
		if err := scale.Set(draw(newRand(3), n)); err != nil {
			t.Fatal(err)
		}
		if err := shift.Set(draw(newRand(4), n)); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i] = want[i]*scale.Float64s()[i%n] + shift.Float64s()[i%n]
		}
		near(t, fmt.Sprint(c, " affine"), valueOf(t, l, tensor.Float64, x, c.shape...), want, 1e-12)
		if c.shape[len(c.shape)-1] > 1 {
			checkGradients(t, l, x, c.shape...)
		}
	}
}

func TestGroupNormValues(t *testing.T) {
	for _, c := range []struct {
		groups int
		shape  []int
	}{
		{1, []int{2, 4}}, {2, []int{3, 4}}, {2, []int{2, 4, 3, 2}}, {4, []int{2, 4, 2, 2}}, {1, []int{1, 3, 2, 2}},
		{3, []int{1, 3, 4}},
	} {
		channels := c.shape[1]
		size := tensor.Shape(c.shape).TotalSize()
		places := size / c.shape[0] / channels
		x := draw(newRand(2), size)
		n := newGroupNorm(t, c.groups, channels)
		want := standardized(x, channels/c.groups*places, 1e-5)
		near(t, fmt.Sprint(c), valueOf(t, n, tensor.Float64, x, c.shape...), want, 1e-12)

		scale, shift := n.Params()[0], n.Params()[1]
		if err := scale.Set(draw(newRand(3), channels)); err != nil {
			t.Fatal(err)
		}
		if err := shift.Set(draw(newRand(4), channels)); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			k := i / places % channels
			want[i] = want[i]*scale.Float64s()[k] + shift.Float64s()[k]
		}
		near(t, fmt.Sprint(c, " affine"), valueOf(t, n, tensor.Float64, x, c.shape...), want, 1e-12)
		checkGradients(t, n, x, c.shape...)
	}
}

// A group normalisation of one group is the layer normalisation over channels and places.
func TestGroupNormOfOneGroupIsLayerNorm(t *testing.T) {
	x := draw(newRand(5), 2*4*3*3)
	near(t, "one group",
		valueOf(t, newGroupNorm(t, 1, 4), tensor.Float64, x, 2, 4, 3, 3),
		valueOf(t, newLayerNorm(t, []int{4, 3, 3}), tensor.Float64, x, 2, 4, 3, 3), 0)
}

// Without an affine map and with ε → 0 the scale and the mean of x are forgotten.
func TestNormsForgetScaleAndMean(t *testing.T) {
	x := draw(newRand(6), 12)
	moved := make([]float64, len(x))
	for i, v := range x {
		moved[i] = 1e3*v + 1e4
	}
	for _, l := range []Layer{
		newLayerNorm(t, []int{6}, WithoutAffine(), WithEpsilon(1e-14)),
		newGroupNorm(t, 2, 6, WithoutAffine(), WithEpsilon(1e-14)),
	} {
		if len(l.Params()) != 0 {
			t.Errorf("%v has parameters", l)
		}
		near(t, fmt.Sprint(l), valueOf(t, l, tensor.Float64, moved, 2, 6), valueOf(t, l, tensor.Float64, x, 2, 6), 1e-11)
	}
}

func TestNormErrors(t *testing.T) {
	for _, c := range []struct {
		want string
		make func() (Layer, error)
	}{
		{"want at least one axis", func() (Layer, error) { return NewLayerNorm("n", nil) }},
		{"an axis is empty", func() (Layer, error) { return NewLayerNorm("n", []int{2, 0}) }},
		{"needs a name", func() (Layer, error) { return NewLayerNorm("", []int{2}) }},
		{"WithEpsilon of 0", func() (Layer, error) { return NewLayerNorm("n", []int{2}, WithEpsilon(0)) }},
		{"WithoutBias is not among the options", func() (Layer, error) { return NewLayerNorm("n", []int{2}, WithoutBias()) }},
		{"the groups must divide the channels", func() (Layer, error) { return NewGroupNorm("n", 2, 3) }},
		{"the groups must divide the channels", func() (Layer, error) { return NewGroupNorm("n", 0, 3) }},
		{"option 0 is nil", func() (Layer, error) { return NewGroupNorm("n", 1, 3, nil) }},
	} {
		if _, err := c.make(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{1, 2, 3}, 1, 3)
	for _, c := range []struct {
		want string
		l    Layer
	}{
		{`layers: layer norm "norm" over (2): the input has shape (1, 3)`, newLayerNorm(t, []int{2})},
		{"want at least 3 axes", newLayerNorm(t, []int{2, 1, 3})},
		{"the input is float64, and the parameters are float32", newLayerNorm(t, []int{3}, WithDtype(tensor.Float32))},
		{"the input has shape (1, 3), want (B, 4, …)", newGroupNorm(t, 2, 4)},
		{"the input is float64, and the parameters are float32", newGroupNorm(t, 1, 3, WithDtype(tensor.Float32))},
	} {
		if _, err := c.l.Forward(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
