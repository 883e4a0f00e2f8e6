package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pkg/errors"
)

// write prints the result.
func (c *gradcheckCommand) write(t terminal, q *gradcheck, r *gradcheckResult) error {
	var b bytes.Buffer
	if c.JSON {
		if err := r.json(&b, q, c.Tol); err != nil {
			return err
		}
	} else {
		r.table(&b, q)
	}
	_, err := b.WriteTo(t.out)
	return errors.Wrap(err, "write to stdout")
}

func (r *gradcheckResult) table(b *bytes.Buffer, q *gradcheck) {
	how := fmt.Sprintf("tolerances %.3g and %.3g", q.set.RTol, q.set.ATol)
	if q.set.Step > 0 {
		how = fmt.Sprintf("constant steps of at most %g", q.set.Step)
	}
	fmt.Fprintf(b, "%s by %s, %s, from t=%s to %s\n\n", q.file.Name, q.set.Method.Name(), how, brief(q.t0), brief(q.t1))
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "mode\tnumbers\tsolution\tf\tback\ttime\tmemory\tworst element")
	for i := range r.modes {
		fmt.Fprintln(w, r.row(&r.modes[i], q))
	}
	w.Flush()
	fmt.Fprintln(b, "\n* exact for the numbers computed, which its worst element is compared with; the others, with the "+
		"solution's gradient")
	if r.resolved > 0 {
		fmt.Fprintf(b, "numbers: by differences that are known to %.1e\n", r.resolved)
	}
	if r.reference == nil {
		fmt.Fprintf(b, "no gradient of the solution: %v\n", oneLineOf(r.why))
		return
	}
	fmt.Fprintf(b, "solution: by %s at a tolerance of %g, known to %.1e\n", r.reference.method, tight, r.reference.known)
}

func (r *gradcheckResult) row(m *modeResult, q *gradcheck) string {
	name := m.name
	if m.exact {
		name += " *"
	}
	if m.gradient == nil {
		return strings.Join([]string{name, "-", "-", "-", "-", "-", "-", m.status + ": " + oneLineOf(m.err)}, "\t")
	}
	solution := "-"
	if r.reference != nil {
		solution = fmt.Sprintf("%.1e", m.solution.err)
	}
	return strings.Join([]string{name, fmt.Sprintf("%.1e", m.numbers.err), solution, counted(m.forward), counted(m.back),
		duration(m.seconds), memory(m.peak), r.worst(m, q)}, "\t")
}

// worst names the worst element, from the numbers or the solution.
func (r *gradcheckResult) worst(m *modeResult, q *gradcheck) string {
	d, other := m.numbers, "differences"
	if !m.exact && r.reference != nil {
		d, other = m.solution, "solution"
	}
	if d.worst < 0 {
		return "-"
	}
	return fmt.Sprintf("%s: %s, %s %s", q.named(d.worst), brief(d.gradient), other, brief(d.proper))
}

// named is the name of a quantity, of a time with its value.
func (q *gradcheck) named(i int) string {
	x := q.quantities[i]
	if x.kind == aTime {
		return fmt.Sprintf("%s=%s", x.name, brief(q.times[i-q.kinds[anInitialValue]-q.kinds[aParameter]]))
	}
	return x.name
}

