package odefile

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// term is what an expression comes to: a number that is known, or a node.
type term struct {
	node  *G.Node // nil: known
	value float64
	truth bool // 0 or 1
}

func known(v float64) term { return term{value: v} }

// emitter makes Gorgonia nodes of trees, in the private graph of a trace. What occurs twice is made once: quantities,
// calls with the same arguments, equal operations.
type emitter struct {
	file          *File
	t             *G.Node
	state, params *G.Node         // vectors; params is nil where there are none
	own           map[int]*G.Node // parameters with a node of their own
	args          []term          // of the function in whose body we are
	conditional   bool            // whether there is a choice
	held          *surfaces       // of conditions that are held; nil: they are as t and y are
	fixed         map[*G.Node]bool
	at            place // of what is emitted

	terms map[string]term    // by operation and operands
	from  map[*G.Node]string // the operation that made a node
	ids   map[*G.Node]int
}

// maxOperations bounds the nodes of one function: where Gorgonia looks for equal nodes it compares hashes of 32 bits.
const maxOperations = 20_000

func newEmitter(f *File, t, state, params *G.Node, own map[int]*G.Node) *emitter {
	return &emitter{file: f, t: t, state: state, params: params, own: own,
		fixed: map[*G.Node]bool{}, terms: map[string]term{}, from: map[*G.Node]string{}, ids: map[*G.Node]int{}}
}

// all emits expressions as one vector.
func (b *emitter) all(ts []*tree) (*G.Node, error) {
	nodes := make([]*G.Node, len(ts))
	for i, t := range ts {
		x, err := b.emit(t)
		if err != nil {
			return nil, err
		}
		if nodes[i], err = b.nodeOf(x); err != nil {
			return nil, err
		}
	}
	return graph.Stack(nodes...)
}

func (b *emitter) emit(t *tree) (term, error) {
	switch t.op {
	case opNumber:
		return known(t.value), nil
	case opArgument:
		return b.args[int(t.value)], nil
	case opName:
		return b.name(t)
	case opDerivative:
		return b.body(t.name+"'", b.file.equations[b.file.symbols[t.name].index], nil)
	}
	x := make([]term, len(t.args))
	for i, a := range t.args {
		var err error
		if x[i], err = b.emit(a); err != nil {
			return term{}, err
		}
	}
	b.at = t.at
	out, err := b.apply(t, x)
	if _, placed := err.(*Error); err == nil || placed {
		return out, err
	}
	return out, b.file.src.errorAt(t.at, "%v", err)
}

func (b *emitter) apply(t *tree, x []term) (term, error) {
	switch t.op {
	case opIf:
		return b.choose(x[0], x[1], x[2])
	case opCall:
		if f, ok := builtins[t.name]; ok {
			if v, ok := values(x); ok {
				return known(f.value(v)), nil
			}
			return f.nodes(b, x)
		}
		if s := b.file.symbols[t.name]; s.role == aNetwork {
			return b.network(s.net, s.index, x)
		}
		key := t.name + "("
		for _, a := range x {
			key += b.key(a) + ","
		}
		return b.body(key, b.file.symbols[t.name].body, x)
	}
	if v, ok := values(x); ok {
		return known(operate(t.op, v)), nil
	}
	return b.operator(t.op, x)
}

// values are the numbers of terms that are all known.
func values(x []term) ([]float64, bool) {
	v := make([]float64, len(x))
	for i, a := range x {
		if a.node != nil {
			return nil, false
		}
		v[i] = a.value
	}
	return v, true
}

func (b *emitter) name(t *tree) (term, error) {
	switch t.name {
	case "t":
		return term{node: b.t}, nil
	case "pi":
		return known(math.Pi), nil
	}
	switch s := b.file.symbols[t.name]; s.role {
	case aState:
		return b.element("state", b.state, s.index)
	case aParam:
		if n := b.own[s.index]; n != nil {
			b.fixed[n] = true
			return term{node: n}, nil
		}
		return b.parameter(s.index)
	case aNumber:
		return known(s.value), nil
	default:
		return b.body(t.name, s.body, nil)
	}
}

// body emits the body of a definition, once for the same arguments.
func (b *emitter) body(key string, t *tree, args []term) (term, error) {
	key = "body " + key
	if x, ok := b.terms[key]; ok {
		return x, nil
	}
	outer := b.args
	b.args = args
	x, err := b.emit(t)
	b.args = outer
	if err == nil {
		b.terms[key] = x
	}
	return x, err
}

func (b *emitter) element(of string, vector *G.Node, i int) (term, error) {
	return b.made(fmt.Sprintf("%s %d", of, i), func() (*G.Node, error) { return graph.Element(vector, i) })
}

// nodeOf is the node of a term. Constants are graph.Constant, not Gorgonia's: those make its constructors rewrite log(1+x)
// and the like, and give nodes back that are used elsewhere.
func (b *emitter) nodeOf(x term) (*G.Node, error) {
	if x.node != nil {
		return x.node, nil
	}
	c, err := b.made(b.key(x), func() (*G.Node, error) { return graph.Constant(b.t, []float64{x.value}) })
	return c.node, err
}

// key names a term: equal terms have equal keys.
func (b *emitter) key(x term) string {
	if x.node == nil {
		return fmt.Sprintf("#%x", math.Float64bits(x.value))
	}
	id, ok := b.ids[x.node]
	if !ok {
		id = len(b.ids)
		b.ids[x.node] = id
	}
	return fmt.Sprint(id)
}

// made makes a node the first time that it is asked for. Gorgonia finds equal nodes by a hash; if it takes two different
// ones for one that shows here.
func (b *emitter) made(key string, make func() (*G.Node, error)) (term, error) {
	if x, ok := b.terms[key]; ok {
		return x, nil
	}
	if len(b.from) >= maxOperations {
		return term{}, errors.Errorf("the model has more than %d operations", maxOperations)
	}
	n, err := make()
	if err != nil {
		return term{}, err
	}
	if other, ok := b.from[n]; ok {
		return term{}, errors.Errorf("internal error: Gorgonia took %s and %s for one node", other, key)
	}
	b.from[n] = key
	x := term{node: n}
	b.terms[key] = x
	return x, nil
}

// unary and binary apply functions of Gorgonia's.
func (b *emitter) unary(name string, f func(*G.Node) (*G.Node, error), x term) (term, error) {
	out, err := b.made(name+" "+b.key(x), func() (*G.Node, error) {
		n, err := b.nodeOf(x)
		if err != nil {
			return nil, err
		}
		return f(n)
	})
	return b.inherit(out, x), err
}

func (b *emitter) binary(name string, f func(x, y *G.Node) (*G.Node, error), x, y term) (term, error) {
	out, err := b.made(name+" "+b.key(x)+" "+b.key(y), func() (*G.Node, error) {
		m, err := b.nodeOf(x)
		if err != nil {
			return nil, err
		}
		n, err := b.nodeOf(y)
		if err != nil {
			return nil, err
		}
		return f(m, n)
	})
	return b.inherit(out, x, y), err
}
