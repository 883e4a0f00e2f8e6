package odeop

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// oscillators are q' = p ⊙ cos t, p' = −sin(q·w0) ⊙ u0: rows of positions above rows of momenta.
func oscillators(times ...float64) *testField {
	return &testField{name: "oscillators", y: []int{2, 3}, args: [][]int{{1, 3}}, params: [][]int{{3, 3}}, times: times,
		field: func(ps []*graph.Param) Field {
			return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
				g := y.Graph()
				upper := must(graph.Constant(y, []float64{0, 1, 0, 0}, 2, 2)) // (q, p) → (p, 0)
				lower := must(graph.Constant(y, []float64{0, 0, 1, 0}, 2, 2)) // (q, p) → (0, q)
				column := must(graph.Constant(y, []float64{0, -1}, 2, 1))
				v := must(G.HadamardProd(must(G.Mul(upper, y)), must(G.Cos(t))))
				q := must(G.Mul(must(G.Mul(lower, y)), ps[0].In(g)))
				a := must(G.HadamardProd(must(G.Sin(q)), must(G.Mul(column, args[0]))))
				return G.Add(v, a)
			}
		}}
}

// constantExplicit are all kinds of explicit methods of constant steps. (Gorgonia compiles in a time that grows with
// the square of a graph's size: methods of few stages, and few steps.)
func constantExplicit() []solvers.Method {
	return []solvers.Method{
		solvers.Euler{}, solvers.Dopri5{},
		solvers.AdamsBashforth{OfOrder: 1}, solvers.AdamsBashforth{OfOrder: 3}, solvers.AdamsBashforth{},
		solvers.AdamsMoulton{OfOrder: 1}, solvers.AdamsMoulton{OfOrder: 2}, solvers.AdamsMoulton{},
		solvers.Reversible{}, solvers.Reversible{Method: solvers.Bosh3{}, Lambda: 0.9},
		solvers.Reversible{Method: solvers.Euler{}, Lambda: 1},
		solvers.StepDoubling{Method: solvers.Midpoint{}}, solvers.StepDoubling{Method: solvers.Bosh3{}, Plain: true},
		solvers.StepDoubling{Method: solvers.Verlet{}},
		solvers.Verlet{}, solvers.Yoshida4{}, solvers.Suzuki4{}, solvers.KahanLi6{},
	}
}

func fieldFor(m solvers.Method, times ...float64) *testField {
	if m.Info().Separable {
		return oscillators(times...)
	}
	return driven(times...)
}

// Unrolled takes the solver's steps: its states are those to rounding, and its gradients Backprop's, on grids whose
// steps are of several sizes, in both directions of time, and with a jump, where methods with a memory begin anew.
func TestUnrolledTakesTheSolversSteps(t *testing.T) {
	for _, m := range constantExplicit() {
		h := 0.5
		if m.Info().Family == (solvers.AdamsMoulton{}).Info().Family {
			h = 0.3 // some steps after those that start
		}
		compareUnrolled(t, m, how{opts: []Option{Method(m), Step(h)}}, irregular[0])
	}
	for _, m := range []solvers.Method{
		solvers.AdamsBashforth{OfOrder: 2}, solvers.AdamsMoulton{OfOrder: 3}, solvers.Reversible{Method: solvers.Midpoint{}},
		solvers.Verlet{},
	} {
		compareUnrolled(t, m, how{opts: []Option{Method(m), Step(0.3)}}, irregular[1])
		jump := solvers.Settings{Jumps: []float64{0.7}}
		compareUnrolled(t, m, how{opts: []Option{Method(m), Step(0.2), Settings(jump)}}, []float64{0.4, 1.1})
	}
}

func compareUnrolled(t *testing.T, m solvers.Method, h how, times []float64) {
	t.Helper()
	opts := h.opts
	var states [2][]float64
	var grads [2]outcome
	for k, mode := range []GradientMode{Backprop{}, Unrolled{}} {
		in := fieldFor(m, times...).in(t, tensor.Float64)
		h.opts = append(slices.Clone(opts), Gradient(mode))
		ys := in.solve(h)
		var v G.Value
		G.Read(ys, &v)
		grads[k] = run(t, in.g, weighted(in.g, ys), in.inputs, false)
		states[k] = numbers(v)
	}
	name := fmt.Sprintf("%s %+v, times %v, of times %v", m.Name(), m, times, h.at)
	if d := relative(states[1], states[0]); !(d <= 1e-14) {
		t.Errorf("%s: states differ by %g", name, d)
	}
	if d := grads[1].difference(t, grads[0]); !(d <= 1e-12) {
		t.Errorf("%s: gradients differ by %g", name, d)
	}
}

