package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"gorgonode/training"
)

// The README's command, with its real settings: what it promises about errors, time and reproducibility.
func TestMainJob(t *testing.T) {
	if testing.Short() {
		t.Skip("trains in full, twice")
	}
	dirs := []string{filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "run")}
	begin := time.Now()
	for _, dir := range dirs {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"fit", lynxHare(t), "--out", dir, "--json"}, &stdout, &stderr); code != codeOK {
			t.Fatalf("exit code %d\n%s", code, stderr.String())
		}
		var s struct {
			Run string
			training.Summary
		}
		if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
			t.Fatalf("%v:\n%s", err, stdout.String())
		}
		if s.Rows != 21 || s.HeldOut.Rows != 3 || s.All.Values != 42 {
			t.Errorf("%d rows, %d of them held out, %d values; want 21, 3, 42", s.Rows, s.HeldOut.Rows, s.All.Values)
		}
		// 0.25 is the noise of the best Lotka–Volterra fit, see testdata/lynx-hare/SOURCE.md.
		if v := *s.All.LogRMSE; !(v < 0.25) {
			t.Errorf("RMSE of log pelts on all rows %g, want below 0.25", v)
		}
		if v := *s.HeldOut.LogRMSE; !(v < 0.35) {
			t.Errorf("RMSE of log pelts on the rows held out %g, want below 0.35", v)
		}
		if s.Warning != "" {
			t.Error(s.Warning)
		}
	}
	if d := time.Since(begin); d > 90*time.Second {
		t.Errorf("two runs took %v; one should take well under a minute", d)
	}
	a, b := contents(t, dirs[0]), contents(t, dirs[1])
	if len(a) != 12 || len(b) != len(a) {
		t.Errorf("%d and %d files, want 12", len(a), len(b))
	}
	for name, data := range a {
		if !bytes.Equal(data, b[name]) {
			t.Errorf("%s differs between two runs of the same seed", name)
		}
	}
}
