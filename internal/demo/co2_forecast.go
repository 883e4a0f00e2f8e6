package demo

import (
	"context"
	"fmt"
	"math"
)

// co2Forecast knows a record up to a time and predicts what came in the ten years after.
type co2Forecast struct {
	Options
	record *co2Record
	end    int

	times []float64
	x     []float64 // what came
	band  co2Band
	law   co2Band // of the trend's law alone
}

const co2Horizon = 10

func (c *co2Forecast) run(ctx context.Context) error {
	model := &co2Model{
		Options: c.Options, label: fmt.Sprintf("co2: up to %d", c.end), begin: 1958, end: c.end - 4,
		past: 3, length: 3 + co2Horizon, stride: 4, steps: 400,
	}
	evaluations := 100
	if c.Quick {
		model.steps, evaluations = 5, 10
	}
	end := float64(c.end)
	known := c.record.before(end)
	for i, t := range c.record.t {
		if t >= end && t < end+co2Horizon {
			c.times, c.x = append(c.times, t), append(c.x, c.record.x[i])
		}
	}
	trend, err := fitCO2Trend(known, evaluations)
	if err != nil {
		return err
	}
	level, _, err := trend.levelAt(known.t)
	if err != nil {
		return err
	}
	rest := known.less(level)
	if err := model.fit(ctx, rest); err != nil {
		return err
	}
	for _, t := range c.times { // weeks to come, of which nothing is known
		rest.t, rest.x = append(rest.t[:len(rest.t):len(rest.t)], t), append(rest.x, math.NaN())
	}
	bands, err := model.predict(rest, end-model.past)
	if err != nil {
		return err
	}
	var ahead []int
	for i := len(bands[0].mean) - len(c.times); i < len(bands[0].mean); i++ {
		ahead = append(ahead, i)
	}
	mean, deviation, err := trend.levelAt(c.times)
	if err != nil {
		return err
	}
	c.band = bands[0].some(ahead).plus(mean, deviation)
	c.law, err = trend.weeks(c.times)
	return err
}

func (c *co2Forecast) report(r *Result) error {
	known := c.record.before(float64(c.end))
	curve, err := fitCO2Curve(known)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("forecast %d–%d", c.end, c.end+co2Horizon-1)
	r.co2(what, "latent ODE", c.band, c.x)
	r.co2(what, "last year and mean growth", known.lastYear(float64(c.end), c.times), c.x)
	r.co2(what, "quadratic and harmonics", curve.band(c.times), c.x)
	r.co2(what, "linear SDE alone", c.law, c.x)
	return nil
}
