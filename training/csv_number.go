package training

import (
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

var (
	errNotNumber = errors.New("is not a number")
	errInfinite  = errors.New("is an infinite value")
)

// parseNumber reads a finite decimal number. It is stricter than strconv: no hexadecimal, no underscores, no words.
func parseNumber(s string, decimalComma bool) (float64, error) {
	if decimalComma {
		if strings.Contains(s, ".") {
			return 0, errNotNumber
		}
		s = strings.Replace(s, ",", ".", 1)
	}
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case "inf", "infinity", "∞":
		return 0, errInfinite
	}
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, errNotNumber
	}
	v, err := strconv.ParseFloat(s, 64)
	if math.IsInf(v, 0) {
		return 0, errInfinite
	}
	if err != nil {
		return 0, errNotNumber
	}
	return v, nil
}

// missingMarks tells missing values from others.
type missingMarks struct {
	words   map[string]bool
	numbers map[float64]bool
}

func newMissingMarks(opts CSVOptions) (missingMarks, error) {
	texts := opts.Missing
	if texts == nil {
		texts = DefaultMissing
	}
	m := missingMarks{words: map[string]bool{"": true}, numbers: map[float64]bool{}}
	for _, t := range texts {
		t = strings.TrimSpace(t)
		m.words[strings.ToLower(t)] = true
		if v, err := parseNumber(t, opts.DecimalComma); err == nil {
			m.numbers[v] = true
		} else if errors.Is(err, errInfinite) {
			return m, errors.Errorf("training: %q cannot mark a missing value: infinite values are errors", t)
		}
	}
	return m, nil
}

func (m missingMarks) match(s string) bool        { return m.words[strings.ToLower(s)] }
func (m missingMarks) matchNumber(v float64) bool { return m.numbers[v] }
