package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// layer is a convolution to test: images, channels, height, width, outputs, and the window.
type layer struct {
	b, c, h, w, o                     int
	kh, kw, sh, sw, dh, dw, top, left int
	bottom, right                     int
}

func (l layer) window() Window {
	return Window{
		B: l.b, C: l.c, H: l.h, W: l.w, KH: l.kh, KW: l.kw,
		OH:      (l.h+l.top+l.bottom-l.dh*(l.kh-1)-1)/l.sh + 1,
		OW:      (l.w+l.left+l.right-l.dw*(l.kw-1)-1)/l.sw + 1,
		StrideH: l.sh, StrideW: l.sw, DilationH: l.dh, DilationW: l.dw, Top: l.top, Left: l.left,
	}
}

// terms calls f with the places in images, weights and results of every product that a convolution adds up.
func (l layer) terms(f func(x, w, y int)) {
	w := l.window()
	for b := range w.B {
		for o := range l.o {
			for oh := range w.OH {
				for ow := range w.OW {
					for c := range w.C {
						for kh := range w.KH {
							for kw := range w.KW {
								row, col := oh*w.StrideH+kh*w.DilationH-w.Top, ow*w.StrideW+kw*w.DilationW-w.Left
								if row < 0 || row >= w.H || col < 0 || col >= w.W {
									continue
								}
								f(((b*w.C+c)*w.H+row)*w.W+col, ((o*w.C+c)*w.KH+kh)*w.KW+kw, ((b*l.o+o)*w.OH+oh)*w.OW+ow)
							}
						}
					}
				}
			}
		}
	}
}

var testLayers = []layer{
	{2, 3, 7, 6, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{3, 2, 9, 8, 5, 3, 2, 2, 1, 1, 1, 0, 2, 0, 2},
	{1, 4, 8, 8, 2, 3, 3, 1, 2, 2, 2, 2, 2, 2, 2},
	{2, 6, 5, 5, 3, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
	{5, 1, 28, 28, 3, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0},
	{4, 3, 13, 13, 7, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1},
	{3, 2, 6, 6, 2, 1, 1, 2, 3, 1, 1, 0, 0, 0, 0},
	{2, 1, 3, 4, 2, 2, 2, 3, 3, 1, 1, 3, 4, 3, 4},    // windows that lie in the padding
	{15, 30, 6, 6, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},  // several pieces of several images, the window in two parts
	{1, 29, 40, 41, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, // several pieces of an image
	{2, 33, 31, 43, 1, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
}

// checkConvolution compares the three products of a layer with plain loops. Numbers are small whole ones, so that every sum
// is exact in any order; no byte outside of a slice is touched, and what the scratch memory held does not matter.
func checkConvolution[T Float](t *testing.T, l layer) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, uint64(l.h)))
	w := l.window()
	random := func(n int) []T {
		x := guarded[T](t, n, n%2 == 0)
		for i := range x {
			x[i] = T(r.IntN(7) - 3)
		}
		return x
	}
	images, weights := l.b*l.c*l.h*l.w, l.o*l.c*l.kh*l.kw
	results := l.b * l.o * w.OH * w.OW
	c := NewConvolution(w, l.o, l.b, int(unsafe.Sizeof(T(0))))
	room := guarded[T](t, c.Room(), false)
	for i := range room {
		room[i] = T(nan)
	}
	compare := func(what string, got, want []T) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%T, %+v: %s %d is %v, want %v", want[i], l, what, i, got[i], want[i])
			}
		}
	}
	x, k, g := random(images), random(weights), random(results)
	for _, m := range []Mat[T]{{k, c.Depth(), 1}, {k, 1, l.o}} { // the weights by rows, and by columns
		at := func(i int) int { return i/c.Depth()*m.Row + i%c.Depth()*m.Col }
		y, want := random(results), make([]T, results)
		l.terms(func(i, j, n int) { want[n] += x[i] * k[at(j)] })
		Convolve(y, x, m, c, l.b, room)
		compare("result", y, want)
		dx, want := random(images), make([]T, images)
		l.terms(func(i, j, n int) { want[i] += g[n] * k[at(j)] })
		ConvolveBack(dx, g, m, c, l.b, room)
		compare("gradient of images", dx, want)
	}
	want := make([]T, weights)
	l.terms(func(i, j, n int) { want[j] += x[i] * g[n] })
	for _, part := range [][2]int{{0, l.o}, {l.o / 2, l.o}} {
		lo, hi := part[0]*c.Depth(), part[1]*c.Depth()
		dw := random(hi - lo)
		ConvolveWeights(dw, x, g, c, l.b, part[0], part[1], room)
		compare("gradient of weights", dw, want[lo:hi])
	}
}

func TestConvolution(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, l := range testLayers {
			checkConvolution[float32](t, l)
			checkConvolution[float64](t, l)
		}
	})
}

