package sequence_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"gorgonode/layers/series"
	"gorgonode/training/sequence"
)

// The class of a series: slow and fast waves at random times. From a table it is seriesdata.LoadLong that makes the set.
func ExampleFit_classify() {
	fit, err := sequence.Fit(context.Background(), waves(60, 1), sequence.Config{
		Model: "gru", Units: 12, Epochs: 20, Batch: 16, LearnRate: 0.03, Seed: 1,
	}, sequence.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fresh := waves(40, 2)
	p, err := fit.Predict(context.Background(), fresh, 0)
	if err != nil {
		log.Fatal(err)
	}
	right := 0
	for i, s := range fresh.Series {
		if (p.Probabilities[i][1] > 0.5) == (s.Label[0] == 1) {
			right++
		}
	}
	fmt.Println(p.Classes, "told apart:", right > 32)
	// Output:
	// [slow fast] told apart: true
}

// The next row of each series, half a unit of time after its last one, with its doubt.
func ExampleFit_forecast() {
	set := waves(60, 1)
	fit, err := sequence.Fit(context.Background(), set, sequence.Config{
		Model: "gru", Task: sequence.Forecast, Units: 12, Epochs: 15, Batch: 16, LearnRate: 0.03, Seed: 1,
	}, sequence.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("better than the mean of the data:", fit.Metrics["test"]["scaled_mse"] < 1)
	p, err := fit.Predict(context.Background(), set, 0.5)
	if err != nil {
		log.Fatal(err)
	}
	last := len(p.Times[0]) - 1
	low, err := p.Quantile(0, last, 0, 0.05)
	if err != nil {
		log.Fatal(err)
	}
	high, err := p.Quantile(0, last, 0, 0.95)
	if err != nil {
		log.Fatal(err)
	}
	s := set.Series[0]
	fmt.Printf("%s, %.1f after its last row, lies between two quantiles: %t\n", p.Names[0],
		p.Times[0][last]-s.Times[s.Len()-1], low < p.Mean[0][last][0] && p.Mean[0][last][0] < high)
	// Output:
	// better than the mean of the data: true
	// height, 0.5 after its last row, lies between two quantiles: true
}

// waves are sines of two frequencies, which are the classes, at 10 to 14 random times.
func waves(n int, seed uint64) *series.Set {
	rng := rand.New(rand.NewPCG(seed, 1))
	set := &series.Set{
		Name: "waves", Channels: []string{"height"}, Labels: []string{"kind"}, Classes: []string{"slow", "fast"},
	}
	for i := range n {
		class := float64(i % 2)
		s := &series.Series{ID: fmt.Sprint("wave ", i), Label: []float64{class}}
		phase, t := 2*math.Pi*rng.Float64(), 0.0
		for range 10 + rng.IntN(5) {
			t += 0.2 + 0.2*rng.Float64()
			s.Times = append(s.Times, t)
			s.Values = append(s.Values, []float64{math.Sin((1+3*class)*t + phase)})
		}
		set.Series = append(set.Series, s)
	}
	return set
}
