package workload

import (
	"context"
	"testing"
)

// TestSplitmix has the first numbers of seed 1234567, as published with the generator.
func TestSplitmix(t *testing.T) {
	want := []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423}
	for i, v := range splitmix(1234567, len(want)) {
		if w := float64(want[i]>>11) / (1 << 53); v != w {
			t.Errorf("number %d is %v, want %v", i, v, w)
		}
	}
}

// TestWorkloads runs the small workloads in every mode, and expects errors that belong to the tolerance and the type, and no
// allocations by the step.
func TestWorkloads(t *testing.T) {
	limits := map[string]float64{"W1-short-f64": 1e-5, "W1-short-f32": 1e-5, "W3-f64": 1e-7, "W4-exact-f32": 1e-3}
	for _, w := range All() {
		limit, small := limits[w.Name]
		if !small {
			continue
		}
		for _, mode := range Modes {
			if mode == "adjoint" && w.Name == "W4-exact-f32" {
				continue
			}
			m, err := Measure(context.Background(), w, mode, 1, 0)
			if err != nil {
				t.Fatalf("%s %s: %v", w.Name, mode, err)
			}
			if !(m.Error <= limit) || m.Steps == 0 || m.EvaluationsForward == 0 ||
				(mode == "forward") != (m.EvaluationsBackward == 0) {
				t.Errorf("%s %s: %+v", w.Name, mode, *m)
			}
			if m.AllocsPerStep > 0.02 {
				t.Errorf("%s %s: %g allocations a step", w.Name, mode, m.AllocsPerStep)
			}
		}
	}
}

// TestClassics solves each of W5's problems by one method, the last but one at the tolerance of the workloads, to an
// error that belongs to it, and with no allocations by the step.
func TestClassics(t *testing.T) {
	for name, limit := range map[string]float64{
		"W5-lotka-volterra-dop853": 1e-4, "W5-lorenz-vern7": 1e-2, "W5-vanderpol-radau": 1e-5, "W5-robertson-bdf": 1e-3,
		"W5-hires-rodas5p": 1e-3, "W5-brusselator-radau": 1e-5,
	} {
		w := Named(name)
		if len(w) != 1 {
			t.Errorf("%s names %d workloads", name, len(w))
			continue
		}
		m, err := Measure(context.Background(), w[0], "forward", 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !(m.Error > 0 && m.Error <= limit) || m.Steps == 0 || m.EvaluationsForward < m.Steps || m.EvaluationsBackward != 0 {
			t.Errorf("%s: %+v", name, *m)
		}
		if !(m.AllocsPerStep <= 0.1) {
			t.Errorf("%s: %g allocations a step", name, m.AllocsPerStep)
		}
		if _, err := Measure(context.Background(), w[0], "backprop", 1, 0); err == nil {
			t.Errorf("%s has no gradient", name)
		}
	}
}

// TestNamed finds workloads by their beginnings, up to a dash.
func TestNamed(t *testing.T) {
	for name, want := range map[string]int{"W1": 3, "W1-short": 2, "W1-short-f64": 1, "W": 0, "W2-f": 0, "": 0,
		"W5-robertson": 9, "W5": 54} {
		if got := len(Named(name)); got != want {
			t.Errorf("%q names %d workloads, want %d", name, got, want)
		}
	}
}
