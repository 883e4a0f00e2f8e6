package odefile

import (
	"math"
	"regexp"
	"strings"
)

// Parse reads a model. name is the file's, for messages. A complaint is an *[Error] with its place.
func Parse(name string, text []byte) (*File, error) {
	src := &source{name: name}
	all, err := src.statements(string(text))
	if err != nil {
		return nil, err
	}
	f := &File{Name: name, src: src, symbols: map[string]*symbol{}}
	r := &reader{src: src, file: f, nodes: maxNodes, starts: map[string]*start{}, aux: map[string]place{}}
	for _, st := range all {
		if err := r.statement(st); err != nil {
			return nil, err
		}
	}
	if len(f.Names) == 0 {
		return nil, src.errorAt(place{1, 1}, "the file has no differential equation; one is x' = expression")
	}
	if err := r.resolve(); err != nil {
		return nil, err
	}
	return f, nil
}

// reader collects what the statements of a file define.
type reader struct {
	src    *source
	file   *File
	nodes  int
	count  int               // of definitions
	starts map[string]*start // by state, in lower case
	order  []*start
	aux    map[string]place
}

// start is an initial value.
type start struct {
	written string
	at      place
	value   *tree
	free    *Free
}

func (r *reader) warn(at place, format string, args ...any) {
	r.file.Warnings = append(r.file.Warnings, r.src.errorAt(at, format, args...))
}

var (
	commandPattern   = regexp.MustCompile(`^\s*([A-Za-z]+)[ \t]+(?:[^\s=/'(\[*+^]|\+1[\s{])`)
	algebraicPattern = regexp.MustCompile(`^\s*0\s*=`)
)

// commands are the words that a statement may begin with, short and long.
var commands = map[string]string{
	"p": "par", "par": "par", "param": "par", "params": "par", "parameter": "par", "parameters": "par",
	"i": "init", "init": "init", "initial": "init",
	"a": "aux", "aux": "aux",
	"n": "num", "num": "num", "number": "num", "numbers": "num",
	"w": "wiener", "wiener": "wiener", "m": "markov", "markov": "markov",
	"b": "bdry", "bdry": "bdry", "bndry": "bdry", "g": "global", "global": "global",
	"v": "volterra", "volt": "volterra", "volterra": "volterra",
	"table": "table", "special": "special", "solv": "solv", "solve": "solv", "export": "export", "delay": "delay",
	"net": "net",
	"o":   "options", "option": "options", "options": "options", "set": "set", "only": "only",
}

var unsupportedCommands = map[string]string{
	"wiener":   "noise (wiener) is not supported",
	"markov":   "Markov variables are not supported",
	"bdry":     "boundary value problems (bdry) are not supported",
	"volterra": "Volterra integral equations are not supported",
	"table":    "tables are not supported",
	"special":  "special (convolutions, networks) is not supported",
	"solv":     "algebraic equations (solv) are not supported",
	"export":   "export to compiled code is not supported",
	"delay":    "delay equations are not supported",
}

var ignoredCommands = map[string]string{
	"options": "an options file is not read",
	"set":     "named sets of values are not read",
	"only":    "only has no effect: all states are shown",
}

// statement reads one.
func (r *reader) statement(st statement) error {
	trimmed := strings.TrimLeft(st.text, " \t")
	at := st.offset(len(st.text) - len(trimmed))
	switch {
	case strings.HasPrefix(trimmed, "@"):
		return r.options(st)
	case strings.HasPrefix(trimmed, "%["):
		return r.src.errorAt(at, "blocks of arrays (%%) are not supported; give every line its own range, as in x[1..5]' = x[j-1]")
	case algebraicPattern.MatchString(st.text):
		return r.src.errorAt(at, "algebraic equations (0 = expression) are not supported")
	}
	if m := commandPattern.FindStringSubmatchIndex(st.text); m != nil {
		if word, ok := commands[strings.ToLower(st.text[m[2]:m[3]])]; ok {
			return r.command(word, at, statement{strings.Repeat(" ", m[3]) + st.text[m[3]:], st.line})
		}
	}
	d, err := parse(r.src, st, definitionParser)
	if err != nil {
		return err
	}
	return r.definition(st, d)
}

