package sequence

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"gorgonode/internal/damage"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

// kept is f in a run folder.
func kept(t *testing.T, f *Fitted) *training.Run {
	t.Helper()
	w, err := training.CreateRun(filepath.Join(t.TempDir(), "run"), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Save(w); err != nil {
		t.Fatal(err)
	}
	run, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// What cannot be loaded is an error, whatever is wrong with it.
func TestLoadDamaged(t *testing.T) {
	for _, name := range []string{"gru-d", "ltc", "cde"} {
		c := quick
		c.Model, c.Epochs = name, 1
		f, err := Fit(context.Background(), waves(12), c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		run := kept(t, f)
		damage.Model(t, run.Dir, func() error {
			_, err := load(run)
			return err
		})
	}
}

// A missing value of a GRU-D decays to the mean of the training part in whatever scale, and a saved one's too.
func TestMeansOfMinMax(t *testing.T) {
	c := quick
	c.Model, c.Epochs, c.Scaling, c.Valid, c.Test = "gru-d", 1, seriesdata.MinMax, -1, -1
	set := waves(40)
	f, err := Fit(context.Background(), set, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := f.Scaling.Forward(set)
	if err != nil {
		t.Fatal(err)
	}
	back, err := load(kept(t, f))
	if err != nil {
		t.Fatal(err)
	}
	for k := range set.Channels {
		sum, n := 0.0, 0.0
		for _, s := range scaled.Series {
			for _, row := range s.Values {
				if !math.IsNaN(row[k]) {
					sum, n = sum+row[k], n+1
				}
			}
		}
		for _, g := range []*Fitted{f, back} {
			start := g.network.encoder.(recurrence).Cell().Start()
			if got := start[c.Units+k]; math.Abs(got-sum/n) > 1e-12 || got < 0.2 {
				t.Errorf("channel %d begins at %g, want the mean %g", k, got, sum/n)
			}
		}
	}
}
