package main

import (
	"math"
	"strconv"

	"github.com/pkg/errors"

	"gorgonode/training"
)

// moment is a time in a flag: a finite number, or a date. The zero value is none.
type moment struct {
	text string
	t    float64 // a date's is the decimal year
	date bool
}

// UnmarshalText reads what stands in a flag.
func (m *moment) UnmarshalText(text []byte) error {
	m.text = string(text)
	if m.t, m.date = training.ParseDate(m.text); m.date {
		return nil
	}
	var err error
	if m.t, err = strconv.ParseFloat(m.text, 64); err != nil || math.IsNaN(m.t) || math.IsInf(m.t, 0) {
		return errors.Errorf("%q is neither a finite number nor a date such as 2001-07-02", m.text)
	}
	return nil
}

func (m moment) given() bool { return m.text != "" }

// checkTimes looks at what flags of times say without the run.
func (c *predictCommand) checkTimes() error {
	if len(c.At) > 0 && (c.From.given() || c.Until.given() || c.Horizon != nil || c.Every != nil) {
		return badInputf("--at gives all times: it goes without --from, --until, --horizon and --every")
	}
	for i, m := range c.At {
		if i > 0 && m.t <= c.At[i-1].t {
			return badInputf("--at: %s does not come after %s: give increasing times", m.text, c.At[i-1].text)
		}
	}
	if v := c.Horizon; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
		return badInputf("--horizon %g: it must be finite", *v)
	}
	if v := c.Every; v != nil && (!(*v > 0) || math.IsInf(*v, 0)) {
		return badInputf("--every %g: it must be positive and finite", *v)
	}
	return nil
}

// times are those that the flags ask for.
func (c *predictCommand) times(f *learned, o *origin) ([]float64, error) {
	for _, m := range append([]moment{c.From, c.Until}, c.At...) {
		if m.date && f.data.TimeUnit == "" {
			return nil, badInputf("%s is a date: the times of this run are numbers, from %s to %s", m.text, short(f.data.T[0]),
				short(f.data.T[f.data.Len()-1]))
		}
	}
	if len(c.At) > 0 {
		times := make([]float64, len(c.At))
		for i, m := range c.At {
			times[i] = m.t
		}
		return times, o.reach("--at", times[0])
	}
	spacing := f.spacing
	from, until, every := o.last, o.last+math.Round(float64(f.data.Len())/2)*spacing, spacing
	if c.From.given() {
		from = c.From.t
	}
	if c.Until.given() {
		until = c.Until.t
	}
	if c.Horizon != nil {
		until = o.last + *c.Horizon*spacing
	}
	if c.Every != nil {
		every = *c.Every
	}
	if err := o.reach("--from", from); err != nil {
		return nil, err
	}
	if !(until >= from) {
		return nil, badInputf("the last time, %s, is before the first, %s: see --from, --until and --horizon", short(until),
			short(from))
	}
	const most = 1e6
	n := math.Floor((until-from)/every + 1e-9)
	if !(n <= most) {
		return nil, badInputf("--every %g: that makes %.3g lines; at most %g are printed", every, n, most)
	}
	times := make([]float64, int(n)+1)
	for i := range times {
		times[i] = from + float64(i)*every
		if i > 0 && times[i] <= times[i-1] {
			return nil, badInputf("--every %g: too little beside a time of %s", every, short(from))
		}
	}
	return times, nil
}

// reach tells whether the forecast reaches back to a time.
func (o *origin) reach(flag string, t float64) error {
	if t < o.first {
		return badInputf("%s %s: the forecast begins at %s", flag, short(t), short(o.first))
	}
	return nil
}
