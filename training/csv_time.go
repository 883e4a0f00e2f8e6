package training

import (
	"time"
)

// dateLayouts are the ways of writing a date in a time column.
var dateLayouts = []string{
	"2006-01-02",
	"2006-01",
	time.RFC3339Nano,
	"2006-01-02 15:04:05",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04",
	"2006/01/02",
}

const compactDate = "20060102"

// ParseDate reads a date in one of the forms that ReadCSV takes, but 20060102, which would be a number, as a decimal year.
func ParseDate(s string) (year float64, ok bool) {
	t, ok := parseDate(s)
	if !ok {
		return 0, false
	}
	return decimalYear(t), true
}

func parseDate(s string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// decimalYear is the year and the part of it that is over, in UTC.
func decimalYear(t time.Time) float64 {
	t = t.UTC()
	start := time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	end := time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	return float64(t.Year()) + float64(t.Sub(start))/float64(end.Sub(start))
}

// times reads the time column. The first row decides between numbers and dates.
func (p *csvParser) times(rows [][]cell) (ts []float64, unit string, err error) {
	head := p.heads[p.timeAt]
	column := make([]cell, len(rows))
	for i, row := range rows {
		column[i] = row[p.timeAt]
		if p.missing.match(column[i].text) {
			return nil, "", p.errorf(column[i], head, "the time is missing")
		}
	}
	read, unit := p.numberTime, ""
	if !p.opts.NumberTimes && allCompactDates(column) {
		read, unit = readCompact, "year"
	} else if _, ok := parseDate(column[0].text); ok {
		read, unit = readDate, "year"
	}
	for i, c := range column {
		t, problem := read(c.text)
		if problem != "" {
			return nil, "", p.errorf(c, head, "%q %s", shorten(c.text), problem)
		}
		if i > 0 && t == ts[i-1] {
			return nil, "", p.errorf(c, head, "time %s is there twice: also in line %d", shorten(c.text), column[i-1].line)
		}
		if i > 0 && t < ts[i-1] {
			return nil, "", p.errorf(c, head, "times must increase: %s comes after %s in line %d",
				shorten(c.text), shorten(column[i-1].text), column[i-1].line)
		}
		ts = append(ts, t)
	}
	return ts, unit, nil
}

func (p *csvParser) numberTime(s string) (t float64, problem string) {
	t, err := parseNumber(s, p.opts.DecimalComma)
	switch err {
	case nil:
		return t, ""
	case errInfinite:
		return 0, err.Error()
	}
	if _, ok := parseDate(s); ok {
		return 0, "is a date, but the first time is a number"
	}
	return 0, "is neither a number nor a date (dates are written 2006-01-02, 2006-01 or as in RFC 3339)"
}

func readDate(s string) (t float64, problem string) {
	d, ok := parseDate(s)
	if !ok {
		return 0, "is not a date, but the first time is"
	}
	return decimalYear(d), ""
}

func readCompact(s string) (t float64, problem string) {
	d, err := time.Parse(compactDate, s)
	if err != nil {
		return 0, "is not a date, but the other times are"
	}
	return decimalYear(d), ""
}

// allCompactDates tells dates such as 19580329 from numbers. Taken as numbers they would increase too, with wrong steps
// at the end of each month, and nothing would show it.
func allCompactDates(column []cell) bool {
	for _, c := range column {
		if len(c.text) != len(compactDate) {
			return false
		}
		if d, err := time.Parse(compactDate, c.text); err != nil || d.Year() < 1000 {
			return false
		}
	}
	return true
}
