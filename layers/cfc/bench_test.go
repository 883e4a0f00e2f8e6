package cfc

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
)

// BenchmarkStep is a training step without the update, forward and all gradients, on batches of 64 series with 64 times
// and 17 channels, as in the Walker2d comparison of Hasani et al. (2022), in float32.
func BenchmarkStep(b *testing.B) {
	const batch, steps, d = 64, 64, 17
	dt := tensor.Float32
	rng := newRand(1)
	list := map[string]func(n int) recurrent.Cell{
		"cfc": func(n int) recurrent.Cell { return must(New(rng, "c", d, n, WithDtype(dt))) },
		"gru": func(n int) recurrent.Cell { return must(recurrent.NewGRU(rng, "g", d, n, recurrent.WithDtype(dt))) },
		"mixed": func(n int) recurrent.Cell {
			return must(NewMixedMemory(must(recurrent.NewLSTM(rng, "l", d, n, recurrent.WithDtype(dt))),
				must(New(rng, "c", d, n, WithDtype(dt)))))
		},
		"ltc": func(n int) recurrent.Cell {
			return must(NewLTC(rng, "l", must(AutoNCP(d, n, n/4, 0.5, 1)), WithDtype(dt)))
		},
	}
	for _, c := range []struct {
		name string
		n    int
	}{{"cfc", 64}, {"cfc", 128}, {"cfc", 256}, {"gru", 64}, {"gru", 128}, {"mixed", 64}, {"ltc", 32}} {
		b.Run(fmt.Sprintf("%s %d", c.name, c.n), func(b *testing.B) {
			var all []*series.Series
			for range batch {
				s := &series.Series{}
				for j := range steps {
					row := make([]float64, d)
					for k := range row {
						row[k] = rng.NormFloat64()
					}
					s.Times, s.Values = append(s.Times, float64(j)+0.5*rng.Float64()), append(s.Values, row)
				}
				all = append(all, s)
			}
			g := G.NewGraph()
			data := must(series.NewBatch(all, series.Shape{Widths: series.Widths{Values: d}}))
			in := must(series.NewInputs(g, dt, data.Shape))
			rnn := must(recurrent.New(list[c.name](c.n)))
			cost := must(G.Mean(must(G.Square(must(rnn.States(recurrent.From(in)))))))
			nodes := graph.ParamNodes(g, rnn.Params())
			if _, err := G.Grad(cost, nodes...); err != nil {
				b.Fatal(err)
			}
			vm := G.NewTapeMachine(g, G.BindDualValues(nodes...))
			defer vm.Close()
			if err := in.Feed(data); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := vm.RunAll(); err != nil {
					b.Fatal(err)
				}
				vm.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/step")
		})
	}
}
