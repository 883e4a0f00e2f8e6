package demo

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// co2Imputation fills gaps: stretches of the record are hidden, and those of test are predicted. What is hidden in check
// widens the band.
type co2Imputation struct {
	Options
	record      *co2Record
	test, check []co2Hidden

	trend  *co2Trend
	level  []float64
	factor float64
	band   co2Band // of all weeks
}

func newCO2Imputation(r *co2Record, o Options) (*co2Imputation, error) {
	c := &co2Imputation{Options: o, record: r}
	rng := rand.New(rand.NewPCG(o.Seed, 0x67617073))
	half := 1 // of so many stretches of each length
	if o.Quick {
		half = 2
	}
	var err error
	if c.test, err = r.hide(rng, map[int]int{1: 60 / half, 4: 20 / half, 13: 10 / half}); err != nil {
		return nil, err
	}
	c.check, err = r.without(c.test).hide(rng, map[int]int{1: 30 / half, 4: 10 / half, 13: 5 / half})
	return c, err
}

// seen is the record without what is hidden.
func (c *co2Imputation) seen() *co2Record { return c.record.without(c.test, c.check) }

func (c *co2Imputation) run(ctx context.Context) error {
	model := &co2Model{
		Options: c.Options, label: "co2: gaps", past: 2, length: 2, stride: 2, steps: 600,
		begin: 1958, end: int(c.record.t[len(c.record.t)-1]) - 1,
	}
	evaluations := 100
	if c.Quick {
		model.steps, evaluations = 20, 10
	}
	seen := c.seen()
	var err error
	if c.trend, err = fitCO2Trend(seen, evaluations); err != nil {
		return err
	}
	if c.level, _, err = c.trend.levelAt(seen.t); err != nil {
		return err
	}
	rest := seen.less(c.level)
	if err := model.fit(ctx, rest); err != nil {
		return err
	}
	var years []float64
	for y := model.begin; y <= model.end; y++ {
		years = append(years, float64(y))
	}
	bands, err := model.predict(rest, years...)
	if err != nil {
		return err
	}
	// Of the windows that a week is in, the one takes it that has it nearer to its middle.
	next := make([]int, len(years))
	for _, t := range seen.t {
		mine := min(max(int(math.Floor(t-(model.length-1)/2))-model.begin, 0), len(years)-1)
		for k, y := range years {
			if t >= y && t < y+model.length {
				if k == mine {
					c.band = c.band.join(bands[k].some([]int{next[k]}))
				}
				next[k]++
			}
		}
	}
	if len(c.band.mean) != len(seen.t) {
		return errors.Errorf("%d weeks of %d are in a window", len(c.band.mean), len(seen.t))
	}
	c.band = c.band.plus(c.level, make([]float64, len(c.level)))
	places, x := c.hidden(c.check, 0)
	c.factor = c.band.some(places).factor(x)
	c.band = c.band.widened(c.factor)
	return nil
}

// hidden are the places of stretches of a length, and what was measured there; 0 is all lengths.
func (c *co2Imputation) hidden(list []co2Hidden, run int) (places []int, x []float64) {
	for _, h := range list {
		if run == 0 || h.run == run {
			places, x = append(places, h.week), append(x, c.record.x[h.week])
		}
	}
	return places, x
}

func (c *co2Imputation) report(r *Result) error {
	seen := c.seen()
	curve, err := fitCO2Curve(seen)
	if err != nil {
		return err
	}
	for _, run := range []int{0, 1, 4, 13} {
		kind := map[int]string{0: "all hidden weeks", 1: "single weeks", 4: "runs of 4 weeks", 13: "runs of 13 weeks"}[run]
		places, x := c.hidden(c.test, run)
		var times []float64
		for _, i := range places {
			times = append(times, c.record.t[i])
		}
		law, err := c.trend.weeks(times)
		if err != nil {
			return err
		}
		line := co2Band{mean: seen.linearAt(times)}
		add := func(method string, b co2Band) { r.co2("gaps, "+kind, method, b, x) }
		add("latent ODE", c.band.some(places))
		add("linear interpolation", line)
		add("quadratic and harmonics", curve.band(times))
		add("linear SDE alone", law)
	}
	r.Figures = append(r.Figures, Figure{Name: "gaps: factor of the band, from other hidden weeks", Value: c.factor})
	return nil
}

// less is the record without its trend.
func (r *co2Record) less(level []float64) *co2Record {
	out := &co2Record{t: r.t}
	for i, x := range r.x {
		out.x = append(out.x, x-level[i])
	}
	return out
}

func (b co2Band) join(o co2Band) co2Band {
	return co2Band{append(b.mean, o.mean...), append(b.below, o.below...), append(b.above, o.above...)}
}
