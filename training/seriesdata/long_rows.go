package seriesdata

import (
	"cmp"
	"encoding/csv"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// row adds a row of the table to its series.
func (p *longReader) row(c *csv.Reader, row []string) error {
	line, _ := c.FieldPos(0)
	fail := func(i int, format string, args ...any) error {
		line, column := c.FieldPos(i)
		return p.errorf(line, column, p.heads[i], format, args...)
	}
	number := func(i int) (float64, error) {
		text := strings.TrimSpace(row[i])
		if p.missing.match(text) {
			return math.NaN(), nil
		}
		v, err := number(text)
		if err != nil {
			return 0, fail(i, "%q %v", shorten(text), err)
		}
		return v, nil
	}
	numbers := func(list []int) (out []float64, err error) {
		for _, i := range list {
			v, err := number(i)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	id := strings.TrimSpace(row[p.id])
	if id == "" {
		return fail(p.id, "the ID is missing")
	}
	one := longRow{line: line}
	var err error
	when := strings.TrimSpace(row[p.time])
	if p.missing.match(when) {
		return fail(p.time, "the time is missing")
	}
	if one.time, err = p.clock.read(when); err != nil {
		return fail(p.time, "%q %v", shorten(when), err)
	}
	if one.values, err = numbers(p.values); err != nil {
		return err
	}
	if one.targets, err = numbers(p.targets); err != nil {
		return err
	}
	static, err := numbers(p.static)
	if err != nil {
		return err
	}
	s := p.byID[id]
	if s == nil {
		id = strings.Clone(id)
		s = &record{fixed: slices.Repeat([]float64{math.NaN()}, len(p.static)), fixedL: make([]int, len(p.static))}
		s.ID = id
		p.byID[id] = s
		p.records = append(p.records, s)
	}
	for k, v := range static {
		switch {
		case math.IsNaN(v):
		case math.IsNaN(s.fixed[k]):
			s.fixed[k], s.fixedL[k] = v, line
		case s.fixed[k] != v:
			return fail(p.static[k], "%g, but line %d has %g for the same ID %q", v, s.fixedL[k], s.fixed[k], shorten(id))
		}
	}
	if p.label >= 0 {
		text := strings.TrimSpace(row[p.label])
		switch {
		case p.missing.match(text):
		case s.label == "":
			s.label, s.labelL = strings.Clone(text), line
		case s.label != text:
			return fail(p.label, "%q, but line %d has %q for the same ID %q", shorten(text), s.labelL, shorten(s.label), shorten(id))
		}
	}
	s.rows = append(s.rows, one)
	return nil
}

// finish sorts the rows of each series and numbers the classes.
func (p *longReader) finish() (*series.Set, error) {
	set := &series.Set{Name: p.name, TimeUnit: p.clock.unit()}
	pick := func(list []int) (names []string) {
		for _, i := range list {
			names = append(names, p.heads[i])
		}
		return names
	}
	set.Channels, set.Statics, set.Targets = pick(p.values), pick(p.static), pick(p.targets)
	if len(p.records) == 0 {
		return nil, p.errorf(0, 0, "", "the file has no rows")
	}
	classes := p.classes()
	if p.label >= 0 {
		if len(classes) == 0 {
			return nil, p.errorf(0, 0, p.heads[p.label], "every label is missing")
		}
		set.Labels, set.Classes = []string{p.heads[p.label]}, classes
	}
	for _, s := range p.records {
		slices.SortStableFunc(s.rows, func(a, b longRow) int { return cmp.Compare(a.time, b.time) })
		for i, r := range s.rows {
			if i > 0 && r.time == s.rows[i-1].time {
				return nil, p.errorf(r.line, 0, p.heads[p.time], "line %d has the same time %g of ID %q",
					s.rows[i-1].line, r.time, shorten(s.ID))
			}
			s.Times, s.Values = append(s.Times, r.time), append(s.Values, r.values)
			if len(p.targets) > 0 {
				s.Targets = append(s.Targets, r.targets)
			}
		}
		s.Static = s.fixed
		if p.label >= 0 {
			class := math.NaN()
			if s.label != "" {
				class = float64(slices.Index(classes, s.label))
			}
			s.Label = []float64{class}
		}
		set.Series = append(set.Series, &s.Series)
	}
	return set, errors.WithMessage(set.Validate(), "seriesdata")
}

// classes are the labels found.
func (p *longReader) classes() []string {
	seen := map[string]bool{}
	var list []string
	for _, s := range p.records {
		if s.label != "" && !seen[s.label] {
			seen[s.label] = true
			list = append(list, s.label)
		}
	}
	sortClasses(list)
	return list
}
