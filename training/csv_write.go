package training

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// WriteCSV writes the series as text that ReadCSV reads back to the same numbers, bit for bit. Missing values are empty
// fields; times that were dates are written as decimal years.
func (s *Series) WriteCSV(w io.Writer) error {
	if err := s.Validate(); err != nil {
		return err
	}
	heads := append([]string{s.TimeName}, s.Names...)
	for j, h := range heads {
		if h == "" {
			h = "column" + strconv.Itoa(j+1)
		}
		if hasControl(h) {
			return errors.Errorf("training: %s: control character in the heading %q", s.label(), h)
		}
		heads[j] = quoteHead(h)
	}
	b := bufio.NewWriter(w)
	b.WriteString(strings.Join(heads, ","))
	b.WriteByte('\n')
	var line []byte
	for i, row := range s.X {
		line = strconv.AppendFloat(line[:0], s.T[i], 'g', -1, 64)
		for _, v := range row {
			line = append(line, ',')
			if !math.IsNaN(v) {
				line = strconv.AppendFloat(line, v, 'g', -1, 64)
			}
		}
		b.Write(append(line, '\n'))
	}
	return errors.Wrapf(b.Flush(), "training: write %s", s.label())
}

func quoteHead(h string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '.' || r == '-' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
	}
	if strings.IndexFunc(h, func(r rune) bool { return !plain(r) }) < 0 {
		return h
	}
	return `"` + strings.ReplaceAll(h, `"`, `""`) + `"`
}
