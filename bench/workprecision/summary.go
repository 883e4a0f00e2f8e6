package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gorgonode/bench/problems"
)

// targets are the errors of the summary.
var targets = []float64{1e-4, 1e-6, 1e-8}

// summary prints what each method needs for the targets in Markdown: evaluations of f, and the time as a multiple of the
// fastest method's.
func summary(w io.Writer, p *problems.Problem, ms []measurement) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n| method |", p.Title)
	for _, e := range targets {
		fmt.Fprintf(&b, " f for %.0e | time |", e)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" ---: | ---: |", len(targets)) + "\n")
	evaluations := curves(ms, func(m *measurement) float64 { return float64(m.F) })
	times := curves(ms, func(m *measurement) float64 { return m.Seconds })
	for i, c := range evaluations {
		fmt.Fprintf(&b, "| %s |", c.name)
		for _, e := range targets {
			f, fok := c.cost(e)
			t, tok := times[i].cost(e)
			best := math.Inf(1)
			for _, o := range times {
				if v, ok := o.cost(e); ok {
					best = math.Min(best, v)
				}
			}
			if !fok || !tok {
				b.WriteString(" – | – |")
				continue
			}
			fmt.Fprintf(&b, " %.0f | %.1f |", f, t/best)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cost is the least abscissa from which on the error stays at most e, by a power law between neighbouring tolerances. ok is
// false outside of what was measured.
func (c *curve) cost(e float64) (x float64, ok bool) {
	last := -1
	for i, xy := range c.points {
		if xy.Y > e {
			last = i
		}
	}
	if last < 0 || last == len(c.points)-1 {
		return 0, false
	}
	a, b := c.points[last], c.points[last+1]
	part := math.Log(a.Y/e) / math.Log(a.Y/b.Y)
	return math.Exp((1-part)*math.Log(a.X) + part*math.Log(b.X)), true
}
