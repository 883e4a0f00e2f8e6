package training

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFitConfigCheck(t *testing.T) {
	negative := lynxHare(t)
	negative.X[20][1] = -1
	empty := lynxHare(t)
	for _, row := range empty.X[:18] {
		row[1] = math.NaN()
	}
	for _, c := range []struct {
		s    *Series
		cfg  FitConfig
		want string
	}{
		{nil, FitConfig{}, "no series"},
		{&Series{}, FitConfig{}, "no rows"},
		{lynxHare(t), FitConfig{HoldOut: 20}, "fewer than 2"},
		{lynxHare(t), FitConfig{HoldOut: -1}, "cannot hold out"},
		{lynxHare(t), FitConfig{Length: 1}, "windows of 1"},
		{lynxHare(t), FitConfig{Length: -4}, "windows of -4"},
		{lynxHare(t), FitConfig{Batch: -1}, "batches of -1"},
		{lynxHare(t), FitConfig{WindowSteps: -1, WholeSteps: -1}, "nothing would be learned"},
		{lynxHare(t), FitConfig{LearnRate: -1}, "learning rate -1"},
		{lynxHare(t), FitConfig{LearnRate: math.Inf(1)}, "learning rate"},
		{lynxHare(t), FitConfig{Decay: math.NaN()}, "decay NaN"},
		{lynxHare(t), FitConfig{ClipNorm: math.Inf(1)}, "clip norm"},
		{lynxHare(t), FitConfig{Patience: -1}, "patience"},
		{lynxHare(t), FitConfig{Scaling: "log"}, `"log"`},
		{lynxHare(t), FitConfig{Model: ForecasterConfig{Method: "nope"}}, "nope"},
		{lynxHare(t), FitConfig{Model: ForecasterConfig{Method: "Euler", Step: 1e-9}}, "constant steps"},
		{negative, FitConfig{Scaling: "log-standardise", HoldOut: 3}, "-1 is not positive"},
		{empty, FitConfig{HoldOut: 3}, `"Hare": no value`},
	} {
		wantError(t, c.cfg.Check(c.s), c.want)
		_, err := Fit(t.Context(), c.s, c.cfg, FitOptions{})
		wantError(t, err, c.want)
	}
	if err := (FitConfig{HoldOut: 3}).Check(negative); err != nil {
		t.Errorf("auto: %v", err)
	}
}

func TestFitConfigWithDefaults(t *testing.T) {
	c := FitConfig{WindowSteps: -1, Decay: -1, ClipNorm: -1}.WithDefaults()
	if diff := cmp.Diff(c, c.WithDefaults()); diff != "" {
		t.Error(diff)
	}
	if c.WindowSteps >= 0 || c.Decay >= 0 || c.WholeSteps != 500 || c.LearnRate != 0.02 || c.Scaling != "auto" ||
		c.Length != 4 || c.Batch != 8 {
		t.Errorf("%+v", c)
	}
	for rows, want := range map[int]int{2: 0, 3: 0, 4: 1, 10: 2, 21: 3, 100: 15} {
		if got := DefaultHoldOut(rows); got != want {
			t.Errorf("of %d rows %d are held out, want %d", rows, got, want)
		}
	}
}

func TestFilled(t *testing.T) {
	nan := math.NaN()
	s := &Series{Names: []string{"a", "b", "c"}, T: []float64{0, 1, 4, 5},
		X: [][]float64{{nan, 1, nan}, {2, nan, nan}, {nan, 5, nan}, {6, nan, nan}}}
	want := [][]float64{{2, 1, 0}, {2, 2, 0}, {5, 5, 0}, {6, 5, 0}}
	if diff := cmp.Diff(want, s.filled()); diff != "" {
		t.Error(diff)
	}
	if !math.IsNaN(s.X[0][0]) {
		t.Error("the series was changed")
	}
}
