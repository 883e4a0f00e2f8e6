package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"gorgonode/training"
)

func (c *predictCommand) write(t terminal, f *learned, o *origin, forecast *training.Series) error {
	var b bytes.Buffer
	switch {
	case c.CSV == "-":
		if err := forecast.WriteCSV(&b); err != nil {
			return err
		}
	case c.JSON:
		if err := c.printJSON(&b, forecast); err != nil {
			return err
		}
	case !c.Quiet:
		printTable(&b, forecast)
	}
	if c.CSV != "" && c.CSV != "-" {
		if err := training.WriteFile(c.CSV, forecast.WriteCSV); err != nil {
			return err
		}
		c.tell(t, "wrote %s\n", c.CSV)
	}
	if c.Plot != "" {
		if err := c.plot(f, o, forecast); err != nil {
			return err
		}
		c.tell(t, "wrote %s\n", c.Plot)
	}
	_, err := b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}

func (c *predictCommand) tell(t terminal, format string, args ...any) {
	if !c.Quiet {
		fmt.Fprintf(t.err, format, args...)
	}
}

// printJSON prints the forecast by columns.
func (c *predictCommand) printJSON(b *bytes.Buffer, s *training.Series) error {
	out := struct {
		Run    string               `json:"run"`
		Time   string               `json:"time"`
		Times  []float64            `json:"times"`
		Values map[string][]float64 `json:"values"`
	}{c.Folder, s.TimeName, s.T, map[string][]float64{}}
	for j, name := range s.Names {
		for _, row := range s.X {
			out.Values[name] = append(out.Values[name], row[j])
		}
	}
	e := json.NewEncoder(b)
	e.SetIndent("", "  ")
	return errors.WithStack(e.Encode(out))
}

func printTable(b *bytes.Buffer, s *training.Series) {
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\t%s\t\n", s.TimeName, strings.Join(s.Names, "\t"))
	for i, row := range s.X {
		fmt.Fprintf(w, "%s\t", short(s.T[i]))
		for _, v := range row {
			fmt.Fprintf(w, "%.5g\t", v)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

// plot draws the known rows, and the model from where it begins, or from the first of them, to the last time.
func (c *predictCommand) plot(f *learned, o *origin, forecast *training.Series) error {
	until := max(forecast.T[forecast.Len()-1], o.last)
	model := forecast
	if until > o.first {
		var err error
		if model, err = o.forecast(training.Between(o.first, until)); err != nil {
			return err
		}
	}
	fig, err := training.FitPlot{
		Title: strings.TrimSuffix(f.data.Name, filepath.Ext(f.data.Name)) + ": forecast by " + f.kind, Data: o.data,
		HeldOut: o.heldOut, Model: model, Panels: training.OwnScales(o.data),
	}.Figure()
	if err != nil {
		return err
	}
	return fig.Save(c.Plot)
}
