package main

import (
	"path/filepath"

	"gonum.org/v1/plot/plotter"

	"gorgonode/bench/internal/chart"
	"gorgonode/bench/problems"
)

// picture draws the error over the evaluations of f and over the time, into a file named for the problem.
func picture(dir string, p *problems.Problem, ms []measurement) error {
	c := &chart.Chart{Title: p.Title, PanelWidth: 4.2, LegendWidth: 1.3}
	for i, x := range []struct {
		name string
		of   func(m *measurement) float64
	}{
		{"evaluations of f", func(m *measurement) float64 { return float64(m.F) }},
		{"time, ms", func(m *measurement) float64 { return 1e3 * m.Seconds }},
	} {
		c.Panel("", x.name, []string{"error", ""}[i])
		for k, v := range curves(ms, x.of) {
			if err := c.Curve(k, v.name, v.points); err != nil {
				return err
			}
		}
	}
	return c.Save(filepath.Join(dir, "work-precision-"+p.Name+".png"))
}

// curve is that of a method.
type curve struct {
	name   string
	points plotter.XYs
}

// curves has one for each method, in their order.
func curves(ms []measurement, x func(*measurement) float64) []*curve {
	var cs []*curve
	for i := range ms {
		m := &ms[i]
		if m.Failure != "" || !(m.Error > 0) {
			continue
		}
		if n := len(cs); n == 0 || cs[n-1].name != m.Method {
			cs = append(cs, &curve{name: m.Method})
		}
		last := cs[len(cs)-1]
		last.points = append(last.points, plotter.XY{X: x(m), Y: m.Error})
	}
	return cs
}
