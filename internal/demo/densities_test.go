package demo_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gorgonode/internal/demo"
)

// Flows trained for a moment are no worse than one Gaussian, which all of them can be, and none is below the entropy:
// 400 points tell the mean of −ln p to about 1/√400 = 0.05.
func TestDensities(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := demo.Densities(context.Background(), demo.Options{Out: out, Seed: 1, Quick: true})
	got := figures(t, r, err)
	const mean = ": mean of −ln p"
	for _, set := range []string{"two moons", "eight Gaussians", "checkerboard", "pinwheel"} {
		gauss, least := got[set+", one Gaussian"+mean], math.Inf(-1)
		if v, ok := got[set+", true density on the same points"+mean]; ok {
			least = v
		} else if set != "pinwheel" {
			t.Errorf("%s has no entropy", set)
		}
		for _, model := range []string{"CNF", "flow matching", "RealNVP", "Glow"} {
			v, ok := got[set+", "+model+mean]
			if !ok || !(v < gauss+0.15) || !(v > least-0.15) {
				t.Errorf("%s, %s: −ln p is %g, of one Gaussian %g, of the true density %g", set, model, v, gauss, least)
			}
		}
	}
	for _, name := range []string{"densities.png", "densities.svg"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.Files) != 2 {
		t.Errorf("files %q", r.Files)
	}
}
