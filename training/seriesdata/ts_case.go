package seriesdata

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// one reads a case.
func (p *tsReader) one(text string) error {
	channels, err := outside(text, ':')
	if err != nil {
		return p.errorf("%v", err)
	}
	s := &series.Series{ID: strconv.Itoa(len(p.set.Series))}
	if p.classes || p.target {
		last := strings.TrimSpace(channels[len(channels)-1])
		channels = channels[:len(channels)-1]
		label, err := p.label(last)
		if err != nil {
			return err
		}
		s.Label = []float64{label}
	}
	if p.dimensions == 0 {
		p.dimensions = len(channels)
	}
	if len(channels) != p.dimensions || len(channels) == 0 {
		return p.errorf("%d channels, want %d", len(channels), p.dimensions)
	}
	read := p.even
	if p.stamped {
		read = p.uneven
	}
	if err := read(s, channels); err != nil {
		return err
	}
	p.set.Series = append(p.set.Series, s)
	return nil
}

// even reads values at 0, 1, 2, ….
func (p *tsReader) even(s *series.Series, channels []string) error {
	n := strings.Count(channels[0], ",") + 1
	if p.length > 0 && n != p.length {
		return p.errorf("%d values, but @seriesLength is %d", n, p.length)
	}
	for k, c := range channels {
		if m := strings.Count(c, ",") + 1; m != n {
			return p.errorf("channel %d has %d values, and channel 1 has %d", k+1, m, n)
		}
	}
	for i := range n {
		s.Times = append(s.Times, float64(i))
	}
	s.Values = unseen(n, len(channels))
	for k, c := range channels {
		i := 0
		for field := range strings.SplitSeq(c, ",") {
			v, err := p.value(field, k, i)
			if err != nil {
				return err
			}
			s.Values[i][k] = v
			i++
		}
	}
	return nil
}

// uneven reads pairs of a time and a value.
func (p *tsReader) uneven(s *series.Series, channels []string) error {
	type pair struct{ time, value float64 }
	read := make([][]pair, len(channels))
	for k, c := range channels {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		fields, err := outside(c, ',')
		if err != nil {
			return p.errorf("channel %d: %v", k+1, err)
		}
		if p.length > 0 && len(fields) != p.length {
			return p.errorf("channel %d has %d values, but @seriesLength is %d", k+1, len(fields), p.length)
		}
		for i, field := range fields {
			field = strings.TrimSpace(field)
			inner, opened := strings.CutPrefix(field, "(")
			inner, closed := strings.CutSuffix(inner, ")")
			at := strings.LastIndexByte(inner, ',')
			if !opened || !closed || at < 0 {
				return p.errorf("channel %d: %q, want a pair (time,value)", k+1, shorten(field))
			}
			t, err := p.clock.read(strings.TrimSpace(inner[:at]))
			if err != nil {
				return p.errorf("channel %d: the time %q %v", k+1, shorten(inner[:at]), err)
			}
			v, err := p.value(inner[at+1:], k, i)
			if err != nil {
				return err
			}
			read[k] = append(read[k], pair{t, v})
			s.Times = append(s.Times, t)
		}
	}
	if len(s.Times) == 0 {
		return p.errorf("no channel has a value")
	}
	slices.Sort(s.Times)
	s.Times = slices.Compact(s.Times)
	s.Values = unseen(len(s.Times), len(channels))
	for k, pairs := range read {
		seen := make([]bool, len(s.Times))
		for _, x := range pairs {
			i, _ := slices.BinarySearch(s.Times, x.time)
			if seen[i] {
				return p.errorf("channel %d has the time %g twice", k+1, x.time)
			}
			s.Values[i][k], seen[i] = x.value, true
		}
	}
	return nil
}

// value reads the i-th of channel k.
func (p *tsReader) value(field string, k, i int) (float64, error) {
	field = strings.TrimSpace(field)
	if field == "" {
		return 0, p.errorf("channel %d: value %d is empty", k+1, i+1)
	}
	if p.missing.match(field) {
		return math.NaN(), nil
	}
	v, err := number(field)
	if err != nil {
		return 0, p.errorf("channel %d: value %d: %q %v", k+1, i+1, shorten(field), err)
	}
	return v, nil
}

func (p *tsReader) label(text string) (float64, error) {
	if p.missing.match(text) {
		return math.NaN(), nil
	}
	if p.target {
		v, err := number(text)
		if err != nil {
			return 0, p.errorf("the target %q %v", shorten(text), err)
		}
		return v, nil
	}
	c := slices.Index(p.set.Classes, text)
	if c < 0 {
		return 0, p.errorf("%q is none of the classes %q", shorten(text), p.set.Classes)
	}
	return float64(c), nil
}

// unseen are n rows of missing values.
func unseen(n, channels int) [][]float64 {
	flat := slices.Repeat([]float64{math.NaN()}, n*channels)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = flat[i*channels : (i+1)*channels : (i+1)*channels]
	}
	return rows
}

// outside splits a text where a separator stands in no parentheses.
func outside(text string, separator byte) ([]string, error) {
	var parts []string
	from, open := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '(' && open, c == ')' && !open:
			return nil, errors.Errorf("%q at byte %d: parentheses do not match", c, i+1)
		case c == '(' || c == ')':
			open = !open
		case c == separator && !open:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	if open {
		return nil, errors.New("a parenthesis is not closed")
	}
	return append(parts, text[from:]), nil
}
