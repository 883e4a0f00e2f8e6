package workload

import "testing"

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
