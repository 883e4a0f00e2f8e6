package ude

import (
	"path/filepath"
	"testing"

	"gorgonode/internal/damage"
	"gorgonode/training"
)

// kept is f in a run folder.
func kept(t *testing.T, f *Fitted) *training.Run {
	t.Helper()
	w := folder(t)
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
	for _, noise := range []string{"gaussian", "lognormal"} {
		s := table(t, "when,X\n0,1\n1,1.6\n2,2.7\n3,4.4\n4,7\n5,11\n")
		c := Config{Steps: 5, Polish: -1, HoldOut: 1, Start: "single", Noise: noise}
		run := kept(t, fitted(t, "x'=a*x+f(x/10)\npar a=0.3 free>0\ninit x=1 free>0\nnet f(u)=mlp(hidden=[2])", s, c))
		damage.Model(t, run.Dir, func() error {
			_, err := load(run)
			return err
		})
	}
}

// folder is a run folder to write to.
func folder(t *testing.T) *training.RunWriter {
	t.Helper()
	w, err := training.CreateRun(filepath.Join(t.TempDir(), "run"), false)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
