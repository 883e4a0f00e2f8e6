package odefile

import (
	"errors"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// parse runs a parser over a statement and gives its complaints their place in the file.
func parse[G any](s *source, st statement, p *participle.Parser[G]) (*G, error) {
	if err := s.checkDepth(st); err != nil {
		return nil, err
	}
	tree, err := p.ParseString(s.name, st.text)
	if err == nil {
		return tree, nil
	}
	var at participle.Error
	if !errors.As(err, &at) {
		return nil, s.errorAt(place{st.line, 1}, "%v", err)
	}
	return nil, s.errorAt(st.place(at.Position()), "%s", complaint(at))
}

// place turns a position within a statement into one in the file.
func (st statement) place(p lexer.Position) place { return place{st.line + p.Line - 1, p.Column} }

// complaint says in plain words what the parser missed.
func complaint(err participle.Error) string {
	var u *participle.UnexpectedTokenError
	if !errors.As(err, &u) {
		if text, ok := strings.CutPrefix(err.Message(), `lexer: invalid input text "`); ok && text != "" {
			return "the character " + quoted(string([]rune(strings.ReplaceAll(text, `\`, ""))[:1])) + " has no meaning here"
		}
		return err.Message()
	}
	_, expected, _ := strings.Cut(u.Message(), "(expected ")
	want := ""
	switch {
	case strings.HasPrefix(expected, "Reference ("):
		want = "a name"
	case strings.HasPrefix(expected, "Reference"):
		want = "a number, a name or a bracket"
	case strings.HasPrefix(expected, "<ident>"):
		want = "a name"
	case strings.HasPrefix(expected, `"`):
		want, _, _ = strings.Cut(expected[1:], `"`)
		want = quoted(want)
	}
	got := "unexpected " + quoted(u.Unexpected.Value)
	if u.Unexpected.EOF() {
		got = "the line ends"
	}
	if u.Unexpected.Value == "not" {
		return got + "; within arithmetic it needs brackets, as in 2*(not(x > 1))"
	}
	if want == "" {
		return got
	}
	return got + " where " + want + " is expected"
}

func quoted(s string) string { return `"` + s + `"` }
