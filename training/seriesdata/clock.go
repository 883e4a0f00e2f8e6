package seriesdata

import (
	"github.com/pkg/errors"

	"gorgonode/training"
)

// clock reads times, all of which are numbers, or all dates, which become decimal years (training.ParseDate). The first
// decides. 20010702 is a number here.
type clock struct{ begun, dates bool }

func (c *clock) read(text string) (float64, error) {
	if !c.dates {
		if v, err := number(text); err != errNotNumber {
			c.begun = c.begun || err == nil
			return v, err
		}
	}
	year, ok := training.ParseDate(text)
	switch {
	case !ok && c.dates:
		return 0, errors.New("is no date, and the first time is one")
	case !ok:
		return 0, errors.New("is neither a number nor a date such as 2001-07-02")
	case c.begun && !c.dates:
		return 0, errors.New("is a date, and the first time is a number")
	}
	c.begun, c.dates = true, true
	return year, nil
}

// unit is a Set's TimeUnit.
func (c *clock) unit() string {
	if c.dates {
		return "year"
	}
	return ""
}
