package odeop

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// The steps of both are the same and so are the derivatives of each; what differs is the order of the sums.
func TestBackpropEqualsUnrolled(t *testing.T) {
	for _, f := range testFields() {
		for _, opts := range [][]Option{
			{Method(solvers.Euler{})},
			{Method(solvers.RK4{})},
			{Method(solvers.RK4{}), Step(0.1)},
			{Method(solvers.Dopri5{}), Step(0.3)},
		} {
			for _, h := range []how{{}, {final: true}, {at: true}} {
				long := f.name == "network" || f.name == "descending"
				if len(opts) > 1 && (h.at || h.final || f.name != "number" && (!long || testing.Short())) {
					continue // Unrolled cannot, or it takes long
				}
				h.opts = opts
				back := f.in(t, tensor.Float64).gradients(h, false)
				h.opts = append([]Option{Gradient(Unrolled{})}, opts...)
				unrolled := f.in(t, tensor.Float64).gradients(h, false)
				if d := back.difference(t, unrolled); !(d <= 1e-12) {
					t.Errorf("%s, %d options, %+v: difference %g", f.name, len(opts), h, d)
				}
			}
		}
	}
}

// A LispMachine takes every node that nothing uses for a cost, and adds to gradients where a TapeMachine sets them. (Its own
// gradient of a number that several products of matrices are multiplied by, the steps of an unrolled SolveAt, is wrong; and
// an arg that an unrolled field ignores is such a node.)
func TestMachinesAgree(t *testing.T) {
	for _, f := range testFields() {
		for _, h := range []how{{}, {final: true}, {at: true}} {
			h.opts = []Option{Method(solvers.RK4{})}
			tape := f.in(t, tensor.Float64).gradients(h, true)
			h.lisp = true
			lisp := f.in(t, tensor.Float64).gradients(h, true)
			if d := tape.difference(t, lisp); d != 0 {
				t.Errorf("%s, %+v: difference %g", f.name, h, d)
			}
			if h.at || len(f.unused) > 0 {
				continue
			}
			h.opts = append(h.opts, Gradient(Unrolled{}))
			unrolled := f.in(t, tensor.Float64).gradients(h, false)
			tape = f.in(t, tensor.Float64).gradients(how{final: h.final, opts: h.opts}, false)
			if d := tape.difference(t, unrolled); !(d <= 1e-13) {
				t.Errorf("%s, %+v, unrolled: difference %g", f.name, h, d)
			}
		}
	}
}

// What a field ignores must not be left in the graph: see TestMachinesAgree.
func TestUnrolledLeavesNoUnusedNodes(t *testing.T) {
	for _, f := range testFields() {
		if len(f.unused) > 0 {
			continue // an arg that nothing uses
		}
		for _, h := range []how{{}, {final: true}, {at: true}} {
			h.opts = []Option{Method(solvers.RK4{}), Gradient(Unrolled{})}
			m := f.in(t, tensor.Float64)
			weighted(m.g, m.solve(h))
			if roots := m.g.Roots(); len(roots) != 1 {
				t.Errorf("%s, %+v: roots %v", f.name, h, roots)
			}
		}
	}
}

func TestIgnoredArgHasZeroGradient(t *testing.T) {
	for _, f := range testFields() {
		for _, name := range f.unused {
			o := f.in(t, tensor.Float64).gradients(how{}, true)
			for _, v := range o.grads[name] {
				if v != 0 {
					t.Errorf("%s: gradient of %s is %v", f.name, name, o.grads[name])
				}
			}
		}
	}
}

// Rounding is 6e-8 an operation, and these solves have tens of steps that amplify it little.
func TestFloat32GradientsFollowFloat64(t *testing.T) {
	for _, f := range testFields() {
		for _, h := range []how{
			{},
			{final: true},
			{at: true},
			{lisp: true},
			{opts: []Option{Gradient(Unrolled{})}},
			{final: true, opts: []Option{Gradient(Unrolled{})}},
			{at: true, opts: []Option{Gradient(Unrolled{})}},
		} {
			unrolled := len(h.opts) > 0
			if unrolled && testing.Short() {
				continue
			}
			h.opts = append(h.opts, Method(solvers.RK4{}))
			double := f.in(t, tensor.Float64).gradients(h, !unrolled)
			single := f.in(t, tensor.Float32).gradients(h, !unrolled)
			if d := single.difference(t, double); !(d <= 2e-5) {
				t.Errorf("%s, %+v: difference %g", f.name, h, d)
			} else if d == 0 && f.name == "network" {
				t.Errorf("%s, %+v: single and double precision are the same", f.name, h)
			}
		}
	}
}

