package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/generative"
)

// generativeFlags are of a fit of a generative model of irregular series.
type generativeFlags struct {
	Encoder     string   `group:"generative" placeholder:"NAME" help:"What reads a series: gru, ode-rnn, attention. Default: ode-rnn; of sde gru, which is its only one."`
	Latent      int      `group:"generative" default:"6" placeholder:"N" help:"Width of the state that follows the differential equation. Default: ${default}."`
	Sigma       *float64 `group:"generative" placeholder:"X" help:"Standard deviation of the noise of scaled values. Default: learned, one for each column."`
	Split       *float64 `group:"generative" placeholder:"T" help:"Learn to extrapolate: read what comes until T after a series' time 0, and decode what comes after. Default: decode all of a series from a part of it."`
	Hide        float64  `group:"generative" default:"0.3" placeholder:"PART" help:"The part of the values that is kept from the encoder in training, and in the test, and decoded. Default: ${default}."`
	Origin      *float64 `group:"generative" placeholder:"T" help:"Time 0 of all series, where their states begin. Default: the first time of each."`
	BoundDraws  int      `group:"generative" default:"1" placeholder:"N" help:"Draws in a training step; with more than one the bound is that of importance weighted autoencoders. Default: ${default}."`
	Annealing   float64  `group:"generative" default:"0.25" placeholder:"PART" help:"The part of the training in which the weight of the divergence from the prior grows to 1. Default: ${default}."`
	Poisson     bool     `group:"generative" help:"Model the times of rows too, as a Poisson process."`
	ClassWeight float64  `group:"generative" default:"1" placeholder:"X" help:"With --label: the weight of the classes beside the bound of one value. Default: ${default}."`
}

var (
	ofGenerative = []string{"encoder", "latent", "sigma", "split", "hide", "origin", "bound-draws", "annealing",
		"poisson", "class-weight"}
	alsoOfGenerative = []string{"id", "label", "test", "valid", "drop", "units", "time-unit", "balance", "epochs", "model",
		"time", "columns",
		"separator", "missing", "hidden", "seed", "batch", "learn-rate", "decay", "clip-norm", "patience", "rtol", "step",
		"out", "force", "json", "quiet"}
)

func isGenerative(model string) bool { return slices.Contains(generative.Models(), model) }

// refuseGenerative is an error where flags of generative models are given without one.
func (c *fitCommand) refuseGenerative() error {
	for _, name := range ofGenerative {
		if c.given[name] {
			return badInputf("--%s goes with a generative model of irregular series: --model %s", name,
				strings.Join(generative.Models(), ", "))
		}
	}
	return nil
}