func counted(n int) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// duration is a time in three digits.
func duration(seconds float64) string {
	d := time.Duration(seconds * 1e9)
	unit := time.Nanosecond
	for 1000*unit < d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// memory is a number of bytes.
func memory(bytes uint64) string {
	switch v := float64(bytes); {
	case v < 10<<10:
		return fmt.Sprintf("%.1f KiB", v/(1<<10))
	case v < 1<<20:
		return fmt.Sprintf("%.0f KiB", v/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
}

func oneLineOf(err error) string { return strings.Join(strings.Fields(fmt.Sprint(err)), " ") }

type gradcheckJSON struct {
	File      string         `json:"file"`
	Method    string         `json:"method"`
	RTol      number         `json:"rtol"`
	ATol      number         `json:"atol"`
	Step      number         `json:"step"` // 0: error control
	Tol       number         `json:"tol"`
	Passed    bool           `json:"passed"`
	Resolved  number         `json:"differences_known_to"` // 0: to about 1e-7
	Times     []number       `json:"times"`
	Wrt       []string       `json:"wrt"`
	Units     []number       `json:"units"`   // of wrt, in which errors are measured
	Weights   [][]number     `json:"weights"` // by time and state, of the states in their units
	Reference *referenceJSON `json:"reference"`
	Modes     []modeJSON     `json:"modes"`
}

type referenceJSON struct {
	Method   string   `json:"method"`
	RTol     number   `json:"rtol"`
	Known    number   `json:"known_to"`
	Gradient []number `json:"gradient"`
}

type modeJSON struct {
	Mode     string         `json:"mode"`
	Exact    bool           `json:"exact"`
	Status   string         `json:"status"`
	Message  string         `json:"message,omitempty"`
	Numbers  *deviationJSON `json:"numbers"`
	Solution *deviationJSON `json:"solution"`
	Forward  *int           `json:"evaluations_forward"`
	Back     *int           `json:"evaluations_backward"`
	Accepted *int           `json:"accepted_steps"`
	Seconds  *float64       `json:"seconds"`
	Peak     *uint64        `json:"peak_bytes"`
	Gradient []number       `json:"gradient"` // by wrt
}

type deviationJSON struct {
	Error    number `json:"error"`
	Worst    string `json:"worst"`
	Gradient number `json:"gradient"`
	Proper   number `json:"proper"`
}

func (r *gradcheckResult) json(b *bytes.Buffer, q *gradcheck, tol float64) error {
	out := gradcheckJSON{
		File: q.file.Name, Method: q.set.Method.Name(), RTol: number(q.set.RTol), ATol: number(q.set.ATol),
		Step: number(q.set.Step),
		Tol:  number(tol), Passed: r.verdict(tol) == nil, Resolved: number(r.resolved), Times: numbers(q.times),
		Weights: matrix(q.weights), Modes: []modeJSON{},
	}
	for _, x := range q.quantities {
		if x.wanted {
			out.Wrt, out.Units = append(out.Wrt, x.name), append(out.Units, number(x.unit))
		}
	}
	if ref := r.reference; ref != nil {
		out.Reference = &referenceJSON{ref.method, tight, number(ref.known), q.natural(ref.gradient)}
	}
	for i := range r.modes {
		out.Modes = append(out.Modes, r.modeJSON(&r.modes[i], q))
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func (r *gradcheckResult) modeJSON(m *modeResult, q *gradcheck) modeJSON {
	out := modeJSON{Mode: m.name, Exact: m.exact, Status: m.status}
	if m.err != nil {
		out.Message = oneLineOf(m.err)
	}
	if m.gradient == nil {
		return out
	}
	deviation := func(d deviation) *deviationJSON {
		if d.worst < 0 {
			return nil
		}
		return &deviationJSON{number(d.err), q.quantities[d.worst].name, number(d.gradient), number(d.proper)}
	}
	out.Numbers = deviation(m.numbers)
	if r.reference != nil {
		out.Solution = deviation(m.solution)
	}
	if m.forward >= 0 {
		out.Forward, out.Back, out.Accepted = &m.forward, &m.back, &m.accepted
	}
	out.Seconds, out.Peak, out.Gradient = &m.seconds, &m.peak, q.natural(m.gradient)
	return out
}

// natural are the derivatives that are wanted, in units of the file; null where the mode has none.
func (q *gradcheck) natural(gradient []float64) []number {
	var out []number
	for i, x := range q.quantities {
		switch {
		case !x.wanted:
		case i >= len(gradient):
			out = append(out, number(math.NaN()))
		default:
			out = append(out, number(gradient[i]/x.unit))
		}
	}
	return out
}
