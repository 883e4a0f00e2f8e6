package training

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestForceReplacesOnlyByAWholeRun(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "run")
	makeRun(t, dir, "old", false)
	_, err := CreateRun(dir, false)
	wantError(t, err, "holds a run: choose another folder, or force")
	w, err := CreateRun(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	put(t, w.Path("weights"), "new")
	if old, err := OpenRun(dir); err != nil || textOf(t, filepath.Join(old.Dir, "weights")) != "old" {
		t.Errorf("while the new run is written, the old one: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRun(dir); err != nil {
		t.Errorf("after the new run was given up, the old one: %v", err)
	}
	makeRun(t, dir, "new", true)
	if textOf(t, filepath.Join(dir, "weights")) != "new" {
		t.Error("not replaced")
	}
	if diff := cmp.Diff([]string{"run"}, namesIn(t, base)); diff != "" {
		t.Error(diff)
	}
}

func TestForceSparesWhatIsNoRun(t *testing.T) {
	base := t.TempDir()
	papers := filepath.Join(base, "papers")
	put(t, filepath.Join(papers, "thesis.txt"), "years")
	_, err := CreateRun(papers, true)
	wantError(t, err, "is not empty and not a run")
	file := filepath.Join(papers, "thesis.txt")
	_, err = CreateRun(file, true)
	wantError(t, err, "is a file")
	_, err = CreateRun("", true)
	wantError(t, err, "no folder given")

	dir := filepath.Join(base, "run")
	makeRun(t, dir, "old", false)
	put(t, filepath.Join(dir, "notes.txt"), "mine")
	_, err = CreateRun(dir, true)
	wantError(t, err, "holds what its run did not write: notes.txt")
	os.Remove(filepath.Join(dir, "notes.txt"))

	// The notes may also be written while the new run is.
	w, err := CreateRun(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	put(t, w.Path("weights"), "new")
	put(t, filepath.Join(dir, "notes.txt"), "mine")
	_, err = w.Commit()
	wantError(t, err, "the new run is whole in", "notes.txt")
	if textOf(t, filepath.Join(dir, "notes.txt")) != "mine" || textOf(t, w.Path("weights")) != "new" {
		t.Error("something was lost")
	}

	empty := filepath.Join(base, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	makeRun(t, empty, "1", false)
}

// A crash between the two renames of Commit leaves run.old and run.partial.
func TestCrashWhileReplacing(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "run")
	makeRun(t, dir, "old", false)
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	_, err := OpenRun(dir)
	wantError(t, err, "interrupted while being replaced", "run.old is a whole run: rename it")
	_, err = CreateRun(dir, false)
	wantError(t, err, "holds a run") // brought back
	if _, err := OpenRun(dir); err != nil {
		t.Error(err)
	}
	// After the second rename, what is left is an old run to be cleared.
	makeRun(t, dir+".old", "older", false)
	makeRun(t, dir, "new", true)
	if diff := cmp.Diff([]string{"run"}, namesIn(t, base)); diff != "" {
		t.Error(diff)
	}
}
