package training

import (
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

func (l *Loop) check() error {
	switch {
	case l.ran:
		return errors.New("training: this loop has run: Gorgonia differentiates a graph once, so make a new graph and a new loop")
	case l.Cost == nil || l.Cost.Graph() == nil:
		return errors.New("training: no cost")
	case l.Cost.Dims() != 0:
		return errors.Errorf("training: the cost has shape %v, want a number", l.Cost.Shape())
	case len(l.Params) == 0:
		return errors.New("training: no parameters to train")
	case l.Decay != 0 && l.LearnRate == nil:
		return errors.New("training: decay needs a learning rate")
	case !(l.ClipNorm >= 0) || !(l.Decay >= 0):
		return errors.Errorf("training: clip norm %g, decay %g: neither may be negative", l.ClipNorm, l.Decay)
	case l.LearnRate != nil && !takesRate(l.Solver):
		return errors.Errorf("training: the learning rate of a %T cannot be set: leave LearnRate nil", l.Solver)
	}
	if o := l.Opponent; o != nil {
		switch {
		case len(o.Params) == 0:
			return errors.New("training: an opponent without parameters")
		case o.LearnRate != nil && !takesRate(o.Solver):
			return errors.Errorf("training: the learning rate of an opponent's %T cannot be set: leave LearnRate nil", o.Solver)
		case o.Solver != nil && o.Solver == l.Solver:
			return errors.New("training: a loop and its opponent have one solver: it would take the two sides for one")
		}
	}
	seen, all := map[*graph.Param]bool{}, l.trained()
	for i, p := range all {
		if p == nil {
			return errors.Errorf("training: parameter %d of %d is nil", i, len(all))
		}
		if seen[p] {
			return errors.Errorf("training: parameter %q is given twice", p.Name())
		}
		seen[p] = true
	}
	if unused := l.unused(); len(unused) > 0 {
		return errors.Errorf("training: the cost does not depend on %s: leave it out of what is trained, or use it", names(unused))
	}
	return nil
}

// takesRate tells whether gorgonia.WithLearnRate acts on a solver; it passes over others in silence.
func takesRate(s G.Solver) bool {
	switch s.(type) {
	case nil, *G.AdamSolver, *G.RMSPropSolver, *G.VanillaSolver, *G.BarzilaiBorweinSolver, *G.Momentum, *G.AdamW:
		return true
	}
	return false
}

// unused are the parameters from which no path leads to the cost. Gorgonia would refuse them too, by the numbers of nodes.
func (l *Loop) unused() (out []*graph.Param) {
	g := l.Cost.Graph()
	reached := map[int64]bool{}
	for stack := (G.Nodes{l.Cost}); len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if reached[n.ID()] {
			continue
		}
		reached[n.ID()] = true
		for it := g.From(n.ID()); it.Next(); {
			stack = append(stack, it.Node().(*G.Node))
		}
	}
	for _, p := range l.trained() {
		if !reached[p.In(g).ID()] {
			out = append(out, p)
		}
	}
	return out
}

func names(ps []*graph.Param) string {
	var s []string
	for _, p := range ps {
		s = append(s, p.Name())
	}
	return strings.Join(s, ", ")
}
