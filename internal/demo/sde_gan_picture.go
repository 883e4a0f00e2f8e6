package demo

import (
	"fmt"
	"math"

	"gorgonode/training"
)

// pathsPicture has paths of the process on the left and generated ones on the right.
func (e *sdeGAN) pathsPicture() (*training.Figure, error) {
	const apart = driftingEnd + 4
	p := training.CurvesPlot{
		Title:  fmt.Sprintf("twelve paths of the process, and behind time %d twelve generated ones", apart),
		XLabel: "time", YLabel: "y", Width: 9, Height: 4,
		Curves: []training.Curve{{Name: "process"}, {Name: "generated"}},
	}
	for i := range 12 {
		for side, path := range [][]float64{e.test[i], e.made[i]} {
			c := &p.Curves[side]
			for k, y := range path {
				c.X, c.Y = append(c.X, float64(k+side*apart)), append(c.Y, y)
			}
			c.X, c.Y = append(c.X, math.NaN()), append(c.Y, math.NaN())
		}
	}
	return p.Figure()
}

// marginalsPicture has the densities at some times beside those in closed form.
func (e *sdeGAN) marginalsPicture() (*training.Figure, error) {
	p := training.CurvesPlot{
		Title:  fmt.Sprintf("densities at three times: %d generated paths; dashed: of the process", len(e.made)),
		XLabel: "y", YLabel: "density", Width: 9, Height: 4,
	}
	const width = 0.25
	var closed []training.Curve
	for _, k := range marginalTimes {
		from := math.Floor(driftingMean(float64(k)) - 4)
		made, truth := training.Curve{Name: fmt.Sprintf("time %d", k)}, training.Curve{Dashed: true}
		count := make([]float64, int(8/width))
		for _, y := range valuesAt(e.made, k) {
			if i := int(math.Floor((y - from) / width)); i >= 0 && i < len(count) {
				count[i]++
			}
		}
		for i, n := range count {
			made.X, made.Y = append(made.X, from+(float64(i)+0.5)*width), append(made.Y, n/(width*float64(len(e.made))))
		}
		for y := from; y <= from+8; y += 0.02 {
			truth.X, truth.Y = append(truth.X, y), append(truth.Y, driftingDensity(float64(k), y))
		}
		p.Curves, closed = append(p.Curves, made), append(closed, truth)
	}
	closed[len(closed)-1].Name = "closed form"
	p.Curves = append(p.Curves, closed...)
	return p.Figure()
}

// lawPicture has the moments over time, and the correlation over a lag, beside those in closed form.
func (e *sdeGAN) lawPicture() (*training.Figure, error) {
	p := training.CurvesPlot{
		Title:  "moments of generated paths; dashed: of the process",
		XLabel: "time, or time between two", YLabel: "moment", Width: 9, Height: 4.5,
		Curves: []training.Curve{
			{Name: "mean"}, {Name: "standard deviation"}, {Name: "correlation"},
			{Dashed: true}, {Dashed: true}, {Name: "closed form", Dashed: true},
		},
	}
	add := func(c int, x, learned, closed float64) {
		for i, y := range []float64{learned, closed} {
			curve := &p.Curves[c+3*i]
			curve.X, curve.Y = append(curve.X, x), append(curve.Y, y)
		}
	}
	for k := range driftingEnd + 1 {
		t := float64(k)
		mean, deviation := momentsAt(e.made, k)
		add(0, t, mean, driftingMean(t))
		add(1, t, deviation, math.Sqrt(driftingVariance(t)))
		if k+correlatedFrom < driftingEnd {
			add(2, t, correlationAt(e.made, k), driftingCorrelation(k))
		}
	}
	return p.Figure()
}
