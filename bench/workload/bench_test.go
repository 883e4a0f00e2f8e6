package workload

import (
	"fmt"
	"math"
	"testing"
	"time"

	"gorgonode/odeop"
)

// BenchmarkRun times a run of a program, as Measure does, for profiles of single workloads and modes.
func BenchmarkRun(b *testing.B) {
	for _, w := range All() {
		for _, mode := range Modes {
			if !w.Runs(mode) {
				continue
			}
			b.Run(w.Name+"/"+mode, func(b *testing.B) {
				p, err := w.prepare(mode, 1)
				if err != nil {
					b.Fatal(err)
				}
				defer p.close()
				b.ReportAllocs()
				for b.Loop() {
					if err := p.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRows has some of the 512 rows of W7-rows go 31 times as far as the others, and divides the fastest run by the sum
// of all rows' steps: a cost that is proportional to that sum is the same number of ns for every share of such rows.
func BenchmarkRows(b *testing.B) {
	w := Named("W7-rows")[0]
	for _, far := range []int{0, 1, 8, 32, 128, 512} {
		for _, mode := range []string{"forward", "backprop"} {
			b.Run(fmt.Sprintf("far=%d/%s", far, mode), func(b *testing.B) {
				w := *w
				w.scales = func() []float64 {
					s := make([]float64, 512)
					for i := range s {
						if s[i] = 1; i*far/512 != (i+1)*far/512 {
							s[i] = 31
						}
					}
					return s
				}
				var rows odeop.RowStats
				p, err := w.prepare(mode, 1, odeop.RecordRows(&rows))
				if err != nil {
					b.Fatal(err)
				}
				defer p.close()
				best := time.Duration(math.MaxInt64)
				for b.Loop() {
					begin := time.Now()
					if err := p.run(); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(begin))
				}
				steps := 0
				for _, s := range rows.Rows() {
					steps += s.Forward.Accepted + s.Forward.Rejected
				}
				b.ReportMetric(float64(steps), "row-steps")
				b.ReportMetric(float64(best.Nanoseconds())/float64(steps), "best-ns/row-step")
			})
		}
	}
}
