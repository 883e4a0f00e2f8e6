package training

import (
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/pkg/errors"
)

// CSVOptions says how a table is to be read. The zero value reads a table with a header, whose first column is the
// time and whose other columns are values.
type CSVOptions struct {
	// Separator stands between fields. 0 finds it out: tab, semicolon or comma, the first of them that stands
	// equally often in the first lines.
	Separator rune
	// NoHeader says that the first row is data. The columns are then named column1, column2, ...
	NoHeader bool
	// Time is the heading of the time column. Empty is the first column.
	Time string
	// Values are the headings of the value columns, in the order wanted. Empty is all but the time.
	Values []string
	// Missing are the texts that stand for a missing value, in any case; one that is a number (-999) matches every
	// way of writing that number. Nil is DefaultMissing. An empty field is always missing.
	Missing []string
	// DecimalComma reads 3,14 as 3.14.
	DecimalComma bool
	// NumberTimes reads times such as 19580329 as numbers, even where every one of them is a calendar date.
	NumberTimes bool
}

// DefaultMissing are the texts read as a missing value when CSVOptions.Missing is nil, beside the empty field.
var DefaultMissing = []string{"NA", "N/A", "NaN", "null", "?"}

// LoadCSV reads the time series in a file; see ReadCSV.
func LoadCSV(path string, opts CSVOptions) (*Series, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "training: load series")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Wrap(err, "training: load series")
	}
	if info.IsDir() {
		return nil, errors.Errorf("training: load series: %s is a folder, not a CSV file", path)
	}
	return ReadCSV(f, filepath.Base(path), opts)
}

// ReadCSV reads a time series from comma-separated text; name stands for the file in messages.
//
// Lines that are blank or begin with # are passed over. Text is UTF-8, with or without a byte order mark; lines end
// in LF or CRLF. Blanks around a field don't count, and a field may be quoted. An unnamed column is called by its
// place: column1, column2.
//
// Times are numbers, or dates as 2006-01-02, 2006-01, 20060102, 2006-01-02 15:04:05 or RFC 3339. Dates become decimal
// years in UTC: 2001-07-02 is 2001 + 182/365. A month is its first day. Times must increase strictly.
//
// A value that is there must be a finite decimal number. What is wrong is said in a *ParseError, with its place.
func ReadCSV(r io.Reader, name string, opts CSVOptions) (*Series, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, errors.Wrapf(err, "training: read %s", name)
	}
	p := &csvParser{name: name, opts: opts}
	return p.parse(raw)
}

// ParseError is what is wrong in a text file, and where.
type ParseError struct {
	File   string
	Line   int    // 1 is the first; 0 when the whole file is meant
	Column int    // byte in that line, 1 is the first; 0 when the whole line is meant
	Name   string // heading of the table's column, if the error is in a field
	Msg    string
}

// Error is the place and what is wrong there, in one line.
func (e *ParseError) Error() string {
	return "training: " + e.place() + ": " + e.Msg
}

type csvParser struct {
	name    string
	opts    CSVOptions
	missing missingMarks
	heads   []string
	timeAt  int
	valueAt []int
}

// cell is one field with its place.
type cell struct {
	text      string
	line, col int
}

func (p *csvParser) parse(raw []byte) (*Series, error) {
	rows, err := p.table(raw)
	if err != nil {
		return nil, err
	}
	if err := p.chooseColumns(); err != nil {
		return nil, err
	}
	s := &Series{Name: p.name, TimeName: p.heads[p.timeAt]}
	for _, j := range p.valueAt {
		s.Names = append(s.Names, p.heads[j])
	}
	if s.T, s.TimeUnit, err = p.times(rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		x := make([]float64, len(p.valueAt))
		for k, j := range p.valueAt {
			if x[k], err = p.value(row[j], p.heads[j]); err != nil {
				return nil, err
			}
		}
		s.X = append(s.X, x)
		s.Lines = append(s.Lines, row[p.timeAt].line)
	}
	if s.Observed() == 0 {
		return nil, p.errorf(cell{}, "", "every value is missing")
	}
	return s, nil
}

// table is the rows below the headings.
func (p *csvParser) table(raw []byte) ([][]cell, error) {
	text, err := decodeText(raw, p.name)
	if err != nil {
		return nil, err
	}
	if p.missing, err = newMissingMarks(p.opts); err != nil {
		return nil, err
	}
	rows, err := p.split(text)
	if err != nil {
		return nil, err
	}
	return p.header(rows)
}

// split cuts the text into rows of equal width.
func (p *csvParser) split(text string) ([][]cell, error) {
	sep, err := p.separator(text)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = sep
	r.FieldsPerRecord = -1
	// The reader would trim a tab that is the separator, and with it an empty field.
	r.TrimLeadingSpace = sep != '\t'
	var rows [][]cell
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, p.errorf(cell{line: bad.Line, col: bad.Column}, "", "%v", bad.Err)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "training: read %s", p.name)
		}
		row := make([]cell, len(fields))
		for j, f := range fields {
			line, col := r.FieldPos(j)
			row[j] = cell{strings.TrimSpace(f), line, col}
		}
		if len(rows) > 0 && len(row) != len(rows[0]) {
			return nil, p.errorf(cell{line: row[0].line}, "", "%d fields, but the first row (line %d) has %d",
				len(row), rows[0][0].line, len(rows[0]))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, p.errorf(cell{}, "", "the file is empty")
	}
	return rows, nil
}

func (p *csvParser) value(c cell, head string) (float64, error) {
	if p.missing.match(c.text) {
		return math.NaN(), nil
	}
	v, err := parseNumber(c.text, p.opts.DecimalComma)
	if err != nil {
		return 0, p.errorf(c, head, "%q %v", shorten(c.text), err)
	}
	if p.missing.matchNumber(v) {
		return math.NaN(), nil
	}
	return v, nil
}

func (p *csvParser) errorf(at cell, head, format string, args ...any) error {
	return newParseError(p.name, at.line, at.col, head, format, args...)
}

func hasControl(s string) bool { return strings.IndexFunc(s, unicode.IsControl) >= 0 }
