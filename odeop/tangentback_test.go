package odeop_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// TestTangentsGradientByItsDirection takes Jv as the gradient of vᵀJᵀc by c, and differentiates uᵀJv by v: that is Jᵀu,
// the first gradient with u for c. J is that of a solve by y0 and by an arg.
func TestTangentsGradientByItsDirection(t *testing.T) {
	m := newTwice()
	g := G.NewGraph()
	y0 := G.NodeFromAny(g, m.y0, G.WithName("y0"))
	w := G.NodeFromAny(g, m.w, G.WithName("w"))
	field := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.Tanh(G.Must(G.Mul(y, args[0]))) }
	y, err := odeop.SolveFinal(field, y0, []float64{0, 1}, odeop.Args(w), odeop.Method(solvers.RK4{}), odeop.Step(0.25))
	if err != nil {
		t.Fatal(err)
	}
	c := G.NodeFromAny(g, m.v[2], G.WithName("c"))
	u := G.NodeFromAny(g, m.a, G.WithName("u"))
	v := G.Nodes{G.NodeFromAny(g, m.v[0], G.WithName("v y0")), G.NodeFromAny(g, m.v[1], G.WithName("v w"))}
	times := func(a, b *G.Node) *G.Node { return G.Must(G.Sum(G.Must(G.HadamardProd(a, b)))) }
	gradient := func(cost *G.Node, wrt ...*G.Node) G.Nodes {
		t.Helper()
		grads, err := graph.Grad(cost, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		return grads
	}
	want := gradient(times(y, u), y0, w)
	back := gradient(times(y, c), y0, w)
	along := gradient(G.Must(G.Add(times(back[0], v[0]), times(back[1], v[1]))), c)
	got := gradient(times(along[0], u), v...)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(odeop.Cause(err))
	}
	for i := range got {
		a, b := got[i].Value().Data().([]float64), want[i].Value().Data().([]float64)
		for j := range a {
			if !(math.Abs(a[j]-b[j]) <= 1e-13*math.Max(1, math.Abs(b[j]))) { // the same sums in another order
				t.Errorf("by %s, element %d: %.16g, want %.16g", v[i].Name(), j, a[j], b[j])
			}
		}
	}
}
