package density_test

import (
	"context"
	"fmt"
	"log"

	"gorgonode/training/density"
	"gorgonode/training/toy"
)

// A density of points on two moons: fitted, asked for its logarithm at two points, and drawn from.
func ExampleFit() {
	points := toy.TwoMoons(0.1).Sample(400, 1) // rows of two columns
	fit, err := density.Fit(context.Background(), points, density.Config{
		Model: density.RealNVP, Hidden: []int{24}, Flows: 4, HoldOut: 0.25, Steps: 200, Batch: 32, LearnRate: 0.02, Seed: 1,
	}, density.Options{})
	if err != nil {
		log.Fatal(err)
	}
	normal, err := density.Gaussian(points, points) // the mean of −ln p by the best normal distribution
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("better than a normal distribution, on rows held out:", fit.HeldOut < normal)

	logs, err := fit.LogProb([][]float64{points[0], {10, 10}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a point of the table is likelier than one far away:", logs[0] > logs[1])

	drawn, err := fit.Sample(5, 7)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(drawn), "draws of", len(drawn[0]), "columns")
	// Output:
	// better than a normal distribution, on rows held out: true
	// a point of the table is likelier than one far away: true
	// 5 draws of 2 columns
}
