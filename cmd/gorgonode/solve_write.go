package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/pkg/errors"

	"gorgonode/solvers"
	"gorgonode/training"
)

// write writes the solution in the forms that are asked for.
func (c *solveCommand) write(t terminal, q *problem, s *solution) error {
	var b bytes.Buffer
	switch {
	case c.JSON:
		if err := s.json(&b, q); err != nil {
			return err
		}
	case c.CSV == "-":
		s.csv(&b)
	case !c.Quiet:
		s.table(&b)
	}
	if _, err := b.WriteTo(t.out); err != nil {
		return errors.Wrap(err, "write to stdout")
	}
	if c.CSV != "" && c.CSV != "-" {
		s.csv(&b)
		if err := training.WriteFile(c.CSV, func(w io.Writer) error { _, err := b.WriteTo(w); return err }); err != nil {
			return err
		}
	}
	if c.Plot != "" {
		if err := c.plot(q, s); err != nil {
			return err
		}
	}
	if c.Stats {
		s.print(t, q.settings)
	}
	return nil
}

// tableRows is how many lines of a solution a reader wants to see at once.
const tableRows = 26

// table prints rows at even distances, the last always.
func (s *solution) table(b *bytes.Buffer) {
	every := (len(s.t) + tableRows - 2) / (tableRows - 1)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "t\t%s\t\n", strings.Join(s.names, "\t"))
	for i := range s.t {
		if i%every != 0 && i != len(s.t)-1 {
			continue
		}
		fmt.Fprintf(w, "%s\t", brief(s.t[i]))
		for _, v := range s.y[i] {
			fmt.Fprintf(w, "%s\t", brief(v))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	if every > 1 {
		fmt.Fprintf(b, "\nOf %d rows every %s is shown; --csv FILE writes all.\n", len(s.t), ordinal(every))
	}
	if n := len(s.dy); n > 0 {
		fmt.Fprintf(b, "\nDerivatives at t=%s of\n", brief(s.t[n-1]))
		fmt.Fprintf(w, "by\t%s\t\n", strings.Join(s.names, "\t"))
		for j, by := range s.wrt {
			fmt.Fprintf(w, "%s\t", by)
			for i := range s.names {
				fmt.Fprintf(w, "%s\t", brief(s.dy[n-1][i][j]))
			}
			fmt.Fprintln(w)
		}
		w.Flush()
	}
}

// brief is a number as a table shows it.
func brief(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }

func ordinal(n int) string {
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return strconv.Itoa(n) + end
}

// csv prints all digits. Derivatives are columns dNAME/dPARAMETER. What is not a number is empty.
func (s *solution) csv(b *bytes.Buffer) {
	heads := append([]string{"t"}, s.names...)
	for _, name := range s.names {
		for _, by := range s.wrt {
			heads = append(heads, "d"+name+"/d"+by)
		}
	}
	fmt.Fprintln(b, strings.Join(heads, ","))
	for i := range s.t {
		line := strconv.AppendFloat(nil, s.t[i], 'g', -1, 64)
		cell := func(v float64) {
			line = append(line, ',')
			if !math.IsNaN(v) {
				line = strconv.AppendFloat(line, v, 'g', -1, 64)
			}
		}
		for _, v := range s.y[i] {
			cell(v)
		}
		if s.dy != nil {
			for _, row := range s.dy[i] {
				for _, v := range row {
					cell(v)
				}
			}
		}
		b.Write(append(line, '\n'))
	}
}

// number is a float64 in JSON, null where it isn't finite.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

func numbers(v []float64) []number {
	out := make([]number, len(v))
	for i, x := range v {
		out[i] = number(x)
	}
	return out
}

func matrix(rows [][]float64) [][]number {
	out := make([][]number, len(rows))
	for i, r := range rows {
		out[i] = numbers(r)
	}
	return out
}

type solveJSON struct {
	Status        string             `json:"status"`
	Names         []string           `json:"names"`
	T             []number           `json:"t"`
	Y             [][]number         `json:"y"`
	Stats         statsJSON          `json:"stats"`
	Sensitivities *sensitivitiesJSON `json:"sensitivities,omitempty"`
	Failure       *failureJSON       `json:"failure,omitempty"`
}

type statsJSON struct {
	F              int     `json:"f_evaluations"`
	Jacobian       int     `json:"jacobian_evaluations"`
	Factorizations int     `json:"factorizations"`
	Accepted       int     `json:"accepted_steps"`
	Rejected       int     `json:"rejected_steps"`
	Seconds        float64 `json:"seconds"`
}

type sensitivitiesJSON struct {
	Wrt []string     `json:"wrt"`
	Dy  [][][]number `json:"dy"` // by time, name and wrt
}

type failureJSON struct {
	T        number `json:"t"`
	Step     number `json:"step"`
	Variable string `json:"variable,omitempty"`
	Message  string `json:"message"`
}

func (s *solution) json(b *bytes.Buffer, q *problem) error {
	out := solveJSON{
		Status: s.status.String(), Names: s.names, T: numbers(s.t), Y: matrix(s.y),
		Stats: statsJSON{s.stats.F, s.stats.Jacobian, s.stats.Factorizations, s.stats.Accepted, s.stats.Rejected, s.seconds},
	}
	if q.sens != nil {
		out.Sensitivities = &sensitivitiesJSON{Wrt: s.wrt, Dy: make([][][]number, len(s.dy))}
		for i, m := range s.dy {
			out.Sensitivities.Dy[i] = matrix(m)
		}
	}
	if e := s.failure; e != nil {
		out.Failure = &failureJSON{number(e.T), number(e.Step), q.variable(e.Component), q.place(e).Error()}
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return errors.Wrap(enc.Encode(out), "json")
}

// print shows the work.
func (s *solution) print(t terminal, set solvers.Settings) {
	how := "error control"
	if set.Step > 0 {
		how = "constant steps of at most " + short(set.Step)
	}
	fmt.Fprintf(t.err, "method %s, %s: %v\n", set.Method.Name(), how, s.status)
	fmt.Fprintf(t.err, "steps: %d accepted, %d rejected\n", s.stats.Accepted, s.stats.Rejected)
	fmt.Fprintf(t.err, "evaluations: %d of f, %d Jacobians, %d factorisations\n", s.stats.F, s.stats.Jacobian,
		s.stats.Factorizations)
	fmt.Fprintf(t.err, "time: %.3g s\n", s.seconds)
}
