package recurrent

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
)

func second[T any](_ T, err error) error { return err }

func TestConstructorErrors(t *testing.T) {
	rng := newRand(1)
	gru := must(NewGRU(rng, "gru", 2, 3))
	field := must(layers.NewLinear(rng, "f", 3, 3))
	wide := must(layers.NewLinear(rng, "f", 3, 4))
	free := must(graph.NewParam("p", graph.Zeros(), tensor.Float64, 3))
	hidden := layers.Func(func(x *G.Node) (*G.Node, error) { return G.BroadcastAdd(x, free.In(x.Graph()), nil, []byte{0}) })
	for want, err := range map[string]error{
		"gru: it needs a name":                      second(NewGRU(rng, "", 2, 3)),
		`rnn "r": widths 0 and 3`:                   second(NewRNN(rng, "r", 0, 3)),
		`"l.input": the weights need a random gen`:  second(NewLSTM(nil, "l", 2, 3)),
		"option 0 is nil":                           second(NewRNN(rng, "r", 2, 3, nil)),
		`lstm "l": WithResetBefore is not among`:    second(NewLSTM(rng, "l", 2, 3, WithResetBefore())),
		`gru "g": WithRK4 is not among the options`: second(NewGRU(rng, "g", 2, 3, WithRK4(2))),
		"WithRK4 of 0 steps":                        second(NewODERNN(gru, field, WithRK4(0))),
		"WithRK4 and WithSolve, want one":           second(NewODERNN(gru, field, WithRK4(1), WithSolve())),
		"WithSolve: option 0 is nil":                second(NewODERNN(gru, field, WithSolve(nil))),
		"ode-rnn: no field":                         second(NewODERNN(gru, nil)),
		"ode-rnn: no cell for the update":           second(NewODERNN(nil, field)),
		"it makes (1, 4) of (1, 3)":                 second(NewODERNN(gru, wide)),
		"needs a time":                              second(NewODERNN(gru, layers.ConcatTime())),
		"its Params do not list":                    second(NewODERNN(gru, hidden)),
		"ode-lstm: no field":                        second(NewODELSTM(rng, "o", 2, 3, nil)),
		"gru-d: it needs a name":                    second(NewGRUD(rng, "", 2, 3)),
		"3 means for 2 channels":                    second(NewGRUD(rng, "d", 2, 3, WithMean([]float64{1, 2, 3}))),
		"the mean of channel 0 is NaN":              second(NewGRUD(rng, "d", 1, 3, WithMean([]float64{math.NaN()}))),
		"dtype int is not supported":                second(NewRNN(rng, "r", 2, 3, WithDtype(tensor.Int))),
		"decay: it needs a name":                    second(NewDecay("", gru)),
		`decay "d": no cell`:                        second(NewDecay("d", nil)),
		"gru field: it needs a name":                second(NewGRUField(rng, "", 3)),
		"no cell":                                   second(New(nil)),
		"recurrent: option 0 is nil":                second(New(gru, nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "recurrent: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestRunErrors(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	node := func(g *G.ExprGraph, dt tensor.Dtype, name string, shape ...int) *G.Node {
		return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name))
	}
	f64 := tensor.Float64
	x := node(g, f64, "x", 4, 5, 2)
	r := must(New(must(NewGRU(newRand(1), "gru", 2, 3))))
	for want, in := range map[string]Input{
		"the values are no node of a graph":           {},
		"the values have shape (4, 5), want (B, T, 2": {Values: node(g, f64, "a", 4, 5)},
		"the values are float32, and the cell is":     {Values: node(g, tensor.Float32, "b", 4, 5, 2)},
		"mask of shape (4, 5), want (4, 5, 2)":        {Values: x, Mask: node(g, f64, "c", 4, 5)},
		"deltas of shape (5, 4), want (4, 5)":         {Values: x, Deltas: node(g, f64, "d", 5, 4)},
		"the valid are in another graph":              {Values: x, Valid: node(other, f64, "e", 4, 5)},
		"start of shape (4, 2), want (4, 3)":          {Values: x, Start: node(g, f64, "f", 4, 2)},
		"the mask are float32":                        {Values: x, Mask: node(g, tensor.Float32, "g", 4, 5, 2)},
	} {
		for _, run := range []func(Input) (*G.Node, error){r.States, r.Final, r.FinalState} {
			if _, err := run(in); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q: %v", want, err)
			}
		}
	}
	// A field that mixes rows cannot step row by row.
	mixing := layers.Func(func(x *G.Node) (*G.Node, error) { return G.BroadcastSub(x, G.Must(G.Mean(x, 0)), nil, []byte{0}) })
	cell, err := NewODERNN(must(NewGRU(newRand(1), "gru", 2, 3)), mixing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := must(New(cell)).Final(Input{Values: x}); err == nil || !strings.Contains(err.Error(), "recurrent: ") {
		t.Errorf("a field that mixes rows: %v", err)
	}
}

// TestDefaults: without a mask all values count, without times 1 has passed, without lengths all rows are there.
func TestDefaults(t *testing.T) {
	cell := cells(tensor.Float64)["gru reset before"]
	r := must(New(cell))
	g := G.NewGraph()
	data := []float64{0.3, -0.2, 0.1, 0.9, -1, 0.4}
	values := G.NewTensor(g, tensor.Float64, 3, G.WithShape(1, 3, 2), G.WithName("x"),
		G.WithValue(tensor.New(tensor.WithShape(1, 3, 2), tensor.WithBacking(data))))
	ones := func(shape ...int) *G.Node {
		v := make([]float64, tensor.Shape(shape).TotalSize())
		for i := range v {
			v[i] = 1
		}
		return must(graph.Constant(values, v, shape...))
	}
	var some, all, whole G.Value
	G.Read(must(r.Final(Input{Values: values})), &some)
	G.Read(must(r.Final(Input{Values: values, Mask: ones(1, 3, 2), Deltas: ones(1, 3), Valid: ones(1, 3)})), &all)
	G.Read(must(r.FinalState(Input{Values: values})), &whole)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	near(t, "the last state", floats(some), floats(all), 0)
	near(t, "the whole state", floats(whole), floats(all), 0)
}
