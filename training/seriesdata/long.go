package seriesdata

import (
	"bufio"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// LongOptions names the columns of a table in long format. The zero value takes the first column for the ID, the second
// for the time and all others for channels.
type LongOptions struct {
	ID      string   // heading; empty is the first column
	Time    string   // heading; empty is the second column, or the first that is not the ID
	Values  []string // headings of the channels, in the order wanted; empty is all that has no other use
	Static  []string // columns that have one value in each series
	Targets []string // columns of what is to be predicted at each time
	// Label is a column that has one value in each series, its class. Classes are the texts found, in order of their
	// bytes, or of their numbers if all are numbers.
	Label string
	// Missing are the texts that stand for a missing value, in any case. Nil is training.DefaultMissing. An empty field is
	// always missing.
	Missing   []string
	Separator rune // 0 is a comma
}

// LoadLong reads the series in a file; see ReadLong.
func LoadLong(path string, opts LongOptions) (*series.Set, error) {
	return load(path, func(r io.Reader, name string) (*series.Set, error) { return ReadLong(r, name, opts) })
}

func load(path string, read func(io.Reader, string) (*series.Set, error)) (*series.Set, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "seriesdata: load")
	}
	defer f.Close()
	return read(f, filepath.Base(path))
}

// ReadLong reads series from comma-separated text with a header and a row for each time of each series:
//
//	id,time,heart rate,temperature,outcome
//	7,0.5,81,,survived
//	7,2.25,,36.9,survived
//	9,0.1,77,37.2,died
//
// Times are numbers, or all of them dates as training.ParseDate takes them, which become decimal years. name stands for the
// file in messages. The rows of a series may stand anywhere in the file and in any order, but no time
// twice. Series are in the order in which their IDs come first. A static value or a label that is empty in some rows of a
// series is that of the others; two that differ are an error. Lines that begin with # are passed over. What is wrong is
// said in a *training.ParseError.
func ReadLong(r io.Reader, name string, opts LongOptions) (*series.Set, error) {
	p := &longReader{name: name, opts: opts, byID: map[string]*record{}}
	if err := p.read(r); err != nil {
		return nil, err
	}
	return p.finish()
}

// longReader collects records.
type longReader struct {
	name string
	opts LongOptions

	heads                   []string
	id, time, label         int // columns; label is −1 if there is none
	values, static, targets []int
	missing                 marks
	clock                   clock

	records []*record
	byID    map[string]*record
}

// record is a series with the lines that it stands on.
type record struct {
	series.Series
	rows   []longRow
	fixed  []float64 // static values, NaN where not seen
	label  string
	fixedL []int // lines of the same
	labelL int
}

type longRow struct {
	time            float64
	values, targets []float64
	line            int
}

func (p *longReader) read(r io.Reader) error {
	c := csv.NewReader(withoutMark(r))
	c.Comment, c.ReuseRecord = '#', true
	if p.opts.Separator != 0 {
		c.Comma = p.opts.Separator
	}
	if !validSeparator(c.Comma) {
		return errors.Errorf("seriesdata: %s: %q cannot separate fields", p.name, c.Comma)
	}
	p.missing = newMarks(p.opts.Missing)
	for {
		row, err := c.Read()
		switch {
		case err == io.EOF && p.heads == nil:
			return p.errorf(0, 0, "", "the file is empty")
		case err == io.EOF:
			return nil
		case err != nil:
			return p.broken(err)
		}
		if p.heads == nil {
			line, _ := c.FieldPos(0)
			if err := p.header(row, line); err != nil {
				return err
			}
			continue
		}
		if err := p.row(c, row); err != nil {
			return err
		}
	}
}

// withoutMark passes over a byte order mark.
func withoutMark(r io.Reader) *bufio.Reader {
	b := bufio.NewReader(r)
	const mark = "\ufeff"
	if begin, err := b.Peek(len(mark)); err == nil && string(begin) == mark {
		_, _ = b.Discard(len(mark))
	}
	return b
}

func validSeparator(r rune) bool {
	return r == ',' || r == ';' || r == '\t' || r == '|' || r == ' '
}

func (p *longReader) broken(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		msg := bad.Err.Error()
		if errors.Is(bad.Err, csv.ErrFieldCount) {
			msg = "another number of fields than in the header"
		}
		return p.errorf(bad.Line, bad.Column, "", "%s", msg)
	}
	return errors.Wrapf(err, "seriesdata: read %s", p.name)
}

// header finds the columns.
func (p *longReader) header(row []string, line int) error {
	for i, h := range row {
		h = strings.TrimSpace(h)
		if !utf8.ValidString(h) || strings.ContainsFunc(h, unicode.IsControl) {
			return p.errorf(line, 0, "", "the heading %d has bytes that are no letters: this is not a text file", i+1)
		}
		if h == "" {
			return p.errorf(line, 0, "", "column %d has no heading", i+1)
		}
		if slices.Contains(p.heads, h) {
			return p.errorf(line, 0, h, "two columns have this heading")
		}
		p.heads = append(p.heads, h)
	}
	use := map[int]string{}
	column := func(head, what string) (int, error) {
		i := slices.Index(p.heads, head)
		if i < 0 {
			return 0, p.errorf(line, 0, head, "there is no such column for the %s; there are %q", what, p.heads)
		}
		if other, ok := use[i]; ok {
			return 0, p.errorf(line, 0, head, "the column is the %s and the %s", other, what)
		}
		use[i] = what
		return i, nil
	}
	columns := func(heads []string, what string) (list []int, err error) {
		for _, h := range heads {
			i, err := column(h, what)
			if err != nil {
				return nil, err
			}
			list = append(list, i)
		}
		return list, nil
	}
	id := p.opts.ID
	if id == "" {
		id = p.heads[0]
	}
	var err error
	if p.id, err = column(id, "ID"); err != nil {
		return err
	}
	time := p.opts.Time
	if time == "" {
		if len(p.heads) < 2 {
			return p.errorf(line, 0, "", "one column, want an ID, a time and values")
		}
		time = p.heads[0]
		if p.id == 0 {
			time = p.heads[1]
		}
	}
	if p.time, err = column(time, "time"); err != nil {
		return err
	}
	if p.label = -1; p.opts.Label != "" {
		if p.label, err = column(p.opts.Label, "label"); err != nil {
			return err
		}
	}
	if p.static, err = columns(p.opts.Static, "static value"); err != nil {
		return err
	}
	if p.targets, err = columns(p.opts.Targets, "target"); err != nil {
		return err
	}
	values := p.opts.Values
	if len(values) == 0 {
		for i, h := range p.heads {
			if _, ok := use[i]; !ok {
				values = append(values, h)
			}
		}
	}
	if p.values, err = columns(values, "channel"); err != nil {
		return err
	}
	if len(p.values) == 0 {
		return p.errorf(line, 0, "", "no column is left for values")
	}
	return nil
}

func (p *longReader) errorf(line, column int, head, format string, args ...any) error {
	return parseError(p.name, line, column, head, format, args...)
}
