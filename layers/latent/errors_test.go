package latent

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
)

func second[T any](_ T, err error) error { return err }

func TestModelErrors(t *testing.T) {
	rng := newRand(1)
	e := newEncoder("gru", tensor.Float64)
	linear := func(in, out int) layers.Layer { return must(layers.NewLinear(rng, "l", in, out)) }
	free := must(graph.NewParam("p", graph.Zeros(), tensor.Float64, width))
	hidden := layers.Func(func(x *G.Node) (*G.Node, error) { return G.BroadcastAdd(x, free.In(x.Graph()), nil, []byte{0}) })
	make := func(opts ...Option) error {
		return second(New("m", e, linear(width, width), linear(width, channels), opts...))
	}
	gru := must(recurrent.NewGRU(rng, "g", 2, 3))
	for want, err := range map[string]error{
		"a model needs a name":                   second(New("", e, linear(width, width), linear(width, channels))),
		"one of which is nil":                    second(New("m", nil, linear(width, width), linear(width, channels))),
		"field: it makes (1, 2) of (1, 3)":       second(New("m", e, linear(width, 2), linear(width, channels))),
		"output: it makes (1, 5) of (1, 3)":      second(New("m", e, linear(width, width), linear(width, 5))),
		"which its Params do not list":           second(New("m", e, hidden, linear(width, channels))),
		"option 0 is nil":                        make(nil),
		"WithSigma of -1":                        make(WithSigma(-1)),
		"WithLearnedSigma of +Inf":               make(WithLearnedSigma(math.Inf(1))),
		"3 standard deviations for 2 channels":   make(WithSigma(1, 2, 3)),
		"two options for the solver":             make(WithSolve(), WithRK4(2)),
		"two options for the noise":              make(WithSigma(1), WithLearnedSigma(2)),
		"WithRK4 of 0":                           make(WithRK4(0)),
		"WithSolve: option 0 is nil":             make(WithSolve(nil)),
		"WithIntensity of no layer":              make(WithIntensity(nil)),
		"intensity: it makes (1, 5) of (1, 3)":   make(WithIntensity(linear(width, 5))),
		"z₀ of width 0":                          second(NewRecurrentEncoder(rng, "e", gru, 0)),
		"no cell":                                second(NewRecurrentEncoder(rng, "e", nil, 2)),
		"noise: shape (0, 1, 1)":                 second(NewNoise(G.NewGraph(), tensor.Float64, 0, 1, 1, 1)),
		"noise: no graph":                        second(NewNoise(nil, tensor.Float64, 1, 1, 1, 1)),
		"kl weight: dtype int is not supported":  second(NewKLWeight(G.NewGraph(), tensor.Int)),
		"class loss: the logits are no node of ": second(ClassLoss(nil, nil, nil)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "latent: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestInputErrors(t *testing.T) {
	m := newModel("gru", tensor.Float64)
	g := G.NewGraph()
	node := func(shape ...int) *G.Node { return input(g, tensor.Float64, "x", shape...) }
	single, elsewhere := input(g, tensor.Float32, "x", 4, 5, channels), input(G.NewGraph(), tensor.Float64, "x", 4, 5)
	good := Observations{Times: node(4, 5), Values: node(4, 5, channels), Mask: node(4, 5, channels), Valid: node(4, 5)}
	encode := func(f func(o *Observations)) error {
		o := good
		f(&o)
		return second(m.Encode(o))
	}
	bound := func(noise *G.Node, o Objective) error { return second(m.Bound(good, good, noise, o)) }
	path := must(m.Solve(node(1, 4, width), good.Times, nil))
	b := must(series.NewBatch(ragged(), series.Shape{Widths: widths}))
	predict := func(times [][]float64, o PredictOptions) error { return second(m.Predict(b, times, o)) }
	some := [][]float64{{0}, {1}, {2}, {3}}
	for want, err := range map[string]error{
		"the values are no node":               encode(func(o *Observations) { o.Values = nil }),
		"values have shape (4, 5, 3)":          encode(func(o *Observations) { o.Values = node(4, 5, 3) }),
		"the values are float32":               encode(func(o *Observations) { o.Values = single }),
		"times: no node":                       encode(func(o *Observations) { o.Times = nil }),
		"mask of shape (4, 5, 1)":              encode(func(o *Observations) { o.Mask = node(4, 5, 1) }),
		"valid: a node of another":             encode(func(o *Observations) { o.Valid = elsewhere }),
		"the noise is no node":                 bound(nil, Objective{}),
		"noise of shape (1, 3, 3), want":       bound(node(1, 3, width), Objective{}),
		"KL weight of shape (1)":               bound(node(1, 4, width), Objective{KLWeight: node(1)}),
		"z₀ is no node of shape (K, B, 3)":     second(m.Solve(node(4, width), good.Times, nil)),
		"the times are no node":                second(m.Solve(node(1, 4, width), nil, nil)),
		"times of shape (3, 5), want":          second(m.Solve(node(1, 4, width), node(3, 5), nil)),
		"values of shape (4, 5, 1), want":      second(path.LogLikelihood(node(4, 5, 1), nil)),
		"there is no intensity":                second(path.PoissonLogLikelihood(good.Mask)),
		"predict: no batch":                    second(m.Predict(nil, nil, PredictOptions{})),
		"-1 samples":                           predict(some, PredictOptions{Samples: -1}),
		"a quantile of 2":                      predict(some, PredictOptions{Quantiles: []float64{2}}),
		"times for 1 series, and there are 4":  predict(some[:1], PredictOptions{}),
		"series 1: time 0 is -1":               predict([][]float64{{0}, {-1}, {2}, {3}}, PredictOptions{}),
		"series 3: time 1 is 3: want them":     predict([][]float64{{0}, {1}, {2}, {3, 3}}, PredictOptions{}),
		"series 0: time 0 is NaN":              predict([][]float64{{math.NaN()}, {1}, {2}, {3}}, PredictOptions{}),
		"generate: 0 series, want at least 1":  second(m.Generate(0, nil, 1)),
		"classes of shape (4, 5), want (4, 1)": second(ClassLoss(node(2, 4, 3), node(4, 5), node(4, 1))),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "latent: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
