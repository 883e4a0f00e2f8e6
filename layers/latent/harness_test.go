package latent

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
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

var widths = series.Widths{Values: channels}

// ragged are series of 4, 2, 0 and 1 rows, with gaps, one row in which nothing was observed, and one at time 0.
func ragged() []*series.Series {
	nan := math.NaN()
	return []*series.Series{
		{ID: "a", Times: []float64{0, 0.3, 1.1, 1.2}, Values: [][]float64{{0.5, -1}, {nan, 0.2}, {nan, nan}, {-0.7, 0.9}}},
		{ID: "b", Times: []float64{0.4, 1.5}, Values: [][]float64{{nan, 1.3}, {0.8, nan}}},
		{ID: "none"},
		{ID: "c", Times: []float64{0.7}, Values: [][]float64{{0.1, 0.4}}},
	}
}

var encoderNames = []string{"gru", "ode-rnn", "ode-rnn adaptive", "attention"}

func newEncoder(name string, dt tensor.Dtype) Encoder {
	rng := newRand(1)
	given := []recurrent.Option{recurrent.WithMask(), recurrent.WithElapsed(), recurrent.WithDtype(dt)}
	gru := must(recurrent.NewGRU(rng, "gru", channels, 4, given...))
	between := must(layers.NewMLP(rng, "between", []int{4, 5, 4}, layers.WithDtype(dt)))
	switch name {
	case "gru":
		return must(NewRecurrentEncoder(rng, "encoder", gru, width, 5))
	case "ode-rnn":
		cell := must(recurrent.NewODERNN(gru, between, recurrent.WithRK4(1)))
		return must(NewRecurrentEncoder(rng, "encoder", cell, width))
	case "ode-rnn adaptive":
		cell := must(recurrent.NewODERNN(gru, between, recurrent.WithSolve(odeop.Step(0.5))))
		return must(NewRecurrentEncoder(rng, "encoder", cell, width))
	}
	return must(NewAttentionEncoder(rng, "attention", AttentionConfig{
		Channels: channels, Latent: width, References: []float64{0, 0.5, 1.5}, Embedding: 6, Heads: 2, Width: 4, Dtype: dt,
	}))
}

// newModel has weights that are not what they begin with, so that every parameter matters.
func newModel(encoder string, dt tensor.Dtype, opts ...Option) *Model {
	rng := newRand(3)
	field := must(layers.NewMLP(rng, "field", []int{width, 4, width}, layers.WithDtype(dt)))
	output := must(layers.NewMLP(rng, "output", []int{width, 4, channels}, layers.WithDtype(dt)))
	m := must(New("model", newEncoder(encoder, dt), field, output, opts...))
	for _, p := range m.Params() {
		v := p.Float64s()
		for i := range v {
			v[i] += 0.2 * rng.NormFloat64()
		}
		if err := p.Set(v); err != nil {
			panic(err)
		}
	}
	return m
}

// run is a graph that gives some nodes, and, of the first if it is to be differentiated, gradients.
type run struct {
	t     testing.TB
	in    *series.Inputs
	noise *Noise
	vm    G.VM
	wrt   G.Nodes
	grads []G.ValueGrad
	out   []G.Value
}

type builder func(r *run, o Observations) (G.Nodes, error)

// newRun builds a graph for a batch. Without wrt it is not differentiated.
func newRun(t testing.TB, m *Model, b *series.Batch, samples int, build builder, grad bool) *run {
	t.Helper()
	g := G.NewGraph()
	r := &run{t: t, in: must(series.NewInputs(g, m.Dtype(), b.Shape))}
	r.noise = must(NewNoise(g, m.Dtype(), samples, b.Batch, width, 5))
	o := From(r.in)
	nodes, err := build(r, o)
	if err != nil {
		t.Fatal(err)
	}
	r.out = make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &r.out[i])
	}
	var bound []G.VMOpt
	if grad {
		r.wrt = append(G.Nodes{o.Values, o.Times}, graph.ParamNodes(g, m.Params())...)
		if _, err := G.Grad(nodes[0], r.wrt...); err != nil {
			t.Fatal(err)
		}
		bound = append(bound, G.BindDualValues(r.wrt...))
		r.grads = G.NodesToValueGrads(r.wrt)
	}
	r.vm = G.NewTapeMachine(g, bound...)
	t.Cleanup(func() { r.vm.Close() })
	if err := r.in.Feed(b); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *run) run() (out, grads [][]float64) {
	r.t.Helper()
	for _, g := range r.grads {
		if v, err := g.Grad(); err == nil && v != nil {
			setValue(v, func(int) float64 { return 0 })
		}
	}
	r.vm.Reset()
	if err := r.vm.RunAll(); err != nil {
		r.t.Fatal(odeop.Cause(err))
	}
	for _, v := range r.out {
		out = append(out, numbers(v))
	}
	for _, g := range r.grads {
		grads = append(grads, numbers(must(g.Grad())))
	}
	return out, grads
}

// numbers are those of a value, as a copy.
func numbers(v G.Value) []float64 {
	switch x := v.Data().(type) {
	case float64:
		return []float64{x}
	case float32:
		return []float64{float64(x)}
	}
	return append([]float64(nil), floats(v)...)
}

func setValue(v G.Value, f func(i int) float64) {
	switch data := v.Data().(type) {
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

// bound is the cost and what else is asked of it.
func bound(m *Model, o Objective, more func(b *Bound) G.Nodes) builder {
	return func(r *run, obs Observations) (G.Nodes, error) {
		b, err := m.Bound(obs, obs, r.noise.Node(), o)
		if err != nil {
			return nil, err
		}
		nodes := G.Nodes{b.Cost}
		if more != nil {
			nodes = append(nodes, more(b)...)
		}
		return nodes, nil
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

// rowOf is entry i of an array with b of them.
func rowOf(x []float64, i, b int) []float64 { n := len(x) / b; return x[i*n : (i+1)*n] }
