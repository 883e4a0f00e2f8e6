package odeop

import (
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// Tolerances of single components reach the backward solve of an Adjoint, whose state is longer.
func TestAdjointWithTolerancesOfComponents(t *testing.T) {
	f := testFields()[0]
	exact := f.in(t, tensor.Float64).gradients(how{at: true, opts: []Option{Tolerance(1e-13, 1e-13)}}, true)
	m := f.in(t, tensor.Float64)
	tols := slices.Repeat([]float64{1e-9}, tensor.Shape(m.y0.Shape()).TotalSize())
	o := m.gradients(how{at: true, opts: []Option{Settings(solvers.Settings{RTols: tols, ATols: tols}), Gradient(Adjoint{})}},
		true)
	if d := o.difference(t, exact); !(d <= 1e-7) {
		t.Errorf("%s: difference %g", f.name, d)
	}
}

func TestSettingsRefusesWhatTheSolveDecides(t *testing.T) {
	m := testFields()[0].in(t, tensor.Float64)
	for _, s := range []solvers.Settings{{SaveAt: []float64{1}}, {SaveEvery: 1}, {Dense: true}} {
		if _, err := Solve(m.field(m.ps), m.y0, []float64{0, 1}, Settings(s), Args(m.nodes...)); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}
