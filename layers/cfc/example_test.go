package cfc_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/cfc"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
	"gorgonode/training"
)

// A value for each row: y' = x − y, with an input x that changes at random times. The network sees x and the times alone.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	batch, err := series.NewBatch(filtered(rng, 30), series.Shape{Widths: series.Widths{Values: 1, Targets: 1}})
	check(err)
	cell, err := cfc.New(rng, "cfc", 1, 8, cfc.WithBackbone(1, 16))
	check(err)
	rnn, err := recurrent.New(cell)
	check(err)
	head, err := layers.NewLinear(rng, "head", 8, 1)
	check(err)

	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, batch.Shape)
	check(err)
	states, err := rnn.States(recurrent.From(in)) // (B, T, 8)
	check(err)
	y, err := head.Forward(states) // (B, T, 1)
	check(err)
	// the mean square, of rows and not of the padding behind them
	off := G.Must(G.HadamardProd(G.Must(G.Sub(y, in.Targets())), in.TargetMask()))
	cost := G.Must(G.Div(G.Must(G.Sum(G.Must(G.Square(off)))), G.Must(G.Sum(in.TargetMask()))))
	check(in.Feed(batch))

	var first, last float64
	loop := training.Loop{
		Cost: cost, Params: append(rnn.Params(), head.Params()...), LearnRate: training.Cosine(0.02, 0.001, 150), ClipNorm: 1,
		Observe: func(s training.LoopStep) (stop bool, err error) {
			if s.Step == 0 {
				first = s.Cost
			}
			last = s.Cost
			return false, nil
		},
	}
	check(loop.Run(context.Background(), 0, 150))
	fmt.Println("the mean square fell below a tenth:", last < first/10)
	// Output:
	// the mean square fell below a tenth: true
}

// filtered are series of x, with y as targets, at 4 to 10 random times.
func filtered(rng *rand.Rand, n int) []*series.Series {
	var list []*series.Series
	for range n {
		s := &series.Series{}
		t, y, before := 0.0, 0.0, 0.0
		for range 4 + rng.IntN(7) {
			elapsed := 0.1 + rng.ExpFloat64()
			t, y = t+elapsed, before+(y-before)*math.Exp(-elapsed)
			before = rng.NormFloat64()
			s.Times = append(s.Times, t)
			s.Values = append(s.Values, []float64{before})
			s.Targets = append(s.Targets, []float64{y})
		}
		list = append(list, s)
	}
	return list
}

// A neural circuit policy with twenty neurons, of which two are motor neurons: the output of the cell.
func ExampleNewWired() {
	wiring, err := cfc.AutoNCP(3, 20, 2, 0.5, 1)
	check(err)
	cell, err := cfc.NewWired(rand.New(rand.NewPCG(1, 1)), "policy", wiring)
	check(err)
	for i, name := range []string{"inter", "command", "motor"} {
		fmt.Println(len(wiring.Layers[i]), name, "neurons")
	}
	sizes := cell.Sizes()
	fmt.Println("channels, state and output have the widths", sizes.Input, sizes.State, sizes.Output)
	// Output:
	// 11 inter neurons
	// 7 command neurons
	// 2 motor neurons
	// channels, state and output have the widths 3 20 2
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
