package odeop

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// TestReversibleEqualsBackprop: undoing the steps of the pair gives the gradient of its tape, by everything and at all
// times. These intervals take some ten steps, whose undoing multiplies rounding by little.
func TestReversibleEqualsBackprop(t *testing.T) {
	for _, f := range testFields() {
		for _, m := range []solvers.Method{solvers.Euler{}, solvers.RK4{}, solvers.Dopri5{}} {
			for _, h := range []how{{}, {final: true}, {at: true}, {lisp: true}} {
				common := []Option{Step(0.1)}
				h.opts = append(common, Method(solvers.Reversible{Method: m}))
				want := f.in(t, tensor.Float64).gradients(h, true)
				h.opts = append(common, Method(m), Gradient(Reversible{}))
				got := f.in(t, tensor.Float64).gradients(h, true)
				if d := got.difference(t, want); !(d <= 1e-12) {
					t.Errorf("%s, %s, %+v: difference %g", f.name, m.Name(), h, d)
				}
				if got.loss != want.loss {
					t.Errorf("%s, %s: loss %g; want the pair's, %g", f.name, m.Name(), got.loss, want.loss)
				}
				// Evaluated without a gradient, it is the same function.
				plain := f.in(t, tensor.Float64)
				loss := weighted(plain.g, plain.solve(h))
				vm := G.NewTapeMachine(plain.g)
				if err := vm.RunAll(); err != nil {
					t.Fatal(err)
				}
				if v := numbers(loss.Value())[0]; v != got.loss && !h.lisp {
					t.Errorf("%s, %s: %g evaluated alone, %g with a gradient", f.name, m.Name(), v, got.loss)
				}
				vm.Close()
			}
		}
	}
}

// TestReversibleCheckGradient: differences along the steps of the pair know nothing of how its gradient is made.
func TestReversibleCheckGradient(t *testing.T) {
	for _, f := range testFields()[:3] {
		for _, opts := range [][]Option{
			{Method(solvers.RK4{}), Step(0.1), Gradient(Reversible{})},
			{Method(solvers.RK4{}), Gradient(Reversible{Lambda: 0.99})},
			{Method(solvers.Reversible{Method: solvers.Midpoint{}}), Step(0.05), Gradient(Reversible{Lambda: 1})},
		} {
			m := f.in(t, tensor.Float64)
			c, err := CheckGradient(m.field(m.ps), m.y0, m.when, append(opts, Args(m.nodes...))...)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Err(1e-8); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		}
	}
}

// TestReversibleFloat32: rounding is 6e-8 an operation, in some ten steps.
func TestReversibleFloat32(t *testing.T) {
	h := how{opts: []Option{Method(solvers.RK4{}), Step(0.1), Gradient(Reversible{})}}
	for _, f := range testFields()[:3] {
		double, single := f.in(t, tensor.Float64).gradients(h, true), f.in(t, tensor.Float32).gradients(h, true)
		if d := single.difference(t, double); !(d <= 2e-5) || d == 0 {
			t.Errorf("%s: difference %g", f.name, d)
		}
	}
}

// TestReversibleRefuses: what can't be undone is an error of the call.
func TestReversibleRefuses(t *testing.T) {
	pair := Method(solvers.Reversible{Lambda: 0.9})
	for want, opts := range map[string][]Option{
		"choose their size by Step":         nil,
		"method radau is no explicit":       {Method(solvers.Radau{}), Step(0.1)},
		"method adams is no explicit":       {Method(solvers.Adams{}), Step(0.1)},
		"Lambda is 0.8 here and 0.9":        {pair, Gradient(Reversible{Lambda: 0.8})},
		"it must lie in (0, 1]":             {Method(solvers.RK4{}), Gradient(Reversible{Lambda: 2})},
		"Reversible.Lambda is NaN":          {Method(solvers.RK4{}), Gradient(Reversible{Lambda: math.NaN()})},
		"no step is undone over":            {pair, Settings(solvers.Settings{Jumps: []float64{0.5}})},
		"isn't one":                         {Method(solvers.Reversible{Method: solvers.Radau{}})},
		"-1 checkpoints":                    {Gradient(Backprop{Checkpoints: -1})},
		"Checkpoints is -2; it must be pos": {Settings(solvers.Settings{Checkpoints: -2}), Gradient(Backprop{})},
	} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 2})
		field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }
		_, err := Solve(field, y0, []float64{0, 1}, append([]Option{Gradient(Reversible{})}, opts...)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want one with %q", err, want)
		}
	}
}
