package odefile

import (
	"regexp"
	"strings"
)

// reset is an event of the file, global SIGN {condition} {name=expression; ...}: where the condition crosses zero the state
// becomes what the expressions, of the state before, say.
type reset struct {
	at        place
	rising    bool
	stop      bool // the solve ends there
	condition *tree
	to        []*tree // one a state
	given     []*start
}

var signPattern = regexp.MustCompile(`^\s*([-+]?\d+)`)

// global reads an event, from behind the word.
func (r *reader) global(at place, st statement) error {
	const form = "an event is global SIGN {condition} {name=expression; ...}"
	text := st.text
	m := signPattern.FindStringSubmatchIndex(text)
	open, end := strings.LastIndexByte(text, '{'), strings.LastIndexByte(text, '}')
	if m == nil || open < m[1] || end < open || bare(text[end+1:]) != "" {
		return r.src.errorAt(at, form)
	}
	e := &reset{at: at}
	switch sign := text[m[2]:m[3]]; sign {
	case "1", "+1":
		e.rising = true
	case "-1":
	case "0":
		return r.src.errorAt(st.offset(m[2]), "events with sign 0, where the condition is zero all along, are not supported; "+
			"1 is for one that rises through zero, -1 for one that falls")
	default:
		return r.src.errorAt(st.offset(m[2]), "the sign of an event is 1 or -1, not %s", sign)
	}
	from, to := m[1], open
	if inner := bare(text[from:to]); strings.HasPrefix(inner, "{") {
		if !strings.HasSuffix(inner, "}") {
			return r.src.errorAt(at, form)
		}
		from += strings.IndexByte(text[from:to], '{') + 1
		to = from + strings.LastIndexByte(text[from:to], '}')
	}
	if bare(text[from:to]) == "" || bare(text[open+1:end]) == "" {
		return r.src.errorAt(at, form)
	}
	condition := st.part(from, to)
	parsed, err := parse(r.src, condition, expressionParser)
	if err != nil {
		return err
	}
	c := &converter{src: r.src, st: condition, nodes: &r.nodes}
	if e.condition, err = c.disjunction(parsed); err != nil {
		return err
	}
	list := st.part(open+1, end)
	list.text = strings.ReplaceAll(list.text, ";", ",")
	if err := r.assignments(list, "global", func(name string, at place, value *tree, _ *Free) error {
		return r.afterReset(e, name, at, value)
	}); err != nil {
		return err
	}
	r.file.resets = append(r.file.resets, e)
	return nil
}

// bare is text without the space, and the ends of lines, around it.
func bare(text string) string { return strings.Trim(text, " \t\r\n\\") }

// afterReset takes in one name = expression of an event.
func (r *reader) afterReset(e *reset, name string, at place, value *tree) error {
	switch strings.ToLower(name) {
	case "arret":
		v, err := r.constant(value, "arret")
		e.stop = e.stop || v != 0
		return err
	case "out_put":
		r.warn(at, "out_put has no effect: the solution is shown at the times that were asked for")
		return nil
	}
	for _, s := range e.given {
		if strings.EqualFold(s.written, name) {
			return r.src.errorAt(at, "the event gives %q a second value", name)
		}
	}
	e.given = append(e.given, &start{written: name, at: at, value: value})
	return nil
}

// part is text[from:to] of the statement, with space for what is before it, so that every character keeps its place.
func (st statement) part(from, to int) statement {
	var b strings.Builder
	for i, c := range st.text[:to] {
		if c != '\n' && i < from {
			c = ' '
		}
		b.WriteRune(c)
	}
	return statement{b.String(), st.line}
}

// resolveResets checks the events and gives each the whole state after it.
func (r *reader) resolveResets() error {
	f := r.file
	for _, e := range f.resets {
		if err := r.check(e.condition, nil); err != nil {
			return err
		}
		if f.varying(e.condition, map[string]bool{}) == nil {
			return r.src.errorAt(e.condition.start(),
				"the condition of an event depends on the state or the time; this one never changes")
		}
		for i, name := range f.Names {
			key := strings.ToLower(name)
			e.to = append(e.to, &tree{op: opName, at: f.symbols[key].at, name: key})
			for _, s := range e.given {
				if strings.EqualFold(s.written, name) {
					e.to[i] = s.value
				}
			}
		}
		for _, s := range e.given {
			if err := r.check(s.value, nil); err != nil {
				return err
			}
			switch {
			case f.ParamIndex(s.written) >= 0:
				return r.src.errorAt(s.at, "%q is a parameter, and an event changes states alone: a parameter that changes is written "+
					"%s'=0 and init %s=...", s.written, s.written, s.written)
			case f.StateIndex(s.written) < 0:
				return r.src.errorAt(s.at, "there is no state %q for the event to change%s", s.written, Suggest(s.written, f.Names))
			}
		}
	}
	return nil
}

// conditions are those of the events.
func (f *File) conditions() []*tree {
	ts := make([]*tree, len(f.resets))
	for i, e := range f.resets {
		ts[i] = e.condition
	}
	return ts
}
