package seriesdata

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"gorgonode/training"
)

var (
	errNotNumber = errors.New("is not a number")
	errInfinite  = errors.New("is an infinite value")
)

// number reads a finite decimal number. It is stricter than strconv: no hexadecimal, no underscores, no words.
func number(text string) (float64, error) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, errNotNumber
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsInf(v, 0):
		return 0, errInfinite
	case err != nil:
		return 0, errNotNumber
	}
	return v, nil
}

// marks are the texts of a missing value, in lower case.
type marks map[string]bool

func newMarks(texts []string) marks {
	if texts == nil {
		texts = training.DefaultMissing
	}
	m := marks{"": true}
	for _, t := range texts {
		m[strings.ToLower(strings.TrimSpace(t))] = true
	}
	return m
}

func (m marks) match(text string) bool { return m[strings.ToLower(text)] }

// sortClasses sorts names of classes: by number if all are numbers, else by their bytes.
func sortClasses(names []string) {
	slices.Sort(names)
	values := map[string]float64{}
	for _, n := range names {
		v, err := number(n)
		if err != nil {
			return
		}
		values[n] = v
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(values[a], values[b]) })
}

func parseError(file string, line, column int, head, format string, args ...any) error {
	return &training.ParseError{File: file, Line: line, Column: column, Name: head, Msg: fmt.Sprintf(format, args...)}
}

// shorten keeps a text from a file short enough for a message, and valid.
func shorten(text string) string {
	const most = 40
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
