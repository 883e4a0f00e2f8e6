package training

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// decodeText turns the bytes of a file into lines that end in \n, with comments and blank lines emptied: not removed,
// so that line numbers stay those of the file.
func decodeText(raw []byte, name string) (string, error) {
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		return "", newParseError(name, 0, 0, "", "the text is UTF-16: save it as UTF-8")
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	line, col := 1, 1
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return "", newParseError(name, line, col, "", "byte 0x%02x is not UTF-8 text", raw[i])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r':
			return "", newParseError(name, line, col, "", "byte 0x%02x: this is not a text file", raw[i])
		case r == '\n':
			line, col = line+1, 1
		default:
			col += size
		}
		i += size
	}
	text := string(raw)
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // line ends of the old Macintosh
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if t := strings.TrimSpace(l); t == "" || t[0] == '#' {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n"), nil
}

// separator is the one asked for, or the first of tab, semicolon and comma that stands equally often, and at least
// once, in each of the first lines. Commas come last because they may be decimal signs or part of a heading.
func (p *csvParser) separator(text string) (rune, error) {
	if sep := p.opts.Separator; sep != 0 {
		bad := sep == '"' || sep == '#' || sep == '.' || sep == '+' || sep == '-' || sep == utf8.RuneError ||
			unicode.IsLetter(sep) || unicode.IsDigit(sep) || sep != '\t' && (unicode.IsSpace(sep) || unicode.IsControl(sep)) ||
			!utf8.ValidRune(sep) || sep == ',' && p.opts.DecimalComma
		if bad {
			return 0, errors.Errorf("training: %s: %q cannot separate fields here", p.name, sep)
		}
		return sep, nil
	}
	var sample []string
	for l := range strings.SplitSeq(text, "\n") {
		if l != "" {
			sample = append(sample, l)
		}
		if len(sample) == 20 {
			break
		}
	}
	for _, sep := range "\t;," {
		if sep == ',' && p.opts.DecimalComma {
			return ';', nil
		}
		count := -1
		for _, l := range sample {
			n := countOutsideQuotes(l, sep)
			if count >= 0 && n != count {
				count = 0
			}
			if count < 0 {
				count = n
			}
			if count == 0 {
				break
			}
		}
		if count > 0 {
			return sep, nil
		}
	}
	return ',', nil
}

func countOutsideQuotes(s string, sep rune) int {
	n, quoted := 0, false
	for _, r := range s {
		switch {
		case r == '"':
			quoted = !quoted
		case r == sep && !quoted:
			n++
		}
	}
	return n
}

func newParseError(file string, line, col int, head, format string, args ...any) error {
	return &ParseError{File: file, Line: line, Column: col, Name: head, Msg: fmt.Sprintf(format, args...)}
}

func (e *ParseError) place() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	}
	if e.Name != "" {
		fmt.Fprintf(&b, ": column %q", e.Name)
	}
	return b.String()
}

// shorten keeps a message readable when a whole file landed in one field.
func shorten(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
