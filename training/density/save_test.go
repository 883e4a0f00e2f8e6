package density

import (
	"path/filepath"
	"testing"

	"gorgonode/internal/damage"
	"gorgonode/training"
	"gorgonode/training/toy"
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
	for _, m := range []Model{CNF, Glow} {
		run := kept(t, fitted(t, toy.EightGaussians().Sample(60, 1), quick(m), Options{}))
		damage.Model(t, run.Dir, func() error {
			_, err := load(run)
			return err
		})
	}
}
