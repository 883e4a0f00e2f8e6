package training

import (
	"bufio"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Points is a table without time: rows of a distribution, none of whose values is missing.
type Points struct {
	Name  string // where the values come from, for messages: a file name
	Names []string
	Rows  [][]float64
}

// LoadPoints reads the points in a file as ReadCSV reads a series: the columns that opts.Values names, or all but opts.Time
// if that is set. A missing value is an error with its place.
func LoadPoints(path string, opts CSVOptions) (*Points, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Wrap(err, "training: load points")
	}
	if info.IsDir() {
		return nil, errors.Errorf("training: load points: %s is a folder, not a CSV file", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "training: load points")
	}
	p := &csvParser{name: filepath.Base(path), opts: opts}
	return p.points(raw)
}

func (p *csvParser) points(raw []byte) (*Points, error) {
	rows, err := p.table(raw)
	if err != nil {
		return nil, err
	}
	out := &Points{Name: p.name}
	at, err := p.pointColumns()
	if err != nil {
		return nil, err
	}
	for _, j := range at {
		out.Names = append(out.Names, p.heads[j])
	}
	for _, row := range rows {
		x := make([]float64, len(at))
		for k, j := range at {
			if x[k], err = p.value(row[j], p.heads[j]); err != nil {
				return nil, err
			}
			if math.IsNaN(x[k]) {
				return nil, p.errorf(row[j], p.heads[j], "the value is missing, and a point needs all: leave the column out, or the row")
			}
		}
		out.Rows = append(out.Rows, x)
	}
	return out, nil
}

// pointColumns are the places of the columns wanted.
func (p *csvParser) pointColumns() ([]int, error) {
	if p.opts.Time == "" {
		p.timeAt = -1 // nothing is left out
	}
	err := p.chooseColumns()
	return p.valueAt, err
}

// WriteCSV writes the points as text that LoadPoints reads back to the same numbers, bit for bit.
func (p *Points) WriteCSV(w io.Writer) error {
	heads := make([]string, len(p.Names))
	for j, h := range p.Names {
		heads[j] = quoteHead(h)
	}
	b := bufio.NewWriter(w)
	b.WriteString(strings.Join(heads, ","))
	b.WriteByte('\n')
	var line []byte
	for _, row := range p.Rows {
		line = line[:0]
		for j, v := range row {
			if j > 0 {
				line = append(line, ',')
			}
			line = strconv.AppendFloat(line, v, 'g', -1, 64)
		}
		b.Write(append(line, '\n'))
	}
	return errors.Wrapf(b.Flush(), "training: write %s", p.Name)
}
