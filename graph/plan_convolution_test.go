package graph

import (
	"math"
	"runtime"
	"testing"

	"gorgonia.org/tensor"
)

// convolutions writes a convolution and its derivatives in all ways in which products can have their factors.
func convolutions(b *builder, w *window) (in, out []*expr) {
	const n, c, o = 3, 4, 5
	oh, ow := w.out()
	r, k := n*oh*ow, c*w.kh*w.kw
	x := b.input("x", tensor.Shape{n, c, w.h, w.w})
	weights, turned := b.input("weights", tensor.Shape{o, k}), b.input("turned", tensor.Shape{k, o})
	g, gTurned := b.input("g", tensor.Shape{r, o}), b.input("gTurned", tensor.Shape{o, r})
	shown := b.reshape(b.windows(x, w), tensor.Shape{r, k})
	images := func(x *expr) *expr { return b.unwindows(b.reshape(x, tensor.Shape{n, oh, ow, c, w.kh, w.kw}), w) }
	return []*expr{x, weights, turned, g, gTurned}, []*expr{
		b.matmul(shown, weights, false, true),
		b.matmul(shown, turned, false, false),
		b.matmul(weights, shown, false, true),
		b.matmul(turned, shown, true, true),
		b.matmul(g, shown, true, false),
		b.matmul(gTurned, shown, false, false),
		b.matmul(shown, g, true, false),
		b.matmul(shown, gTurned, true, true),
		images(b.matmul(g, weights, false, false)),
		images(b.matmul(gTurned, turned, true, true)),
	}
}

var convolutionWindows = []window{
	{kh: 3, kw: 3, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, top: 1, bottom: 1, left: 1, right: 1, h: 6, w: 5},
	{kh: 2, kw: 3, strideH: 2, strideW: 3, dilationH: 1, dilationW: 2, h: 9, w: 11},
	{kh: 3, kw: 2, strideH: 2, strideW: 1, dilationH: 3, dilationW: 1, top: 4, bottom: 0, left: 0, right: 5, h: 7, w: 4},
}

// Products with windows are convolutions in a plan: neither the windows nor the products are left.
func TestPlanConvolution(t *testing.T) {
	for _, w := range convolutionWindows {
		build := func(b *builder) ([]*expr, []*expr) { return convolutions(b, &w) }
		checkPlan(t, normal(), build)
		p, err := Compile[float64](buildFunc(tensor.Float64, build))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.steps {
			switch s.(type) {
			case *windowStep[float64], *productStep[float64]:
				t.Errorf("window %+v: a plan with %T", w, s)
			}
		}
	}
}

// Windows that show something other than 0 outside of the image stay windows.
func TestPlanConvolutionPadded(t *testing.T) {
	w := convolutionWindows[0]
	w.pad = -3
	checkPlan(t, normal(), func(b *builder) ([]*expr, []*expr) {
		in, out := convolutions(b, &w)
		return in, out[:8]
	})
}

// The digits do not depend on how images and weights are shared out.
func TestPlanConvolutionThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	f := buildFunc(tensor.Float32, func(b *builder) ([]*expr, []*expr) { return convolutions(b, &convolutionWindows[0]) })
	p, err := Compile[float32](f)
	if err != nil {
		t.Fatal(err)
	}
	g := *p.program
	g.sections = cut(g.steps, 0)
	if len(g.sections) == 0 {
		t.Fatal("nothing is shared out")
	}
	q, err := newPlan(&g)
	if err != nil {
		t.Fatal(err)
	}
	in, want, got := asType[float32](filled(f, normal())), outputsFor[float32](f), outputsFor[float32](f)
	if err := p.Run(in, want); err != nil {
		t.Fatal(err)
	}
	if err := q.Run(in, got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		for j, v := range want[i] {
			if math.Float32bits(v) != math.Float32bits(got[i][j]) {
				t.Fatalf("output %d, element %d: %v on three threads, %v on one", i, j, got[i][j], v)
			}
		}
	}
}
