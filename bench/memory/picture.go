package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"gorgonode/bench/internal/chart"
)

// picture draws the memory over the steps, both by powers of ten, into gradient-memory.png.
func picture(dir string, curves []curve, steps []int, batch int) error {
	c := &chart.Chart{PanelWidth: 5.4, LegendWidth: 2.9}
	p := c.Panel(fmt.Sprintf("Peak memory of forward and gradient, batch %d × %d", batch, width), "steps", "MiB")
	var ticks plot.ConstantTicks
	for _, n := range steps {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: strconv.Itoa(n)})
	}
	p.X.Tick.Marker = ticks
	for i, v := range curves {
		var points plotter.XYs
		for _, n := range steps {
			if b, ok := v.bytes[n]; ok {
				points = append(points, plotter.XY{X: float64(n), Y: float64(b) / (1 << 20)})
			}
		}
		title := v.mode.title
		if h := v.mode.hidden; h > 0 {
			title += fmt.Sprintf(", %d-%d-%d", width, h, width)
		}
		if err := c.Curve(i, title, points); err != nil {
			return err
		}
	}
	p.X.Min, p.X.Max = 0.8*float64(slices.Min(steps)), 1.25*float64(slices.Max(steps))
	p.Y.Min, p.Y.Max = p.Y.Min/1.5, 1.5*p.Y.Max
	return c.Save(filepath.Join(dir, "gradient-memory.png"))
}