// A central difference with a step of 6e-6 is good to about 1e-10.
func TestCheckGradientOfEveryField(t *testing.T) {
	for _, f := range testFields() {
		for _, opts := range [][]Option{
			{},
			{Tolerance(1e-3, 1e-3)},
			{Method(solvers.RK4{})},
			{Method(solvers.Euler{}), Step(0.03)},
			{Method(solvers.Dopri5{}), Step(0.3)},
			{Gradient(Adjoint{}), Tolerance(1e-12, 1e-12)},
		} {
			m := f.in(t, tensor.Float64)
			c, err := CheckGradient(m.field(m.ps), m.y0, m.when, append(opts, Args(m.nodes...))...)
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			if err := c.Err(1e-8); err != nil {
				t.Errorf("%s: %v\n%v", f.name, err, c)
			}
			if want := 2 + len(f.args) + len(f.params); len(c.Parts) != want {
				t.Errorf("%s: %d parts, want %d\n%v", f.name, len(c.Parts), want, c)
			}
		}
	}
}

// crooked is Backprop with one element of its gradient changed.
type crooked struct {
	Backprop
	change func(g *gradients[float64])
}

type crookedMode struct {
	mode[float64]
	change func(g *gradients[float64])
}

func (c crooked) double() mode[float64] { return crookedMode{c.Backprop.double(), c.change} }

func (c crookedMode) differentiate(
	s *solve[float64], sys solvers.System[float64], theta [][]float64, wanted wanted, times []float64, w [][]float64, state any,
) (*gradients[float64], error) {
	g, err := c.mode.differentiate(s, sys, theta, wanted, times, w, state)
	if err == nil {
		c.change(g)
	}
	return g, err
}

func TestCheckGradientFindsTheWrongElement(t *testing.T) {
	for _, c := range []struct {
		change func(g *gradients[float64])
		name   string
		index  []int
	}{
		{func(g *gradients[float64]) { g.y0[3] += 1e-2 }, "y0", []int{1, 1}},
		{func(g *gradients[float64]) { g.times[2] += 1e-2 }, "times", []int{2}},
		{func(g *gradients[float64]) { g.theta[5] += 1e-2 }, "arg 0 (u0)", []int{2, 1}},
		{func(g *gradients[float64]) { g.theta[6+2] += 1e-2 }, "w0", []int{1, 0}},
		{func(g *gradients[float64]) { g.theta[6+4] = math.NaN() }, "w1", []int{0, 0}},
	} {
		m := testFields()[0].in(t, tensor.Float64)
		mode := func(to *config) error { // which Gradient, whose modes are known, refuses
			to.gradient = crooked{change: c.change}
			return nil
		}
		check, err := CheckGradient(m.field(m.ps), m.y0, m.when, Args(m.nodes...), mode)
		if err != nil {
			t.Fatal(err)
		}
		if w := check.Worst(); w.Name != c.name || !slices.Equal(w.Index, c.index) {
			t.Errorf("worst is %+v, want %s at %v", w, c.name, c.index)
		}
		if err := check.Err(1e-6); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s at %v", c.name, c.index)) {
			t.Errorf("%s at %v: error %v", c.name, c.index, err)
		}
	}
}

// A gradient that is wrong must not pass. That of Adjoint with a loose tolerance is.
func TestCheckGradientFindsErrors(t *testing.T) {
	m := testFields()[0].in(t, tensor.Float64)
	c, err := CheckGradient(m.field(m.ps), m.y0, m.when, Args(m.nodes...), Gradient(Adjoint{RTol: 1e-2, ATol: 1e-2}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Err(1e-7); err == nil {
		t.Errorf("no error in\n%v", c)
	}
	if w := c.Worst(); w.Error > 0.1 {
		t.Errorf("worst part %+v", w)
	}
}

func TestRepeatedRunsAreEqualBitForBit(t *testing.T) {
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, f := range testFields() {
		for _, mode := range []GradientMode{Backprop{}, Adjoint{}, InterpolatedAdjoint{}, GaussAdjoint{}, Forward{}} {
			h := how{opts: []Option{Gradient(mode)}}
			first := f.in(t, tensor.Float64).gradients(h, true)
			for _, procs := range []int{1, 2, old} {
				runtime.GOMAXPROCS(procs)
				if d := f.in(t, tensor.Float64).gradients(h, true).difference(t, first); d != 0 {
					t.Errorf("%s, %T with GOMAXPROCS %d: difference %g", f.name, mode, procs, d)
				}
			}
		}
	}
}
