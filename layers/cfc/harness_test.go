package cfc

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 9)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const channels, width = 2, 4

// ragged are as many series as a cell has units, of 4, 2, 0 and 1 rows, with gaps.
func ragged() *series.Batch {
	nan := math.NaN()
	return must(series.NewBatch([]*series.Series{
		{Times: []float64{0, 0.3, 1.1, 1.2}, Values: [][]float64{{0.5, -1}, {nan, 0.2}, {nan, nan}, {-0.7, 0.9}}},
		{Times: []float64{-2, 0.5}, Values: [][]float64{{nan, 1.3}, {0.8, nan}}},
		{},
		{Times: []float64{3}, Values: [][]float64{{0.1, 0.4}}},
	}, series.Shape{Widths: series.Widths{Values: channels}}))
}

// cells are all cells, with weights moved from where they begin.
func cells() map[string]recurrent.Cell {
	rng := newRand(1)
	one := func(opts ...Option) *CfC { return must(New(rng, "cfc", channels, width, opts...)) }
	lstm := must(recurrent.NewLSTM(rng, "lstm", channels, width))
	fan := must(NCP{Inputs: channels, Inter: 4, Command: 3, Motor: 2, SensoryFanout: 3, InterFanout: 2, RecurrentCommand: 3,
		MotorFanin: 2}.Wiring(3))
	list := map[string]recurrent.Cell{
		"default":      one(WithBackbone(1, 5)),
		"no gate":      one(WithBackbone(2, 5), WithMode(NoGate), WithActivation(layers.SiLU())),
		"pure":         one(WithBackbone(1, 5), WithMode(Pure), WithMask()),
		"no backbone":  one(WithBackbone(0, 0)),
		"mixed memory": must(NewMixedMemory(lstm, one(WithBackbone(1, 5)))),
		"wired":        must(NewWired(rng, "wired", fan)),
		"wired pure":   must(NewWired(rng, "wired", must(FullyConnected(channels, 4, 2, 1)), WithMode(Pure))),
		"ltc ncp":      must(NewLTC(rng, "ltc", fan, WithUnfolds(2))),
		"ltc random":   must(NewLTC(rng, "ltc", must(Random(2*channels, 4, 1, 0.5, 2)), WithMask())),
		"mixed ltc": must(NewMixedMemory(lstm, must(NewLTC(rng, "ltc", must(FullyConnected(channels, width, width, 4)),
			WithUnfolds(1))))),
	}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		rng := newRand(2)
		for _, p := range list[name].Params() {
			v := p.Float64s()
			for i := range v {
				v[i] += 0.2 * rng.NormFloat64()
			}
			if err := p.Set(v); err != nil {
				panic(err)
			}
		}
	}
	return list
}

// compiled is all states of a cell over a batch as a function, and its reverse derivative. Inputs are values, mask, times,
// valid.
type compiled struct {
	value, reverse *graph.Plan[float64]
	in             [][]float64
	params         []*graph.Param
	size           int // of the states
}

func compile(t testing.TB, cell recurrent.Cell, b *series.Batch) *compiled {
	t.Helper()
	r := must(recurrent.New(cell))
	f, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := r.States(recurrent.Input{Values: in[0], Mask: in[1], Deltas: in[2], Valid: in[3]})
		return G.Nodes{y}, err
	},
		graph.Input("values", tensor.Float64, b.Batch, b.Steps, channels),
		graph.Input("mask", tensor.Float64, b.Batch, b.Steps, channels),
		graph.Input("deltas", tensor.Float64, b.Batch, b.Steps), graph.Input("valid", tensor.Float64, b.Batch, b.Steps))
	if err != nil {
		t.Fatal(err)
	}
	c := &compiled{params: f.Params(), size: f.Outputs()[0].TotalSize()}
	c.in = [][]float64{slices.Clone(b.Values), b.Mask, slices.Clone(b.Deltas), b.Valid}
	c.value, c.reverse = must(graph.Compile[float64](f)), must(graph.Compile[float64](must(f.VJP())))
	return c
}

func (c *compiled) states(t testing.TB) []float64 {
	t.Helper()
	out := make([]float64, c.size)
	if err := c.value.Run(c.in, [][]float64{out}); err != nil {
		t.Fatal(err)
	}
	return out
}

// gradients are those of Σ w·states by the inputs and then by the parameters.
func (c *compiled) gradients(t testing.TB, w []float64) [][]float64 {
	t.Helper()
	var grads [][]float64
	for _, x := range c.in {
		grads = append(grads, make([]float64, len(x)))
	}
	for _, p := range c.params {
		grads = append(grads, make([]float64, p.Size()))
	}
	if err := c.reverse.Run(append(slices.Clone(c.in), w), grads); err != nil {
		t.Fatal(err)
	}
	return grads
}

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tol*math.Max(1, math.Abs(w))) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}

func second[T any](_ T, err error) error { return err }
