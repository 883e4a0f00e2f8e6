package layers_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// run evaluates the graph of some nodes.
func run(nodes ...*G.Node) []G.Value {
	values := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &values[i])
	}
	vm := G.NewTapeMachine(nodes[0].Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(odeop.Cause(err))
	}
	return values
}

// state is an input of one row.
func state(g *G.ExprGraph, values ...float64) *G.Node {
	return G.NewMatrix(g, G.Float64, G.WithName("x"),
		G.WithValue(tensor.New(tensor.WithShape(1, len(values)), tensor.WithBacking(values))))
}

// A block whose loss has the regularisers of Finlay et al. (2020): the trained dynamics need fewer evaluations.
func ExampleODEBlock_ForwardWithCost() {
	evaluations := func(weight float64) int {
		net, err := layers.NewMLP(rand.New(rand.NewPCG(1, 2)), "field", []int{2 + 1, 16, 2})
		if err != nil {
			log.Fatal(err)
		}
		block, err := layers.NewODEBlock(layers.Sequential(layers.ConcatTime(), net), nil)
		if err != nil {
			log.Fatal(err)
		}
		step := layers.NewStep()
		g := G.NewGraph()
		x := G.NewMatrix(g, G.Float64, G.WithName("x"),
			G.WithValue(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 0, 0, 1, -1, -1}))))
		target := G.NewMatrix(g, G.Float64, G.WithName("target"),
			G.WithValue(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{2, 1, 1, -1, 0, -2}))))
		y, costs, err := block.ForwardWithCost(x, layers.KineticEnergy{}, layers.JacobianFrobenius{Step: step})
		if err != nil {
			log.Fatal(err)
		}
		loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(y, target))))))
		for _, c := range costs {
			loss = G.Must(G.Add(loss, G.Must(G.Mul(c, G.NewConstant(weight)))))
		}
		weights := graph.ParamNodes(g, block.Params())
		if _, err := G.Grad(loss, weights...); err != nil {
			log.Fatal(err)
		}
		vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
		defer vm.Close()
		adam := G.NewAdamSolver(G.WithLearnRate(0.03))
		for i := range 100 {
			step.Set(i)
			if err := vm.RunAll(); err != nil {
				log.Fatal(odeop.Cause(err))
			}
			if err := adam.Step(G.NodesToValueGrads(weights)); err != nil {
				log.Fatal(err)
			}
			vm.Reset()
		}
		return block.Stats().Forward().F
	}
	fmt.Println("fewer evaluations with regularisers:", evaluations(0.01) < evaluations(0))
	// Output: fewer evaluations with regularisers: true
}

// A pendulum as a Hamiltonian system of kinetic and potential energy, by a symplectic method of order 4: at constant
// steps, five of them a unit of time, its energy after a time of 1000 is what it was.
func ExampleHamiltonian() {
	kinetic := layers.Func(func(p *G.Node) (*G.Node, error) { return G.Mul(G.NewConstant(0.5), G.Must(G.Square(p))) })
	potential := layers.Func(func(q *G.Node) (*G.Node, error) { return G.Neg(G.Must(G.Cos(q))) })
	energy := layers.SeparableEnergy(kinetic, potential)
	block, err := layers.NewSymplecticBlock(layers.Hamiltonian(energy), []float64{0, 1000},
		odeop.Method(solvers.Yoshida4{}), odeop.Step(0.2))
	if err != nil {
		log.Fatal(err)
	}
	x := state(G.NewGraph(), 1, 0) // the angle and the momentum
	y, err := block.Forward(x)
	if err != nil {
		log.Fatal(err)
	}
	before, err := energy.Forward(x)
	if err != nil {
		log.Fatal(err)
	}
	after, err := energy.Forward(y)
	if err != nil {
		log.Fatal(err)
	}
	v := run(before, after)
	fmt.Printf("energy %.3f, later %.3f\n", v[0].Data(), v[1].Data())
	// Output: energy [-0.540], later [-0.540]
}

// The harmonic oscillator from its Lagrangian ½mv² − ½kq², with the first term from Lagrangian itself.
func ExampleLagrangian() {
	const m, k = 2, 8
	potential := layers.Func(func(x *G.Node) (*G.Node, error) { // of (q, v)
		q, err := graph.Slice(x, nil, G.S(0, 1))
		if err != nil {
			return nil, err
		}
		return G.Mul(G.NewConstant(-k/2.), G.Must(G.Square(q)))
	})
	block, err := layers.NewODEBlock(layers.Lagrangian(potential, m), []float64{0, 1}, odeop.Tolerance(1e-9, 1e-9))
	if err != nil {
		log.Fatal(err)
	}
	y, err := block.Forward(state(G.NewGraph(), 1, 0))
	if err != nil {
		log.Fatal(err)
	}
	w := math.Sqrt(k / m)
	fmt.Printf("%.4f, exactly [%.4f %.4f]\n", run(y)[0].Data(), math.Cos(w), -w*math.Sin(w))
	// Output: [-0.4161 -1.8186], exactly [-0.4161 -1.8186]
}
