package training

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProgressLines(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(25, ProgressOptions{Writer: &b, Label: "fit"})
	for i := 1; i <= 25; i++ {
		p.Step(i, 1/float64(i), 6*i)
	}
	p.Finish()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 10 {
		t.Fatalf("%d lines:\n%s", len(lines), b.String())
	}
	want := []string{
		"fit  12%  step 3/25  loss 0.3333  12 evals/step", // (6+12+18)/3
		"fit  20%  step 5/25  loss 0.2  27 evals/step",
		"fit 100%  step 25/25  loss 0.04  147 evals/step", // (6·24+6·25)/2
	}
	if diff := cmp.Diff(want, []string{lines[0], lines[1], lines[9]}); diff != "" {
		t.Error(diff)
	}
}

func TestProgressOfARunThatStopsEarly(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(1000, ProgressOptions{Writer: &b})
	for i := 1; i <= 130; i++ {
		p.Step(i, nan, 0)
	}
	p.Finish()
	p.Finish()
	want := "train  10%  step 100/1000  loss NaN\ntrain  13%  step 130/1000  loss NaN\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// A model that does not solve has no evaluations to show, on lines as in a bar.
func TestProgressWithoutEvaluations(t *testing.T) {
	for _, mode := range []BarMode{BarNever, BarAlways} {
		var b bytes.Buffer
		p := NewProgress(3, ProgressOptions{Writer: &b, Bar: mode})
		for i := 1; i <= 3; i++ {
			p.Step(i, 0.5, 0)
		}
		p.Finish()
		if s := b.String(); !strings.Contains(s, "loss 0.5") || strings.Contains(s, "evals") {
			t.Errorf("mode %d: %q", mode, s)
		}
	}
}

func TestProgressOfOddCounts(t *testing.T) {
	for _, total := range []int{-1, 0, 1, 3} {
		for _, mode := range []BarMode{BarNever, BarAlways} {
			var b bytes.Buffer
			p := NewProgress(total, ProgressOptions{Writer: &b, Bar: mode})
			for _, done := range []int{1, 7, 2, -3} {
				p.Step(done, 1, 1)
			}
			p.Finish()
			if b.Len() == 0 {
				t.Errorf("total %d, mode %d: nothing shown", total, mode)
			}
		}
	}
}

func TestProgressBar(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(4, ProgressOptions{Writer: &b, Bar: BarAlways})
	for i := 1; i <= 4; i++ {
		p.Step(i, 0.5, 7)
	}
	p.Finish()
	if s := b.String(); !strings.Contains(s, "loss 0.5  7 evals/step") || !strings.Contains(s, "(4/4") ||
		!strings.HasSuffix(s, "\n") {
		t.Errorf("%q", s)
	}
}
