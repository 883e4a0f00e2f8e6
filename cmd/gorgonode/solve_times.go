package main

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// What XPPAUT takes where a file says nothing.
const (
	defaultTotal = 20
	defaultStep  = 0.05
)

// maxRows bounds the times of a solution.
const maxRows = 1_000_000

// times finds the interval and when the solution is shown.
func (c *solveCommand) times(q *problem) error {
	o := q.file.Options
	at, err := parseTimes(c.At)
	if err != nil {
		return err
	}
	q.t0 = o.T0
	if c.T0 != nil {
		q.t0 = *c.T0
	}
	total := o.Total
	if total == 0 {
		total = defaultTotal
	}
	if o.Dt < 0 {
		total = -math.Abs(total)
	}
	q.t1 = q.t0 + total
	switch {
	case c.T1 != nil:
		q.t1 = *c.T1
	case len(at) > 0 && at[0] < q.t0:
		q.t1 = slices.Min(at)
	case len(at) > 0:
		q.t1 = slices.Max(at)
	}
	if math.IsInf(q.t1-q.t0, 0) || math.IsNaN(q.t1-q.t0) {
		return badInputf("the interval from %g to %g must be finite", q.t0, q.t1)
	}
	if len(at) > 0 {
		q.settings.SaveAt, err = ordered(at, q.t0, q.t1)
		return err
	}
	every, fine := math.Abs(o.Dt)*float64(max(o.NOut, 1)), math.Abs(q.t1-q.t0)/100
	switch {
	case every == 0:
		every = fine
	case every > fine && fine > 0 && c.Plot != "": // a curve, not corners
		every /= math.Ceil(every / fine)
	}
	q.settings.SaveAt, err = grid(q.t0, q.t1, every, o.Trans)
	return err
}

// grid is the times from t0 to t1, skip later than t0 and every so often, and t1.
func grid(t0, t1, every, skip float64) ([]float64, error) {
	if t0 == t1 {
		return []float64{t0}, nil
	}
	dir := 1.0
	if t1 < t0 {
		dir = -1
	}
	length := math.Abs(t1-t0) - skip
	if length <= 0 {
		return []float64{t1}, nil
	}
	n := math.Ceil(length/every - 1e-9)
	if !(n < maxRows) {
		return nil, badInputf("from t=%g to t=%g there are %.3g steps of %g, more than the %d that can be shown; see --at", t0,
			t1, n, every, maxRows)
	}
	out := make([]float64, 0, int(n)+1)
	for k := range int(n) {
		out = append(out, t0+dir*(skip+float64(k)*every))
	}
	return append(out, t1), nil
}

// parseTimes reads --at: "0, 1, 5:0.5:10".
func parseTimes(text string) ([]float64, error) {
	var out []float64
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		var v []float64
		for _, s := range strings.Split(part, ":") {
			x, err := strconv.ParseFloat(s, 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, badInputf("--at %s: %q is no number; give times, or START:STEP:END", text, s)
			}
			v = append(v, x)
		}
		switch len(v) {
		case 1:
			out = append(out, v[0])
		case 3:
			start, step, end := v[0], v[1], v[2]
			n := math.Floor((end-start)/step + 1e-9)
			if step == 0 || !(n >= 0) {
				return nil, badInputf("--at %s: steps of %g don't lead from %g to %g", text, step, start, end)
			}
			if !(n < maxRows) {
				return nil, badInputf("--at %s: these are more than %d times", text, maxRows)
			}
			for k := range int(n) + 1 {
				out = append(out, start+float64(k)*step)
			}
			if last := len(out) - 1; math.Abs(out[last]-end) <= 1e-9*math.Abs(step) {
				out[last] = end
			}
		default:
			return nil, badInputf("--at %s: a range is START:STEP:END", text)
		}
	}
	if text != "" && len(out) == 0 {
		return nil, badInputf("--at %q: there are no times", text)
	}
	return out, nil
}

// ordered sorts times in the direction of the solve, each once.
func ordered(at []float64, t0, t1 float64) ([]float64, error) {
	sign := 1
	if t1 < t0 {
		sign = -1
	}
	slices.SortFunc(at, func(a, b float64) int { return sign * cmp.Compare(a, b) })
	at = slices.Compact(at)
	for _, t := range at {
		if t < min(t0, t1) || t > max(t0, t1) {
			return nil, badInputf("--at: %g is not between the first time, %g, and the last, %g; see --t0 and --t1", t, t0, t1)
		}
	}
	return at, nil
}
