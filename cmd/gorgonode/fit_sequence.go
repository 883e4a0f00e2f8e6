package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/alecthomas/kong"

	"gorgonode/training"
	"gorgonode/training/generative"
	"gorgonode/training/sequence"
)

// sequenceFlags are of a fit of irregular series.
type sequenceFlags struct {
	Task        string   `group:"sequences" placeholder:"NAME" help:"classify (each series), regress (the --targets of each row), forecast (the next row). Default: what the data have: classes, targets, or neither."`
	ID          string   `name:"id" group:"sequences" placeholder:"COLUMN" help:"The column that says to which series a row belongs. Default: the first."`
	Label       string   `group:"sequences" placeholder:"COLUMN" help:"The column with the class of a series."`
	Static      []string `group:"sequences" placeholder:"A,B" help:"Columns with one value for a whole series."`
	Targets     []string `group:"sequences" placeholder:"A,B" help:"Columns to predict at each row."`
	Test        string   `group:"sequences" placeholder:"FILE|PART" help:"A file of series for the test, or which part of the series to keep for it. Default: 0.15."`
	Valid       float64  `group:"sequences" default:"0.15" placeholder:"PART" help:"Which part of the series decides when to stop; 0 for none. Default: ${default}."`
	Drop        float64  `group:"sequences" default:"0" placeholder:"PART" help:"Drop this part of the rows of each series, drawn by the seed. Default: ${default}."`
	Units       int      `group:"sequences" default:"32" placeholder:"N" help:"Width of the model's state. Default: ${default}."`
	Dropout     float64  `group:"sequences" default:"0" placeholder:"PART" help:"Part of the units that a training step leaves out, of a CfC's backbone or of the state. Default: ${default}."`
	Substeps    int      `group:"sequences" default:"0" placeholder:"N" help:"Steps of the solver between two rows, for models that have one. Default: 1; of ltc 6."`
	TimeUnit    float64  `group:"sequences" default:"0" placeholder:"T" help:"What the model counts as 1. Default: the mean time between rows; for ODE models the time of the longest series."`
	RawTargets  bool     `group:"sequences" help:"Fit targets in their own units, where large ones weigh more."`
	BalanceLoss bool     `name:"balance" group:"sequences" help:"Weigh classes so that rare ones count as much as others."`
	Epochs      int      `group:"sequences" default:"30" placeholder:"N" help:"Passes through the series. Default: ${default}; of generative models as many as make 1500 steps, at least 20."`

	given map[string]bool // the flags of the command line
}

// AfterApply notes what was given: flags that have defaults cannot tell otherwise.
func (f *sequenceFlags) AfterApply(at *kong.Context) error {
	f.given = map[string]bool{}
	for _, p := range at.Path {
		if p.Flag != nil {
			f.given[p.Flag.Name] = true
		}
	}
	return nil
}

var (
	ofSequences = []string{"task", "id", "label", "static", "targets", "test", "valid", "drop", "units", "dropout", "substeps",
		"time-unit", "raw-targets", "balance", "epochs"}
	alsoOfSequences = []string{"model", "time", "columns", "separator", "missing", "noise", "hidden", "seed", "batch",
		"learn-rate", "decay", "clip-norm", "patience", "out", "force", "json", "quiet"}
	ofLongTables = []string{"id", "label", "static", "targets", "time", "columns", "separator", "missing"}
)

// refuse is an error where flags of series are given without a model of them.
func (f *sequenceFlags) refuse() error {
	for _, name := range ofSequences {
		if f.given[name] {
			return badInputf("--%s goes with a --model of irregular series: %q", name,
				slices.Sorted(slices.Values(slices.Concat(sequence.Models(), generative.Models()))))
		}
	}
	return nil
}

// isSequence tells whether a name of --model is that of a model of irregular series.
func isSequence(model string) bool { return slices.Contains(sequence.Models(), model) }

