package main

import (
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"gorgonode/training"
)

// flagGroups are the headings under which help lists flags.
var flagGroups = []kong.Group{
	{Key: "data", Title: "Data:"},
	{Key: "equations", Title: "Equations, in place of a model that is a network alone:"},
	{Key: "sequences", Title: "Irregular series, in place of one table:"},
	{Key: "generative", Title: "Generative models of irregular series, beside those flags:"},
	{Key: "model", Title: "Model:"},
	{Key: "solver", Title: "Solver:"},
	{Key: "training", Title: "Training:"},
	{Key: "times", Title: "Times to forecast:"},
	{Key: "sampling", Title: "Draws from a distribution:"},
	{Key: "output", Title: "Output:"},
}

// csvFlags say how a table is written.
type csvFlags struct {
	Separator string   `group:"data" placeholder:"CHAR" help:"What stands between fields: a character, or tab. Default: found out."`
	Missing   []string `group:"data" placeholder:"TEXT" help:"Texts that stand for a missing value, such as -999. Default: NA,N/A,NaN,null,?; an empty field is always missing."`
}

func (f csvFlags) options() (training.CSVOptions, error) {
	o := training.CSVOptions{Missing: f.Missing}
	switch {
	case f.Separator == "":
	case f.Separator == "tab" || f.Separator == `\t`:
		o.Separator = '\t'
	case utf8.RuneCountInString(f.Separator) == 1:
		o.Separator, _ = utf8.DecodeRuneInString(f.Separator)
	default:
		return o, badInputf("--separator %q: it must be one character, or tab", f.Separator)
	}
	return o, nil
}

type dataFlags struct {
	Time    string   `group:"data" placeholder:"COLUMN" help:"The column of times: numbers, or dates such as 2001-07-02. Default: the first."`
	Columns []string `group:"data" placeholder:"A,B" help:"The columns to model. Default: all but the time."`
	csvFlags
	HoldOut *int   `group:"data" placeholder:"ROWS" help:"How many of the last rows to keep from training, to judge the forecast by. Default (also -1): 15 % of the rows."`
	Scaling string `group:"data" enum:"auto,identity,standardise,log-standardise" default:"auto" help:"How values are scaled for training: ${enum}. auto takes logarithms if all values are positive. Default: ${default}."`
}

type modelFlags struct {
	Model         string `group:"model" placeholder:"NAME" help:"node (dy/dt = f(y)), augmented (with --augment), second-order, hamiltonian; or a density of the rows: flow, matching, realnvp, glow; or a model of many irregular series: ${sequenceModels}, or a generative one: ${generativeModels}, whose file is a table in long format, a row for each time of each series, or a .ts file of the UEA archive. Default: node, or augmented with --augment."`
	Hidden        []int  `group:"model" placeholder:"WIDTHS" help:"Widths of the hidden layers of the network, f in dy/dt = f(y). Default: 16,16; of densities 64,64."`
	Activation    string `group:"model" placeholder:"NAME" help:"What stands between the layers: tanh, silu, softplus, ... Default: softplus; of densities tanh."`
	Augment       int    `group:"model" default:"0" placeholder:"N" help:"Hidden variables beside the columns; one column needs one or two to oscillate. Default: ${default}; with --model augmented 2."`
	TimeDependent bool   `group:"model" help:"Let f depend on time too: dy/dt = f(t, y)."`
	Seed          uint64 `group:"model" default:"1" placeholder:"N" help:"Of everything random. The same seed gives the same run, to the last byte. Default: ${default}."`
}

type solverFlags struct {
	Method   string   `group:"solver" default:"${defaultMethod}" placeholder:"NAME" help:"The method of integration, see gorgonode methods. Default: ${default}."`
	RTol     *float64 `name:"rtol" group:"solver" placeholder:"X" help:"Relative error tolerated a step. Default: 1e-5; with --ode 1e-6."`
	ATol     *float64 `name:"atol" group:"solver" placeholder:"X" help:"Absolute error tolerated a step, of scaled values. Default: 1e-6."`
	Step     *float64 `group:"solver" placeholder:"ROWS" help:"Take constant steps, no longer than this, in mean row spacings. Default: error control; 0.1 for a method without."`
	Gradient string   `group:"solver" enum:"backprop,adjoint" default:"backprop" help:"backprop (exact for the numbers computed) or adjoint (less memory, exact to the tolerance). Default: ${default}."`
}

