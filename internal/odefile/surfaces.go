package odefile

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// A right-hand side with conditions is smooth between the surfaces g(t, y, p) = 0 on which one of them changes. Where the
// conditions are held, each comparison of x and y reads a mode, the sign of g = x − y, and each ⌊x⌋ reads the whole number
// that it is, instead of t and y. The modes stand behind the parameters; what they are is decided at the surfaces alone
// (discontinuity locking; Park and Barton, "State event location in differential-algebraic models", ACM TOMACS 6, 1996).
type surfaces struct {
	list []surface
	of   map[string]int // by g
}

// surface is where a condition changes: at g = 0, or for a floor where g is a whole number.
type surface struct {
	at    place
	g     term
	floor bool
}

// maxSurfaces bounds those of a model.
const maxSurfaces = 1000

// holds reports whether a condition of these terms is held: one of parameters and modes alone needs no surface.
func (b *emitter) holds(x ...term) bool {
	return b.held != nil && !b.isFixed(x...)
}

func (b *emitter) isFixed(x ...term) bool {
	for _, a := range x {
		if a.node != nil && !b.fixed[a.node] {
			return false
		}
	}
	return true
}

// inherit marks what is made of fixed terms.
func (b *emitter) inherit(out term, x ...term) term {
	if out.node != nil && b.isFixed(x...) {
		b.fixed[out.node] = true
	}
	return out
}

func (b *emitter) parameter(i int) (term, error) {
	x, err := b.element("param", b.params, i)
	if err == nil {
		b.fixed[x.node] = true
	}
	return x, err
}

// side is the mode of x − y. What was written y < x before is the same surface.
func (b *emitter) side(x, y term) (term, error) {
	if g, ok := b.difference(y, x); ok {
		if k, ok := b.held.of["sign "+b.key(g)]; ok {
			m, err := b.parameter(b.file.NumParams() + k)
			if err != nil {
				return term{}, err
			}
			return b.neg(m)
		}
	}
	if g, ok := b.difference(x, y); ok {
		return b.mode(g, false)
	}
	g, err := b.sub(x, y)
	if err != nil {
		return term{}, err
	}
	return b.mode(g, false)
}

// difference is x − y if that is there already.
func (b *emitter) difference(x, y term) (term, bool) {
	if y.node == nil && y.value == 0 {
		return x, x.node != nil
	}
	g, ok := b.terms["- "+b.key(x)+" "+b.key(y)]
	return g, ok
}

func (b *emitter) mode(g term, floor bool) (term, error) {
	key := "sign " + b.key(g)
	if floor {
		key = "floor " + b.key(g)
	}
	k, ok := b.held.of[key]
	if !ok {
		if k = len(b.held.list); k == maxSurfaces {
			return term{}, errors.Errorf("the model has more than %d conditions", maxSurfaces)
		}
		b.held.of[key] = k
		b.held.list = append(b.held.list, surface{b.at, g, floor})
	}
	return b.parameter(b.file.NumParams() + k)
}

// held is a model whose conditions are held. The parameters of its functions are the model's, and then the modes.
type held struct {
	file     *File
	surfaces []surface
	field    *dynamics
	planes   *dynamics   // the g of the surfaces, then the conditions of the events; nil where there is none
	after    []*dynamics // the state after each event
}

// pieces are the expressions of a model, emitted in one order so that the surfaces have the same numbers everywhere.
type pieces struct {
	field, conditions []term
	after             [][]term
	surfaces          []surface
}

func (b *emitter) pieces() (*pieces, error) {
	b.held = &surfaces{of: map[string]int{}}
	f, out := b.file, &pieces{}
	list := func(ts []*tree) ([]term, error) {
		terms := make([]term, len(ts))
		for i, t := range ts {
			var err error
			if terms[i], err = b.emit(t); err != nil {
				return nil, err
			}
		}
		return terms, nil
	}
	var err error
	if out.field, err = list(f.equations); err != nil {
		return nil, err
	}
	if out.conditions, err = list(f.conditions()); err != nil {
		return nil, err
	}
	for _, e := range f.resets {
		to, err := list(e.to)
		if err != nil {
			return nil, err
		}
		out.after = append(out.after, to)
	}
	out.surfaces = b.held.list
	return out, nil
}

// held makes the functions of a model whose conditions are held.
func (f *File) held() (*held, error) {
	h := &held{file: f}
	n := len(f.Names)
	piece := func(m int, choose func(*pieces) []term) (*dynamics, error) {
		return newDynamics(n, m, func(t, y, p *G.Node, own map[int]*G.Node) (*G.Node, error) {
			b := newEmitter(f, t, y, p, own)
			all, err := b.pieces()
			if err != nil {
				return nil, err
			}
			if h.field == nil { // derivatives are traced later, by several goroutines
				h.surfaces = all.surfaces
			}
			var nodes G.Nodes
			for _, x := range choose(all) {
				node, err := b.nodeOf(x)
				if err != nil {
					return nil, err
				}
				nodes = append(nodes, node)
			}
			return graph.Stack(nodes...)
		})
	}
	field := func(all *pieces) []term { return all.field }
	// How many modes there are shows once all is emitted.
	if _, err := piece(f.NumParams()+maxSurfaces, field); err != nil {
		return nil, err
	}
	m := f.NumParams() + len(h.surfaces)
	var err error
	if h.field, err = piece(m, field); err != nil {
		return nil, err
	}
	if len(h.surfaces)+len(f.resets) > 0 {
		h.planes, err = piece(m, func(all *pieces) []term {
			var gs []term
			for _, s := range all.surfaces {
				gs = append(gs, s.g)
			}
			return append(gs, all.conditions...)
		})
	}
	for i := 0; i < len(f.resets) && err == nil; i++ {
		var d *dynamics
		d, err = piece(m, func(all *pieces) []term { return all.after[i] })
		h.after = append(h.after, d)
	}
	return h, err
}
