package odeop_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// TestHamiltonianNetwork checks the gradient of a solve whose field is itself a gradient: q' = ∂H/∂p, p' = −∂H/∂q for a
// batch of (q, p) and H = Σ tanh(y W + b) v.
func TestHamiltonianNetwork(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	param := func(name string, shape ...int) *graph.Param {
		p, err := graph.NewParam(name, graph.Normal(rng, 0, 1), tensor.Float64, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	w, b, v := param("W", 2, 4), param("b", 1, 4), param("v", 4, 1)
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		g := y.Graph()
		h := G.Must(G.Tanh(G.Must(G.BroadcastAdd(G.Must(G.Mul(y, w.In(g))), b.In(g), nil, []byte{0}))))
		d, err := graph.Grad(G.Must(G.Sum(G.Must(G.Mul(h, v.In(g))))), y)
		if err != nil {
			return nil, err
		}
		j, err := graph.Constant(y, []float64{0, -1, 1, 0}, 2, 2) // (∂H/∂q, ∂H/∂p) J = (∂H/∂p, −∂H/∂q)
		if err != nil {
			return nil, err
		}
		return G.Mul(d[0], j)
	}
	y0 := G.NodeFromAny(G.NewGraph(), tensor.New(tensor.WithShape(3, 2),
		tensor.WithBacking([]float64{1, 0, 0.3, -0.8, -1.2, 0.4})))
	for _, m := range []solvers.Method{solvers.RK4{}, solvers.Radau{}} {
		check, err := odeop.CheckGradient(field, y0, []float64{0, 0.4, 1}, odeop.Method(m), odeop.Step(0.1))
		if err == nil {
			err = check.Err(1e-7)
		}
		if err != nil {
			t.Errorf("%s: %v", m.Name(), err)
		}
	}
}

// A pendulum as a Hamiltonian system: the field is the gradient of the energy H = p²/2 − cos q.
func ExampleSolveFinal_hamiltonian() {
	energy := func(q, p *G.Node) *G.Node {
		kinetic := G.Must(G.Div(G.Must(G.Square(p)), G.NewConstant(2.0)))
		return G.Must(G.Sub(kinetic, G.Must(G.Cos(q))))
	}
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		q, p := G.Must(graph.Element(y, 0)), G.Must(graph.Element(y, 1))
		d, err := graph.Grad(energy(q, p), y)
		if err != nil {
			return nil, err
		}
		return graph.Stack(G.Must(graph.Element(d[0], 1)), G.Must(G.Neg(G.Must(graph.Element(d[0], 0)))))
	}
	g := G.NewGraph()
	y0 := G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{1, 0})), G.WithName("y0"))
	y, err := odeop.SolveFinal(field, y0, []float64{0, 10}, odeop.Tolerance(1e-10, 1e-10))
	if err != nil {
		fmt.Println(err)
		return
	}
	before := energy(G.Must(graph.Element(y0, 0)), G.Must(graph.Element(y0, 1)))
	after := energy(G.Must(graph.Element(y, 0)), G.Must(graph.Element(y, 1)))
	var h0, h1 G.Value
	G.Read(before, &h0)
	G.Read(after, &h1)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("H(0) = %.8f, H(10) = %.8f\n", h0.Data(), h1.Data())
	// Output: H(0) = -0.54030231, H(10) = -0.54030231
}
