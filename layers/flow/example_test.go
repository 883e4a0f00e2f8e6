package flow_test

import (
	"fmt"
	"math/rand/v2"

	"gorgonode/layers/flow"
)

// A new RealNVP is the identity, so its density is the standard normal one; Init makes its columns those of the data.
func ExampleInit() {
	rng := rand.New(rand.NewPCG(1, 2))
	nvp, err := flow.NewRealNVP(rng, "flow", 2, 4, flow.NetConfig{Hidden: []int{16}})
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := [][]float64{{10, 0}, {10, 2}, {14, 0}, {14, 2}}
	if err := flow.Init(nvp, rows); err != nil {
		fmt.Println(err)
		return
	}
	l, err := flow.LogProbRows(nvp, [][]float64{{12, 1}, {14, 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// −ln 2π for the normal density, −ln 2 for the first column, which has the standard deviation 2.
	fmt.Printf("%.4f %.4f\n", l[0], l[1])
	// Output: -2.5310 -3.5310
}