func (c *fitCommand) sequenceConfig() (sequence.Config, error) {
	for name := range c.given {
		if !slices.Contains(ofSequences, name) && !slices.Contains(alsoOfSequences, name) {
			return sequence.Config{}, badInputf("--%s has no part in a fit of irregular series (--model %s)", name, c.Model)
		}
	}
	for _, f := range []struct {
		name         string
		value, least float64
	}{
		{"batch", float64(c.Batch), 1}, {"epochs", float64(c.Epochs), 1}, {"units", float64(c.Units), 1},
		{"patience", float64(c.Patience), 0},
		{"decay", c.Decay, 0}, {"clip-norm", c.ClipNorm, 0}, {"valid", c.Valid, 0}, {"substeps", float64(c.Substeps), 0},
		{"time-unit", c.TimeUnit, 0},
	} {
		if !(f.value >= f.least) {
			return sequence.Config{}, badInputf("--%s %g: it must be at least %g", f.name, f.value, f.least)
		}
	}
	if !(c.LearnRate > 0) {
		return sequence.Config{}, badInputf("--learn-rate %g: it must be positive", c.LearnRate)
	}
	s := sequence.Config{
		Model: c.Model, Task: sequence.Task(c.Task), Noise: sequence.Noise(c.Noise), Units: c.Units, Solver: c.Substeps,
		TimeUnit: c.TimeUnit, RawTargets: c.RawTargets, Balance: c.BalanceLoss, Valid: orNone(c.Valid), Epochs: c.Epochs,
		Decay: c.Decay, Dropout: c.Dropout, Seed: c.Seed, ClipNorm: orNone(c.ClipNorm), Patience: c.Patience,
	}
	if c.given["hidden"] {
		s.Hidden = c.Hidden
	}
	if c.given["batch"] {
		s.Batch = c.Batch
	}
	if c.given["learn-rate"] {
		s.LearnRate = c.LearnRate
	}
	if !c.given["decay"] {
		s.Decay = 0
	}
	var err error
	s.Test, err = c.testPart()
	return s, err
}

// testPart is the part of the series that --test names, 0 where it names none, negative where that is none.
func (c *fitCommand) testPart() (float64, error) {
	if c.Test == "" || c.testFile() {
		return 0, nil
	}
	part, _ := strconv.ParseFloat(c.Test, 64)
	if !(part >= 0 && part < 1) {
		return 0, badInputf("--test %s: want a file, or a part from 0 to less than 1", c.Test)
	}
	return orNone(part), nil
}

// testFile tells whether --test names a file, and no part.
func (c *fitCommand) testFile() bool {
	_, err := strconv.ParseFloat(c.Test, 64)
	return c.Test != "" && err != nil
}

// fitSequence runs gorgonode fit --model for irregular series.
func (c *fitCommand) fitSequence(ctx context.Context, t terminal) error {
	if err := c.refuseGenerative(); err != nil {
		return err
	}
	config, err := c.sequenceConfig()
	if err != nil {
		return err
	}
	set, test, err := c.loadParts()
	if err != nil {
		return err
	}
	if err := config.Check(set); err != nil {
		return badInput(err)
	}
	w, err := c.createSequenceRun(ctx)
	if err != nil {
		return err
	}
	var fitted *sequence.Fitted
	run, err := makeRun(ctx, w, func(metrics *training.MetricsWriter) error {
		opts := sequence.Options{Test: test, Metrics: metrics}
		if !c.Quiet {
			opts.Progress = t.err
			introduceSeries(t, set, c.Model)
		}
		fitted, err = sequence.Fit(ctx, set, config, opts)
		return err
	}, func(records []training.Record) error {
		return saveSequence(w, fitted, records, sequenceSource{c.ID, c.Time, set.TimeUnit})
	})
	if err != nil {
		return err
	}
	return c.printRun(t, run, "forecast", func(r runJSON) any {
		return struct {
			runJSON
			sequenceSummary
		}{r, summaryOf(fitted)}
	}, func(b *bytes.Buffer) {
		printMetrics(b, fitted)
		fmt.Fprintf(b, "weights of epoch %d of %d; %.2g s an epoch\n", fitted.BestEpoch, fitted.Epochs, fitted.EpochSeconds)
	})
}

// createSequenceRun begins the run folder; --force must not replace the file of the test either.
func (c *fitCommand) createSequenceRun(ctx context.Context) (*training.RunWriter, error) {
	w, err := createRun(c.Out, c.File, c.Force)
	if err != nil {
		return nil, badInput(err)
	}
	if c.testFile() {
		if err := keepsInput(c.Out, c.Test, c.Force && c.Out != ""); err != nil {
			return nil, abandon(ctx, w, badInput(err))
		}
	}
	return w, nil
}
