package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorgonode/bench/problems"
	"gorgonode/solvers"
)

// TestErrors solves each problem by one method that suits, and looks at the error.
func TestErrors(t *testing.T) {
	for _, p := range problems.All() {
		if err := p.Load(); err != nil {
			t.Fatal(err)
		}
		var method solvers.Method = solvers.DOP853{}
		if p.Stiff {
			method = solvers.Radau{}
		}
		m := measure(p, method, 1e-8, 0)
		if m.Failure != "" || !(m.Error < 1e-6) {
			t.Errorf("%s by %s: error %g %s", p.Name, m.Method, m.Error, m.Failure)
		}
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	o := options{plots: dir, problem: "hires", method: "radau,bdf"}
	if err := run(&b, o); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 4+2*len(tolerances) {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "work-precision-hires.png")); err != nil {
		t.Error(err)
	}
	if err := run(&b, options{problem: "nothing"}); err == nil {
		t.Error("a problem that there isn't")
	}
}
