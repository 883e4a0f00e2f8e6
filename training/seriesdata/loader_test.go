package seriesdata

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorgonode/layers/series"
)

// numbered are n series of one channel; number i has 1 + i mod longest rows.
func numbered(n, longest int) *series.Set {
	set := &series.Set{Name: "numbered", Channels: []string{"x"}, Targets: []string{"y"}}
	for i := range n {
		s := &series.Series{ID: fmt.Sprint(i)}
		for j := range 1 + i%longest {
			s.Times = append(s.Times, float64(j))
			s.Values = append(s.Values, []float64{float64(i)})
			s.Targets = append(s.Targets, []float64{float64(j)})
		}
		set.Series = append(set.Series, s)
	}
	return set
}

// TestLoader: a pass has each series once, passes differ, and a step has the same batch whenever it is asked for.
func TestLoader(t *testing.T) {
	for _, buckets := range []int{0, 3} {
		l, err := NewLoader(numbered(23, 7), LoaderOptions{Batch: 4, Seed: 5, Buckets: buckets})
		if err != nil {
			t.Fatal(err)
		}
		var passes [2][]string
		for pass := range passes {
			for i := range l.Batches() {
				step := pass*l.Batches() + i
				b, err := l.Batch(step)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(l.Shapes(), b.Shape) || len(b.IDs) == 0 {
					t.Errorf("step %d has %d series and shape %+v, want one of %+v", step, len(b.IDs), b.Shape, l.Shapes())
				}
				passes[pass] = append(passes[pass], b.IDs...)
			}
			if sorted := slices.Compact(slices.Sorted(slices.Values(passes[pass]))); len(passes[pass]) != 23 || len(sorted) != 23 {
				t.Errorf("pass %d has %d series, %d different", pass, len(passes[pass]), len(sorted))
			}
		}
		if slices.Equal(passes[0], passes[1]) {
			t.Error("two passes have one order")
		}
		again, err := l.Batch(0)
		if err != nil || !slices.Equal(again.IDs, passes[0][:len(again.IDs)]) {
			t.Errorf("step 0 has other series later (%v)", err)
		}
	}
}

// TestLoaderBuckets: a batch of a bucket is no longer than its longest series.
func TestLoaderBuckets(t *testing.T) {
	l, err := NewLoader(numbered(30, 10), LoaderOptions{Batch: 5, Buckets: 5, InOrder: true})
	if err != nil {
		t.Fatal(err)
	}
	var steps []int
	for _, s := range l.Shapes() {
		steps = append(steps, s.Steps)
	}
	if !slices.Equal(steps, []int{2, 4, 6, 8, 10}) {
		t.Errorf("batches of %v rows", steps)
	}
	for i := range l.Batches() {
		b, err := l.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		if longest := slices.Max(b.Lengths); b.Steps-longest > 1 {
			t.Errorf("batch %d of %d rows has at most %d", i, b.Steps, longest)
		}
	}
}

func TestLoaderErrors(t *testing.T) {
	set := numbered(5, 3)
	for want, c := range map[string]struct {
		set  *series.Set
		opts LoaderOptions
	}{
		"no set given":                      {nil, LoaderOptions{Batch: 1}},
		"numbered has no series":            {set.With(nil), LoaderOptions{Batch: 1}},
		"batches of 0 series":               {set, LoaderOptions{}},
		"batches of 2 rows, and a series":   {set, LoaderOptions{Batch: 1, Steps: 2}},
		"buckets have lengths of their own": {set, LoaderOptions{Batch: 1, Steps: 3, Buckets: 2}},
		"6 buckets for 5 series":            {set, LoaderOptions{Batch: 1, Buckets: 6}},
	} {
		if _, err := NewLoader(c.set, c.opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	l, err := NewLoader(set, LoaderOptions{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Batch(-1); err == nil {
		t.Error("there is a batch −1")
	}
}

func TestSplit(t *testing.T) {
	set := numbered(21, 3)
	parts, err := Split(set, 1, 0.6, 0.2, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var sizes []int
	for _, p := range parts {
		sizes = append(sizes, len(p.Series))
		for _, s := range p.Series {
			seen[s.ID] = true
		}
	}
	if len(seen) != 21 || !slices.Equal(sizes, []int{13, 4, 4}) {
		t.Errorf("parts of %v series, %d different", sizes, len(seen))
	}
	again, err := Split(set, 1, 0.6, 0.2, 0.2)
	if err != nil || !slices.Equal(again[0].Series, parts[0].Series) {
		t.Errorf("another split by the same seed (%v)", err)
	}
	if other, err := Split(set, 2, 0.6); err != nil || len(other) != 1 || slices.Equal(other[0].Series, parts[0].Series) {
		t.Errorf("the same split by another seed (%v)", err)
	}
	for want, fractions := range map[string][]float64{
		"add up to more than 1":                 {0.6, 0.5},
		"a fraction of 0,":                      {0},
		"part 1, 0.001 of 21 series, would be ": {0.5, 0.001},
	} {
		if _, err := Split(set, 1, fractions...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
