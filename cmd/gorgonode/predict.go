package main

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"gorgonode/training"
	"gorgonode/training/density"
	"gorgonode/training/generative"
	"gorgonode/training/sequence"
)

type predictCommand struct {
	Folder string `arg:"" name:"run" help:"A run folder that gorgonode fit has left."`

	From    moment   `group:"times" placeholder:"T" help:"First time, in the unit of the data; of dates a date, or a decimal year. Default: that of the last row."`
	Until   moment   `group:"times" xor:"end" placeholder:"T" help:"Last time."`
	Horizon *float64 `group:"times" xor:"end" placeholder:"ROWS" help:"Last time, in mean row spacings after the last row. Default: half as many as there are rows; of irregular series 1."`
	Every   *float64 `group:"times" placeholder:"DT" help:"Time between two lines; of dates in years. Default: the mean row spacing."`
	At      []moment `group:"times" placeholder:"T1,T2" help:"These times alone, increasing."`

	Data string `group:"data" placeholder:"FILE.csv" help:"Start from the last complete row of this file instead of the learned initial state. It has the columns of the run. Of a density: the rows to find it at. Of a model of irregular series: the series to classify or forecast, as fit reads them; a generative one draws new series without."`
	csvFlags

	Samples *int    `group:"sampling" placeholder:"N" help:"Rows of a density to draw, default 100; new series of a generative model, default 10; with --data draws that its quantiles are taken of, default 200."`
	Seed    *uint64 `group:"sampling" placeholder:"N" help:"Of the draws. Default: 1."`

	Quantiles []float64 `group:"output" placeholder:"P,Q" help:"Of a model of irregular series: probabilities of the quantiles beside each value. Default: 0.05,0.95."`

	CSV   string `name:"csv" group:"output" placeholder:"FILE" help:"Write the forecast as CSV, with all digits; - is stdout, instead of the table."`
	Plot  string `group:"output" placeholder:"FILE" help:"Draw the data and the forecast; the file ends in .png or .svg."`
	Force bool   `group:"output" help:"Overwrite the files of --csv and --plot."`
	JSON  bool   `name:"json" group:"output" help:"Print JSON on stdout instead of the table."`
	Quiet bool   `group:"output" short:"q" help:"Print no table."`
}

// Help is what gorgonode predict --help begins with.
func (*predictCommand) Help() string {
	return `Solves the equation that a run has learned and prints the values, a line for each time, from the last row on. The solution begins at the learned initial state, at the first row's time; with --data it begins at a row of yours.

Of a run of a density (gorgonode fit --model flow, matching, realnvp or glow) it draws rows instead, or with --data prints the logarithm of the density, in nats, at every row of a file.

Examples:

    gorgonode predict runs/hudson-bay-lynx-hare
    gorgonode predict runs/hudson-bay-lynx-hare --from 1900 --until 1940 --every 0.25 --csv forecast.csv
    gorgonode predict runs/hudson-bay-lynx-hare --horizon 20 --plot forecast.png
    gorgonode predict runs/hudson-bay-lynx-hare --at 1921.5,1925 --json
    gorgonode predict runs/points --samples 1000 --seed 2 --csv drawn.csv
    gorgonode predict runs/points --data new.csv --csv -

A run of irregular series (fit --model) answers for other series: the class of each with probabilities, or the targets of each row, or the next row after each, with quantiles, as CSV. A value that is missing is among what is forecast.

    gorgonode predict runs/visits --data new.csv --csv answers.csv

A run of a generative model (fit --model latent-ode) gives means and quantiles at any times of each series: at those of its rows, where it imputes what is missing, at --at, or with --horizon, --from, --until and --every behind its last row. If classes were learned it tells them instead, unless times or --quantiles are given. Without --data it draws new series, which begin at time 0.

    gorgonode predict runs/visits --data new.csv --horizon 12 --plot forecast.png
    gorgonode predict runs/visits --data new.csv --at 6,12,24 --quantiles 0.1,0.5,0.9
    gorgonode predict runs/visits --samples 5 --until 48 --every 1 --csv drawn.csv`
}

// Run runs gorgonode predict.
func (c *predictCommand) Run(ctx context.Context, t terminal) error {
	if c.JSON && c.CSV == "-" {
		return badInputf("--json and --csv -: only one of them can go to stdout")
	}
	if err := c.checkTimes(); err != nil {
		return err
	}
	if err := (outputs{c.CSV, c.Plot, c.Force}).check(c.Data); err != nil {
		return err
	}
	run, err := training.OpenRun(c.Folder)
	if err != nil {
		return badInput(err)
	}
	if sequence.Is(run) {
		return c.predictSequences(ctx, t, run)
	}
	if generative.Is(run) {
		return c.predictGenerative(ctx, t, run)
	}
	if len(c.Quantiles) > 0 {
		return badInputf("--quantiles: this run gives no distribution of values")
	}
	if density.Is(run) {
		return c.predictDensity(t)
	}
	if c.Samples != nil || c.Seed != nil {
		return badInputf("--samples and --seed are for runs of densities and of generative models, which %s is not", c.Folder)
	}
	fitted, err := loadLearned(c.Folder)
	if err != nil {
		return badInput(err)
	}
	from, err := c.origin(fitted)
	if err != nil {
		return badInput(err)
	}
	times, err := c.times(fitted, from)
	if err != nil {
		return err
	}
	forecast, err := from.forecast(times)
	if err != nil {
		return err
	}
	return c.write(t, fitted, from, forecast)
}

// origin is where a forecast begins.
type origin struct {
	data     *training.Series // what is known
	heldOut  int              // of its last rows, from training
	first    float64          // the earliest time that can be asked for
	last     float64          // that of the last row, or of the row begun from
	forecast func(times []float64) (*training.Series, error)
}

func (c *predictCommand) origin(f *learned) (*origin, error) {
	if c.Data == "" {
		return &origin{f.data, f.heldOut, f.data.T[0], f.data.T[f.data.Len()-1], f.forecast}, nil
	}
	opts, err := c.csvFlags.options()
	if err != nil {
		return nil, err
	}
	opts.Time, opts.Values = f.data.TimeName, f.data.Names
	s, err := training.LoadCSV(c.Data, opts)
	if err != nil {
		return nil, err
	}
	if s.TimeUnit != f.data.TimeUnit {
		return nil, errors.Errorf("%s: the times of the run are %s, these are %s", c.Data, kindOfTime(f.data), kindOfTime(s))
	}
	row := lastComplete(s)
	if row < 0 {
		return nil, errors.Errorf("%s: no row has all of %q: a forecast needs one to start from", c.Data, s.Names)
	}
	return &origin{s, 0, s.T[row], s.T[row], func(times []float64) (*training.Series, error) {
		return f.forecastFrom(s, row, times)
	}}, nil
}

func kindOfTime(s *training.Series) string {
	if s.TimeUnit != "" {
		return "dates"
	}
	return "numbers"
}

func lastComplete(s *training.Series) int {
	for i := s.Len() - 1; i >= 0; i-- {
		complete := true
		for _, v := range s.X[i] {
			complete = complete && !math.IsNaN(v)
		}
		if complete {
			return i
		}
	}
	return -1
}
