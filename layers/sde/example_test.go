package sde_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/sde"
	"gorgonode/layers/series"
	"gorgonode/training"
)

// A latent SDE of series with times of their own: some steps of training, and new series.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	batch, err := series.NewBatch(walks(rng, 10), series.Shape{Widths: series.Widths{Values: 1}})
	check(err)
	model, err := sde.NewLatent(rng, "latent", sde.LatentConfig{
		Channels: 1, State: 1, Encoder: 8, Hidden: []int{8}, Substeps: 2, Scale: 0.3,
	})
	check(err)

	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, batch.Shape)
	check(err)
	path := G.NewScalar(g, G.Float64, G.WithName("path"), G.WithValue(0.0))
	terms, err := model.Loss(sde.From(in), sde.Draw{Seed: 1, Path: path}, nil) // nil: a weight of 1 of the divergence
	check(err)
	check(in.Feed(batch))
	const steps = 50
	var first, last float64 // means of ten steps
	loop := training.Loop{
		Cost: terms.Loss, Params: model.Params(), LearnRate: training.Cosine(0.03, 0.003, steps), ClipNorm: 10,
		Feed: func(step int) error { return G.Let(path, float64(step)) }, // new noise in each step
		Observe: func(s training.LoopStep) (stop bool, err error) {
			switch {
			case s.Step < 10:
				first += s.Cost / 10
			case s.Step >= steps-10:
				last += s.Cost / 10
			}
			return false, nil
		},
	}
	check(loop.Run(context.Background(), 0, steps))
	fmt.Println("the loss fell:", last < first)

	drawn, err := model.Generate(3, []float64{0, 0.5, 1, 1.5}, 7)
	check(err)
	again, err := model.Generate(3, []float64{0, 0.5, 1, 1.5}, 7)
	check(err)
	fmt.Println(len(drawn), "new series of", len(drawn[0]), "rows, the same for the same seed:",
		drawn[2][3][0] == again[2][3][0])
	// Output:
	// the loss fell: true
	// 3 new series of 4 rows, the same for the same seed: true
}

// walks are of the Ornstein–Uhlenbeck process dx = −x dt + dW, at 6 to 10 random times.
func walks(rng *rand.Rand, n int) []*series.Series {
	var list []*series.Series
	for range n {
		s := &series.Series{}
		t, x := 0.0, rng.NormFloat64()*math.Sqrt(0.5)
		for range 6 + rng.IntN(5) {
			elapsed := 0.1 + 0.3*rng.Float64()
			keep := math.Exp(-elapsed)
			t, x = t+elapsed, x*keep+rng.NormFloat64()*math.Sqrt((1-keep*keep)/2)
			s.Times = append(s.Times, t)
			s.Values = append(s.Values, []float64{x})
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
