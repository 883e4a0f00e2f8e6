package training

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestHoldOut(t *testing.T) {
	s := lynxHare(t)
	train, test, err := s.HoldOut(5)
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 16 || test.Len() != 5 || train.T[15] != 1915 || test.T[0] != 1916 {
		t.Errorf("%d and %d rows", train.Len(), test.Len())
	}
	if _, test, err := s.HoldOut(0); err != nil || test.Len() != 0 {
		t.Errorf("none held out: %v, %d rows", err, test.Len())
	}
	for n, want := range map[int]string{-1: "cannot hold out -1", 20: "leaves fewer than 2", 1 << 40: "leaves fewer than 2"} {
		if _, _, err := s.HoldOut(n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d held out: %v", n, err)
		}
	}
	gaps := &Series{Names: []string{"a"}, T: []float64{0, 1, 2}, X: [][]float64{{1}, {2}, {nan}}}
	if _, _, err := gaps.HoldOut(1); err == nil || !strings.Contains(err.Error(),
		"every value is missing in the 1 rows held out") {
		t.Errorf("nothing to judge by: %v", err)
	}
}

// In each pass every window comes once; the order depends on the seed alone, and a batch on its step alone.
func TestSegmentsDealEveryWindowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 30).Draw(t, "rows")
		s := &Series{Names: []string{"a"}}
		for i := range n {
			s.T, s.X = append(s.T, float64(i*i)), append(s.X, []float64{float64(i)})
		}
		length := rapid.IntRange(2, n).Draw(t, "length")
		windows := n - length + 1
		opts := SegmentOptions{Length: length, Batch: rapid.IntRange(1, windows).Draw(t, "batch"),
			Seed: rapid.Uint64().Draw(t, "seed")}
		g, err := NewSegments(s, opts)
		if err != nil {
			t.Fatal(err)
		}
		if g.Count() != windows || len(g.All()) != windows {
			t.Fatalf("%d windows, want %d", g.Count(), windows)
		}
		const passes = 3
		count := map[int]int{}
		dealt := 0
		for step := 0; dealt < passes*windows; step++ {
			batch, err := g.Batch(step)
			if err != nil || len(batch) != opts.Batch {
				t.Fatalf("%d windows, %v", len(batch), err)
			}
			for _, seg := range batch {
				if dealt < passes*windows {
					count[seg.Start]++
				}
				dealt++
				if seg.T[0] != 0 || len(seg.T) != length || seg.T[1] != s.T[seg.Start+1]-s.T[seg.Start] ||
					seg.X[0][0] != float64(seg.Start) {
					t.Fatalf("window %+v", seg)
				}
			}
		}
		for start := range windows {
			if count[start] != passes {
				t.Fatalf("window %d came %d times in %d passes", start, count[start], passes)
			}
		}
		other, err := NewSegments(s, opts)
		if err != nil {
			t.Fatal(err)
		}
		late, _ := other.Batch(7)
		again, _ := g.Batch(7)
		if diff := cmp.Diff(late, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSegmentsLeaveOutWindowsThatSayNothing(t *testing.T) {
	s := &Series{Names: []string{"a", "b"}, T: []float64{0, 1, 2, 3, 4},
		X: [][]float64{{1, 2}, {nan, nan}, {3, nan}, {4, 5}, {nan, nan}}}
	for _, tt := range []struct {
		complete bool
		want     []int
	}{{false, []int{1, 2}}, {true, nil}} {
		g, err := NewSegments(s, SegmentOptions{Length: 2, Batch: 1, CompleteStart: tt.complete})
		if tt.want == nil {
			if err == nil || !strings.Contains(err.Error(), "there are 0 usable windows") {
				t.Errorf("no window with a whole start: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var starts []int
		for _, seg := range g.All() {
			starts = append(starts, seg.Start)
		}
		if diff := cmp.Diff(tt.want, starts); diff != "" {
			t.Error(diff)
		}
	}
	g, err := NewSegments(s, SegmentOptions{Length: 3, Batch: 1, CompleteStart: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []Segment{{Start: 0, T: []float64{0, 1, 2}, X: s.X[:3],
		Mask: [][]bool{{true, true}, {false, false}, {true, false}}}}
	if diff := cmp.Diff(want, g.All(), cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
}

func TestSharedTimes(t *testing.T) {
	g, err := NewSegments(lynxHare(t), SegmentOptions{Length: 4, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if times, ok := g.SharedTimes(); !ok || cmp.Diff([]float64{0, 1, 2, 3}, times) != "" {
		t.Errorf("%v %v", times, ok)
	}
	s := &Series{Names: []string{"a"}, T: []float64{0, 1, 3}, X: [][]float64{{1}, {2}, {3}}}
	if g, err = NewSegments(s, SegmentOptions{Length: 2, Batch: 1}); err != nil {
		t.Fatal(err)
	}
	if _, ok := g.SharedTimes(); ok {
		t.Error("windows of different length in time share their times")
	}
}

func TestSegmentsRefuse(t *testing.T) {
	s := lynxHare(t)
	for _, opts := range []SegmentOptions{{}, {Length: 1, Batch: 1}, {Length: 22, Batch: 1}, {Length: 4},
		{Length: 4, Batch: 19}} {
		if _, err := NewSegments(s, opts); err == nil {
			t.Errorf("accepted %+v", opts)
		}
	}
	g, err := NewSegments(s, SegmentOptions{Length: 4, Batch: 18})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{-1, 1<<63 - 1} {
		if _, err := g.Batch(step); err == nil {
			t.Errorf("batch %d dealt", step)
		}
	}
}
