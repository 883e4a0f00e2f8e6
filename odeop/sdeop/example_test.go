package sdeop_test

import (
	"fmt"
	"log"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop/sdeop"
)

// The Ornstein–Uhlenbeck process dx = −θ x dt + σ dW from x(0) = 3, with θ = 1 and σ = 0.5: 4000 paths, one a row. Mean and
// variance of x(1) are x(0) e^(−θ) and σ² (1 − e^(−2θ))/2, and the mean has the derivative −x(0) e^(−θ) by θ.
func Example() {
	const paths = 4000
	theta, err := graph.NewParam("theta", graph.Values([]float64{1}), tensor.Float64, 1)
	check(err)
	sigma, err := graph.NewParam("sigma", graph.Values([]float64{0.5}), tensor.Float64, 1)
	check(err)
	ou := sdeop.SDE{
		Drift: func(t, x *G.Node, _ ...*G.Node) (*G.Node, error) { // (B, 1)
			v, err := G.BroadcastHadamardProd(x, theta.In(x.Graph()), nil, []byte{0})
			if err != nil {
				return nil, err
			}
			return G.Neg(v)
		},
		Diffusion: func(t, x *G.Node, _ ...*G.Node) (*G.Node, error) { // (B, 1) too: diagonal noise
			ones, err := graph.Constant(x, slices.Repeat([]float64{1}, paths), paths, 1)
			if err != nil {
				return nil, err
			}
			return G.BroadcastHadamardProd(ones, sigma.In(x.Graph()), nil, []byte{0})
		},
		Noise: sdeop.Diagonal, Calculus: sdeop.Stratonovich,
	}

	g := G.NewGraph()
	x0 := G.NewMatrix(g, G.Float64, G.WithName("x0"),
		G.WithValue(tensor.New(tensor.WithShape(paths, 1), tensor.WithBacking(slices.Repeat([]float64{3}, paths)))))
	x1, err := sdeop.SolveFinal(ou, x0, []float64{0, 1}, sdeop.Method(sdeop.Heun{}), sdeop.Step(0.1), sdeop.Seed(1))
	check(err)
	mean, err := G.Mean(x1)
	check(err)
	slopes, err := G.Grad(mean, theta.In(g))
	check(err)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	check(vm.RunAll())

	m := mean.Value().Data().(float64)
	variance := 0.0
	for _, x := range x1.Value().Data().([]float64) {
		variance += (x - m) * (x - m) / paths
	}
	fmt.Printf("mean      %.1f, theory %.1f\n", m, 3*math.Exp(-1))
	fmt.Printf("variance  %.1f, theory %.1f\n", variance, 0.25*(1-math.Exp(-2))/2)
	fmt.Printf("d mean/dθ %.1f, theory %.1f\n", slopes[0].Value().Data().([]float64)[0], -3*math.Exp(-1))
	// Output:
	// mean      1.1, theory 1.1
	// variance  0.1, theory 0.1
	// d mean/dθ -1.1, theory -1.1
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