type trainingFlags struct {
	Length      int     `group:"training" default:"4" placeholder:"ROWS" help:"Rows in a window. Training begins on short windows of the data. Default: ${default}."`
	Batch       int     `group:"training" default:"8" placeholder:"N" help:"Windows in a step, at most. Default: ${default}; of densities 256 rows."`
	WindowSteps int     `group:"training" default:"300" placeholder:"N" help:"Training steps on windows; 0 for none. Default: ${default}."`
	WholeSteps  int     `group:"training" default:"500" placeholder:"N" help:"Training steps on the whole trajectory after that; 0 for none. Default: ${default}."`
	LearnRate   float64 `group:"training" default:"0.02" placeholder:"X" help:"First learning rate of Adam in either phase; it falls to a hundredth. Default: ${default}; of densities 0.01."`
	Decay       float64 `group:"training" default:"0.001" placeholder:"X" help:"Weight decay; 0 for none. Default: ${default}."`
	ClipNorm    float64 `group:"training" default:"1" placeholder:"X" help:"Longest gradient; 0 for any. Default: ${default}; of densities 10."`
	Patience    int     `group:"training" default:"0" placeholder:"N" help:"Stop after so many steps of the second phase without a lower loss; 0 for never. Default: ${default}."`
}

// config checks what a zero would hide: in a FitConfig it is the default, in a flag it was meant.
func (c *fitCommand) config(rows int) (training.FitConfig, error) {
	rtol, atol, err := c.tolerances(1e-5, 1e-6)
	if err != nil {
		return training.FitConfig{}, err
	}
	if !(c.LearnRate > 0) {
		return training.FitConfig{}, badInputf("--learn-rate %g: it must be positive", c.LearnRate)
	}
	step := 0.0
	if c.Step != nil {
		if step = *c.Step; !(step > 0) {
			return training.FitConfig{}, badInputf("--step %g: it must be positive", step)
		}
	}
	for _, f := range []struct {
		name         string
		value, least float64
	}{
		{"augment", float64(c.Augment), 0}, {"length", float64(c.Length), 2}, {"batch", float64(c.Batch), 1},
		{"window-steps", float64(c.WindowSteps), 0}, {"whole-steps", float64(c.WholeSteps), 0},
		{"decay", c.Decay, 0}, {"clip-norm", c.ClipNorm, 0}, {"patience", float64(c.Patience), 0},
	} {
		if !(f.value >= f.least) {
			return training.FitConfig{}, badInputf("--%s %g: it must be at least %g", f.name, f.value, f.least)
		}
	}
	holdOut := training.DefaultHoldOut(rows)
	if c.HoldOut != nil && *c.HoldOut != -1 {
		holdOut = *c.HoldOut
	}
	return training.FitConfig{
		Model: training.ForecasterConfig{
			Model: training.ForecasterModel(c.Model), Hidden: c.Hidden, Activation: c.Activation, Augment: c.Augment,
			Time:   c.TimeDependent,
			Method: c.Method, RTol: rtol, ATol: atol, Step: step, Gradient: c.Gradient, Seed: c.Seed,
		},
		Scaling: c.Scaling, HoldOut: holdOut,
		Length: c.Length, Batch: c.Batch, WindowSteps: orNone(c.WindowSteps), WholeSteps: orNone(c.WholeSteps),
		LearnRate: c.LearnRate, Decay: orNone(c.Decay), ClipNorm: orNone(c.ClipNorm), Patience: c.Patience,
	}, nil
}

// tolerances are those of the flags, or others.
func (f solverFlags) tolerances(rtol, atol float64) (float64, float64, error) {
	for _, x := range []struct {
		name  string
		given *float64
		value *float64
	}{{"rtol", f.RTol, &rtol}, {"atol", f.ATol, &atol}} {
		if x.given == nil {
			continue
		}
		if *x.value = *x.given; !(*x.value > 0) {
			return 0, 0, badInputf("--%s %g: it must be positive", x.name, *x.value)
		}
	}
	return rtol, atol, nil
}

// orNone turns a flag's 0 into a FitConfig's "none", which is negative.
func orNone[T int | float64](v T) T {
	if v == 0 {
		return -1
	}
	return v
}
