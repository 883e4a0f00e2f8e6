package odefile

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"math"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// specialOp is a function of numbers that Gorgonia doesn't have, as an Op with a symbolic derivative, so that derivatives
// of any order and direction come of it.
type specialOp struct {
	name  string
	args  int
	value func(x []float64) float64
	// slopes are the derivatives by the arguments; nil is zero.
	slopes func(x G.Nodes) (G.Nodes, error)
}

var specials = map[string]*specialOp{
	"atan":  {"atan", 1, one(math.Atan), slope(func(x *G.Node) *G.Node { return over(1, plus(1, G.Must(G.Square(x)))) })},
	"asin":  {"asin", 1, one(math.Asin), slope(func(x *G.Node) *G.Node { return over(1, circle(x)) })},
	"acos":  {"acos", 1, one(math.Acos), slope(func(x *G.Node) *G.Node { return over(-1, circle(x)) })},
	"erf":   {"erf", 1, one(math.Erf), slope(func(x *G.Node) *G.Node { return bell(2/math.SqrtPi, x) })},
	"erfc":  {"erfc", 1, one(math.Erfc), slope(func(x *G.Node) *G.Node { return bell(-2/math.SqrtPi, x) })},
	"atan2": {"atan2", 2, two(math.Atan2), angleSlopes},
}

// special emits the specialOp of that name.
func special(name string) func(*emitter, []term) (term, error) {
	return func(b *emitter, x []term) (term, error) { return b.special(specials[name], x) }
}

func (b *emitter) special(op *specialOp, x []term) (term, error) {
	return b.built(op.name, x, func(n G.Nodes) (*G.Node, error) { return G.ApplyOp(op, n...) })
}

// built makes a node of terms, once.
func (b *emitter) built(name string, x []term, build func(G.Nodes) (*G.Node, error)) (term, error) {
	key := name
	for _, a := range x {
		key += " " + b.key(a)
	}
	out, err := b.made(key, func() (*G.Node, error) {
		nodes := make(G.Nodes, len(x))
		for i, a := range x {
			var err error
			if nodes[i], err = b.nodeOf(a); err != nil {
				return nil, err
			}
		}
		return build(nodes)
	})
	return b.inherit(out, x...), err
}

// choose is x where c ≠ 0 and y elsewhere.
func (b *emitter) choose(c, x, y term) (term, error) {
	switch {
	case c.node == nil && c.value != 0, b.key(x) == b.key(y):
		return x, nil
	case c.node == nil:
		return y, nil
	}
	b.conditional = true
	out, err := b.built("where", []term{c, x, y}, func(n G.Nodes) (*G.Node, error) { return graph.Where(n[0], n[1], n[2]) })
	out.truth = x.truth && y.truth
	return out, err
}

// The slopes. Gorgonia's constructors fail on wrong shapes and types alone, which cannot happen here; Must panics, and
// whoever differentiates turns that into an error.

func slope(f func(x *G.Node) *G.Node) func(G.Nodes) (G.Nodes, error) {
	return func(x G.Nodes) (G.Nodes, error) { return G.Nodes{f(x[0])}, nil }
}

func over(c float64, x *G.Node) *G.Node { return G.Must(G.HadamardDiv(G.NewConstant(c), x)) }
func plus(c float64, x *G.Node) *G.Node { return G.Must(G.Add(G.NewConstant(c), x)) }

// circle is √(1 − x²), by factors that keep its precision near ±1.
func circle(x *G.Node) *G.Node {
	left := G.Must(G.Sub(G.NewConstant(1.0), x))
	return G.Must(G.Sqrt(G.Must(G.HadamardProd(left, plus(1, x)))))
}

// bell is c·exp(−x²).
func bell(c float64, x *G.Node) *G.Node {
	return G.Must(G.HadamardProd(G.NewConstant(c), G.Must(G.Exp(G.Must(G.Neg(G.Must(G.Square(x))))))))
}

// angleSlopes are those of atan2(y, x): x/(x²+y²) and −y/(x²+y²).
func angleSlopes(in G.Nodes) (G.Nodes, error) {
	y, x := in[0], in[1]
	r := G.Must(G.Add(G.Must(G.Square(x)), G.Must(G.Square(y))))
	return G.Nodes{G.Must(G.HadamardDiv(x, r)), G.Must(G.HadamardDiv(G.Must(G.Neg(y)), r))}, nil
}

// What Gorgonia asks of an Op.

func (o *specialOp) Arity() int { return o.args }

func (o *specialOp) Type() hm.Type {
	a := hm.TypeVariable('a')
	types := make([]hm.Type, o.args+1)
	for i := range types {
		types[i] = a
	}
	return hm.NewFnType(types...)
}

func (o *specialOp) InferShape(...G.DimSizer) (tensor.Shape, error) { return tensor.Shape{}, nil }
func (o *specialOp) ReturnsPtr() bool                               { return false }
func (o *specialOp) CallsExtern() bool                              { return false }
func (o *specialOp) OverwritesInput() int                           { return -1 }
func (o *specialOp) String() string                                 { return o.name }
func (o *specialOp) WriteHash(h hash.Hash)                          { fmt.Fprintf(h, "odefile %s", o.name) }

func (o *specialOp) Hashcode() uint32 {
	h := fnv.New32a()
	io.WriteString(h, "odefile "+o.name)
	return h.Sum32()
}

func (o *specialOp) Do(in ...G.Value) (G.Value, error) {
	var x [3]float64
	if len(in) != o.args {
		return nil, errors.Errorf("%s: %d arguments, want %d", o.name, len(in), o.args)
	}
	for i, v := range in {
		f, ok := v.Data().(float64)
		if !ok {
			return nil, errors.Errorf("%s of %T", o.name, v.Data())
		}
		x[i] = f
	}
	return G.NewF64(o.value(x[:o.args])), nil
}

func (o *specialOp) DiffWRT(n int) []bool {
	wrt := make([]bool, n)
	for i := range wrt {
		wrt[i] = true
	}
	return wrt
}

func (o *specialOp) SymDiff(in G.Nodes, _, w *G.Node) (G.Nodes, error) {
	slopes, err := o.slopes(in)
	if err != nil {
		return nil, err
	}
	for i, s := range slopes {
		if slopes[i], err = G.HadamardProd(w, s); err != nil {
			return nil, err
		}
	}
	return slopes, nil
}

var _ G.SDOp = (*specialOp)(nil)
