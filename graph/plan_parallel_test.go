package graph

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"gorgonia.org/tensor"
)

// The digits of a run do not depend on the number of threads.
func TestPlanThreads(t *testing.T) {
	f, err := Trace(mlpNodes, mlpSpecs(301, []int{40, 129, 70, 33}, tensor.Float32)...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.ValueVJP()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*Func{f, r} {
		p, err := Compile[float32](f)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.sections) == 0 {
			t.Fatalf("%s: nothing to share out", f.name)
		}
		in := asType[float32](filled(f, normal()))
		run := func(p *Plan[float32], threads int) [][]float32 {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
			out := outputsFor[float32](f)
			for range 3 {
				if err := p.Run(in, out); err != nil {
					t.Fatal(err)
				}
			}
			return out
		}
		want := run(p, 1)
		for _, threads := range []int{2, 3, 5} {
			for i, o := range run(p, threads) {
				for j, v := range o {
					if math.Float32bits(v) != math.Float32bits(want[i][j]) {
						t.Fatalf("%s on %d threads: output %d, element %d: %v, and %v on one", f.name, threads, i, j, v, want[i][j])
					}
				}
			}
		}
		// Several runs at once, each of them on several threads.
		var all sync.WaitGroup
		for range 4 {
			c := p.Clone()
			all.Go(func() {
				out := outputsFor[float32](f)
				for range 5 {
					if err := c.Run(in, out); err != nil {
						t.Error(err)
					}
					for i, o := range out {
						for j, v := range o {
							if math.Float32bits(v) != math.Float32bits(want[i][j]) {
								t.Errorf("%s at once: output %d, element %d: %v, want %v", f.name, i, j, v, want[i][j])
								return
							}
						}
					}
				}
			})
		}
		all.Wait()
	}
}

// Programs of all kinds, cut into sections however little there is to do.
func TestPlanThreadsRandom(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	shared := 0
	for seed := range 60 {
		f := randomFunc(rand.New(rand.NewPCG(uint64(seed), 12)), tensor.Float64, 60)
		p, err := Compile[float64](f)
		if err != nil {
			t.Fatal(err)
		}
		in, want, got := filled(f, normal()), outputsFor[float64](f), outputsFor[float64](f)
		if err := p.Run(in, want); err != nil {
			t.Fatal(err)
		}
		g := *p.program
		g.sections = cut(g.steps, 0)
		q, err := newPlan(&g)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := q.Run(in, got); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				for j := range want[i] {
					if math.Float64bits(got[i][j]) != math.Float64bits(want[i][j]) {
						t.Fatalf("seed %d, output %d, element %d: %v, and %v without threads\n%s", seed, i, j, got[i][j], want[i][j],
							listing(f))
					}
				}
			}
		}
		for _, s := range g.sections {
			shared += s.hi - s.lo
		}
	}
	if shared < 60 {
		t.Errorf("%d steps were shared out in all programs", shared)
	}
}
