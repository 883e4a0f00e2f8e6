package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"gorgonode/training"
	"gorgonode/training/density"
)

// predictDensity runs gorgonode predict on the run of a density.
func (c *predictCommand) predictDensity(t terminal) error {
	if c.From.given() || c.Until.given() || c.Horizon != nil || c.Every != nil || len(c.At) > 0 {
		return badInputf("%s holds a density, which has no times: it takes --samples, or --data", c.Folder)
	}
	fitted, err := density.Load(c.Folder)
	if err != nil {
		return badInput(err)
	}
	rows, err := c.densityRows(fitted)
	if err != nil {
		return err
	}
	return c.writeDensity(t, fitted, rows)
}

// densityRows are samples, or the rows of --data with their log-densities.
func (c *predictCommand) densityRows(f *density.Fitted) (*training.Points, error) {
	out := &training.Points{Name: c.Folder, Names: f.Columns}
	if c.Data == "" {
		n, seed := 100, uint64(1)
		if c.Samples != nil {
			n = *c.Samples
		}
		if c.Seed != nil {
			seed = *c.Seed
		}
		const most = 10_000_000
		if n < 1 || n > most {
			return nil, badInputf("--samples %d: from 1 to %d can be drawn", n, most)
		}
		var err error
		out.Rows, err = f.Sample(n, seed)
		return out, err
	}
	if c.Samples != nil || c.Seed != nil {
		return nil, badInputf("--samples and --seed draw rows: they go without --data, whose rows get their densities")
	}
	opts, err := c.csvFlags.options()
	if err != nil {
		return nil, err
	}
	opts.Values = f.Columns
	points, err := training.LoadPoints(c.Data, opts)
	if err != nil {
		return nil, badInput(err)
	}
	logs, err := f.LogProb(points.Rows)
	if err != nil {
		return nil, err
	}
	name := "log_density"
	for slices.Contains(f.Columns, name) {
		name += "_"
	}
	out.Names = append(slices.Clone(f.Columns), name)
	for i, row := range points.Rows {
		out.Rows = append(out.Rows, append(row, logs[i]))
	}
	return out, nil
}

func (c *predictCommand) writeDensity(t terminal, f *density.Fitted, rows *training.Points) error {
	var b bytes.Buffer
	var err error
	switch {
	case c.CSV == "-":
		err = rows.WriteCSV(&b)
	case c.JSON:
		err = c.printPointsJSON(&b, rows)
	case !c.Quiet:
		printPoints(&b, rows)
	}
	if err != nil {
		return err
	}
	if c.CSV != "" && c.CSV != "-" {
		if err := training.WriteFile(c.CSV, rows.WriteCSV); err != nil {
			return err
		}
		c.tell(t, "wrote %s\n", c.CSV)
	}
	if c.Plot != "" {
		bare := make([][]float64, len(rows.Rows))
		for i, row := range rows.Rows {
			bare[i] = row[:f.Dim]
		}
		fig, err := f.Picture(filepath.Base(filepath.Clean(c.Folder))+": density", bare)
		if err != nil {
			return err
		}
		if err := fig.Save(c.Plot); err != nil {
			return err
		}
		c.tell(t, "wrote %s\n", c.Plot)
	}
	_, err = b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}

// printPointsJSON prints the rows by columns. A log-density of −∞ is null.
func (c *predictCommand) printPointsJSON(b *bytes.Buffer, p *training.Points) error {
	out := struct {
		Run    string                `json:"run"`
		Values map[string][]*float64 `json:"values"`
	}{c.Folder, map[string][]*float64{}}
	for j, name := range p.Names {
		for _, row := range p.Rows {
			v := &row[j]
			if math.IsInf(*v, 0) || math.IsNaN(*v) {
				v = nil
			}
			out.Values[name] = append(out.Values[name], v)
		}
	}
	e := json.NewEncoder(b)
	e.SetIndent("", "  ")
	return errors.WithStack(e.Encode(out))
}

func printPoints(b *bytes.Buffer, p *training.Points) {
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\t\n", strings.Join(p.Names, "\t"))
	for _, row := range p.Rows {
		for _, v := range row {
			fmt.Fprintf(w, "%.5g\t", v)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}
