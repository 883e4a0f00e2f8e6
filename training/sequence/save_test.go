package sequence

import (
	"context"
	"path/filepath"
	"testing"

	"gorgonode/internal/damage"
	"gorgonode/training"
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
