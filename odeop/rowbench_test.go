package odeop

import (
	"fmt"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// BenchmarkRowSteps compares steps that all rows share with PerRow on networks so small that the steps themselves count,
// for rows that are about equally hard: µs/step is by one row's step.
func BenchmarkRowSteps(b *testing.B) {
	for _, size := range []struct{ rows, dim, hidden int }{{100, 4, 16}, {256, 8, 64}} {
		for _, perRow := range []bool{false, true} {
			for _, gradient := range []bool{false, true} {
				name := fmt.Sprintf("%dx%d-%d/perRow=%v/gradient=%v", size.rows, size.dim, size.hidden, perRow, gradient)
				b.Run(name, func(b *testing.B) { benchmarkRowSteps(b, size.rows, size.dim, size.hidden, perRow, gradient) })
			}
		}
	}
}

func benchmarkRowSteps(b *testing.B, rows, dim, hidden int, perRow, gradient bool) {
	rng := rand.New(rand.NewPCG(1, 2))
	first, err := graph.NewParam("first", graph.Normal(rng, 0, 0.5), tensor.Float64, dim, hidden)
	if err != nil {
		b.Fatal(err)
	}
	second, err := graph.NewParam("second", graph.Normal(rng, 0, 0.3), tensor.Float64, hidden, dim)
	if err != nil {
		b.Fatal(err)
	}
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		g := y.Graph()
		return G.Mul(must(G.Tanh(must(G.Mul(y, first.In(g))))), second.In(g))
	}
	g := G.NewGraph()
	v := make([]float64, rows*dim)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	y0 := newNode(g, tensor.Float64, "y0", []int{rows, dim}, v)
	var work Stats
	opts := []Option{Record(&work)}
	if perRow {
		opts = append(opts, PerRow())
	}
	loss := must(G.Sum(must(SolveFinal(field, y0, []float64{0, 1}, opts...))))
	if gradient {
		if _, err := G.Grad(loss, first.In(g), second.In(g)); err != nil {
			b.Fatal(err)
		}
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	for b.Loop() {
		if err := vm.RunAll(); err != nil {
			b.Fatal(err)
		}
		vm.Reset()
	}
	steps := work.Forward().Steps
	if !perRow {
		steps *= rows
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*steps), "µs/step")
}
