package generative_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonode/layers/series"
	"gorgonode/training/generative"
)

// Decays x = c e⁻ᵗ, each with another c and seen at other times: what becomes of one behind its last row, and new ones. From
// a table it is seriesdata.LoadLong that makes the set.
func ExampleFit() {
	rng := rand.New(rand.NewPCG(1, 1))
	set := &series.Set{Name: "decays", Channels: []string{"x"}}
	for i := range 40 {
		s := &series.Series{ID: fmt.Sprint("decay ", i)}
		c := 1 + rng.Float64()
		for t := 0.0; t < 2; t += 0.2 + 0.3*rng.Float64() {
			s.Times = append(s.Times, t)
			s.Values = append(s.Values, []float64{c*math.Exp(-t) + 0.01*rng.NormFloat64()})
		}
		set.Series = append(set.Series, s)
	}
	fit, err := generative.Fit(context.Background(), set, generative.Config{
		Model: "latent-ode", Encoder: generative.GRU, Latent: 2, Units: 8, Hidden: []int{8},
		Epochs: 40, LearnRate: 0.03, Step: 0.5, Seed: 1,
	}, generative.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("less than half the error of the mean:", fit.Metrics["test"]["scaled_rmse"] < 0.5)

	first := set.With(set.Series[:1])
	p, err := fit.Predict(context.Background(), first, generative.PredictOptions{
		Times: [][]float64{{0.5, 2.5}}, Samples: 50, Quantiles: []float64{0.05, 0.95},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("it falls:", p.Mean[0][1][0] < p.Mean[0][0][0], "with a band around it:",
		p.Quantiles[0][0][1][0] < p.Mean[0][1][0] && p.Mean[0][1][0] < p.Quantiles[1][0][1][0])

	drawn, err := fit.Generate(context.Background(), 3, []float64{0, 1, 2}, 7)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(drawn.Series), "new series of", drawn.Series[0].Len(), "rows")
	// Output:
	// less than half the error of the mean: true
	// it falls: true with a band around it: true
	// 3 new series of 3 rows
}
