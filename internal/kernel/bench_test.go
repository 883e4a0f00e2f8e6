package kernel

import (
	"fmt"
	"math"
	"testing"
)

func BenchmarkMatMul(b *testing.B) {
	for _, s := range [][3]int{{20, 2, 50}, {20, 50, 2}, {1, 50, 50}, {512, 64, 128}, {256, 256, 256}, {1024, 1024, 1024}} {
		for trans := range 4 {
			name := fmt.Sprintf("%dx%d·%dx%d/%s", s[0], s[1], s[1], s[2], []string{"NN", "TN", "NT", "TT"}[trans])
			b.Run(name+"/f64", func(b *testing.B) { benchmarkMatMul[float64](b, s[0], s[1], s[2], trans) })
			b.Run(name+"/f32", func(b *testing.B) { benchmarkMatMul[float32](b, s[0], s[1], s[2], trans) })
		}
	}
}

func benchmarkMatMul[T Float](b *testing.B, m, k, n, trans int) {
	x, y, z := make([]T, m*k), make([]T, k*n), make([]T, m*n)
	for i := range x {
		x[i] = T(i%7) - 3
	}
	for i := range y {
		y[i] = T(i%5) - 2
	}
	p, q := Mat[T]{x, k, 1}, Mat[T]{y, n, 1}
	if trans&1 != 0 {
		p.Row, p.Col = 1, m
	}
	if trans&2 != 0 {
		q.Row, q.Col = 1, k
	}
	for b.Loop() {
		MatMul(z, n, p, q, m, n, k)
	}
	b.ReportMetric(2*float64(m*n*k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

func BenchmarkElementwise(b *testing.B) {
	run := func(name string, f64 func(dst, x []float64), f32 func(dst, x []float32)) {
		b.Run(name+"/f64", func(b *testing.B) { benchmarkUnary(b, f64) })
		b.Run(name+"/f32", func(b *testing.B) { benchmarkUnary(b, f32) })
	}
	run("square", Square[float64], Square[float32])
	run("exp", Exp[float64], Exp[float32])
	run("tanh", Tanh[float64], Tanh[float32])
	run("sigmoid", Sigmoid[float64], Sigmoid[float32])
	run("softplus", Softplus[float64], Softplus[float32])
	run("sin", Sin[float64], Sin[float32])
	run("log", Log[float64], Log[float32])
	run("add", func(d, x []float64) { Add(d, x, x) }, func(d, x []float32) { Add(d, x, x) })
	run("sum", func(d, x []float64) { d[0] = Sum(x) }, func(d, x []float32) { d[0] = Sum(x) })
}

func benchmarkUnary[T Float](b *testing.B, f func(dst, x []T)) {
	const n = 1000
	x, y := make([]T, n), make([]T, n)
	for i := range x {
		x[i] = T(i*7919%n)/n*8 - 4
	}
	for b.Loop() {
		f(y, x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
}

// The functions of package math, for comparison.
func BenchmarkMath(b *testing.B) {
	b.Run("exp", func(b *testing.B) {
		benchmarkUnary(b, func(dst, x []float64) { apply(dst, x, math.Exp) })
	})
	b.Run("tanh", func(b *testing.B) {
		benchmarkUnary(b, func(dst, x []float64) { apply(dst, x, math.Tanh) })
	})
}
