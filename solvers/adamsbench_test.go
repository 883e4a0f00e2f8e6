package solvers

import (
	"fmt"
	"testing"
)

func BenchmarkAdams(b *testing.B) {
	for _, batch := range []int{1, 64} {
		sys, y0 := lotkaVolterra(batch)
		for _, s := range []*Settings{
			{Method: Adams{}, RTol: 1e-3, ATol: 1e-3},
			{Method: Adams{}, RTol: 1e-6, ATol: 1e-6},
			{Method: Adams{}, RTol: 1e-9, ATol: 1e-9},
			{Method: AdamsBashforth{}, Step: 0.01},
			{Method: AdamsMoulton{}, Step: 0.02},
		} {
			name := fmt.Sprintf("problem=lv/method=%s/step=%g/rtol=%.0e/batch=%d", s.Method.Name(), s.Step, s.RTol, batch)
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				var sol *Solution[float64]
				for b.Loop() {
					var err error
					if sol, err = Solve(sys, y0, 0, 10, s); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(sol.Stats.F), "f/op")
				b.ReportMetric(float64(sol.Stats.Steps), "steps/op")
			})
		}
	}
}
