package main

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"gorgonode/training"
)

type fitCommand struct {
	File string `arg:"" name:"file.csv" help:"A table with a header, a column of increasing times, and columns of numbers."`
	dataFlags
	odeFlags
	sequenceFlags
	generativeFlags
	modelFlags
	solverFlags
	trainingFlags
	Forecast *int   `group:"output" placeholder:"ROWS" help:"How far beyond the last row the pictures go, in mean row spacings. Default: half as many as there are rows."`
	Out      string `group:"output" placeholder:"DIR" help:"The run folder. Default: runs/NAME, NAME being the file's; runs/NAME-2, -3, ... if that is taken."`
	Force    bool   `group:"output" help:"Replace the run in the folder, once the new one is whole."`
	JSON     bool   `name:"json" group:"output" help:"Print the summary as JSON on stdout, and nothing else there."`
	Quiet    bool   `group:"output" short:"q" help:"No progress; print the run folder alone."`
}

// Help is what gorgonode fit --help begins with.
func (*fitCommand) Help() string {
	return `Learns dy/dt = f(y), f a small neural network, from the rows of a table, and says how well the solution meets the rows it learned from and the last rows, which it never saw.

The run folder gets the weights (weights.safetensors), the settings (config.json), the rows (data.csv), the course of the training (metrics.jsonl), the errors (summary.json), the list of its files with checksums (run.json), and pictures as PNG and SVG: fit (data, fit and forecast), phase (two columns against each other, with the learned field) and loss. A run that is there is never lost: without --out a free name is taken, with --out it is an error unless --force is given. Ctrl-C stops, and leaves no folder.

Examples:

    gorgonode fit testdata/lynx-hare/hudson-bay-lynx-hare.csv
    gorgonode fit counts.csv --time day --columns prey,predator --hold-out 5
    gorgonode fit one-column.csv --augment 1 --out runs/try --force

With --ode the model is a file of differential equations instead, with free parameters (par b=0.02 free>0) and learnable terms (net f(x, y) = mlp()); see docs/universal-differential-equations.md. What is estimated comes with standard errors, the run folder gets them in summary.json, residuals, and for every learnable term a table of its inputs and outputs:

    gorgonode fit pelts.csv --ode testdata/ode/hare-lynx.ode --noise lognormal --profile alpha,beta

Other models keep more of what is known about the data: second-order is d²x/dt² = f(x, dx/dt), whose columns are positions; hamiltonian is dq/dt = ∂H/∂p, dp/dt = −∂H/∂q, whose columns are positions and then as many momenta.

flow, matching, realnvp and glow are no equations of the rows in time: they learn the density of the rows as points, in any order, see docs/flows.md. --columns chooses columns, --time names one to leave out, --hold-out rows are drawn at random:

    gorgonode fit points.csv --model flow --columns x,y

Still others are for many series, each with times and gaps of its own, that classifies them or forecasts their next rows; see docs/irregular-series.md:

    gorgonode fit visits.csv --model gru-d --id patient --time hour --label outcome
    gorgonode fit JapaneseVowels_TRAIN.ts --model cde --test JapaneseVowels_TEST.ts --drop 0.3

latent-ode is a generative model of such series: it fills gaps, forecasts and draws new series, with bands of doubt; see docs/latent-ode.md:

    gorgonode fit visits.csv --model latent-ode --id patient --time hour --columns pulse,temperature`
}

// Run runs gorgonode fit.
func (c *fitCommand) Run(ctx context.Context, t terminal) error {
	if err := c.checkModel(); err != nil {
		return err
	}
	if isSequence(c.Model) {
		return c.fitSequence(ctx, t)
	}
	if isGenerative(c.Model) {
		return c.fitGenerative(ctx, t)
	}
	if err := c.refuseGenerative(); err != nil {
		return err
	}
	if err := c.sequenceFlags.refuse(); err != nil {
		return err
	}
	if _, ok := flowModels[c.Model]; ok {
		return c.fitDensity(ctx, t)
	}
	series, err := c.load()
	if err != nil {
		return badInput(err)
	}
	if c.ODE != "" {
		return c.fitEquations(ctx, t, series)
	}
	if err := c.odeFlags.refuse(); err != nil {
		return err
	}
	return c.fitForecaster(ctx, t, series)
}

// fitForecaster runs gorgonode fit with a model of the rows in time.
func (c *fitCommand) fitForecaster(ctx context.Context, t terminal, series *training.Series) error {
	config, err := c.config(series.Len())
	if err != nil {
		return err
	}
	if err := config.Check(series); err != nil {
		return badInput(err)
	}
	if c.Forecast != nil && *c.Forecast < 0 {
		return badInputf("--forecast %d: it must not be negative", *c.Forecast)
	}
	w, err := createRun(c.Out, c.File, c.Force)
	if err != nil {
		return badInput(err)
	}
	var fitted *training.Fitted
	var report *training.Report
	run, err := makeRun(ctx, w, func(metrics *training.MetricsWriter) error {
		opts := training.FitOptions{Metrics: metrics}
		if !c.Quiet {
			opts.Progress = t.err
			fmt.Fprintln(t.err, introduce(series, config))
		}
		fitted, err = training.Fit(ctx, series, config, opts)
		return err
	}, func(records []training.Record) error {
		if report, err = fitted.NewReport(c.beyond(fitted), records); err != nil {
			return err
		}
		if report.Summary.Warning != "" {
			fmt.Fprintf(t.err, "gorgonode: no forecast: %s\n", report.Summary.Warning)
		}
		if err := fitted.Save(w); err != nil {
			return err
		}
		return report.Write(w)
	})
	if err != nil {
		return err
	}
	return c.printRun(t, run, "forecast", func(r runJSON) any { return fitJSON{r, report.Summary} },
		func(b *bytes.Buffer) { printErrors(b, report.Summary) })
}

func (c *fitCommand) load() (*training.Series, error) {
	opts, err := c.csvFlags.options()
	if err != nil {
		return nil, err
	}
	opts.Time, opts.Values = c.Time, c.Columns
	return training.LoadCSV(c.File, opts)
}

// beyond is how far after the last row the pictures go, in the data's unit of time.
func (c *fitCommand) beyond(f *training.Fitted) float64 {
	return c.beyondRows(f.Data) * f.Transform.Time.Unit
}

// beyondRows is that in mean row spacings.
func (c *fitCommand) beyondRows(s *training.Series) float64 {
	if c.Forecast != nil {
		return float64(*c.Forecast)
	}
	return math.Round(float64(s.Len()) / 2)
}
