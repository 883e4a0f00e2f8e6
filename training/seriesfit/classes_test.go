package seriesfit

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAUC compares with the definition, pair by pair, on scores with many ties.
func TestAUC(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		n := 2 + rng.IntN(30)
		scores, positive := make([]float64, n), make([]bool, n)
		for i := range scores {
			scores[i], positive[i] = float64(rng.IntN(5)), rng.IntN(3) == 0
		}
		wins, pairs := 0.0, 0.0
		for i := range scores {
			for j := range scores {
				if !positive[i] || positive[j] {
					continue
				}
				pairs++
				switch {
				case scores[i] > scores[j]:
					wins++
				case scores[i] == scores[j]:
					wins += 0.5
				}
			}
		}
		got := AUC(scores, positive)
		if pairs == 0 {
			if !math.IsNaN(got) {
				t.Errorf("one class alone: %g", got)
			}
			continue
		}
		if want := wins / pairs; math.Abs(got-want) > 1e-12 {
			t.Errorf("AUC %g, want %g", got, want)
		}
		// The area under the polygon is the same.
		x, y := ROC(scores, positive)
		area := 0.0
		for i := 1; i < len(x); i++ {
			area += (x[i] - x[i-1]) * (y[i] + y[i-1]) / 2
		}
		if math.Abs(area-got) > 1e-12 || x[len(x)-1] != 1 || y[len(y)-1] != 1 {
			t.Errorf("area %g under the ROC, AUC %g", area, got)
		}
	}
	if !math.IsNaN(AUC([]float64{1, math.NaN()}, []bool{true, false})) {
		t.Error("a score of NaN")
	}
}

func TestClassMetrics(t *testing.T) {
	logits := [][]float64{{0, math.Log(3)}, {1000, 0}, {0, 0}}
	m := ClassMetrics(logits, []int{1, 0, -1}, []float64{1, 2})
	want := map[string]float64{"nll": math.Log(4./3) / 2, "loss": 2 * math.Log(4./3) / 3, "accuracy": 1, "auc": 1}
	for name, v := range want {
		if math.Abs(m[name]-v) > 1e-15 {
			t.Errorf("%s is %g, want %g", name, m[name], v)
		}
	}
	if m := ClassMetrics(logits, []int{-1, -1, -1}, nil); len(m) != 0 {
		t.Errorf("nothing known: %v", m)
	}
	three := ClassMetrics([][]float64{{5, 0, 0}, {0, 5, 0}, {0, 0, 5}}, []int{0, 1, 1}, nil)
	// Class 0 against the rest 1; class 1: of two positives and one negative the scores are 0.98…, ε and ε: a half for the
	// tie.
	if math.Abs(three["auc"]-(1+0.75)/2) > 1e-12 {
		t.Errorf("three classes: %v", three)
	}
}
