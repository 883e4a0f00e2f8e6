package recurrent

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
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// must is for constructors that do not fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const channels, width = 2, 3

// cells are all cells with weights that are not what they begin with, so that every parameter matters.
func cells(dt tensor.Dtype) map[string]Cell {
	rng := newRand(1)
	field := func(name string) layers.Layer {
		return must(layers.NewMLP(rng, name, []int{width, 4, width}, layers.WithDtype(dt)))
	}
	gru := func(opts ...Option) *GRU {
		return must(NewGRU(rng, "gru", channels, width, append(opts, WithDtype(dt))...))
	}
	lstm := must(NewLSTM(rng, "lstm", channels, width, WithDtype(dt)))
	list := map[string]Cell{
		"rnn":                must(NewRNN(rng, "rnn", channels, width, WithDtype(dt))),
		"rnn Δt mask":        must(NewRNN(rng, "rnn", channels, width, WithDtype(dt), WithElapsed(), WithMask())),
		"gru":                gru(),
		"gru reset before":   gru(WithResetBefore(), WithElapsed()),
		"lstm":               lstm,
		"gru decay":          must(NewDecay("decay", gru())),
		"lstm decay":         must(NewDecay("decay", lstm)),
		"gru-d":              must(NewGRUD(rng, "grud", channels, width, WithDtype(dt), WithMean([]float64{0.3, -0.5}))),
		"ode-rnn rk4":        must(NewODERNN(gru(WithMask()), field("f"), WithRK4(2))),
		"ode-rnn":            must(NewODERNN(gru(), field("f"), WithSolve(odeop.Step(0.5)))),
		"ode-rnn lstm":       must(NewODERNN(lstm, must(NewGRUField(rng, "f", width, WithDtype(dt))), WithRK4(1))),
		"ode-lstm":           must(NewODELSTM(rng, "ode", channels, width, field("f"), WithDtype(dt), WithRK4(2))),
		"ode-lstm per row":   must(NewODELSTM(rng, "ode", channels, width, field("f"), WithDtype(dt), WithSolve(odeop.Step(0.5)))),
		"ode-rnn in a decay": must(NewDecay("decay", must(NewODERNN(gru(), field("f"), WithRK4(1))))),
	}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		rng := newRand(2)
		for _, p := range list[name].Params() {
			v := p.Float64s()
			for i := range v {
				v[i] += 0.3 * rng.NormFloat64()
			}
			if err := p.Set(v); err != nil {
				panic(err)
			}
		}
	}
	return list
}

// ragged are series of 4, 2, 0 and 1 rows, with gaps and one row in which nothing was observed.
func ragged() []*series.Series {
	nan := math.NaN()
	return []*series.Series{
		{ID: "a", Times: []float64{0, 0.3, 1.1, 1.2}, Values: [][]float64{{0.5, -1}, {nan, 0.2}, {nan, nan}, {-0.7, 0.9}}},
		{ID: "b", Times: []float64{-2, 0.5}, Values: [][]float64{{nan, 1.3}, {0.8, nan}}},
		{ID: "none"},
		{ID: "c", Times: []float64{3}, Values: [][]float64{{0.1, 0.4}}},
	}
}

// model is a Recurrent in a graph of its own, with a cost that has a gradient by everything.
type model struct {
	t       testing.TB
	in      *series.Inputs
	wrt     G.Nodes // values, deltas, parameters
	vm      G.VM
	out     G.Value
	grads   []G.ValueGrad
	weights *tensor.Dense
}

type output func(r *Recurrent, in Input) (*G.Node, error)

func final(r *Recurrent, in Input) (*G.Node, error)  { return r.Final(in) }
func states(r *Recurrent, in Input) (*G.Node, error) { return r.States(in) }

func newModel(t testing.TB, cell Cell, b *series.Batch, out output, opts ...RunOption) *model {
	t.Helper()
	g := G.NewGraph()
	m := &model{t: t, in: must(series.NewInputs(g, cell.Dtype(), b.Shape))}
	r := must(New(cell, opts...))
	in := From(m.in)
	y, err := out(r, in)
	if err != nil {
		t.Fatal(err)
	}
	m.weights = tensor.New(tensor.Of(cell.Dtype()), tensor.WithShape(y.Shape()...))
	set(m.weights, func(i int) float64 { return math.Cos(float64(3 * i)) })
	w := G.NewTensor(g, cell.Dtype(), y.Dims(), G.WithShape(y.Shape()...), G.WithName("weights"), G.WithValue(m.weights))
	G.Read(y, &m.out)
	m.wrt = append(G.Nodes{in.Values, in.Deltas}, graph.ParamNodes(g, r.Params())...)
	if _, err := G.Grad(must(G.Sum(must(G.HadamardProd(y, w)))), m.wrt...); err != nil {
		t.Fatal(err)
	}
	m.vm = G.NewTapeMachine(g, G.BindDualValues(m.wrt...))
	m.grads = G.NodesToValueGrads(m.wrt)
	if err := m.in.Feed(b); err != nil {
		t.Fatal(err)
	}
	return m
}

// run gives the output and the gradients of its weighted sum.
func (m *model) run() (out []float64, grads [][]float64) {
	m.t.Helper()
	for _, g := range m.grads {
		if v, err := g.Grad(); err == nil && v != nil {
			set(v.(*tensor.Dense), func(int) float64 { return 0 })
		}
	}
	m.vm.Reset()
	if err := m.vm.RunAll(); err != nil {
		m.t.Fatal(odeop.Cause(err))
	}
	for _, g := range m.grads {
		grads = append(grads, floats(must(g.Grad())))
	}
	return floats(m.out), grads
}

// cost is the weighted sum.
func (m *model) cost() float64 {
	out, _ := m.run()
	sum := 0.0
	for i, w := range floats(m.weights) {
		sum += w * out[i]
	}
	return sum
}

func floats(v G.Value) []float64 {
	var out []float64
	switch data := v.Data().(type) {
	case []float64:
		out = append(out, data...)
	case []float32:
		for _, x := range data {
			out = append(out, float64(x))
		}
	}
	return out
}

func set(t *tensor.Dense, f func(i int) float64) {
	switch data := t.Data().(type) {
	case []float64:
		for i := range data {
			data[i] = f(i)
		}
	case []float32:
		for i := range data {
			data[i] = float32(f(i))
		}
	}
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
