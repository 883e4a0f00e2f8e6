package cde_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/cde"
)

// Two series with times of their own; in the first a value is missing.
func Example() {
	times := [][]float64{{0, 0.4, 1.1, 2}, {0, 1}}
	values := [][][]float64{{{1}, {math.NaN()}, {0.5}, {0.2}}, {{-1}, {-0.3}}}
	var paths []*cde.Path
	for i := range times {
		p, err := cde.NewPath(times[i], values[i], cde.Options{Intensity: true})
		if err != nil {
			log.Fatal(err)
		}
		paths = append(paths, p)
	}
	control, err := cde.Stack(paths, 0)
	if err != nil {
		log.Fatal(err)
	}
	x, err := control.Nodes(G.NewGraph(), tensor.Float64)
	if err != nil {
		log.Fatal(err)
	}
	model, err := cde.New(rand.New(rand.NewPCG(1, 2)), "cde", control.Channels(), 8)
	if err != nil {
		log.Fatal(err)
	}
	z, err := model.Forward(x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("channels: time, value, count of observations:", control.Channels())
	fmt.Println("state at the end of each series:", z.Shape())
	// Output:
	// channels: time, value, count of observations: 3
	// state at the end of each series: (2, 8)
}
