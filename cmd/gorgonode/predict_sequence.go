package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/sequence"
	"gorgonode/training/seriesdata"
)

// predictSequences asks a model of irregular series about those of a file.
func (c *predictCommand) predictSequences(ctx context.Context, t terminal, run *training.Run) error {
	f, err := sequence.Load(run.Dir)
	if err != nil {
		return badInput(err)
	}
	switch {
	case c.Data == "":
		return badInputf("the run %s is of a model of series: give those to ask about by --data", c.Folder)
	case c.From.given() || c.Until.given() || c.Every != nil || len(c.At) > 0 || c.Plot != "":
		return badInputf("--from, --until, --every, --at and --plot are for runs of equations; a model of series answers for the rows of --data")
	case c.Horizon != nil && f.Config.Task != sequence.Forecast:
		return badInputf("--horizon: the task of the run is %q, not %q", f.Config.Task, sequence.Forecast)
	case len(c.Quantiles) > 0 && (f.Config.Task == sequence.Classify || f.Config.Noise == sequence.NoNoise):
		return badInputf("--quantiles: the model gives no distribution of values")
	}
	for _, q := range c.Quantiles {
		if !(q > 0 && q < 1) {
			return badInputf("--quantiles %g: want more than 0 and less than 1", q)
		}
	}
	set, err := c.loadAsked(run, f)
	if err != nil {
		return badInput(err)
	}
	horizon := 0.0
	if f.Config.Task == sequence.Forecast {
		rows := 1.0
		if c.Horizon != nil {
			rows = *c.Horizon
		}
		if !(rows >= 0) || math.IsInf(rows, 0) {
			return badInputf("--horizon %g: it must not be negative", rows)
		}
		horizon = rows * meanSpacing(set)
	}
	p, err := f.Predict(ctx, set, horizon)
	if err != nil {
		return err
	}
	table, err := c.sequenceTable(f, p)
	if err != nil {
		return err
	}
	return c.writeTable(t, table)
}

// loadAsked reads the series to ask about, by the columns that the run has learned from.
func (c *predictCommand) loadAsked(run *training.Run, f *sequence.Fitted) (*series.Set, error) {
	if isTS(c.Data) {
		return seriesdata.LoadTS(c.Data)
	}
	path, err := run.Path(sourceFile)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	var source sequenceSource
	if err := json.Unmarshal(raw, &source); err != nil {
		return nil, errors.Wrap(err, sourceFile)
	}
	opts, err := c.csvFlags.options()
	if err != nil {
		return nil, err
	}
	return seriesdata.LoadLong(c.Data, seriesdata.LongOptions{
		ID: source.ID, Time: source.Time, Values: f.Channels, Static: f.Statics, Missing: opts.Missing, Separator: opts.Separator,
	})
}

// meanSpacing is the mean time between two rows.
func meanSpacing(set *series.Set) float64 {
	sum, n := 0.0, 0
	for _, s := range set.Series {
		if k := s.Len(); k > 1 {
			sum, n = sum+s.Times[k-1]-s.Times[0], n+k-1
		}
	}
	return sum / float64(max(n, 1))
}

// sequenceTable has a row for each series of a classification, else for each time of each series.
func (c *predictCommand) sequenceTable(f *sequence.Fitted, p *sequence.Prediction) ([][]string, error) {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	var table [][]string
	if f.Config.Task == sequence.Classify {
		head := []string{"id", "class"}
		for _, name := range p.Classes {
			head = append(head, "p("+name+")")
		}
		table = append(table, head)
		for i, id := range p.IDs {
			best := slices.Index(p.Probabilities[i], slices.Max(p.Probabilities[i]))
			row := []string{id, p.Classes[best]}
			for _, v := range p.Probabilities[i] {
				row = append(row, number(v))
			}
			table = append(table, row)
		}
		return table, nil
	}
	quantiles := c.Quantiles
	if len(quantiles) == 0 && p.StdDev != nil {
		quantiles = []float64{0.05, 0.95}
	}
	head := []string{"id", "time"}
	for _, name := range p.Names {
		head = append(head, name)
		for _, q := range quantiles {
			head = append(head, fmt.Sprintf("%s %g%%", name, 100*q))
		}
	}
	table = append(table, head)
	for i, id := range p.IDs {
		for j, at := range p.Times[i] {
			row := []string{id, number(at)}
			for k := range p.Names {
				row = append(row, number(p.Mean[i][j][k]))
				for _, q := range quantiles {
					v, err := p.Quantile(i, j, k, q)
					if err != nil {
						return nil, err
					}
					row = append(row, number(v))
				}
			}
			table = append(table, row)
		}
	}
	return table, nil
}

// writeTable writes CSV to the file of --csv, or to stdout.
func (c *predictCommand) writeTable(t terminal, table [][]string) error {
	write := func(w io.Writer) error { return errors.WithStack(csv.NewWriter(w).WriteAll(table)) }
	if c.JSON {
		write = func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return errors.WithStack(e.Encode(map[string]any{"run": c.Folder, "columns": table[0], "rows": table[1:]}))
		}
	}
	if c.CSV != "" && c.CSV != "-" {
		if err := training.WriteFile(c.CSV, func(w io.Writer) error { return errors.WithStack(csv.NewWriter(w).WriteAll(table)) }); err != nil {
			return err
		}
		c.tell(t, "wrote %s\n", c.CSV)
		if !c.JSON {
			return nil
		}
	}
	if c.Quiet && !c.JSON && c.CSV != "-" {
		return nil
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	_, err := b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}
