package recurrent_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
	"gorgonode/training"
)

// The class of a series of its own times and length: whether its values rise (1) or fall (0) with time. The weights are made
// once. A graph has one shape of batch, so training has a graph, with a training.Loop, and new series have another with the
// same weights.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	cell, err := recurrent.NewGRU(rng, "gru", 1, 8, recurrent.WithElapsed(), recurrent.WithMask())
	check(err)
	rnn, err := recurrent.New(cell)
	check(err)
	head, err := layers.NewLinear(rng, "head", 8, 2)
	check(err)
	logits := func(in *series.Inputs) *G.Node { // (B, 2)
		state, err := rnn.Final(recurrent.From(in)) // (B, 8), each series after its own last row
		check(err)
		out, err := head.Forward(state)
		check(err)
		return out
	}

	train, err := series.NewBatch(trends(rng, 40), series.Shape{Widths: series.Widths{Values: 1, Label: 1}})
	check(err)
	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, train.Shape)
	check(err)
	classes, err := graph.Reshape(in.Label(), train.Batch) // (B, 1) → (B)
	check(err)
	loss, err := layers.CrossEntropyFromLogits(logits(in), classes)
	check(err)
	check(in.Feed(train)) // once all nodes are made; with many batches in Loop.Feed, a batch a step
	loop := training.Loop{
		Cost: loss, Params: append(rnn.Params(), head.Params()...), LearnRate: training.Cosine(0.05, 0.001, 100), ClipNorm: 1,
	}
	check(loop.Run(context.Background(), 0, 100))

	list := trends(rng, 100)
	fresh, err := series.NewBatch(list, series.Shape{Widths: series.Widths{Values: 1, Label: 1}})
	check(err)
	in, err = series.NewInputs(G.NewGraph(), tensor.Float64, fresh.Shape)
	check(err)
	out := logits(in)
	check(in.Feed(fresh))
	vm := G.NewTapeMachine(out.Graph())
	defer vm.Close()
	check(vm.RunAll())
	scores, right := out.Value().Data().([]float64), 0
	for i, s := range list {
		if (scores[2*i+1] > scores[2*i]) == (s.Label[0] == 1) {
			right++
		}
	}
	fmt.Println("more than 90 of 100 new series are told right:", right > 90)
	// Output:
	// more than 90 of 100 new series are told right: true
}

// trends are lines with noise, at 5 to 9 random times.
func trends(rng *rand.Rand, n int) []*series.Series {
	var list []*series.Series
	for i := range n {
		class := float64(i % 2)
		s := &series.Series{Label: []float64{class}}
		level, t := rng.NormFloat64(), 0.0
		for range 5 + rng.IntN(5) {
			t += 0.1 + 0.5*rng.Float64()
			s.Times = append(s.Times, t)
			s.Values = append(s.Values, []float64{level + (2*class-1)*t + 0.1*rng.NormFloat64()})
		}
		list = append(list, s)
	}
	return list
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
