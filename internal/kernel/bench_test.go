package kernel

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// withLevels runs a benchmark with the portable loops and with the best assembly of this machine.
func withLevels(b *testing.B, f func(b *testing.B)) {
	best := level
	defer func() { level = best }()
	for l := portable; l <= best; l++ {
		level = l
		b.Run(l.String(), f)
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, s := range [][3]int{{1, 2, 50}, {20, 2, 50}, {20, 50, 2}, {1, 50, 50}, {12, 256, 32}, {512, 64, 2}, {512, 64, 8},
		{512, 64, 128}, {256, 256, 256}, {1024, 1024, 1024}} {
		for trans := range 4 {
			name := fmt.Sprintf("%dx%d·%dx%d/%s", s[0], s[1], s[1], s[2], []string{"NN", "TN", "NT", "TT"}[trans])
			b.Run(name+"/f64", func(b *testing.B) {
				withLevels(b, func(b *testing.B) { benchmarkMatMul[float64](b, s[0], s[1], s[2], trans) })
			})
			b.Run(name+"/f32", func(b *testing.B) {
				withLevels(b, func(b *testing.B) { benchmarkMatMul[float32](b, s[0], s[1], s[2], trans) })
			})
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
	best := fastest(b, func() { MatMul(z, n, p, q, m, n, k) })
	b.ReportMetric(2*float64(m*n*k)/best, "GFLOP/s")
}

// fastest is the time of one call in nanoseconds, in the fastest of all short runs that the benchmark consists of: the
// one that other work on the machine disturbed least.
func fastest(b *testing.B, f func()) float64 {
	const short = 30 * time.Microsecond
	calls := 1
	for start := time.Now(); ; start = time.Now() {
		for range calls {
			f()
		}
		if time.Since(start) > short || calls > 1<<20 {
			break
		}
		calls *= 2
	}
	best := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		for range calls {
			f()
		}
		best = min(best, float64(time.Since(start).Nanoseconds())/float64(calls))
	}
	b.ReportMetric(0, "ns/op") // of a run
	return best
}

func BenchmarkElementwise(b *testing.B) {
	run := func(name string, f64 func(dst, x []float64), f32 func(dst, x []float32)) {
		b.Run(name+"/f64", func(b *testing.B) { withLevels(b, func(b *testing.B) { benchmarkUnary(b, f64) }) })
		b.Run(name+"/f32", func(b *testing.B) { withLevels(b, func(b *testing.B) { benchmarkUnary(b, f32) }) })
	}
	run("square", Square[float64], Square[float32])
	run("exp", Exp[float64], Exp[float32])
	run("tanh", Tanh[float64], Tanh[float32])
	run("sigmoid", Sigmoid[float64], Sigmoid[float32])
	run("softplus", Softplus[float64], Softplus[float32])
	run("sin", Sin[float64], Sin[float32])
	run("log", Log[float64], Log[float32])
	run("add", func(d, x []float64) { Add(d, x, x) }, func(d, x []float32) { Add(d, x, x) })
	run("silu", Silu[float64], Silu[float32])
	run("gelu", Gelu[float64], Gelu[float32])
	run("sigmoid prime", SigmoidPrime[float64], SigmoidPrime[float32])
	run("silu prime", SiluPrime[float64], SiluPrime[float32])
	run("gelu prime", GeluPrime[float64], GeluPrime[float32])
	run("tanh prime", TanhPrime[float64], TanhPrime[float32])
	run("relu", Relu[float64], Relu[float32])
	run("combine 6", combineOf[float64](6), combineOf[float32](6))
	run("error squares", func(d, x []float64) { d[0] = ErrorSquares(x, x, x, 1e-6, 1e-3) },
		func(d, x []float32) { d[0] = float32(ErrorSquares(x, x, x, 1e-6, 1e-3)) })
	run("sum", func(d, x []float64) { d[0] = Sum(x) }, func(d, x []float32) { d[0] = Sum(x) })
}

func combineOf[T Float](terms int) func(dst, x []T) {
	c, v := make([]T, terms), make([][]T, terms)
	return func(dst, x []T) {
		for j := range v {
			v[j] = x
		}
		Combine(dst, x, c, v)
	}
}

func benchmarkUnary[T Float](b *testing.B, f func(dst, x []T)) {
	const n = 1000
	x, y := make([]T, n), make([]T, n)
	for i := range x {
		x[i] = T(i*7919%n)/n*8 - 4
	}
	b.ReportMetric(fastest(b, func() { f(y, x) })/n, "ns/element")
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
