package training

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEarlyStopping(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		name     string
		e        EarlyStopping
		values   []float64
		stopAt   int // index of the value that stops; -1 is none
		bestStep int
		fails    string
	}{
		{"falls", EarlyStopping{Patience: 2}, []float64{3, 2, 1}, -1, 2, ""},
		{"rises", EarlyStopping{Patience: 2}, []float64{3, 1, 2, 3}, 3, 1, ""},
		{"equal is no improvement", EarlyStopping{Patience: 2}, []float64{1, 1, 1}, 2, 0, ""},
		{"patience begins anew", EarlyStopping{Patience: 2}, []float64{3, 4, 2, 4, 1, 4}, -1, 4, ""},
		{"least fall", EarlyStopping{Patience: 2, MinDelta: 0.5}, []float64{3, 2.6, 2.5}, 2, 0, ""},
		{"never", EarlyStopping{}, []float64{1, 2, 3, 4, 5, 6}, -1, 0, ""},
		{"NaN waits", EarlyStopping{Patience: 2}, []float64{1, nan, nan}, 2, 0, ""},
		{"NaN in a row", EarlyStopping{MaxNaN: 2}, []float64{1, nan, 0.5, nan, inf}, 4, 2,
			"step 4: the loss is +Inf, not finite for 2 values in a row; the best was 0.5 at step 2"},
		{"never finite", EarlyStopping{}, []float64{nan, nan, nan, nan, nan}, 4, 0, "was never finite (5 values)"},
		{"minus infinity is no improvement", EarlyStopping{Patience: 3}, []float64{1, -inf, 0.5}, -1, 2, ""},
		{"negative patience", EarlyStopping{Patience: -1}, []float64{1}, 0, 0, "none may be negative"},
		{"least fall NaN", EarlyStopping{MinDelta: nan}, []float64{1}, 0, 0, "none may be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stopped := -1
			var failed error
			for i, v := range tt.values {
				improved, stop, err := tt.e.Observe(i, v)
				if improved != (tt.e.Seen && tt.e.BestStep == i) {
					t.Errorf("value %d: improved %v, best step %d", i, improved, tt.e.BestStep)
				}
				if stop || err != nil {
					stopped, failed = i, err
					break
				}
			}
			if stopped != tt.stopAt || tt.e.BestStep != tt.bestStep {
				t.Errorf("stopped at %d, best step %d", stopped, tt.e.BestStep)
			}
			if tt.fails == "" && failed != nil || tt.fails != "" && (failed == nil || !strings.Contains(failed.Error(), tt.fails)) {
				t.Errorf("got %v, want %s", failed, tt.fails)
			}
		})
	}
}

// A run that goes on from a checkpoint stops where it would have stopped.
func TestEarlyStoppingGoesOnFromJSON(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(0, 1), rapid.Just(nan))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(value, 1, 30).Draw(t, "values")
		a := EarlyStopping{Patience: rapid.IntRange(0, 5).Draw(t, "patience"), MaxNaN: rapid.IntRange(0, 3).Draw(t, "NaNs")}
		b := a
		for i, v := range values {
			i1, s1, e1 := a.Observe(i, v)
			i2, s2, e2 := b.Observe(i, v)
			if i1 != i2 || s1 != s2 || (e1 == nil) != (e2 == nil) {
				t.Fatalf("value %d: %v %v %v, then %v %v %v", i, i1, s1, e1, i2, s2, e2)
			}
			data, err := json.Marshal(b)
			if err != nil {
				t.Fatal(err)
			}
			b = EarlyStopping{}
			if err := json.Unmarshal(data, &b); err != nil {
				t.Fatal(err)
			}
		}
	})
}
