package graph

import (
	"fmt"
	"math"
	"testing"
	"time"

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

// BenchmarkConvolution runs the layers of a network for images of 28×28, 64 channels down to 13×13 and 6×6, a 3×3 layer
// there, and a smaller one: as a plan, as one Op under a TapeMachine, and as Gorgonia's own nodes. A gradient counts as
// three products.
func BenchmarkConvolution(b *testing.B) {
	for _, c := range []struct {
		in          []tensor.Shape
		pad, stride int
	}{
		{shapes(shape(16, 1, 28, 28), shape(64, 1, 3, 3)), 0, 1},
		{shapes(shape(16, 64, 26, 26), shape(64, 64, 4, 4)), 1, 2},
		{shapes(shape(16, 64, 13, 13), shape(64, 64, 4, 4)), 1, 2},
		{shapes(shape(16, 64, 6, 6), shape(64, 64, 3, 3)), 1, 1},
		{shapes(shape(16, 8, 16, 16), shape(16, 8, 3, 3)), 1, 1},
	} {
		layer := func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Conv2d(in[0], in[1], c.in[1][2:], []int{c.pad, c.pad}, []int{c.stride, c.stride}, []int{1, 1}))
		}
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			f := traced(b, layer, Input("x", dt, c.in[0]...), Input("w", dt, c.in[1]...))
			for _, gradient := range []bool{false, true} {
				flops := 2 * f.Outputs()[0].TotalSize() * sizeOf(c.in[1][1:])
				if gradient {
					flops *= 3
				}
				run := func(how string, prepare func(b *testing.B) func() error) {
					b.Run(fmt.Sprintf("%v-%v_stride%d/%v/gradient=%v/%s", c.in[0], c.in[1], c.stride, dt, gradient, how),
						func(b *testing.B) {
							f := prepare(b)
							best := math.Inf(1)
							for b.Loop() {
								start := time.Now()
								if err := f(); err != nil {
									b.Fatal(err)
								}
								best = min(best, float64(time.Since(start).Nanoseconds()))
							}
							b.ReportMetric(0, "ns/op")
							b.ReportMetric(best/1e6, "best-ms")
							b.ReportMetric(float64(flops)/best, "GFLOP/s")
						})
				}
				run("plan", func(b *testing.B) func() error {
					g := f
					if gradient {
						var err error
						if g, err = f.ValueVJP(); err != nil {
							b.Fatal(err)
						}
					}
					if dt == tensor.Float64 {
						return planRun[float64](b, g)
					}
					return planRun[float32](b, g)
				})
				call := func(in ...*G.Node) (G.Nodes, error) { return one(Call(f, in...)) }
				run("call", func(b *testing.B) func() error { return tapeRun(b, call, dt, c.in, gradient) })
				run("tape", func(b *testing.B) func() error { return tapeRun(b, layer, dt, c.in, gradient) })
			}
		}
	}
}

// tapeRun makes a run of a layer by a TapeMachine, with the gradients of everything if wanted.
func tapeRun(b *testing.B, layer func(in ...*G.Node) (G.Nodes, error), dt tensor.Dtype, in []tensor.Shape,
	gradient bool) func() error {
	g := G.NewGraph()
	var nodes G.Nodes
	for i, s := range in {
		v := tensor.New(tensor.WithShape(s...), tensor.WithBacking(tensor.Random(dt, s.TotalSize())))
		nodes = append(nodes, G.NewTensor(g, dt, 4, G.WithShape(s...), G.WithName(fmt.Sprint(i)), G.WithValue(v)))
	}
	ys, err := layer(nodes...)
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
	b.Cleanup(func() { m.Close() })
	return func() error {
		defer m.Reset()
		return m.RunAll()
	}
}

// planRun makes a run of the plan of f.
func planRun[T Float](b *testing.B, f *Func) func() error {
	p, err := Compile[T](f)
	if err != nil {
		b.Fatal(err)
	}
	var shapes []tensor.Shape
	for _, s := range f.Inputs() {
		shapes = append(shapes, s.Shape)
	}
	in, out := numbersFor[T](newRand(1), shapes), numbersFor[T](newRand(2), f.Outputs())
	return func() error { return p.Run(in, out) }
}
