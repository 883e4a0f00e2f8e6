package odefile

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// resolve checks what the statements have left: every name known, no loops, initial values of states alone.
func (r *reader) resolve() error {
	f := r.file
	for _, key := range slices.SortedFunc(maps.Keys(f.symbols), r.byPlace) {
		if s := f.symbols[key]; s.body != nil {
			if err := r.check(s.body, s.args); err != nil {
				return err
			}
		}
	}
	for _, list := range [][]*tree{f.equations, f.outputs} {
		for _, t := range list {
			if err := r.check(t, nil); err != nil {
				return err
			}
		}
	}
	for i, name := range f.Aux {
		if f.StateIndex(name) >= 0 {
			return r.src.errorAt(r.aux[strings.ToLower(name)],
				"%q is a state, and shown as it is: an auxiliary output needs another name", f.Aux[i])
		}
	}
	if err := r.resolveResets(); err != nil {
		return err
	}
	if err := r.loops(); err != nil {
		return err
	}
	for _, key := range slices.SortedFunc(maps.Keys(f.symbols), r.byPlace) {
		if s := f.symbols[key]; s.derived {
			if v := f.varying(s.body, map[string]bool{}); v != nil {
				return r.src.errorAt(s.at, "a derived parameter follows from parameters alone, and this one from %s", described(v))
			}
		}
	}
	offset := len(f.Params)
	for _, n := range f.Nets {
		n.offset = offset
		offset += n.NumWeights()
	}
	return r.initials()
}

// byPlace orders names by where they are defined.
func (r *reader) byPlace(a, b string) int {
	x, y := r.file.symbols[a], r.file.symbols[b]
	if d := x.at.line - y.at.line; d != 0 {
		return d
	}
	if d := x.at.column - y.at.column; d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// check looks for names that are not defined, or that are something else.
func (r *reader) check(t *tree, args []string) error {
	f := r.file
	s := f.symbols[t.name]
	switch t.op {
	case opName:
		switch {
		case t.name == "t", t.name == "pi":
		case s == nil:
			if what := reservedAs(t.name); what != "" {
				return r.src.errorAt(t.at, "%q is %s, not a value", t.name, what)
			}
			return r.src.errorAt(t.at, "the name %q is not defined%s", t.name, Suggest(t.name, f.known(args)))
		case s.role == aFunction, s.role == aNetwork:
			return r.src.errorAt(t.at, "%q is %v and needs its arguments", s.written, s.role)
		}
	case opDerivative:
		if slices.Contains(args, t.name) || s == nil || s.role != aState {
			return r.src.errorAt(t.at, "%s' is no derivative: there is no equation for %q", t.name, t.name)
		}
	case opCall:
		if err := r.checkCall(t, s, args); err != nil {
			return err
		}
	}
	for _, a := range t.args {
		if err := r.check(a, args); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) checkCall(t *tree, s *symbol, args []string) error {
	want := 0
	switch b, ok := builtins[t.name]; {
	case ok:
		want = b.args
	case unsupportedFunctions[t.name] != "":
		return r.src.errorAt(t.at, "%s", unsupportedFunctions[t.name])
	case slices.Contains(args, t.name):
		return r.src.errorAt(t.at, "%q is an argument, not a function; a product is written with *", t.name)
	case s == nil:
		return r.src.errorAt(t.at, "the function %q is not defined%s", t.name, Suggest(t.name, r.file.known(args)))
	case s.role != aFunction && s.role != aNetwork:
		return r.src.errorAt(t.at, "%q is %v, not a function; a product is written with *", s.written, s.role)
	default:
		want = len(s.args)
	}
	if len(t.args) != want {
		return r.src.errorAt(t.at, "the function %q takes %s, not %d", t.name, arguments(want), len(t.args))
	}
	return nil
}

// varying is the first thing in an expression that changes during a solve: t, a state, a derivative; or that has no number
// before a fit, a network.
func (f *File) varying(t *tree, seen map[string]bool) *tree {
	var found *tree
	t.walk(func(n *tree) {
		s := f.symbols[n.name]
		switch {
		case found != nil:
		case n.op == opDerivative, n.op == opName && n.name == "t":
			found = n
		case n.op != opName && n.op != opCall || s == nil:
		case s.role == aState, s.role == aNetwork:
			found = n
		case s.body != nil && !seen[n.name]:
			seen[n.name] = true
			found = f.varying(s.body, seen)
		}
	})
	return found
}

func described(t *tree) string {
	switch {
	case t.op == opDerivative:
		return "the derivative of " + quoted(t.name)
	case t.name == "t":
		return "the time t"
	case t.op == opCall:
		return "the network " + quoted(t.name)
	}
	return "the state " + quoted(t.name)
}

// initials gives every state its initial value, zero where the file has none.
func (r *reader) initials() error {
	f := r.file
	for _, s := range r.order {
		if f.StateIndex(s.written) < 0 {
			return r.src.errorAt(s.at, "there is no equation for %q, which has an initial value%s", s.written,
				Suggest(s.written, f.Names))
		}
		if err := r.check(s.value, nil); err != nil {
			return err
		}
		if v := f.varying(s.value, map[string]bool{}); v != nil {
			return r.src.errorAt(v.at, "an initial value is made of numbers and parameters, not of %s", described(v))
		}
	}
	for _, name := range f.Names {
		var t *tree
		if s := r.starts[strings.ToLower(name)]; s != nil {
			t = s.value
			f.InitFree = append(f.InitFree, s.free)
		} else {
			t = &tree{op: opNumber}
			f.InitFree = append(f.InitFree, nil)
		}
		f.starts = append(f.starts, t)
		f.InitGiven = append(f.InitGiven, r.starts[strings.ToLower(name)] != nil)
	}
	f.Inits = f.Start(f.Values())
	for i, v := range f.Inits {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return r.src.errorAt(f.starts[i].start(), "the initial value of %q is %g", f.Names[i], v)
		}
		if free := f.InitFree[i]; free != nil && !free.Contains(v) {
			return r.src.errorAt(f.starts[i].start(), "the initial value %g of %q is not %v, and the search begins there", v,
				f.Names[i], free)
		}
	}
	return nil
}

func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}
