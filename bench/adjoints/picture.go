package main

import (
	"gonum.org/v1/plot/plotter"

	"gorgonode/bench/internal/chart"
)

// plotTo draws the error against the tolerance, and the backward evaluations against the error.
func plotTo(path string, ms []measurement) error {
	c := &chart.Chart{PanelWidth: 4.2, LegendWidth: 1.9}
	for _, panel := range []struct {
		title, x, y string
		at          func(m *measurement) (x, y float64)
	}{
		{"What the tolerance gives", "tolerance", "error of the gradient",
			func(m *measurement) (x, y float64) { return m.tolerance, m.error }},
		{"What it costs", "error of the gradient", "backward evaluations",
			func(m *measurement) (x, y float64) { return m.error, float64(m.backward) }},
	} {
		c.Panel(panel.title, panel.x, panel.y)
		for k, mode := range modes {
			var points plotter.XYs
			for j := range ms {
				if m := &ms[j]; m.mode == mode.name {
					x, y := panel.at(m)
					points = append(points, plotter.XY{X: x, Y: y})
				}
			}
			if err := c.Curve(k, mode.name, points); err != nil {
				return err
			}
		}
	}
	return c.Save(path)
}
