package odefile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// loops looks for quantities, functions and derivatives that need themselves.
func (r *reader) loops() error {
	l := &loopFinder{r: r, state: map[string]int{}}
	f := r.file
	lists := [][]*tree{f.equations, f.outputs, f.conditions()}
	for _, e := range f.resets {
		lists = append(lists, e.to)
	}
	for _, list := range lists {
		for _, t := range list {
			if err := l.expression(t); err != nil {
				return err
			}
		}
	}
	for i, name := range f.Names {
		if err := l.visit(strings.ToLower(name)+"'", f.symbols[strings.ToLower(name)].at, f.equations[i]); err != nil {
			return err
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(f.symbols), r.byPlace) {
		if s := f.symbols[name]; s.body != nil {
			if err := l.visit(name, s.at, s.body); err != nil {
				return err
			}
		}
	}
	return nil
}

type loopFinder struct {
	r     *reader
	path  []string
	state map[string]int // 1: on the path, 2: free of loops
}

func (l *loopFinder) visit(name string, at place, body *tree) error {
	switch l.state[name] {
	case 1:
		from := 0
		for i, p := range l.path {
			if p == name {
				from = i
			}
		}
		circle := append(l.path[from:len(l.path):len(l.path)], name)
		what := fmt.Sprintf("algebraic loop: %s needs %s", circle[0], strings.Join(circle[1:], ", which needs "))
		return l.r.src.errorAt(at, "%s", what)
	case 2:
		return nil
	}
	l.state[name] = 1
	l.path = append(l.path, name)
	if err := l.expression(body); err != nil {
		return err
	}
	l.path = l.path[:len(l.path)-1]
	l.state[name] = 2
	return nil
}

func (l *loopFinder) expression(t *tree) error {
	s := l.r.file.symbols[t.name]
	switch {
	case t.op == opDerivative:
		if err := l.visit(t.name+"'", t.at, l.r.file.equations[s.index]); err != nil {
			return err
		}
	case (t.op == opName || t.op == opCall) && s != nil && s.body != nil:
		if err := l.visit(t.name, t.at, s.body); err != nil {
			return err
		}
	}
	for _, a := range t.args {
		if err := l.expression(a); err != nil {
			return err
		}
	}
	return nil
}
