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
	case c.Samples != nil || c.Seed != nil:
		return badInputf("--samples and --seed: the model answers without drawing")
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
	source, err := readSource(run)
	if err != nil {
		return badInput(err)
	}
	set, err := c.loadAsked(source, f.Channels, f.Statics)
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

// readSource reads how the run's series were read.
func readSource(run *training.Run) (sequenceSource, error) {
	var source sequenceSource
	path, err := run.Path(sourceFile)
	if err != nil {
		return source, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return source, errors.WithStack(err)
	}
	return source, errors.Wrap(json.Unmarshal(raw, &source), sourceFile)
}

// loadAsked reads the series to ask about, by the columns that the run has learned from.
func (c *predictCommand) loadAsked(source sequenceSource, channels, statics []string) (*series.Set, error) {
	set, err := func() (*series.Set, error) {
		if isTS(c.Data) {
			return seriesdata.LoadTS(c.Data)
		}
		opts, err := c.csvFlags.options()
		if err != nil {
			return nil, err
		}
		return seriesdata.LoadLong(c.Data, seriesdata.LongOptions{
			ID: source.ID, Time: source.Time, Values: channels, Static: statics, Missing: opts.Missing,
			Separator: opts.Separator,
		})
	}()
	if err != nil {
		return nil, err
	}
	return set, source.sameTimes(set)
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
	if f.Config.Task == sequence.Classify {
		return classTable(p.IDs, p.Classes, p.Probabilities), nil
	}
	probabilities := c.Quantiles
	if len(probabilities) == 0 && p.StdDev != nil {
		probabilities = []float64{0.05, 0.95}
	}
	quantiles := make([][][][]float64, len(probabilities))
	for n, q := range probabilities {
		for i, rows := range p.Mean {
			quantiles[n] = append(quantiles[n], make([][]float64, len(rows)))
			for j := range rows {
				for k := range p.Names {
					v, err := p.Quantile(i, j, k, q)
					if err != nil {
						return nil, err
					}
					quantiles[n][i][j] = append(quantiles[n][i][j], v)
				}
			}
		}
	}
	return valueTable(p.IDs, p.Times, p.Names, p.Mean, quantiles, probabilities), nil
}

// full is a number with all its digits.
func full(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// classTable has a row for each series: the likeliest class, and the probability of every class.
func classTable(ids, classes []string, probabilities [][]float64) [][]string {
	head := []string{"id", "class"}
	for _, name := range classes {
		head = append(head, "p("+name+")")
	}
	table := [][]string{head}
	for i, p := range probabilities {
		row := []string{ids[i], classes[slices.Index(p, slices.Max(p))]}
		for _, v := range p {
			row = append(row, full(v))
		}
		table = append(table, row)
	}
	return table
}

// valueTable has a row for each time of each series: every value, and behind it its quantiles.
func valueTable(ids []string, times [][]float64, names []string, mean [][][]float64, quantiles [][][][]float64,
	probabilities []float64) [][]string {
	head := []string{"id", "time"}
	for _, name := range names {
		head = append(head, name)
		for _, q := range probabilities {
			head = append(head, fmt.Sprintf("%s %g%%", name, 100*q))
		}
	}
	table := [][]string{head}
	for i, id := range ids {
		for j, at := range times[i] {
			row := []string{id, full(at)}
			for k := range names {
				row = append(row, full(mean[i][j][k]))
				for q := range probabilities {
					row = append(row, full(quantiles[q][i][j][k]))
				}
			}
			table = append(table, row)
		}
	}
	return table
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
		if err := training.WriteFile(c.CSV,
			func(w io.Writer) error { return errors.WithStack(csv.NewWriter(w).WriteAll(table)) }); err != nil {
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