func (c *fitCommand) generativeConfig() (generative.Config, error) {
	none := generative.Config{}
	for name := range c.given {
		if !slices.Contains(ofGenerative, name) && !slices.Contains(alsoOfGenerative, name) {
			return none, badInputf("--%s has no part in a generative model of irregular series (--model %s)", name, c.Model)
		}
	}
	for _, pair := range [][2]string{{"split", "hide"}, {"split", "poisson"}} {
		if c.given[pair[0]] && c.given[pair[1]] {
			return none, badInputf("--%s and --%s: a model learns to extrapolate, or to fill in: want one of them", pair[0],
				pair[1])
		}
	}
	for _, name := range []string{"balance", "class-weight"} {
		if c.given[name] && c.Label == "" && !isTS(c.File) {
			return none, badInputf("--%s is for classes: name their column by --label", name)
		}
	}
	positive := func(name string, v *float64) error {
		if v != nil && !(*v > 0) {
			return badInputf("--%s %g: it must be positive", name, *v)
		}
		return nil
	}
	for name, v := range map[string]*float64{"sigma": c.Sigma, "split": c.Split, "rtol": c.RTol, "step": c.solverFlags.Step,
		"learn-rate": &c.LearnRate, "class-weight": &c.ClassWeight} {
		if err := positive(name, v); err != nil {
			return none, err
		}
	}
	for _, f := range []struct {
		name        string
		value, from float64
	}{
		{"batch", float64(c.Batch), 1}, {"epochs", float64(c.Epochs), 1}, {"units", float64(c.Units), 1},
		{"latent", float64(c.Latent), 1},
		{"bound-draws", float64(c.BoundDraws), 1}, {"patience", float64(c.Patience), 0}, {"decay", c.Decay, 0},
		{"clip-norm", c.ClipNorm, 0}, {"valid", c.Valid, 0}, {"time-unit", c.TimeUnit, 0}, {"hide", c.Hide, 0},
		{"annealing", c.Annealing, 0},
	} {
		if !(f.value >= f.from) {
			return none, badInputf("--%s %g: it must be at least %g", f.name, f.value, f.from)
		}
	}
	g := generative.Config{
		Model: c.Model, Encoder: generative.Encoder(c.Encoder), Latent: c.Latent, Units: c.Units, Hide: orNone(c.Hide),
		Samples: c.BoundDraws, Annealing: orNone(c.Annealing), Poisson: c.Poisson, ClassWeight: c.ClassWeight,
		Balance: c.BalanceLoss,
		Origin:  c.Origin, TimeUnit: c.TimeUnit, Valid: orNone(c.Valid), ClipNorm: orNone(c.ClipNorm), Patience: c.Patience,
		Seed: c.Seed,
	}
	if c.Split != nil {
		g.Objective, g.Split, g.Hide = generative.Extrapolate, *c.Split, 0
	}
	if c.Sigma != nil {
		g.Sigma = *c.Sigma
	}
	if c.RTol != nil {
		g.Tolerance = *c.RTol
	}
	if c.given["hidden"] {
		g.Hidden = c.Hidden
	}
	for name, set := range map[string]func(){
		"batch": func() { g.Batch = c.Batch }, "epochs": func() { g.Epochs = c.Epochs },
		"learn-rate": func() { g.LearnRate = c.LearnRate }, "decay": func() { g.Decay = c.Decay },
	} {
		if c.given[name] {
			set()
		}
	}
	var err error
	g.Test, err = c.testPart()
	return g, err
}

// fitGenerative runs gorgonode fit --model for generative models of irregular series.
func (c *fitCommand) fitGenerative(ctx context.Context, t terminal) error {
	config, err := c.generativeConfig()
	if err != nil {
		return err
	}
	set, test, err := c.loadParts()
	if err != nil {
		return err
	}
	if c.Label == "" && !isTS(c.File) {
		config.NoClasses = true
	}
	if c.solverFlags.Step != nil {
		config.Step = *c.solverFlags.Step * meanSpacing(set)
	}
	if err := config.Check(set); err != nil {
		return badInput(err)
	}
	w, err := c.createSequenceRun(ctx)
	if err != nil {
		return err
	}
	var fitted *generative.Fitted
	run, err := makeRun(ctx, w, func(metrics *training.MetricsWriter) error {
		opts := generative.Options{Test: test, Metrics: metrics}
		if !c.Quiet {
			opts.Progress = t.err
			introduceSeries(t, set, c.Model)
		}
		fitted, err = generative.Fit(ctx, set, config, opts)
		return err
	}, func(records []training.Record) error {
		return saveGenerative(ctx, w, fitted, records, sequenceSource{c.ID, c.Time, set.TimeUnit})
	})
	if err != nil {
		return err
	}
	return c.printRun(t, run, "predict", func(r runJSON) any {
		return struct {
			runJSON
			generativeSummary
		}{r, summaryOfGenerative(fitted)}
	}, func(b *bytes.Buffer) { printGenerative(b, fitted) })
}

func introduceSeries(t terminal, set *series.Set, model string) {
	fmt.Fprintf(t.err, "%s: %d series of %d rows at most, channels %d; fitting %s\n",
		set.Name, len(set.Series), set.Longest(), len(set.Channels), model)
}
