package demo

import (
	"fmt"
	"math"
	"slices"

	"gorgonode/training"
)

// curve is a prediction as a line with its band.
func (b co2Band) curve(name string, t []float64) training.Curve {
	c := training.Curve{Name: name, X: t, Y: b.mean}
	for i, m := range b.mean {
		c.Low, c.High = append(c.Low, m-b.below[i]), append(c.High, m+b.above[i])
	}
	return c
}

// wholePicture is the record with what fills it where it is missing or hidden.
func (c *co2Imputation) wholePicture() (*training.Figure, error) {
	seen := c.seen()
	filled := slices.Clone(c.band.mean)
	for i, x := range seen.x {
		if !math.IsNaN(x) {
			filled[i] = math.NaN()
		}
	}
	return training.CurvesPlot{
		Title:  "carbon dioxide at Mauna Loa, weeks that were measured and weeks that were filled in",
		XLabel: "year", YLabel: "ppm", Width: 11, Height: 5,
		Curves: []training.Curve{
			{Name: "seen by the model", X: seen.t, Y: seen.x, Points: true},
			{Name: "filled in", X: seen.t, Y: filled, Points: true},
		},
	}.Figure()
}

// zoomPicture is a part of it, with the band, and with what the model was not shown.
func (c *co2Imputation) zoomPicture(from, to float64) (*training.Figure, error) {
	within := func(t, y []float64) (some, values []float64) {
		for i, v := range t {
			if v >= from && v <= to {
				some, values = append(some, v), append(values, y[i])
			}
		}
		return some, values
	}
	t, mean := within(c.record.t, c.band.mean)
	_, below := within(c.record.t, c.band.below)
	_, above := within(c.record.t, c.band.above)
	seen := c.seen()
	_, x := within(seen.t, seen.x)
	hidden := slices.Repeat([]float64{math.NaN()}, len(c.record.t))
	for _, list := range [][]co2Hidden{c.test, c.check} {
		for _, h := range list {
			hidden[h.week] = c.record.x[h.week]
		}
	}
	_, unseen := within(c.record.t, hidden)
	return training.CurvesPlot{
		Title:  fmt.Sprintf("%g to %g: weeks without points were never measured", from, to),
		XLabel: "year", YLabel: "ppm", Width: 11, Height: 5,
		Curves: []training.Curve{
			co2Band{mean, below, above}.curve("latent ODE, 90 % band", t),
			{Name: "hidden from the model", X: t, Y: unseen, Points: true},
			{Name: "seen by the model", X: t, Y: x, Points: true},
		},
	}.Figure()
}

// picture is the forecast beside what came, and beside the simpler ones.
func (c *co2Forecast) picture() (*training.Figure, error) {
	known := c.record.before(float64(c.end))
	curve, err := fitCO2Curve(known)
	if err != nil {
		return nil, err
	}
	last, _ := slices.BinarySearch(known.t, float64(c.end-4))
	return training.CurvesPlot{
		Title:  fmt.Sprintf("what was foreseen at the end of %d, and what came", c.end-1),
		XLabel: "year", YLabel: "ppm", Width: 11, Height: 6,
		Curves: []training.Curve{
			c.band.curve("latent ODE, 90 % band", c.times),
			{Name: "what came", X: c.times, Y: c.x, Points: true},
			{Name: "known", X: known.t[last:], Y: known.x[last:], Points: true},
			{Name: "quadratic and harmonics", X: c.times, Y: curve.band(c.times).mean, Dashed: true},
			{Name: "last year and mean growth", X: c.times, Y: known.lastYear(float64(c.end), c.times).mean, Dashed: true},
		},
	}.Figure()
}
