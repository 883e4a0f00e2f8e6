package layers_test

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// A regression with a differential equation between two linear layers, trained with Gorgonia.
func Example() {
	rng := rand.New(rand.NewPCG(1, 2))
	encoder, err := layers.NewLinear(rng, "encoder", 1, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	field, err := layers.NewMLP(rng, "field", []int{3, 8, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	block, err := layers.NewODEBlock(field, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder, err := layers.NewLinear(rng, "decoder", 3, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	model := layers.Sequential(encoder, block, decoder)

	g := G.NewGraph()
	x := G.NewMatrix(g, G.Float64, G.WithName("x"), G.WithValue(tensor.New(tensor.WithShape(5, 1),
		tensor.WithBacking([]float64{-1, -0.5, 0, 0.5, 1}))))
	target := G.NewMatrix(g, G.Float64, G.WithName("target"),
		G.WithValue(tensor.New(tensor.WithShape(5, 1), tensor.WithBacking([]float64{1, 0.25, 0, 0.25, 1}))))
	y, err := model.Forward(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(y, target))))))
	var value G.Value
	G.Read(loss, &value)

	weights := graph.ParamNodes(g, model.Params())
	if _, err := G.Grad(loss, weights...); err != nil {
		fmt.Println(err)
		return
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	adam := G.NewAdamSolver(G.WithLearnRate(0.03))
	for range 300 {
		if err := vm.RunAll(); err != nil {
			fmt.Println(err)
			return
		}
		if err := adam.Step(G.NodesToValueGrads(weights)); err != nil {
			fmt.Println(err)
			return
		}
		vm.Reset()
	}
	fmt.Println("parameters:", len(model.Params()))
	fmt.Println("loss below 0.01:", value.Data().(float64) < 0.01)
	// Output:
	// parameters: 8
	// loss below 0.01: true
}

// A layer is the same in two graphs with batches of different sizes, and makes no copy of its weights.
func ExampleLinear() {
	l, err := layers.NewLinear(nil, "l", 2, 1,
		layers.WithInit(graph.Values([]float64{1, 10})), layers.WithBiasInit(graph.Fill(0.5)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, batch := range [][]float64{{1, 2}, {1, 2, 3, 4, 5, 6}} {
		g := G.NewGraph()
		x := G.NewMatrix(g, G.Float64, G.WithName("x"), G.WithValue(tensor.New(tensor.WithShape(len(batch)/2, 2),
			tensor.WithBacking(batch))))
		y, err := l.Forward(x)
		if err != nil {
			fmt.Println(err)
			return
		}
		vm := G.NewTapeMachine(g)
		if err := vm.RunAll(); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v %.1f\n", y.Shape(), y.Value().Data())
		vm.Close()
	}
	// Output:
	// (1, 1) [21.5]
	// (3, 1) [21.5 43.5 65.5]
}

// The harmonic oscillator as a layer, x ↦ y(π/2).
func ExampleNewODEBlock() {
	turn, err := layers.NewLinear(nil, "turn", 2, 2, layers.WithInit(graph.Values([]float64{0, -1, 1, 0})),
		layers.WithoutBias())
	if err != nil {
		fmt.Println(err)
		return
	}
	block, err := layers.NewODEBlock(turn, []float64{0, 1.5707963267948966},
		odeop.Method(solvers.Dopri5{}), odeop.Tolerance(1e-8, 1e-10))
	if err != nil {
		fmt.Println(err)
		return
	}
	g := G.NewGraph()
	x := G.NewVector(g, G.Float64, G.WithName("x"), G.WithValue(tensor.New(tensor.WithBacking([]float64{2, 1}))))
	y, err := block.Forward(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", y.Value().Data())
	fmt.Println("solved:", block.Stats().Status() == solvers.Success)
	// Output:
	// [1.0000 -2.0000]
	// solved: true
}

// A field that depends on time: the perceptron sees the state and the time.
func ExampleConcatTime() {
	net, err := layers.NewMLP(rand.New(rand.NewPCG(1, 2)), "field", []int{2 + 1, 16, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	field := layers.Sequential(layers.ConcatTime(), net)

	g := G.NewGraph()
	y0 := G.NewMatrix(g, G.Float64, G.WithShape(20, 2), G.WithName("y0"))
	ys, err := odeop.Solve(layers.Field(field), y0, []float64{0, 0.5, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ys.Shape())
	// Output: (3, 20, 2)
}

// Configurations choose activations by name.
func ExampleActivationByName() {
	for _, name := range []string{"Tanh", "leakyrelu(0.2)", "tan"} {
		a, err := layers.ActivationByName(name)
		if err != nil {
			fmt.Println("error")
			continue
		}
		fmt.Println(a)
	}
	// Output:
	// tanh
	// leakyrelu(0.2)
	// error
}
