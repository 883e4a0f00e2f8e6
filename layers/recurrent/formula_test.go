package recurrent

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

// affine is x W + b for W of shape (len(x), n); b may be nil.
func affine(x []float64, w *graph.Param, b []float64) []float64 {
	n := w.Shape()[1]
	y := make([]float64, n)
	copy(y, b)
	for i, v := range x {
		for j := range n {
			y[j] += v * w.Float64s()[i*n+j]
		}
	}
	return y
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// byHand runs a formula of one row over the batch's series and compares all states.
func byHand(t *testing.T, cell Cell, step func(state, x, m []float64, dt float64) []float64) {
	t.Helper()
	b := must(series.NewBatch(ragged(), series.Shape{Widths: widths}))
	got, _ := newModel(t, cell, b, states).run()
	h := cell.Sizes().Output
	for i := range b.Batch {
		state := cell.Start()
		if state == nil {
			state = make([]float64, cell.Sizes().State)
		}
		for j := range b.Lengths[i] {
			at := i*b.Steps + j
			state = step(state, b.Values[at*channels:][:channels], b.Mask[at*channels:][:channels], b.Deltas[at])
			near(t, "state by hand", got[at*h:][:h], state[:h], 1e-14)
		}
	}
}

func TestUnitsByHand(t *testing.T) {
	all := cells(tensor.Float64)
	rnn := all["rnn Δt mask"].(*RNN)
	byHand(t, rnn, func(h, x, m []float64, dt float64) []float64 {
		u := affine(slices.Concat(x, m, []float64{dt}), rnn.input.Weight(), rnn.input.Bias().Float64s())
		for j, v := range affine(h, rnn.state.Weight(), nil) {
			u[j] = math.Tanh(u[j] + v)
		}
		return u
	})
	gru := all["gru"].(*GRU)
	byHand(t, gru, func(h, x, _ []float64, _ float64) []float64 {
		w, u := affine(x, gru.input.Weight(), gru.input.Bias().Float64s()), affine(h, gru.state.Weight(), nil)
		next := make([]float64, width)
		for j := range next {
			r, z := sigmoid(w[j]+u[j]), sigmoid(w[width+j]+u[width+j])
			g := math.Tanh(w[2*width+j] + r*(u[2*width+j]+gru.reset.Float64s()[j]))
			next[j] = (1-z)*g + z*h[j]
		}
		return next
	})
	before := all["gru reset before"].(*GRU)
	byHand(t, before, func(h, x, _ []float64, dt float64) []float64 {
		w := affine(append(slices.Clone(x), dt), before.input.Weight(), before.input.Bias().Float64s())
		u := affine(h, before.state.Weight(), nil)
		rh := make([]float64, width)
		for j := range rh {
			rh[j] = sigmoid(w[j]+u[j]) * h[j]
		}
		next := affine(rh, before.candidate.Weight(), nil)
		for j := range next {
			z := sigmoid(w[width+j] + u[width+j])
			next[j] = (1-z)*math.Tanh(w[2*width+j]+next[j]) + z*h[j]
		}
		return next
	})
	lstmStep := func(lstm *LSTM, s, x []float64) []float64 {
		w, u := affine(x, lstm.input.Weight(), lstm.input.Bias().Float64s()), affine(s[:width], lstm.state.Weight(), nil)
		next := make([]float64, 2*width)
		for j := range width {
			at := func(k int) float64 { return w[k*width+j] + u[k*width+j] }
			c := sigmoid(at(1))*s[width+j] + sigmoid(at(0))*math.Tanh(at(3))
			next[j], next[width+j] = sigmoid(at(2))*math.Tanh(c), c
		}
		return next
	}
	lstm := all["lstm"].(*LSTM)
	byHand(t, lstm, func(s, x, _ []float64, _ float64) []float64 { return lstmStep(lstm, s, x) })
	decay := all["lstm decay"].(*Decay)
	byHand(t, decay, func(s, x, _ []float64, dt float64) []float64 {
		s = slices.Clone(s)
		for j, w := range decay.rate.Float64s() {
			s[j] *= math.Exp(-math.Log1p(math.Exp(w)) * dt)
		}
		return lstmStep(decay.Cell.(*LSTM), s, x)
	})
}

func TestGRUDByHand(t *testing.T) {
	g := cells(tensor.Float64)["gru-d"].(*GRUD)
	gamma := func(v float64) float64 { return math.Exp(-math.Max(0, v)) }
	byHand(t, g, func(s, x, m []float64, dt float64) []float64 {
		h, seen, since := slices.Clone(s[:width]), slices.Clone(s[width:][:channels]), slices.Clone(s[width+channels:])
		filled := make([]float64, channels)
		for k := range channels {
			since[k] += dt
			gx := gamma(since[k]*g.inputDecay.Float64s()[k] + g.inputBias.Float64s()[k])
			filled[k] = gx*seen[k] + (1-gx)*g.config.mean[k]
			if m[k] == 1 {
				filled[k] = x[k]
			}
		}
		for j, v := range affine(since, g.decay.Weight(), g.decay.Bias().Float64s()) {
			h[j] *= gamma(v)
		}
		w := affine(append(filled, m...), g.input.Weight(), g.input.Bias().Float64s())
		u := affine(h, g.state.Weight(), nil)
		rh := make([]float64, width)
		for j := range rh {
			rh[j] = sigmoid(w[j]+u[j]) * h[j]
		}
		next := affine(rh, g.candidate.Weight(), nil)
		for j := range next {
			z := sigmoid(w[width+j] + u[width+j])
			next[j] = (1-z)*h[j] + z*math.Tanh(w[2*width+j]+next[j])
		}
		for k := range channels {
			if m[k] == 1 {
				seen[k], since[k] = x[k], 0
			}
		}
		return slices.Concat(next, seen, since)
	})
}

// TestZeroField: with h' = 0 an ODE-RNN is its update, to the last digit, and so is an ODE-LSTM.
func TestZeroField(t *testing.T) {
	full := ragged()
	full[0].Values[2] = []float64{2, 3} // every row has something to update with
	b := must(series.NewBatch(full, series.Shape{Widths: widths}))
	still := must(layers.NewLinear(nil, "f", width, width, layers.WithInit(graph.Zeros())))
	all := cells(tensor.Float64)
	for _, name := range []string{"gru", "lstm", "gru-d"} {
		update := all[name]
		want, _ := newModel(t, update, b, states).run()
		for _, o := range []Option{WithRK4(3), WithSolve()} {
			got, _ := newModel(t, must(NewODERNN(update, still, o)), b, states).run()
			if !slices.Equal(got, want) {
				t.Errorf("%s: an ODE-RNN with a zero field is another", name)
			}
		}
	}
	lstm := must(NewLSTM(newRand(8), "l", channels, width))
	ode := must(NewODELSTM(newRand(8), "l", channels, width, still))
	want, _ := newModel(t, lstm, b, states).run()
	if got, _ := newModel(t, ode, b, states).run(); !slices.Equal(got, want) {
		t.Error("an ODE-LSTM with a zero field is no LSTM")
	}
}

// TestODERNNGoesForwards: where nothing is observed the state follows h' = −h through the whole of every interval, so at t
// it is e^{−(t − t₀)} of what it was at t₀; backwards it is as much smaller at t₀.
func TestODERNNGoesForwards(t *testing.T) {
	nan := math.NaN()
	list := []*series.Series{
		{Times: []float64{1, 1.5, 4}, Values: [][]float64{{nan, nan}, {nan, nan}, {nan, nan}}},
		{Times: []float64{0, 2}, Values: [][]float64{{nan, nan}, {nan, nan}}},
	}
	b := must(series.NewBatch(list, series.Shape{Widths: widths}))
	decay := must(layers.NewLinear(nil, "f", width, width,
		layers.WithInit(graph.Values([]float64{-1, 0, 0, 0, -1, 0, 0, 0, -1}))))
	gru := must(NewGRU(newRand(2), "gru", channels, width))
	for _, o := range []Option{WithRK4(40), WithSolve(odeop.Tolerance(1e-9, 1e-9))} {
		for _, run := range [][]RunOption{nil, {Backwards()}} {
			cell := must(NewODERNN(gru, decay, o))
			m := newModel(t, cell, b, func(r *Recurrent, in Input) (*G.Node, error) {
				in.Start = must(graph.Constant(in.Values, []float64{1, 2, 3, 1, 2, 3}, 2, width))
				return r.Final(in)
			}, run...)
			got, _ := m.run()
			a, c := math.Exp(-3), math.Exp(-2)
			// 40 steps over 2.5 units leave 40·(2.5/40)⁵/120 of the state, 3e-7.
			near(t, "what is left", got, []float64{a, 2 * a, 3 * a, c, 2 * c, 3 * c}, 1e-6)
		}
	}
}

// TestGRUField: the slopes by hand, and none leads out of [−1, 1].
func TestGRUField(t *testing.T) {
	g := must(NewGRUField(newRand(3), "f", width))
	graphOf := G.NewGraph()
	h := []float64{1, -1, 0.5}
	n := G.NewTensor(graphOf, tensor.Float64, 2, G.WithShape(1, width), G.WithName("h"),
		G.WithValue(tensor.New(tensor.WithShape(1, width), tensor.WithBacking(slices.Clone(h)))))
	var out G.Value
	G.Read(must(g.Forward(n)), &out)
	vm := G.NewTapeMachine(graphOf)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	v := affine(h, g.gates.Weight(), g.gates.Bias().Float64s())
	rh := make([]float64, width)
	for j := range rh {
		rh[j] = sigmoid(v[j]) * h[j]
	}
	want := affine(rh, g.candidate.Weight(), g.candidate.Bias().Float64s())
	for j := range want {
		want[j] = (1 - sigmoid(v[width+j])) * (math.Tanh(want[j]) - h[j])
	}
	got := floats(out)
	near(t, "field", got, want, 1e-15)
	if got[0] > 0 || got[1] < 0 {
		t.Errorf("slopes %v at %v", got, h)
	}
}
