package training

import (
	"slices"
	"strconv"
	"strings"
)

// header takes the headings off the rows.
func (p *csvParser) header(rows [][]cell) ([][]cell, error) {
	first := rows[0]
	p.heads = make([]string, len(first))
	for j := range first {
		p.heads[j] = "column" + strconv.Itoa(j+1)
	}
	if p.opts.NoHeader {
		return rows, nil
	}
	if p.looksLikeData(first) {
		return nil, p.errorf(cell{line: first[0].line}, "",
			"the header is missing: the first row holds only numbers")
	}
	place := make(map[string]int, len(first))
	for j, c := range first {
		if hasControl(c.text) {
			return nil, p.errorf(c, "", "a line break or another control character in the heading %q", shorten(c.text))
		}
		if c.text != "" {
			p.heads[j] = c.text
		}
		if k, ok := place[p.heads[j]]; ok {
			return nil, p.errorf(c, "", "fields %d and %d have the same heading %q", k+1, j+1, p.heads[j])
		}
		place[p.heads[j]] = j
	}
	if len(rows) == 1 {
		return nil, p.errorf(cell{}, "", "no rows below the header")
	}
	return rows[1:], nil
}

// looksLikeData tells a first row of numbers from headings: a heading may be a number, a whole header is not.
func (p *csvParser) looksLikeData(row []cell) bool {
	for j, c := range row {
		_, err := parseNumber(c.text, p.opts.DecimalComma)
		if err == nil || j > 0 && p.missing.match(c.text) {
			continue
		}
		if _, isDate := parseDate(c.text); isDate {
			continue
		}
		return false
	}
	return true
}

// chooseColumns finds the columns that the options name.
func (p *csvParser) chooseColumns() error {
	if p.opts.Time != "" {
		if p.timeAt = slices.Index(p.heads, p.opts.Time); p.timeAt < 0 {
			return p.unknown(p.opts.Time)
		}
	}
	for _, name := range p.opts.Values {
		j := slices.Index(p.heads, name)
		switch {
		case j < 0:
			return p.unknown(name)
		case j == p.timeAt:
			return p.errorf(cell{}, "", "column %q is wanted as a value, but it is the time", name)
		case slices.Contains(p.valueAt, j):
			return p.errorf(cell{}, "", "column %q is wanted twice", name)
		}
		p.valueAt = append(p.valueAt, j)
	}
	if len(p.opts.Values) == 0 {
		for j := range p.heads {
			if j != p.timeAt {
				p.valueAt = append(p.valueAt, j)
			}
		}
	}
	if len(p.valueAt) == 0 {
		return p.errorf(cell{}, "", "no value columns: %q is the only one (is the separator another?)",
			shorten(p.heads[p.timeAt]))
	}
	return nil
}

func (p *csvParser) unknown(name string) error {
	quoted := make([]string, len(p.heads))
	for j, h := range p.heads {
		quoted[j] = strconv.Quote(h)
	}
	return p.errorf(cell{}, "", "no column %q; there are %s", name, strings.Join(quoted, ", "))
}
