package graph

import (
	"fmt"
	"testing"
	"time"

	"gorgonia.org/tensor"
)

// The replay of a step of six stages, as backpropagation through a solve does it: the forward halves one after the
// other, then the reverse halves, over residuals of their own. Of every half the fastest run counts; forward-ns and
// reverse-ns are their means over the stages.
func BenchmarkReplay(b *testing.B) {
	for _, c := range []struct {
		name  string
		sizes []int
	}{{"W2", []int{64, 128, 128, 64}}, {"W4-exact", []int{2, 64, 64, 2}}, {"W4-probe", []int{32, 64, 64, 32}}} {
		f, err := Trace(mlpNodes, mlpSpecs(512, c.sizes, tensor.Float32)...)
		if c.name != "W2" {
			f, err = flowFunc(512, c.sizes, c.name == "W4-exact")
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, shared := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/shared=%v", c.name, shared), func(b *testing.B) { benchmarkReplay[float32](b, f, shared) })
		}
	}
}

func benchmarkReplay[T Float](b *testing.B, f *Func, shared bool) {
	const stages = 6
	forward, reverse, err := f.Linearize()
	if err != nil {
		b.Fatal(err)
	}
	type half struct {
		plan    *Plan[T]
		in, out [][]T
		best    time.Duration
	}
	add := func(hs []*half, f *Func) []*half {
		h := &half{in: asType[T](filled(f, normal())), out: outputsFor[T](f), best: time.Hour}
		if len(hs) > 0 && shared {
			h.plan = hs[0].plan
		} else if h.plan, err = Compile[T](f); err != nil {
			b.Fatal(err)
		}
		return append(hs, h)
	}
	var fs, rs []*half
	for i := range stages {
		fs, rs = add(fs, forward), add(rs, reverse)
		copy(rs[i].in[copy(rs[i].in, fs[i].in):], fs[i].out[1:])
	}
	run := func(h *half) {
		begin := time.Now()
		if err := h.plan.Run(h.in, h.out); err != nil {
			b.Fatal(err)
		}
		h.best = min(h.best, time.Since(begin))
	}
	for b.Loop() {
		for i := range stages {
			run(fs[i])
		}
		for i := range stages {
			run(rs[stages-1-i])
		}
	}
	var f0, r0 time.Duration
	for i := range stages {
		f0, r0 = f0+fs[i].best, r0+rs[i].best
	}
	b.ReportMetric(float64(f0.Nanoseconds())/stages, "forward-ns")
	b.ReportMetric(float64(r0.Nanoseconds())/stages, "reverse-ns")
}
