package training

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	for _, w := range want {
		if err == nil || !strings.HasPrefix(err.Error(), "training: ") || !strings.Contains(err.Error(), w) {
			t.Errorf("got %v, want %s", err, w)
		}
	}
}

// makeRun writes a run with two files.
func makeRun(t *testing.T, dir, weights string, force bool) *Run {
	t.Helper()
	w, err := CreateRun(dir, force)
	if err != nil {
		t.Fatal(err)
	}
	put(t, w.Path("weights"), weights)
	put(t, w.Path("plots/fit.svg"), "<svg/>")
	run, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestRunIsThereWholeOrNotAtAll(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "sub", "run")
	w, err := CreateRun(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	put(t, w.Path("weights"), "1")
	_, err = OpenRun(dir + "/")
	wantError(t, err, "it was not finished: fit it again", "run.partial, can be removed")
	_, err = OpenRun(w.Dir())
	wantError(t, err, "run.json is missing: this run was not finished")
	_, err = CreateRun(dir, false)
	wantError(t, err, "is being written or was interrupted")
	put(t, w.Path(".weights.1abc.tmp"), "half")
	put(t, w.Path(ManifestName), "of a commit that was interrupted")
	again, err := ResumeRun(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Commit(); err != nil {
		t.Fatal(err)
	}
	run, err := OpenRun(dir + "/")
	if err != nil {
		t.Fatal(err)
	}
	path, err := run.Path("weights")
	if err != nil || textOf(t, path) != "1" {
		t.Errorf("%v", err)
	}
	_, err = run.Path("other")
	wantError(t, err, `no file "other"; there are: weights`)
	if diff := cmp.Diff([]string{"run.json", "weights"}, namesIn(t, dir)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"run"}, namesIn(t, filepath.Dir(dir))); diff != "" {
		t.Error(diff)
	}
	_, err = ResumeRun(dir, true)
	wantError(t, err, "there is no unfinished run")
	_, err = again.Commit()
	wantError(t, err, "committed or aborted before")
}

func TestManifestOfTheSameRunIsTheSame(t *testing.T) {
	a := makeRun(t, filepath.Join(t.TempDir(), "a"), "1", false)
	b := makeRun(t, filepath.Join(t.TempDir(), "b"), "1", false)
	if diff := cmp.Diff(textOf(t, filepath.Join(a.Dir, ManifestName)),
		textOf(t, filepath.Join(b.Dir, ManifestName))); diff != "" {
		t.Error(diff)
	}
	want := Manifest{Format: 1, CreatedBy: "gorgonode", Files: []RunFile{
		{"plots/fit.svg", 6, "d4dc56669143034f31aa309635d4113d9ad76a02b1739da22c965ed2049be9e6"},
		{"weights", 1, "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},
	}}
	if diff := cmp.Diff(want, a.Manifest); diff != "" {
		t.Error(diff)
	}
}

func TestOpenRunSeesDamage(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"missing", func(t *testing.T, d string) { os.Remove(filepath.Join(d, "weights")) }, "weights is missing"},
		{"shorter", func(t *testing.T, d string) { put(t, filepath.Join(d, "weights"), "1") }, "weights has 1 bytes instead of 6"},
		{"changed", func(t *testing.T, d string) { put(t, filepath.Join(d, "weights"), "654321") }, "weights was changed"},
		{"manifest gone", func(t *testing.T, d string) { os.Remove(filepath.Join(d, ManifestName)) }, "run.json is missing"},
		{"manifest cut", func(t *testing.T, d string) { put(t, filepath.Join(d, ManifestName), "{") }, "run.json is damaged"},
		{"later format", func(t *testing.T, d string) {
			put(t, filepath.Join(d, ManifestName), `{"format":2}`)
		}, "format 2; this program knows 1"},
		{"path outside", func(t *testing.T, d string) {
			put(t, filepath.Join(d, ManifestName), `{"format":1,"files":[{"name":"../x"}]}`)
		}, "outside the folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			makeRun(t, dir, "123456", false)
			tt.damage(t, dir)
			_, err := OpenRun(dir)
			wantError(t, err, tt.want)
		})
	}
	_, err := OpenRun(filepath.Join(t.TempDir(), "none"))
	wantError(t, err, "no such file")
	_, err = OpenRun(lynxHarePath())
	wantError(t, err, "is a file, not a run folder")
}

func TestCommitRefuses(t *testing.T) {
	w, err := CreateRun(filepath.Join(t.TempDir(), "run"), false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Commit()
	wantError(t, err, "is empty")
	if err := os.Symlink("/", w.Path("link")); err == nil {
		_, err = w.Commit()
		wantError(t, err, "not a plain file")
	}
}

func TestRunOf(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "run")
	w, err := CreateRun(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.Path("sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	put(t, w.Path("weights"), "1")
	put(t, w.Path("sub/gone"), "1")
	run, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "mine"), "1")
	if err := os.Remove(filepath.Join(dir, "sub", "gone")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"run/weights": run.Dir, "run/run.json": run.Dir, "run/sub/gone": run.Dir, "run/sub/../weights": run.Dir,
		"run/mine": "", "run/sub/other": "", "run": "", "weights": "", "nowhere/weights": "",
	} {
		if got := RunOf(filepath.Join(base, filepath.FromSlash(path))); got != want {
			t.Errorf("%s belongs to %q, want %q", path, got, want)
		}
	}
	link := filepath.Join(base, "link")
	if err := os.Symlink(filepath.Join(dir, "weights"), link); err != nil {
		t.Skip(err)
	}
	if got := RunOf(link); got != run.Dir {
		t.Errorf("a link into the run belongs to %q, want %q", got, run.Dir)
	}
}
