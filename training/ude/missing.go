package ude

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/internal/odefile"
	"gorgonode/training"
)

// Term is what a network has learned, for symbolic regression and for the eye.
type Term struct {
	Outputs []string
	Inputs  []string // as the model has them, where it first calls the network
	// Along are rows (time, inputs, outputs) along the fitted trajectory.
	Along [][]float64
	// Grid are rows (inputs, outputs) over the box of the inputs in Along, first input slowest: 101 points of one input,
	// 31² of two. Nil for more inputs. Outside of Along a network says what it likes.
	Grid [][]float64
}

// Terms are what the networks have learned, in the order of the model file.
func (f *Fitted) Terms() ([]Term, error) {
	uses, err := f.model.NetUses(f.all())
	if err != nil {
		return nil, err
	}
	times := training.Between(f.Data.T[0], f.Data.T[f.problem.rows-1])
	ys, err := f.trajectory(times)
	if err != nil {
		return nil, err
	}
	var terms []Term
	for _, u := range uses {
		term := Term{Outputs: u.Net.Outputs, Inputs: u.Inputs}
		for k, y := range ys {
			row := make([]float64, 1+len(u.Inputs)+len(u.Net.Outputs))
			row[0] = times[k]
			if err := u.Eval(times[k], y, row[1:]); err != nil {
				return nil, err
			}
			term.Along = append(term.Along, row)
		}
		if term.Grid, err = f.grid(u, term.Along); err != nil {
			return nil, err
		}
		terms = append(terms, term)
	}
	return terms, nil
}

func (f *Fitted) grid(u odefile.NetUse, along [][]float64) ([][]float64, error) {
	points := map[int]int{1: 101, 2: 31}[len(u.Inputs)]
	if points == 0 {
		return nil, nil
	}
	eval, err := f.model.NetOf(u.Net, f.all())
	if err != nil {
		return nil, err
	}
	axis := func(i, k int) float64 {
		low, high := math.Inf(1), math.Inf(-1)
		for _, row := range along {
			low, high = math.Min(low, row[1+i]), math.Max(high, row[1+i])
		}
		return low + (high-low)*float64(k)/float64(points-1)
	}
	total := points
	if len(u.Inputs) == 2 {
		total *= points
	}
	rows := make([][]float64, total)
	for k := range rows {
		x := []float64{axis(0, k)}
		if len(u.Inputs) == 2 {
			x = []float64{axis(0, k/points), axis(1, k%points)}
		}
		rows[k] = append(x, make([]float64, len(u.Net.Outputs))...)
		if err := eval(x, rows[k][len(x):]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// WriteAlong writes Along as CSV.
func (t Term) WriteAlong(w io.Writer, timeName string) error {
	return writeTable(w, append([]string{timeName}, t.names()...), t.Along)
}

// WriteGrid writes Grid as CSV.
func (t Term) WriteGrid(w io.Writer) error { return writeTable(w, t.names(), t.Grid) }

func (t Term) names() []string { return append(append([]string{}, t.Inputs...), t.Outputs...) }

// writeTable writes numbers with all their digits.
func writeTable(w io.Writer, names []string, rows [][]float64) error {
	c := csv.NewWriter(w)
	c.Write(names)
	for _, row := range rows {
		texts := make([]string, len(row))
		for i, v := range row {
			texts[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
		c.Write(texts)
	}
	c.Flush()
	return errors.Wrap(c.Error(), "ude: write table")
}

// Picture shows the outputs along the fitted trajectory against the first input, or against time where there are more.
func (t Term) Picture(timeName string) (*training.Figure, error) {
	at, label := 1, t.Inputs[0]
	if len(t.Inputs) > 1 {
		at, label = 0, timeName
	}
	outputs := strings.Join(t.Outputs, ", ")
	p := training.CurvesPlot{
		Title: fmt.Sprintf("learned %s of %s", outputs, strings.Join(t.Inputs, ", ")), XLabel: label, YLabel: outputs,
	}
	x := make([]float64, len(t.Along))
	for k, row := range t.Along {
		x[k] = row[at]
	}
	for i, name := range t.Outputs {
		c := training.Curve{Name: name, X: x}
		for _, row := range t.Along {
			c.Y = append(c.Y, row[1+len(t.Inputs)+i])
		}
		p.Curves = append(p.Curves, c)
	}
	return p.Figure()
}
