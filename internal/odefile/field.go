package odefile

import (
	"cmp"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// Field is the right-hand side as Gorgonia nodes in the graph of t, y and p, for odeop and whoever else differentiates
// nodes: t is a number, y the vector of the states, and p the vector of the parameters in the file's order, one node
// where the file has parameters and none where it has not; behind the parameters stand the weights of the networks, as
// in [File.Weights]. What it returns has y's shape. All are float64.
//
// A model with jumps has no gradient that means something where its solution meets one: see [File.Jump].
func (f *File) Field() func(t, y *G.Node, p ...*G.Node) (*G.Node, error) {
	return func(t, y *G.Node, p ...*G.Node) (*G.Node, error) {
		if len(p) != min(1, f.NumParams()) {
			return nil, errors.Errorf("odefile: %s: %d args for %d parameters, want one vector of them, or none where there are none",
				f.Name, len(p), f.NumParams())
		}
		if err := sized("the vector of states", y, len(f.Names)); err != nil {
			return nil, errors.WithMessagef(err, "odefile: %s", f.Name)
		}
		var params *G.Node
		if len(p) > 0 {
			params = p[0]
			if err := sized("the vector of parameters", params, f.NumParams()); err != nil {
				return nil, errors.WithMessagef(err, "odefile: %s", f.Name)
			}
		}
		return newEmitter(f, t, y, params, nil).all(f.equations)
	}
}

func sized(what string, n *G.Node, size int) error {
	if shape := n.Shape(); len(shape) != 1 || shape[0] != size {
		return errors.Errorf("%s has shape %v, want (%d)", what, shape, size)
	}
	return nil
}

// Jump is a complaint about the first place of the model that jumps or may: an if( )then( )else( ), a comparison, heav,
// sign, flr, ceil or mod, or an event. Derivatives of a solution by what moves a jump leave that movement out. Nil:
// there is none.
func (f *File) Jump() *Error {
	var found []*tree
	look := func(n *tree) {
		switch n.op {
		case opIf, opEq, opNe, opLt, opLe, opGt, opGe, opAnd, opOr, opNot:
			found = append(found, n)
		case opCall:
			if jumping[n.name] {
				found = append(found, n)
			}
		}
	}
	for _, t := range f.equations {
		t.walk(look)
	}
	for _, s := range f.symbols {
		if s.body != nil {
			s.body.walk(look)
		}
	}
	for _, e := range f.resets {
		found = append(found, &tree{op: "global", at: e.at})
	}
	if len(found) == 0 {
		return nil
	}
	first := slices.MinFunc(found, func(a, b *tree) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	what := string(first.op)
	if first.op == opCall {
		what = first.name
	}
	return f.src.errorAt(first.at, "%q may jump, and the movement of a jump has no part in the derivatives of a solution", what)
}

var jumping = words("heav sign flr floor ceil mod")

// StartField is the initial state that the file gives, as nodes in the graph of t, which gives the graph alone: a
// vector of the states' values for a vector p of parameters, as [File.Field] takes it; nil where there are none.
func (f *File) StartField() func(t, p *G.Node) (*G.Node, error) {
	return func(t, p *G.Node) (*G.Node, error) { return newEmitter(f, t, nil, p, nil).all(f.starts) }
}

// Events reports how many events, global …, the file has.
func (f *File) Events() int { return len(f.resets) }
