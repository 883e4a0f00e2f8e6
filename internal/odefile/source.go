package odefile

import "strings"

// What a file may hold. The bounds are far above what a person writes and keep a broken file from taking the machine.
const (
	MaxFile  = 1 << 20 // bytes
	maxLine  = 1 << 15 // bytes of a statement with its continuations
	maxDepth = 100     // brackets within brackets
	maxNames = 2000    // definitions, arrays expanded
)

// statement is a line of the file, or several that a backslash joins. Its text keeps every character at its column, and
// the backslashes and line breaks in it are space to the lexer.
type statement struct {
	text string
	line int // the first
}

// statements splits a file: comments and empty lines go, and all that follows "done".
func (s *source) statements(text string) ([]statement, error) {
	if len(text) > MaxFile {
		return nil, s.errorAt(place{1, 1}, "the file is longer than %d bytes", MaxFile)
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	s.lines = strings.Split(text, "\n")
	var out []statement
	for i := 0; i < len(s.lines); i++ {
		first := i
		part := withoutComment(s.lines[i])
		joined := part
		for strings.HasSuffix(strings.TrimRight(part, " \t"), `\`) && i+1 < len(s.lines) {
			i++
			part = withoutComment(s.lines[i])
			joined += "\n" + part
			if len(joined) > maxLine {
				break
			}
		}
		if len(joined) > maxLine {
			return nil, s.errorAt(place{first + 1, 1}, "the line is longer than %d bytes", maxLine)
		}
		word := strings.TrimSpace(joined)
		switch {
		case word == "":
			continue
		case strings.EqualFold(word, "done") || strings.EqualFold(word, "d"):
			return out, nil
		}
		out = append(out, statement{joined, first + 1})
	}
	return out, nil
}

// withoutComment cuts a line at its comment. A line that begins with a quotation mark is a comment that XPPAUT shows,
// and one that begins with % is a comment unless it opens a block of arrays, %[1..5]; in a line of options # may belong
// to a colour.
func withoutComment(line string) string {
	trimmed := strings.TrimLeft(line, " \t")
	switch {
	case strings.HasPrefix(trimmed, `"`), strings.HasPrefix(trimmed, "%") && !strings.HasPrefix(trimmed, "%["):
		return ""
	case strings.HasPrefix(trimmed, "@"):
		return line
	}
	before, _, _ := strings.Cut(line, "#")
	return before
}

// checkDepth bounds the nesting of brackets, on which a recursive parser would spend its stack.
func (s *source) checkDepth(st statement) error {
	depth, line, column := 0, st.line, 0
	for _, r := range st.text {
		column++
		switch r {
		case '\n':
			line, column = line+1, 0
		case '(', '[', '{':
			if depth++; depth > maxDepth {
				return s.errorAt(place{line, column}, "more than %d brackets within each other", maxDepth)
			}
		case ')', ']', '}':
			depth--
		}
	}
	return nil
}
