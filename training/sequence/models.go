package sequence

import (
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/cfc"
	"gorgonode/layers/recurrent"
)

var dtype = tensor.Float32

// encoder makes a state of what was seen.
type encoder interface {
	Params() []*graph.Param
	width() int                       // H
	final(w *wires) (*G.Node, error)  // (B, H), after the last row of each series
	states(w *wires) (*G.Node, error) // (B, T, H), after each row
}

// recipe is what encoders are made by.
type recipe struct {
	Config
	step  *layers.Step // what dropout is drawn by
	means []float64    // of the channels, in the scale of training; nil is 0
}

// model is a kind of encoder: what a new one adds to this package is an entry of models.
type model struct {
	make  func(rng *rand.Rand, c recipe, channels int) (encoder, error)
	solve bool // it solves an equation over the time between rows
	drops bool // it has dropout within
}

var models = map[string]model{
	"rnn":         {make: cells(newRNN)},
	"gru":         {make: cells(newGRU)},
	"lstm":        {make: cells(newLSTM)},
	"rnn-decay":   {make: cells(newDecay)},
	"gru-d":       {make: cells(newGRUD)},
	"ode-rnn":     {make: cells(newODERNN), solve: true},
	"ode-lstm":    {make: cells(newODELSTM), solve: true},
	"cfc":         {make: cells(newCfC(cfc.Default)), drops: true},
	"cfc-no-gate": {make: cells(newCfC(cfc.NoGate)), drops: true},
	"cfc-pure":    {make: cells(newCfC(cfc.Pure)), drops: true},
	"cfc-memory":  {make: cells(newMixedMemory), drops: true},
	"ltc":         {make: cells(newLTC)},
	"cde":         {make: newControlled, solve: true},
}

// Models lists the names that Config.Model may have, sorted.
func Models() []string { return slices.Sorted(maps.Keys(models)) }

func modelByName(name string) (model, error) {
	m, ok := models[name]
	if !ok {
		return m, errors.Errorf("sequence: there is no model %q; there are %q", name, Models())
	}
	return m, nil
}

// recurrence is a cell as an encoder.
type recurrence struct{ *recurrent.Recurrent }

func (r recurrence) width() int { return r.Cell().Sizes().Output }

func (r recurrence) final(w *wires) (*G.Node, error) { return r.Final(recurrent.From(w.Inputs)) }

func (r recurrence) states(w *wires) (*G.Node, error) { return r.States(recurrent.From(w.Inputs)) }

type cellMaker func(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error)

func cells(newCell cellMaker) func(*rand.Rand, recipe, int) (encoder, error) {
	return func(rng *rand.Rand, c recipe, d int) (encoder, error) {
		cell, err := newCell(rng, c, d)
		if err != nil {
			return nil, err
		}
		r, err := recurrent.New(cell)
		return recurrence{r}, err
	}
}

// inputs are the options of a gated unit: the mask where values are missing, and the time where nothing else acts on it.
func inputs(c recipe, elapsed bool) []recurrent.Option {
	opts := []recurrent.Option{recurrent.WithDtype(dtype)}
	if c.Mask {
		opts = append(opts, recurrent.WithMask())
	}
	if elapsed {
		opts = append(opts, recurrent.WithElapsed())
	}
	return opts
}

func newRNN(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	return recurrent.NewRNN(rng, "cell", d, c.Units, inputs(c, true)...)
}

func newGRU(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	return recurrent.NewGRU(rng, "cell", d, c.Units, inputs(c, true)...)
}

func newLSTM(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	return recurrent.NewLSTM(rng, "cell", d, c.Units, inputs(c, true)...)
}

func newDecay(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	gru, err := recurrent.NewGRU(rng, "cell", d, c.Units, inputs(c, false)...)
	if err != nil {
		return nil, err
	}
	return recurrent.NewDecay("decay", gru)
}

func newGRUD(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	opts := []recurrent.Option{recurrent.WithDtype(dtype)}
	if c.means != nil {
		opts = append(opts, recurrent.WithMean(c.means))
	}
	return recurrent.NewGRUD(rng, "cell", d, c.Units, opts...)
}

// field is that of an ODE model, a perceptron whose slopes are bounded.
func field(rng *rand.Rand, c recipe) (layers.Layer, error) {
	sizes := append(append([]int{c.Units}, c.Hidden...), c.Units)
	return layers.NewMLP(rng, "field", sizes,
		layers.WithDtype(dtype), layers.WithActivation(layers.Tanh()), layers.WithFinalActivation(layers.Tanh()))
}

func newODERNN(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	gru, err := recurrent.NewGRU(rng, "cell", d, c.Units, inputs(c, false)...)
	if err != nil {
		return nil, err
	}
	f, err := field(rng, c)
	if err != nil {
		return nil, err
	}
	return recurrent.NewODERNN(gru, f, recurrent.WithRK4(c.Solver))
}

func newODELSTM(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	f, err := field(rng, c)
	if err != nil {
		return nil, err
	}
	return recurrent.NewODELSTM(rng, "cell", d, c.Units, f, append(inputs(c, false), recurrent.WithRK4(c.Solver))...)
}

func cfcOptions(c recipe, mode cfc.Mode) ([]cfc.Option, error) {
	units := 0
	for i, n := range c.Hidden {
		if i > 0 && n != units {
			return nil, errors.Errorf("sequence: a backbone of layers %v: a CfC has equal ones", c.Hidden)
		}
		units = n
	}
	opts := []cfc.Option{cfc.WithDtype(dtype), cfc.WithMode(mode), cfc.WithBackbone(len(c.Hidden), max(units, 1))}
	if c.Dropout > 0 {
		opts = append(opts, cfc.WithDropout(c.step, c.Dropout, c.Seed))
	}
	if c.Mask {
		opts = append(opts, cfc.WithMask())
	}
	return opts, nil
}

func newCfC(mode cfc.Mode) cellMaker {
	return func(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
		opts, err := cfcOptions(c, mode)
		if err != nil {
			return nil, err
		}
		return cfc.New(rng, "cell", d, c.Units, opts...)
	}
}

func newMixedMemory(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	lstm, err := recurrent.NewLSTM(rng, "memory", d, c.Units, inputs(c, false)...)
	if err != nil {
		return nil, err
	}
	cell, err := newCfC(cfc.Default)(rng, c, d)
	if err != nil {
		return nil, err
	}
	return cfc.NewMixedMemory(lstm, cell)
}

func newLTC(rng *rand.Rand, c recipe, d int) (recurrent.Cell, error) {
	in := d
	opts := []cfc.Option{cfc.WithDtype(dtype), cfc.WithUnfolds(c.Solver)}
	if c.Mask {
		in, opts = 2*d, append(opts, cfc.WithMask())
	}
	wiring, err := cfc.FullyConnected(in, c.Units, c.Units, c.Seed)
	if err != nil {
		return nil, err
	}
	return cfc.NewLTC(rng, "cell", wiring, opts...)
}
