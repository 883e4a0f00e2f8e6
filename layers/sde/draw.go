package sde

import (
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/splitmix"
	"gorgonode/odeop/sdeop"
)

// Draw chooses the noise of a model: what is drawn is a function of both, see sdeop.Seed and sdeop.Path.
type Draw struct {
	Seed uint64
	Path *G.Node // a number; nil is path 0
	// Streams are whole numbers, one for each row of what is drawn: a row's noise belongs to its number and not to its
	// place, see sdeop.Streams. nil: to its place.
	Streams *G.Node
}

// The parts of a model draw from seeds of their own: from one seed they would see the same motion.
const (
	ofPath uint64 = iota
	ofStart
	ofForecast
)

// options are those of a solve that draws for the given part.
func (d Draw) options(part uint64) []sdeop.Option {
	opts := []sdeop.Option{sdeop.Seed(d.Seed + part*splitmix.Golden)} // no small seeds meet
	if d.Path != nil {
		opts = append(opts, sdeop.Path(d.Path))
	}
	if d.Streams != nil {
		opts = append(opts, sdeop.Streams(d.Streams))
	}
	return opts
}

// normal are (rows, n) independent standard normal numbers, a Brownian motion at time 1.
func (d Draw) normal(like *G.Node, rows, n int) (*G.Node, error) {
	zeros, err := graph.Constant(like, make([]float64, rows*n), rows, n)
	if err != nil {
		return nil, err
	}
	constant := func(v float64) func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		values := make([]float64, rows*n)
		for i := range values {
			values[i] = v
		}
		return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Constant(y, values, rows, n) }
	}
	motion := sdeop.SDE{Drift: constant(0), Diffusion: constant(1), Noise: sdeop.Diagonal}
	return sdeop.SolveFinal(motion, zeros, []float64{0, 1},
		append(d.options(ofStart), sdeop.Method(sdeop.EulerMaruyama{}), sdeop.Step(1), sdeop.Name("normal numbers"))...)
}
