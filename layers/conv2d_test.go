package layers

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

func newConv(t testing.TB, in, out int, kernel [2]int, opts ...Option) *Conv2d {
	t.Helper()
	l, err := NewConv2d(newRand(1), "conv", in, out, kernel,
		append([]Option{WithBiasInit(graph.Normal(newRand(2), 0, 1))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// convolved is the sum of the definition.
func convolved(l *Conv2d, x []float64, b, h, w int) (y []float64, shape []int) {
	oh := (h+2*l.padding[0]-l.kernel[0])/l.stride[0] + 1
	ow := (w+2*l.padding[1]-l.kernel[1])/l.stride[1] + 1
	weight := l.weight.Float64s()
	for n := range b {
		for o := range l.out {
			for i := range oh {
				for j := range ow {
					var s float64
					if l.bias != nil {
						s = l.bias.Float64s()[o]
					}
					for c := range l.in {
						for u := range l.kernel[0] {
							for v := range l.kernel[1] {
								p, q := i*l.stride[0]+u-l.padding[0], j*l.stride[1]+v-l.padding[1]
								if p >= 0 && p < h && q >= 0 && q < w {
									s += weight[((o*l.in+c)*l.kernel[0]+u)*l.kernel[1]+v] * x[((n*l.in+c)*h+p)*w+q]
								}
							}
						}
					}
					y = append(y, s)
				}
			}
		}
	}
	return y, []int{b, l.out, oh, ow}
}

func TestConv2d(t *testing.T) {
	for _, c := range []struct {
		l       *Conv2d
		b, h, w int
	}{
		{newConv(t, 1, 1, [2]int{3, 3}), 1, 4, 4},
		{newConv(t, 2, 3, [2]int{3, 3}), 2, 5, 4},
		{newConv(t, 3, 2, [2]int{1, 1}), 2, 3, 3},
		{newConv(t, 2, 2, [2]int{4, 3}, WithStride(2, 1), WithPadding(1, 0)), 1, 6, 5},
		{newConv(t, 2, 1, [2]int{3, 2}, WithoutBias(), WithPadding(0, 0)), 2, 3, 2},
		{newConv(t, 1, 2, [2]int{3, 3}, WithStride(2, 2)), 3, 7, 7},
	} {
		x := draw(newRand(3), c.b*c.l.in*c.h*c.w)
		want, shape := convolved(c.l, x, c.b, c.h, c.w)
		y, err := c.l.Forward(node(G.NewGraph(), tensor.Float64, "x", x, c.b, c.l.in, c.h, c.w))
		if err != nil {
			t.Fatal(err)
		}
		if !y.Shape().Eq(tensor.Shape(shape)) {
			t.Errorf("%v: shape %v, want %v", c.l, y.Shape(), shape)
		}
		near(t, fmt.Sprint(c.l), valueOf(t, c.l, tensor.Float64, x, c.b, c.l.in, c.h, c.w), want, 1e-12)
		checkGradients(t, c.l, x, c.b, c.l.in, c.h, c.w)
	}
	checkGradients(t, Sequential(newConv(t, 2, 2, [2]int{3, 3}, WithActivation(SiLU())), GlobalAveragePool()),
		draw(newRand(4), 36), 2, 2, 3, 3)
}

// The variance of the weights is He's 2/(in·kh·kw) before a ReLU and Glorot's 2/((in + out)·kh·kw) elsewhere. Of n draws
// its standard error is √(2/n) of it, or less.
func TestConv2dInit(t *testing.T) {
	const in, out, k = 32, 16, 3
	for _, c := range []struct {
		opts []Option
		want float64
	}{
		{[]Option{WithActivation(ReLU())}, 2. / (in * k * k)},
		{nil, 2. / ((in + out) * k * k)},
	} {
		w := newConv(t, in, out, [2]int{k, k}, c.opts...).Weight().Float64s()
		var v float64
		for _, x := range w {
			v += x * x / float64(len(w))
		}
		if math.Abs(v/c.want-1) > 5*math.Sqrt(2/float64(len(w))) {
			t.Errorf("variance %g, want %g", v, c.want)
		}
	}
}

func TestGlobalAveragePool(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	near(t, "pool", valueOf(t, GlobalAveragePool(), tensor.Float64, x, 1, 3, 2, 2), []float64{2.5, 6.5, 10.5}, 1e-15)
	near(t, "pool", valueOf(t, GlobalAveragePool(), tensor.Float32, x, 2, 2, 3, 1), []float64{2, 5, 8, 11}, 1e-6)
	checkGradients(t, GlobalAveragePool(), x, 2, 2, 3, 1)
}

func TestConv2dErrors(t *testing.T) {
	for _, c := range []struct {
		want    string
		in      int
		opts    []Option
		newName string
	}{
		{"channels and kernel must be at least 1", 0, nil, "c"},
		{"needs a name", 1, nil, ""},
		{"WithStride of (0, 1)", 1, []Option{WithStride(0, 1)}, "c"},
		{"WithPadding of (0, -1)", 1, []Option{WithPadding(0, -1)}, "c"},
		{"WithEpsilon is not among the options", 1, []Option{WithEpsilon(1)}, "c"},
	} {
		if _, err := NewConv2d(newRand(1), c.newName, c.in, 1, [2]int{3, 3}, c.opts...); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := NewConv2d(nil, "c", 1, 1, [2]int{1, 1}); err == nil || !strings.Contains(err.Error(), "random generator") {
		t.Error(err)
	}
	g := G.NewGraph()
	image := node(g, tensor.Float64, "x", make([]float64, 8), 1, 2, 2, 2)
	matrix := node(g, tensor.Float64, "m", make([]float64, 4), 2, 2)
	for _, c := range []struct {
		want string
		l    Layer
		x    *G.Node
	}{
		{"want (B, 3, H, W)", newConv(t, 3, 1, [2]int{1, 1}), image},
		{"want at least 4 axes", newConv(t, 2, 1, [2]int{1, 1}), matrix},
		{"the kernel does not fit", newConv(t, 2, 1, [2]int{3, 3}, WithPadding(0, 0)), image},
		{"the weights are float32", newConv(t, 2, 1, [2]int{1, 1}, WithDtype(tensor.Float32)), image},
		{"want at least 4 axes", GlobalAveragePool(), matrix},
	} {
		if _, err := c.l.Forward(c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
