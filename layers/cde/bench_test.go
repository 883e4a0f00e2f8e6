package cde

import (
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// A training step of 64 series of 29 knots and 25 channels, 32 hidden states, a field of one hidden layer of 128.
func BenchmarkStep(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var ps []*Path
	for range 64 {
		var times []float64
		var values [][]float64
		for i := range 29 {
			row := make([]float64, 12)
			for j := range row {
				row[j] = rng.NormFloat64()
			}
			times, values = append(times, float64(i)/29), append(values, row)
		}
		p, err := NewPath(times, values, Options{Intensity: true})
		if err != nil {
			b.Fatal(err)
		}
		ps = append(ps, p)
	}
	c, err := Stack(ps, 0)
	if err != nil {
		b.Fatal(err)
	}
	g := G.NewGraph()
	x, err := c.Nodes(g, tensor.Float32)
	if err != nil {
		b.Fatal(err)
	}
	m, err := New(rng, "cde", c.Channels(), 32, WithDtype(tensor.Float32))
	if err != nil {
		b.Fatal(err)
	}
	z, err := m.Forward(x)
	if err != nil {
		b.Fatal(err)
	}
	wrt := graph.ParamNodes(g, m.Params())
	if _, err := G.Grad(G.Must(G.Sum(G.Must(G.Square(z)))), wrt...); err != nil {
		b.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(wrt...))
	defer vm.Close()
	for b.Loop() {
		if err := vm.RunAll(); err != nil {
			b.Fatal(err)
		}
		vm.Reset()
	}
}
