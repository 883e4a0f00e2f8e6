package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the page on gradients says of these: GaussAdjoint's error follows the tolerance, that of a solve of y backwards
// is larger, and the full norm costs more.
func TestAdjoints(t *testing.T) {
	tolerances := []float64{1e-4, 1e-7}
	ms, err := measure(tolerances)
	if err != nil {
		t.Fatal(err)
	}
	back, worst := map[string]int{}, map[string]float64{}
	for _, m := range ms {
		back[m.mode] += m.backward
		worst[m.mode] = max(worst[m.mode], m.error/m.tolerance)
	}
	if !(worst["GaussAdjoint"] <= 10) {
		t.Errorf("GaussAdjoint: an error of %g tolerances", worst["GaussAdjoint"])
	}
	if !(worst["Adjoint, seminorm"] >= 10*worst["GaussAdjoint"]) {
		t.Errorf("Adjoint: an error of %g tolerances, GaussAdjoint's %g", worst["Adjoint, seminorm"], worst["GaussAdjoint"])
	}
	if semi, full := back["Adjoint, seminorm"], back["Adjoint, full norm"]; !(semi < full) {
		t.Errorf("%d evaluations with the seminorm, %d with the full norm", semi, full)
	}
	var out bytes.Buffer
	if err := table(&out, ms, tolerances); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 2+len(tolerances) {
		t.Errorf("a table of %d lines:\n%s", lines, &out)
	}
	file := filepath.Join(t.TempDir(), "adjoints.png")
	if err := plotTo(file, ms); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
		t.Errorf("no picture: %v", err)
	}
}