func (r *reader) command(word string, at place, rest statement) error {
	if why := unsupportedCommands[word]; why != "" {
		return r.src.errorAt(at, "%s", why)
	}
	if why := ignoredCommands[word]; why != "" {
		r.warn(at, "%s", why)
		return nil
	}
	switch word {
	case "global":
		return r.global(at, rest)
	case "net":
		return r.net(rest)
	}
	return r.assignments(rest, word, func(name string, at place, value *tree, free *Free) error {
		return r.assign(word, name, at, value, free)
	})
}

// assignments reads a list of name=value and calls take for each, every element of an array on its own.
func (r *reader) assignments(rest statement, word string,
	take func(name string, at place, value *tree, free *Free) error) error {
	list, err := parse(r.src, rest, assignmentParser)
	if err != nil {
		return err
	}
	for _, a := range list.Items {
		if a.Name.Prime {
			return r.src.errorAt(rest.place(a.Pos), "%s takes name=value, not a derivative", word)
		}
		err := r.each(rest, a.Name, func(c *converter) error {
			name, err := c.name(a.Name)
			if err != nil {
				return err
			}
			value, err := c.disjunction(a.Value)
			if err != nil {
				return err
			}
			free, err := r.free(c, word, a.Free)
			if err != nil {
				return err
			}
			return take(name, rest.place(a.Pos), value, free)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls f for every element of an array, once for what is none.
func (r *reader) each(st statement, name *reference, f func(*converter) error) error {
	c := &converter{src: r.src, st: st, nodes: &r.nodes, array: name.Range != ""}
	from, to, err := c.elements(name)
	if err != nil {
		return err
	}
	for c.element = from; c.element <= to; c.element++ {
		if r.count++; r.count > maxNames {
			return r.src.errorAt(st.place(name.Pos), "the file defines more than %d names", maxNames)
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

// assign takes in one name = value of par, num, init or aux.
func (r *reader) assign(word, name string, at place, value *tree, free *Free) error {
	f := r.file
	switch word {
	case "init":
		return r.start(name, at, value, free)
	case "aux":
		key := strings.ToLower(name)
		if before, twice := r.aux[key]; twice {
			return r.src.errorAt(at, "the auxiliary output %q is defined a second time; the first is in line %d", name, before.line)
		}
		r.aux[key] = at
		f.Aux = append(f.Aux, name)
		f.outputs = append(f.outputs, value)
		return nil
	}
	v, err := r.constant(value, word)
	if err != nil {
		return err
	}
	s := &symbol{role: aNumber, value: v}
	if word == "par" {
		s.role, s.index = aParam, len(f.Params)
		f.Params = append(f.Params, Param{Name: name, Value: v, Free: free})
		if free != nil && !free.Contains(v) {
			return r.src.errorAt(value.start(), "the value %g of %q is not %v, and the search for a free parameter begins there", v,
				name, free)
		}
	}
	return r.define(name, at, s)
}

// constant is the value of an expression of numbers, pi and what num has defined before.
func (r *reader) constant(t *tree, word string) (float64, error) {
	var wrong *tree
	t.walk(func(n *tree) {
		s := r.file.symbols[n.name]
		ok := n.op != opDerivative && (n.op != opName || n.name == "pi" || s != nil && s.role == aNumber)
		if n.op == opCall {
			b, known := builtins[n.name]
			ok = known && b.args == len(n.args)
		}
		if !ok && wrong == nil {
			wrong = n
		}
	})
	if wrong != nil {
		return 0, r.src.errorAt(wrong.at,
			"a value of %s is made of numbers alone, not of %q; what follows from parameters is written !name = expression", word,
			wrong.name)
	}
	v := (&interpreter{file: r.file}).value(t)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, r.src.errorAt(t.start(), "the value is %g", v)
	}
	return v, nil
}

func (r *reader) start(name string, at place, value *tree, free *Free) error {
	key := strings.ToLower(name)
	if s := r.starts[key]; s != nil {
		return r.src.errorAt(at, "the initial value of %q is given a second time; the first is in line %d", name, s.at.line)
	}
	s := &start{name, at, value, free}
	r.starts[key] = s
	r.order = append(r.order, s)
	return nil
}

// define adds a name to those of the file.
func (r *reader) define(name string, at place, s *symbol) error {
	key := strings.ToLower(name)
	if what := reservedAs(key); what != "" {
		return r.src.errorAt(at, "%q is %s and cannot be defined", name, what)
	}
	if before := r.file.symbols[key]; before != nil {
		return r.src.errorAt(at, "%q is defined a second time; in line %d it is %v", name, before.at.line, before.role)
	}
	s.at, s.written = at, name
	r.file.symbols[key] = s
	return nil
}