func FuzzConvolution(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, seed, more uint64) {
		r := rand.New(rand.NewPCG(seed, more))
		some := func(n int) int { return 1 + r.IntN(n) }
		l := layer{some(4), some(5), some(12), some(12), some(9), some(4), some(4), some(3), some(3), some(2), some(2),
			r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)}
		if w := l.window(); w.OH < 1 || w.OW < 1 || l.h+l.top+l.bottom <= l.dh*(l.kh-1) || l.w+l.left+l.right <= l.dw*(l.kw-1) {
			t.Skip()
		}
		atLevels(t, func(t *testing.T) {
			checkConvolution[float32](t, l)
			checkConvolution[float64](t, l)
		})
	})
}

func TestConvolutionAllocatesNothing(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		l := layer{3, 2, 6, 6, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}
		c := NewConvolution(l.window(), l.o, l.b, 8)
		x, k, room := make([]float64, l.b*l.c*l.h*l.w), make([]float64, l.o*c.Depth()), make([]float64, c.Room())
		y := make([]float64, l.b*l.o*6*6)
		n := testing.AllocsPerRun(20, func() {
			Convolve(y, x, Mat[float64]{k, c.Depth(), 1}, c, l.b, room)
			ConvolveBack(x, y, Mat[float64]{k, c.Depth(), 1}, c, l.b, room)
			ConvolveWeights(k, x, y, c, l.b, 0, l.o, room)
		})
		if n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// An image's result is the same bit for bit alone and among others.
func TestConvolutionImagesAreIndependent(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		l := layer{9, 5, 6, 6, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}
		all, one := NewConvolution(l.window(), l.o, l.b, 4), NewConvolution(l.window(), l.o, 1, 4)
		x, k := make([]float32, l.b*l.c*l.h*l.w), make([]float32, l.o*all.Depth())
		for i := range x {
			x[i] = r.Float32()
		}
		for i := range k {
			k[i] = r.Float32()
		}
		n, m := l.o*6*6, l.c*l.h*l.w
		y, z := make([]float32, l.b*n), make([]float32, l.b*n)
		dy, dz := make([]float32, len(x)), make([]float32, len(x))
		w := Mat[float32]{k, all.Depth(), 1}
		room := make([]float32, all.Room())
		Convolve(y, x, w, all, l.b, room)
		ConvolveBack(dy, y, w, all, l.b, room)
		for i := range l.b {
			Convolve(z[i*n:], x[i*m:], w, one, 1, room)
			ConvolveBack(dz[i*m:], z[i*n:], w, one, 1, room)
		}
		for i := range y {
			if !same(y[i], z[i]) {
				t.Fatalf("result %d is %v among all and %v alone", i, y[i], z[i])
			}
		}
		for i := range dy {
			if !same(dy[i], dz[i]) {
				t.Fatalf("gradient %d is %v among all and %v alone", i, dy[i], dz[i])
			}
		}
	})
}

// BenchmarkConvolve runs the layers of a small network for images of 28×28: down to 13×13 and 6×6, and the 3×3 layer there
// that an ordinary differential equation is made of.
func BenchmarkConvolve(b *testing.B) {
	for _, l := range []layer{
		{16, 1, 28, 28, 64, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0},
		{16, 64, 26, 26, 64, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1},
		{16, 64, 13, 13, 64, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1},
		{16, 64, 6, 6, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
		{16, 8, 16, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	} {
		b.Run(fmt.Sprintf("%d_%d×%d×%d-%d_%d×%d_stride%d", l.b, l.c, l.h, l.w, l.o, l.kh, l.kw, l.sh), func(b *testing.B) {
			b.Run("f32", func(b *testing.B) { withLevels(b, func(b *testing.B) { benchmarkConvolve[float32](b, l) }) })
			b.Run("f64", func(b *testing.B) { withLevels(b, func(b *testing.B) { benchmarkConvolve[float64](b, l) }) })
		})
	}
}

func benchmarkConvolve[T Float](b *testing.B, l layer) {
	w := l.window()
	c := NewConvolution(w, l.o, l.b, int(unsafe.Sizeof(T(0))))
	x, k, y := make([]T, l.b*l.c*l.h*l.w), make([]T, l.o*c.Depth()), make([]T, l.b*l.o*w.OH*w.OW)
	room := make([]T, c.Room())
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(2*float64(len(y)*c.Depth())/fastest(b, f), "GFLOP/s")
		})
	}
	run("forward", func() { Convolve(y, x, Mat[T]{k, c.Depth(), 1}, c, l.b, room) })
	run("images", func() { ConvolveBack(x, y, Mat[T]{k, c.Depth(), 1}, c, l.b, room) })
	run("weights", func() { ConvolveWeights(k, x, y, c, l.b, 0, l.o, room) })
}
