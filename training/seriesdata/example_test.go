package seriesdata_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"strings"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/cfc"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// table writes waves of one of two frequencies, each observed at times of its own, as a table in long format.
func table() string {
	rng := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	fmt.Fprintln(&b, "id,time,wave,frequency")
	for id := range 80 {
		class := id % 2
		phase, t := 2*math.Pi*rng.Float64(), 0.0
		for range 10 + rng.IntN(10) {
			t += 0.05 + 0.5*rng.Float64()
			fmt.Fprintf(&b, "%d,%.3f,%.3f,%s\n", id, t, math.Sin(float64(1+class)*t+phase), []string{"low", "high"}[class])
		}
	}
	return b.String()
}

// From a table of irregular series to a classifier: a closed-form continuous-time network, whose last state says which
// class.
func Example() {
	set := must(seriesdata.ReadLong(strings.NewReader(table()), "waves.csv", seriesdata.LongOptions{Label: "frequency"}))
	parts := must(seriesdata.Split(set, 1, 0.75, 0.25))
	scaling := must(seriesdata.FitScaling(parts[0], seriesdata.ScalingOptions{}))
	loader := must(seriesdata.NewLoader(must(scaling.Forward(parts[0])),
		seriesdata.LoaderOptions{Batch: 30, Steps: set.Longest(), Seed: 1}))
	held := must(seriesdata.NewLoader(must(scaling.Forward(parts[1])),
		seriesdata.LoaderOptions{Batch: 30, Steps: set.Longest(), InOrder: true}))

	rng := rand.New(rand.NewPCG(2, 2))
	rnn := must(recurrent.New(must(cfc.New(rng, "cfc", 1, 8, cfc.WithBackbone(1, 16)))))
	head := must(layers.NewLinear(rng, "head", 8, 1))
	model := func(in *series.Inputs) *G.Node { return must(head.Forward(must(rnn.Final(recurrent.From(in))))) }

	g := G.NewGraph()
	in := must(series.NewInputs(g, tensor.Float64, loader.Shapes()[0]))
	cost := must(G.Mean(must(G.Square(must(G.Sub(model(in), in.Label()))))))
	loop := training.Loop{Cost: cost, Params: append(rnn.Params(), head.Params()...),
		LearnRate: training.Cosine(0.02, 0.001, 150)}
	loop.Feed = func(step int) error { return in.Feed(must(loader.Batch(step))) }
	if err := loop.Run(context.Background(), 0, 150); err != nil {
		log.Fatal(err)
	}

	g = G.NewGraph()
	in = must(series.NewInputs(g, tensor.Float64, held.Shapes()[0]))
	var out G.Value
	G.Read(model(in), &out)
	batch := must(held.Batch(0))
	if err := in.Feed(batch); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(err)
	}
	right := 0
	for i := range batch.IDs {
		if (out.Data().([]float64)[i] > 0.5) == (batch.Label[i] == 1) {
			right++
		}
	}
	fmt.Printf("classes %q, %d of %d held-out series right\n", set.Classes, right, len(batch.IDs))
	// Output: classes ["high" "low"], 20 of 20 held-out series right
}
