package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"gorgonode/layers"
	"gorgonode/training"
	"gorgonode/training/density"
)

// densityConfig is what the flags say about the density of so many rows.
func (c *fitCommand) densityConfig(rows int) (density.Config, error) {
	none := density.Config{}
	if err := c.without("augment", "time-dependent", "scaling", "method", "atol", "step", "gradient",
		"length", "window-steps", "whole-steps", "decay", "forecast"); err != nil {
		return none, err
	}
	equations := c.odeFlags
	equations.Steps = nil
	if err := equations.refuse(); err != nil {
		return none, err
	}
	d := density.Config{Model: flowModels[c.Model], Hidden: c.Hidden, Seed: c.Seed, Patience: c.Patience}
	if c.Activation != "" {
		var err error
		if d.Activation, err = layers.ActivationByName(c.Activation); err != nil {
			return none, badInput(err)
		}
	}
	if c.RTol != nil {
		if d.Model != density.CNF && d.Model != density.FlowMatching {
			return none, badInputf("--rtol has no part in the model %s: nothing is solved", c.Model)
		}
		d.Tolerance = *c.RTol
	}
	if c.Steps != nil {
		d.Steps = *c.Steps
	}
	if c.given["batch"] {
		d.Batch = c.Batch
	}
	if c.given["learn-rate"] {
		d.LearnRate = c.LearnRate
	}
	if c.given["clip-norm"] {
		d.ClipNorm = orNone(c.ClipNorm)
	}
	for _, f := range []struct {
		name         string
		value, least float64
	}{
		{"steps", float64(d.Steps), 1}, {"batch", float64(d.Batch), 1}, {"patience", float64(c.Patience), 0},
		{"clip-norm", c.ClipNorm, 0},
	} {
		if c.given[f.name] && !(f.value >= f.least) {
			return none, badInputf("--%s %g: it must be at least %g", f.name, f.value, f.least)
		}
	}
	for name, v := range map[string]float64{"learn-rate": d.LearnRate, "rtol": d.Tolerance} {
		if c.given[name] && !(v > 0) {
			return none, badInputf("--%s %g: it must be positive", name, v)
		}
	}
	if c.HoldOut != nil && *c.HoldOut != -1 {
		switch n := *c.HoldOut; {
		case n < 0 || n > rows-2:
			return none, badInputf("--hold-out %d of %d rows: at least 2 must be left to learn from", n, rows)
		case n == 0:
			d.HoldOut = -1
		default:
			d.HoldOut = float64(n) / float64(rows)
		}
	}
	return d, nil
}

// fitDensity runs gorgonode fit with a model that is a density.
func (c *fitCommand) fitDensity(ctx context.Context, t terminal) error {
	opts, err := c.csvFlags.options()
	if err != nil {
		return err
	}
	opts.Time, opts.Values = c.Time, c.Columns
	points, err := training.LoadPoints(c.File, opts)
	if err != nil {
		return badInput(err)
	}
	config, err := c.densityConfig(len(points.Rows))
	if err != nil {
		return err
	}
	if err := config.Check(points.Rows, points.Names...); err != nil {
		return badInput(err)
	}
	w, err := createRun(c.Out, c.File, c.Force)
	if err != nil {
		return badInput(err)
	}
	var fitted *density.Fitted
	var report *density.Report
	run, err := makeRun(ctx, w, func(metrics *training.MetricsWriter) error {
		opts := density.Options{Metrics: metrics}
		if !c.Quiet {
			opts.Progress = t.err
			fmt.Fprintf(t.err, "%s: %d rows of %s; fitting their density by the model %s\n",
				points.Name, len(points.Rows), strings.Join(points.Names, ", "), c.Model)
		}
		if fitted, err = density.Fit(ctx, points.Rows, config, opts); err != nil {
			return err
		}
		return fitted.Named(points.Names...)
	}, func(records []training.Record) error {
		if report, err = fitted.NewReport(points, records); err != nil {
			return err
		}
		if err := fitted.Save(w); err != nil {
			return err
		}
		if err := training.WriteFile(w.Path("data.csv"), points.WriteCSV); err != nil {
			return err
		}
		return report.Write(w)
	})
	if err != nil {
		return err
	}
	return c.printRun(t, run, "sample", func(r runJSON) any {
		return struct {
			runJSON
			density.Summary
		}{r, report.Summary}
	}, func(b *bytes.Buffer) { printDensity(b, report.Summary) })
}

func printDensity(b *bytes.Buffer, s density.Summary) {
	fmt.Fprintln(b, "mean of −ln p, in nats:")
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "learned from\t%.4f\n", s.Train)
	if s.HeldOut != nil {
		fmt.Fprintf(w, "held out\t%.4f\n", *s.HeldOut)
	}
	if s.Gaussian != nil {
		fmt.Fprintf(w, "one Gaussian\t%.4f\n", *s.Gaussian)
	}
	w.Flush()
}
