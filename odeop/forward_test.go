package odeop

import (
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Only the columns asked for are integrated: four for a parameter of four, of 22.
func TestForwardIntegratesWhatIsWanted(t *testing.T) {
	f := testFields()[0]
	products := func(of ...string) (outcome, int) {
		m := f.in(t, tensor.Float64)
		var s Stats
		var wrt []input
		var nodes G.Nodes
		for _, in := range m.inputs {
			if slices.Contains(of, in.name) {
				wrt, nodes = append(wrt, in), append(nodes, in.node)
			}
		}
		if len(of) == len(m.inputs) {
			nodes = nil
		}
		ys := m.solve(how{opts: []Option{Gradient(Forward{WRT: nodes}), Method(solvers.RK4{}), Step(0.1), Record(&s)}})
		return run(t, m.g, weighted(m.g, ys), wrt, false), s.Backward().JVP
	}
	all, n := products("y0", "u0", "w0", "w1")
	// 4 + 5 + 3 steps of 4 stages
	if want := 48 * (6 + 6 + 4 + 6); n != want {
		t.Errorf("%d products for everything, want %d", n, want)
	}
	for name, size := range map[string]int{"y0": 6, "w0": 4} {
		some, n := products(name)
		if want := 48 * size; n != want {
			t.Errorf("%d products for %s, want %d", n, name, want)
		}
		// Vectors of another length may be added up in another order.
		if d := relative(some.grads[name], all.grads[name]); d > 1e-14 {
			t.Errorf("gradient of %s differs by %g", name, d)
		}
	}
}

// A gradient that was left out is an error of Grad, not a zero.
func TestForwardRefusesOtherGradients(t *testing.T) {
	m := testFields()[0].in(t, tensor.Float64)
	ys := m.solve(how{opts: []Option{Gradient(Forward{WRT: G.Nodes{m.y0}})}})
	if _, err := G.Grad(weighted(m.g, ys), m.y0, m.nodes[0]); err == nil {
		t.Error("no error for a gradient that is not in WRT")
	}
	other := newNode(m.g, tensor.Float64, "other", []int{2}, []float64{1, 2})
	for _, n := range []*G.Node{other, nil} {
		_, err := Solve(m.field(m.ps), m.y0, m.when, Args(m.nodes...), Gradient(Forward{WRT: G.Nodes{n}}))
		if err == nil || !strings.Contains(err.Error(), "odeop: solve: forward: WRT has a node that is no input") {
			t.Errorf("error %v", err)
		}
	}
}

// With the sensitivities under control the steps are shorter where these need it: y' = −y + w·cos 50t with w = 0.
func TestForwardControlsTheSensitivities(t *testing.T) {
	work := func(mode Forward, norm solvers.Norm) (int, float64) {
		w := newParam(t, "w", tensor.Float64, []float64{0}, 1)
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{1})
		var s Stats
		y, err := SolveFinal(pushed(w), y0, []float64{0, 2}, Gradient(mode), Record(&s), Settings(solvers.Settings{Norm: norm}))
		if err != nil {
			t.Fatal(err)
		}
		o := run(t, g, G.Must(G.Sum(y)), []input{{"w", w.In(g)}}, false)
		return s.Backward().Steps, o.grads["w"][0]
	}
	for _, norm := range []solvers.Norm{nil, solvers.Max{}} {
		loose, _ := work(Forward{}, norm)
		tight, gradient := work(Forward{ControlSensitivities: true}, norm)
		if tight < 2*loose {
			t.Errorf("norm %v: %d steps, and %d under control", norm, loose, tight)
		}
		if d := gradient - pushedGradient; !(d <= 1e-6 && d >= -1e-6) {
			t.Errorf("norm %v: gradient %.9g, want %.9g", norm, gradient, pushedGradient)
		}
	}
}

// TestForwardLeftOut asks for a derivative that Forward was told to leave out, where gorgonia.Grad does not see it:
// through graph.Grad, and inside of a field.
func TestForwardLeftOut(t *testing.T) {
	g := G.NewGraph()
	y0 := G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{1, 2})), G.WithName("y0"))
	u := G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{-1, -0.5})), G.WithName("u"))
	product := func(_, y *G.Node, a ...*G.Node) (*G.Node, error) { return G.HadamardProd(a[0], y) }
	y, err := SolveFinal(product, y0, []float64{0, 1}, Args(u), Gradient(Forward{WRT: []*G.Node{u}}))
	if err != nil {
		t.Fatal(err)
	}
	cost := G.Must(G.Sum(y))
	const want = "no derivative with respect to its input 0"
	if _, err := graph.Grad(cost, y0); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("graph.Grad: %v", err)
	}
	if _, err := graph.Grad(cost, u); err != nil {
		t.Error(err)
	}
	nested := func(_, y *G.Node, a ...*G.Node) (*G.Node, error) {
		return SolveFinal(product, y, []float64{0, 1}, Args(a...), Gradient(Forward{WRT: a}))
	}
	z, err := SolveFinal(nested, y0, []float64{0, 1}, Args(u))
	if err == nil {
		_, err = G.Grad(G.Must(G.Sum(z)), y0)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("nested: %v", err)
	}
}
