package graph

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestConvolutionCall compares a convolution as one Op with Gorgonia's own nodes, value and gradients under a TapeMachine.
func TestConvolutionCall(t *testing.T) {
	for _, c := range []struct {
		in                    []tensor.Shape
		pad, stride, dilation []int
	}{
		{shapes(shape(2, 3, 7, 6), shape(4, 3, 3, 3)), []int{1, 1}, []int{1, 1}, []int{1, 1}},
		{shapes(shape(3, 2, 9, 8), shape(5, 2, 3, 2)), []int{0, 2}, []int{2, 1}, []int{1, 1}},
		{shapes(shape(1, 4, 8, 8), shape(2, 4, 3, 3)), []int{2, 2}, []int{1, 2}, []int{2, 2}},
		{shapes(shape(2, 6, 5, 5), shape(3, 6, 1, 1)), []int{0, 0}, []int{1, 1}, []int{1, 1}},
	} {
		layer := func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Conv2d(in[0], in[1], c.in[1][2:], c.pad, c.stride, c.dilation))
		}
		f := traced(t, layer, Input("x", tensor.Float64, c.in[0]...), Input("w", tensor.Float64, c.in[1]...))
		x := (&lowering{in: c.in}).arguments(newRand(6))
		want, wantGrads := gradientsOnTape(t, layer, c.in, x)
		got, grads := gradientsOnTape(t, func(in ...*G.Node) (G.Nodes, error) { return one(Call(f, in...)) }, c.in, x)
		compare(t, "value", got, want, 1e-13)
		for i := range grads {
			compare(t, fmt.Sprint("gradient ", i), grads[i], wantGrads[i], 1e-12)
		}
	}
}

// BenchmarkConvolution runs a 3×3 convolution layer, 8 to 16 channels, over 16 images of 16×16: as a plan, as one Op under a
// TapeMachine, and as Gorgonia's own nodes.
func BenchmarkConvolution(b *testing.B) {
	in := shapes(shape(16, 8, 16, 16), shape(16, 8, 3, 3))
	layer := func(in ...*G.Node) (G.Nodes, error) {
		return one(G.Conv2d(in[0], in[1], shape(3, 3), []int{1, 1}, []int{1, 1}, []int{1, 1}))
	}
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		f := traced(b, layer, Input("x", dt, in[0]...), Input("w", dt, in[1]...))
		for _, gradient := range []bool{false, true} {
			b.Run(fmt.Sprintf("%v/gradient=%v/plan", dt, gradient), func(b *testing.B) {
				g := f
				if gradient {
					var err error
					if g, err = f.ValueVJP(); err != nil {
						b.Fatal(err)
					}
				}
				if dt == tensor.Float64 {
					benchmarkPlan[float64](b, g)
				} else {
					benchmarkPlan[float32](b, g)
				}
			})
			for _, how := range []string{"call", "tape"} {
				b.Run(fmt.Sprintf("%v/gradient=%v/%s", dt, gradient, how), func(b *testing.B) {
					g := G.NewGraph()
					var nodes G.Nodes
					for i, s := range in {
						v := tensor.New(tensor.WithShape(s...), tensor.WithBacking(tensor.Random(dt, s.TotalSize())))
						nodes = append(nodes, G.NewTensor(g, dt, 4, G.WithShape(s...), G.WithName(fmt.Sprint(i)), G.WithValue(v)))
					}
					build := layer
					if how == "call" {
						build = func(in ...*G.Node) (G.Nodes, error) { return one(Call(f, in...)) }
					}
					ys, err := build(nodes...)
					if err != nil {
						b.Fatal(err)
					}
					var opts []G.VMOpt
					if gradient {
						if _, err := G.Grad(G.Must(G.Sum(ys[0])), nodes...); err != nil {
							b.Fatal(err)
						}
						opts = append(opts, G.BindDualValues(nodes...))
					}
					m := G.NewTapeMachine(g, opts...)
					defer m.Close()
					for b.Loop() {
						if err := m.RunAll(); err != nil {
							b.Fatal(err)
						}
						m.Reset()
					}
				})
			}
		}
	}
}

func benchmarkPlan[T Float](b *testing.B, f *Func) {
	p, err := Compile[T](f)
	if err != nil {
		b.Fatal(err)
	}
	var shapes []tensor.Shape
	for _, s := range f.Inputs() {
		shapes = append(shapes, s.Shape)
	}
	in, out := numbersFor[T](newRand(1), shapes), numbersFor[T](newRand(2), f.Outputs())
	for b.Loop() {
		if err := p.Run(in, out); err != nil {
			b.Fatal(err)
		}
	}
}
