package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/pkg/errors"

	"gorgonode/training"
)

const metricsFile = "metrics.jsonl"

// makeRun makes a run in the folder of w: fit trains and leaves its metrics there, save writes the rest and gets what the
// metrics recorded. After an error, or an interrupt, there is no run.
func makeRun(ctx context.Context, w *training.RunWriter, fit func(*training.MetricsWriter) error,
	save func([]training.Record) error) (*training.Run, error) {
	records, err := record(w, fit)
	if err == nil {
		err = save(records)
	}
	if err == nil {
		err = ctx.Err()
	}
	var run *training.Run
	if err == nil {
		run, err = w.Commit()
	}
	if err != nil {
		return nil, abandon(ctx, w, err)
	}
	return run, nil
}

func record(w *training.RunWriter, fit func(*training.MetricsWriter) error) ([]training.Record, error) {
	metrics, err := training.OpenMetrics(w.Path(metricsFile))
	if err != nil {
		return nil, err
	}
	defer metrics.Close()
	if err := fit(metrics); err != nil {
		return nil, err
	}
	if err := metrics.Close(); err != nil {
		return nil, err
	}
	return training.LoadMetrics(w.Path(metricsFile))
}

// runJSON begins what fit --json prints; the summary of what was fitted follows.
type runJSON struct {
	Run   string   `json:"run"`
	Files []string `json:"files"`
}

// printRun says what a fit made: with --json what summary makes of the run, with --quiet its folder, else what text prints,
// the files, and the command that comes next.
func (c *fitCommand) printRun(t terminal, run *training.Run, next string, summary func(runJSON) any,
	text func(*bytes.Buffer)) error {
	var b bytes.Buffer
	switch {
	case c.JSON:
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		if err := e.Encode(summary(runJSON{shown(run.Dir), filesOf(run)})); err != nil {
			return errors.WithStack(err)
		}
	case c.Quiet:
		fmt.Fprintln(&b, shown(run.Dir))
	default:
		text(&b)
		printFiles(&b, run, next)
	}
	_, err := b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}
