package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"
)

// perceptron is a network with tanh between its layers, on a batch.
func perceptron(tb testing.TB, dt tensor.Dtype, batch int, sizes ...int) *Func {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	b := newBuilder(dt)
	x := b.input("x", tensor.Shape{batch, sizes[0]})
	h := x
	param := func(name string, shape ...int) *expr {
		p, err := NewParam(name, func(s tensor.Shape) ([]float64, error) {
			v := make([]float64, s.TotalSize())
			for i := range v {
				v[i] = r.NormFloat64() * 0.3
			}
			return v, nil
		}, dt, shape...)
		if err != nil {
			tb.Fatal(err)
		}
		return b.param(p)
	}
	for i, n := range sizes[1:] {
		if i > 0 {
			h = b.unary(kindTanh, h)
		}
		h = b.matmul(h, param(fmt.Sprintf("w%d", i), sizes[i], n), false, false)
		h = b.add(h, b.spread(param(fmt.Sprintf("b%d", i), n), h.shape))
	}
	return finish(&Func{name: "perceptron", dtype: dt, inputs: []*expr{x}, outputs: []*expr{h}})
}

func BenchmarkPlan(b *testing.B) {
	b.Run("f64/20x2-50-2", func(b *testing.B) { benchmarkPlan[float64](b, perceptron(b, tensor.Float64, 20, 2, 50, 2)) })
	b.Run("f32/20x2-50-2", func(b *testing.B) { benchmarkPlan[float32](b, perceptron(b, tensor.Float32, 20, 2, 50, 2)) })
	b.Run("f64/1x2-16-2", func(b *testing.B) { benchmarkPlan[float64](b, perceptron(b, tensor.Float64, 1, 2, 16, 2)) })
	b.Run("f32/512x64-128-128-64", func(b *testing.B) {
		benchmarkPlan[float32](b, perceptron(b, tensor.Float32, 512, 64, 128, 128, 64))
	})
	b.Run("f64/512x64-128-128-64", func(b *testing.B) {
		benchmarkPlan[float64](b, perceptron(b, tensor.Float64, 512, 64, 128, 128, 64))
	})
}

func benchmarkPlan[T Float](b *testing.B, f *Func) {
	p, err := Compile[T](f)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	in, out := asType[T](filled(f, r.NormFloat64)), outputsFor[T](f)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Run(in, out); err != nil {
			b.Fatal(err)
		}
	}
}
