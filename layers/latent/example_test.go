package latent_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/latent"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
	"gorgonode/training"
)

// Decays x = c e⁻ᵗ, each with another c and seen at other times, and what becomes of one of them after it was last seen.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	var list []*series.Series
	for range 30 {
		s := &series.Series{}
		c := 1 + rng.Float64()
		for t := 0.5 * rng.Float64(); t < 2; t += 0.1 + 0.5*rng.Float64() {
			s.Times = append(s.Times, t)
			s.Values = append(s.Values, []float64{c * math.Exp(-t)})
		}
		list = append(list, s)
	}
	batch, err := series.NewBatch(list, series.Shape{Widths: series.Widths{Values: 1}})
	check(err)

	const width = 2
	cell, err := recurrent.NewGRU(rng, "gru", 1, 8, recurrent.WithMask(), recurrent.WithElapsed())
	check(err)
	encoder, err := latent.NewRecurrentEncoder(rng, "encoder", cell, width)
	check(err)
	field, err := layers.NewMLP(rng, "field", []int{width, 8, width})
	check(err)
	output, err := layers.NewLinear(rng, "output", width, 1)
	check(err)
	model, err := latent.New("decay", encoder, field, output, latent.WithSigma(0.05))
	check(err)

	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, batch.Shape)
	check(err)
	noise, err := latent.NewNoise(g, tensor.Float64, 1, batch.Batch, width, 1)
	check(err)
	seen := latent.From(in)
	bound, err := model.Bound(seen, seen, noise.Node(), latent.Objective{})
	check(err)
	check(in.Feed(batch))
	loop := training.Loop{
		Cost: bound.Cost, Params: model.Params(), LearnRate: training.Cosine(0.03, 0.001, 200), ClipNorm: 100,
		Feed: func(step int) error { noise.Draw(step); return nil },
	}
	check(loop.Run(context.Background(), 0, 200))

	times := make([][]float64, batch.Batch)
	times[0] = []float64{1, 2}
	p, err := model.Predict(batch, times, latent.PredictOptions{})
	check(err)
	fmt.Printf("x(2)/x(1) is %.1f, and e⁻¹ %.1f\n", p.Mean[0][1][0]/p.Mean[0][0][0], math.Exp(-1))
	// Output:
	// x(2)/x(1) is 0.4, and e⁻¹ 0.4
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
