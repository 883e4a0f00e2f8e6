package demo_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gorgonode/internal/demo"
)

// The curves have a standard deviation of about 2.5 in a coordinate around the middle of their own kind, which is what is
// left where the kind is known and nothing else; 5.6 where not even that is.
func TestSpirals(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := demo.Spirals(context.Background(), demo.Options{Out: out, Seed: 1, Quick: true})
	got := figures(t, r, err)
	if v := got["30 points: RMSE within the window, against the truth"]; !(v < 2.5) {
		t.Errorf("RMSE within the window %g", v)
	}
	truth := got["30 points: RMSE of the next 100 times, against the truth"]
	noisy := got["30 points: RMSE of the next 100 times, against noisy points"]
	// Noise of 0.3 is independent of the error; 4000 products of both leave 1/√4000 of them.
	if want := math.Hypot(truth, 0.3); math.Abs(noisy-want) > 0.02*(1+want) {
		t.Errorf("RMSE %g, and %g against noisy points, want %g", truth, noisy, want)
	}
	for _, name := range r.Files {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.Files) != 2 {
		t.Errorf("files %q", r.Files)
	}
}
