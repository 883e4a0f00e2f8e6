package empirical

import (
	"math"
	"testing"
)

// A sample and its mirror image have quantiles that are mirror images: so the median of an odd number is the one in the
// middle.
func TestQuantile(t *testing.T) {
	for _, sorted := range [][]float64{{7}, {1, 2, 3}, {-3, 0, 0.5, 9}} {
		mirror := make([]float64, len(sorted))
		for i, v := range sorted {
			mirror[len(sorted)-1-i] = -v
		}
		for _, q := range []float64{0, 0.05, 0.3, 0.5, 0.75, 1} {
			if a, b := Quantile(sorted, q), Quantile(mirror, 1-q); math.Abs(a+b) > 1e-14 {
				t.Errorf("%v at %g: %g, and mirrored %g", sorted, q, a, b)
			}
		}
	}
	for q, want := range map[float64]float64{0: 1, 0.25: 1.5, 0.5: 2, 1: 3} {
		if got := Quantile([]float64{1, 2, 3}, q); got != want {
			t.Errorf("at %g: %g, want %g", q, got, want)
		}
	}
}
