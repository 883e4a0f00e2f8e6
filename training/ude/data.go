package ude

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/internal/odefile"
	"gorgonode/solvers"
	"gorgonode/training"
)

// problem is a model with data, ready to be fitted.
type problem struct {
	model   *Model
	c       Config
	series  *training.Series // all rows
	rows    int              // of them, those that are fitted
	column  []int            // of each state; -1: it is not observed
	named   []unknown        // the first part of θ
	weights int              // how many come then

	start  []float64 // the initial state at first
	scale  []float64 // of each state, its size
	floor  []float64 // of each state: below it a logarithm goes on as a straight line
	spread []float64 // of each state, the standard deviation of its data, of their logarithms for lognormal noise
	begin  []float64 // the first θ
}

func newProblem(m *Model, s *training.Series, c Config) (*problem, error) {
	c = c.withDefaults(len(m.file.Nets) > 0)
	if err := c.check(); err != nil {
		return nil, err
	}
	if _, err := solvers.MethodByName(c.Method); err != nil {
		return nil, errors.WithMessage(err, "ude")
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	train, _, err := s.HoldOut(c.HoldOut)
	if err != nil {
		return nil, err
	}
	q := &problem{model: m, c: c, series: s, rows: train.Len()}
	if q.rows < 3 {
		return nil, errors.Errorf("ude: %s: %d rows to fit: there must be at least 3", s.Name, q.rows)
	}
	if err := q.match(); err != nil {
		return nil, err
	}
	if err := q.measure(); err != nil {
		return nil, err
	}
	if err := q.begins(); err != nil {
		return nil, err
	}
	f := m.file
	if q.named, err = q.find(); err != nil {
		return nil, err
	}
	q.weights = f.NumParams() - len(f.Params)
	if q.weights == 0 && !slices.ContainsFunc(q.named, func(x unknown) bool { return !x.unsaid }) {
		return nil, errors.Errorf("ude: %s: nothing is free: a free parameter is par a=1 free, or free>0, and a learnable "+
			"term a net", f.Name)
	}
	if n := q.observed(); n <= len(q.named) {
		return nil, errors.Errorf("ude: %s: %d values cannot determine %d free parameters and initial values", s.Name, n,
			len(q.named))
	}
	for _, x := range q.named {
		q.begin = append(q.begin, x.coordinate(x.inside(x.first)))
	}
	return q, nil
}

// match finds the column of each state.
func (q *problem) match() error {
	f, s := q.model.file, q.series
	q.column = make([]int, len(f.Names))
	for i := range q.column {
		q.column[i] = -1
	}
	for _, name := range slices.Sorted(maps.Keys(q.c.Columns)) { // in order: the first complaint is always the same
		state := q.c.Columns[name]
		switch {
		case s.Index(name) < 0:
			return errors.Errorf("ude: %s has no column %q; there are %q", s.Name, name, s.Names)
		case state != "" && f.StateIndex(state) < 0:
			return errors.Errorf("ude: column %q: %s has no state %q%s; there are %q",
				name, f.Name, state, odefile.Suggest(state, f.Names), f.Names)
		}
	}
	for j, name := range s.Names {
		state, listed := q.c.Columns[name]
		if listed && state == "" {
			continue
		}
		if !listed {
			state = name
		}
		i := f.StateIndex(state)
		if i < 0 {
			return errors.Errorf("ude: %s: column %q is called like no state of %s: say which it is, as %s=%s; the states are %q",
				s.Name, name, f.Name, name, f.Names[0], f.Names)
		}
		if before := q.column[i]; before >= 0 {
			return errors.Errorf("ude: %s: columns %q and %q are both the state %q", s.Name, s.Names[before], name, f.Names[i])
		}
		q.column[i] = j
	}
	if slices.Max(q.column) < 0 {
		return errors.Errorf("ude: %s: no column is a state of %s", s.Name, f.Name)
	}
	q.series = q.chosen()
	return nil
}

// chosen is the series without the columns that are no state, and numbers the others anew.
func (q *problem) chosen() *training.Series {
	s := *q.series
	out := s
	out.Names, out.X = nil, make([][]float64, s.Len())
	for j, name := range s.Names {
		i := slices.Index(q.column, j)
		if i < 0 {
			continue
		}
		for k, row := range s.X {
			out.X[k] = append(out.X[k], row[j])
		}
		q.column[i] = len(out.Names)
		out.Names = append(out.Names, name)
	}
	return &out
}

// measure takes the sizes of the states, and refuses values that the noise cannot have made.
func (q *problem) measure() error {
	f, s := q.model.file, q.series
	n := len(f.Names)
	q.scale, q.floor, q.spread = make([]float64, n), make([]float64, n), make([]float64, n)
	largest := 0.0
	for i, j := range q.column {
		q.scale[i], q.floor[i], q.spread[i] = math.Abs(f.Inits[i]), 1, 1
		if j < 0 {
			continue
		}
		var sum, squares, count float64
		least := math.Inf(1)
		for k, row := range s.X[:q.rows] {
			v := row[j]
			if math.IsNaN(v) {
				continue
			}
			if err := q.possible(v); err != "" {
				return errors.Errorf("ude: %s, column %q: the value %g: %s", place(s, k), s.Names[j], v, err)
			}
			q.scale[i] = math.Max(q.scale[i], math.Abs(v))
			least = math.Min(least, v)
			if q.c.Noise == "lognormal" {
				v = math.Log(v)
			}
			sum, squares, count = sum+v, squares+v*v, count+1
		}
		if count < 2 {
			return errors.Errorf("ude: %s: column %q has %g values in the rows to fit: there must be at least 2", s.Name,
				s.Names[j], count)
		}
		if q.spread[i] = math.Sqrt(math.Max(0, squares/count-sum*sum/count/count)); q.spread[i] == 0 {
			q.spread[i] = math.Max(1e-3*q.scale[i], 1e-12)
		}
		q.floor[i] = 1e-3 * least
		if q.c.Noise == "poisson" {
			q.floor[i] = 1e-3
		}
		largest = math.Max(largest, q.scale[i])
	}
	for i := range q.scale {
		if q.scale[i] == 0 {
			q.scale[i] = math.Max(largest, 1e-300)
		}
	}
	return nil
}

// possible says why noise of its kind cannot have made a value, "" where it can.
func (q *problem) possible(v float64) string {
	switch {
	case q.c.Noise == "lognormal" && v <= 0:
		return "lognormal noise wants positive numbers"
	case q.c.Noise == "poisson" && (v < 0 || v != math.Trunc(v)):
		return "Poisson noise wants whole numbers from 0 on"
	}
	return ""
}

// begins chooses the first initial state: the file's where it gives one, the first value of the column else. That value is
// a datum with noise as all others are, so an initial state which it begins is free, see find.
func (q *problem) begins() error {
	f, s := q.model.file, q.series
	q.start = slices.Clone(f.Inits)
	for i, j := range q.column {
		if f.InitGiven[i] {
			continue
		}
		if j < 0 {
			return errors.Errorf("ude: the state %q of %s has neither a column nor an initial value: write init %s=1, or init "+
				"%s=1 free",
				f.Names[i], f.Name, strings.ToLower(f.Names[i]), strings.ToLower(f.Names[i]))
		}
		first := slices.IndexFunc(s.X, func(row []float64) bool { return !math.IsNaN(row[j]) })
		if q.start[i] = s.X[first][j]; q.start[i] == 0 && q.c.Noise == "poisson" {
			q.start[i] = 0.5 // a mean is positive
		}
	}
	return nil
}

// observed is how many values there are to fit.
func (q *problem) observed() int {
	n := 0
	for _, j := range q.column {
		for _, row := range q.series.X[:q.rows] {
			if j >= 0 && !math.IsNaN(row[j]) {
				n++
			}
		}
	}
	return n
}

// place names a row as a reader of the file finds it.
func place(s *training.Series, row int) string {
	if row < len(s.Lines) {
		return s.Name + ":" + strconv.Itoa(s.Lines[row])
	}
	return s.Name + ": row " + strconv.Itoa(row+1)
}
