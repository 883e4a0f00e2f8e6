package recurrent

import (
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/series"
)

// BenchmarkODERNN is forward and all gradients of an ODE-RNN of 32 units on 32 series of 40 rows with 2 channels, by the
// ways to integrate.
func BenchmarkODERNN(b *testing.B) {
	rng := newRand(1)
	var list []*series.Series
	for range 32 {
		s := &series.Series{}
		for j := range 40 {
			s.Times = append(s.Times, float64(j)+0.9*rng.Float64())
			s.Values = append(s.Values, []float64{rng.NormFloat64(), rng.NormFloat64()})
		}
		list = append(list, s)
	}
	data := must(series.NewBatch(list, series.Shape{Widths: series.Widths{Values: 2}}))
	field := must(layers.NewMLP(rng, "f", []int{32, 32, 32}, layers.WithDtype(tensor.Float32)))
	for name, o := range map[string]Option{"rk4 of 2 steps": WithRK4(2), "adaptive": WithSolve()} {
		b.Run(name, func(b *testing.B) {
			cell := must(NewODERNN(must(NewGRU(rng, "g", 2, 32, WithDtype(tensor.Float32))), field, o))
			m := newModel(b, cell, data, states)
			defer m.vm.Close()
			for b.Loop() {
				m.run()
			}
		})
	}
}