// With SolveAt the times have gradients too.
func TestUnrolledAtTimesOfNodes(t *testing.T) {
	for _, m := range constantExplicit() {
		h := how{at: true, opts: []Option{Method(m)}}
		switch m.(type) {
		case solvers.AdamsBashforth, solvers.AdamsMoulton:
			in := fieldFor(m, irregular[0]...).in(t, tensor.Float64)
			when := newNode(in.g, tensor.Float64, "times", []int{4}, in.when)
			_, err := SolveAt(in.field(in.ps), in.y0, when, Method(m), Gradient(Unrolled{}), Args(in.nodes...))
			if !errors.Is(err, solvers.ErrNotSupported) {
				t.Errorf("%s: %v", m.Name(), err)
			}
			continue
		}
		if m.Info().Adaptive() {
			continue // Step is asked for, and refused: see TestBadInput
		}
		compareUnrolled(t, m, h, irregular[0])
	}
}

// Positions need not be half of the state, nor the state a matrix: q' = (p₁, p₁), p₁' = −sin q₀ − q₁ on three components.
func TestUnrolledPositions(t *testing.T) {
	f := &testField{name: "positions", y: []int{3}, args: [][]int{{1}}, times: []float64{0, 0.3, 1},
		field: func([]*graph.Param) Field {
			return func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
				q0, q1, p := must(graph.Element(y, 0)), must(graph.Element(y, 1)), must(graph.Element(y, 2))
				u := must(graph.Element(args[0], 0))
				return graph.Stack(p, must(G.HadamardProd(p, u)), must(G.Neg(must(G.Add(must(G.Sin(q0)), q1)))))
			}
		}}
	for _, m := range []solvers.Method{solvers.Verlet{Positions: 2},
		solvers.StepDoubling{Method: solvers.Verlet{Positions: 2}}} {
		opts := []Option{Method(m), Step(0.35)}
		back := f.in(t, tensor.Float64).gradients(how{opts: opts}, true)
		unrolled := f.in(t, tensor.Float64).gradients(how{opts: append(opts, Gradient(Unrolled{}))}, true)
		if d := unrolled.difference(t, back); !(d <= 1e-12) {
			t.Errorf("%s: difference %g", m.Name(), d)
		}
	}
	in := f.in(t, tensor.Float64)
	if _, err := Solve(in.field(nil), in.y0, in.when, Method(solvers.Verlet{}), Args(in.nodes...)); !errors.Is(err,
		solvers.ErrBadInput) {
		t.Errorf("three components without Positions: %v", err)
	}
}

// The gradient of a symplectic solve, which Backprop and Unrolled share no code for, by differences too.
func TestSymplecticGradients(t *testing.T) {
	for _, m := range solvers.SeparableMethods() {
		in := oscillators(irregular[0]...).in(t, tensor.Float64)
		c, err := CheckGradient(in.field(in.ps), in.y0, in.when, Method(m), Step(0.2), Args(in.nodes...))
		if err == nil {
			err = c.Err(1e-8)
		}
		if err != nil {
			t.Errorf("%s: %v", m.Name(), err)
		}
	}
}

// Steps are recorded in a graph of a size that grows with the steps, not with their square.
func TestUnrolledGraphGrowsWithTheSteps(t *testing.T) {
	for _, m := range []solvers.Method{
		solvers.Dopri5{}, solvers.AdamsMoulton{}, solvers.Reversible{Method: solvers.Midpoint{}},
		solvers.StepDoubling{Method: solvers.Verlet{}},
	} {
		size := func(steps float64) float64 {
			in := fieldFor(m, 0, 1).in(t, tensor.Float64)
			in.solve(how{final: true, opts: []Option{Method(m), Step(1 / steps), Gradient(Unrolled{})}})
			return float64(len(in.g.AllNodes()))
		}
		a, b, c := size(8), size(16), size(32) // of sizes without rounding
		if math.Abs((c-b)-2*(b-a)) > 0.1*(c-b) {
			t.Errorf("%s: %g, %g and %g nodes with 8, 16 and 32 steps", m.Name(), a, b, c)
		}
	}
}

// What a field or a method ignores must not be left in the graph.
func TestUnrolledMethodsLeaveNoUnusedNodes(t *testing.T) {
	for _, m := range constantExplicit() {
		in := fieldFor(m, irregular[0]...).in(t, tensor.Float64)
		weighted(in.g, in.solve(how{opts: []Option{Method(m), Step(0.3), Gradient(Unrolled{})}}))
		if roots := in.g.Roots(); len(roots) != 1 {
			t.Errorf("%s: roots %v", m.Name(), roots)
		}
	}
}
