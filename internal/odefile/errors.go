package odefile

import (
	"fmt"
	"strings"
)

// Error is a complaint about a place in a model file. Printed, it shows the line with a caret under the place:
//
//	model.ode:3:8: the name "alhpa" is not defined; did you mean "alpha"?
//	  x' = alhpa*x
//	       ^
type Error struct {
	File    string
	Line    int // counted from 1
	Column  int // of the place, in characters, counted from 1
	Message string
	Text    string // the line
}

// Error returns the message, the line and the caret.
func (e *Error) Error() string {
	text, column := window([]rune(e.Text), e.Column)
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s\n  %s\n  ", e.File, e.Line, e.Column, e.Message, string(text))
	for _, r := range text[:min(column-1, len(text))] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	b.WriteByte('^')
	return b.String()
}

// window cuts a very long line to the surroundings of a column, and makes what cannot be printed visible.
func window(text []rune, column int) ([]rune, int) {
	const before, after = 80, 40
	if from := column - before; from > 0 && len(text) > before+after {
		text, column = text[min(from, len(text)):], column-from
	}
	if len(text) > before+after {
		text = text[:before+after]
	}
	text = append([]rune(nil), text...)
	for i, r := range text {
		if r < ' ' && r != '\t' || r == 0x7f {
			text[i] = '?'
		}
	}
	return text, column
}

// place is a position in the file, both numbers from 1.
type place struct{ line, column int }

// source is the text of a file, for messages.
type source struct {
	name  string
	lines []string // as they stand in the file
}

func (s *source) errorAt(at place, format string, args ...any) *Error {
	e := &Error{File: s.name, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)}
	if at.line >= 1 && at.line <= len(s.lines) {
		e.Text = s.lines[at.line-1]
	}
	return e
}
