package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorgonode/internal/demo"
)

// The simulated pendulum has no friction. A forward difference puts some in: (1 − cos ωh)/h is 0.1 a second at ω² =
// 1.2, so the amplitude of a free network falls to a sixth over 18 s, and most of the energy, 2.3, is gone; a
// Hamiltonian keeps it.
func TestPendulum(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := demo.Pendulum(context.Background(), demo.Options{Out: out, Seed: 1, Quick: true})
	got := figures(t, r, err)
	free, kept := got["network, forward: energy MSE"], got["Hamiltonian, forward: energy MSE"]
	if !(free > 1 && kept < free/4) {
		t.Errorf("forward differences: energy MSE %g of the network and %g with an energy", free, kept)
	}
	if loss, of := got["network, middle: test loss"], got["Hamiltonian, forward: test loss"]; !(loss < of) {
		t.Errorf("test loss %g from differences at the middle and %g of an energy from forward ones", loss, of)
	}
	if len(r.Files) != 4 {
		t.Errorf("files %q", r.Files)
	}
}

func TestPendulumData(t *testing.T) {
	long := "%o v\n"
	for i := range 30 {
		long += "0 " + string(rune('A'+i)) + " 0.1 0.2\n"
	}
	for name, text := range map[string]string{
		"line 2 has 3": "%o v\n0 1 2\n", "no finite number": "%o v\n0 1 nan 2\n",
		"does not come after": "0 1 0 0\n\n0 1 0 0\n",
		"at least 20":         "0 1 0 0\n", "line 2": long,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "real_pend_h_1.txt"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := demo.Pendulum(context.Background(), demo.Options{Data: dir, Quick: true})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := demo.Pendulum(context.Background(), demo.Options{Data: t.TempDir()}); err == nil {
		t.Error("a folder without the file must be an error")
	}
}
