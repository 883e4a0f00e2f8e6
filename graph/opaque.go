package graph

import (
	"fmt"
	"sync"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// opaque is an Op without a lowering, run through its Do on copies of its arguments: it allocates, and costs what the Op
// costs. The Op is shared by all plans, so one that keeps state must not be run by several of them at the same time.
type opaque struct {
	op    G.Op
	args  []opaqueArg
	types []hm.Type // of the arguments, as Gorgonia has them
	out   tensor.Shape
	dtype tensor.Dtype
}

// opaqueArg is an argument as the Op sees it: the next expression, or a fixed value (indices, labels).
type opaqueArg struct {
	shape  tensor.Shape
	scalar bool
	fixed  G.Value
}

func (l *lowerer) lowerOpaque(n *G.Node, children G.Nodes, args []*expr) (*expr, error) {
	if n.Dtype() != l.b.dtype {
		return nil, errors.Errorf("the value is of dtype %v, but the inputs are %v", n.Dtype(), l.b.dtype)
	}
	o := &opaque{op: n.Op(), out: n.Shape(), dtype: l.b.dtype}
	var exprs []*expr
	for i, c := range children {
		a := opaqueArg{shape: c.Shape(), scalar: c.IsScalar()}
		switch {
		case args[i] != nil && c.Dtype() == l.b.dtype:
			exprs = append(exprs, args[i])
		case c.Value() != nil && (c.Op() == nil || isConstant(c)):
			if err := l.checkConstant(c); err != nil {
				return nil, err
			}
			v, err := G.CloneValue(c.Value())
			if err != nil {
				return nil, errors.Wrapf(err, "argument %d", i)
			}
			a.fixed = v
		default:
			return nil, errors.Errorf("argument %d is of dtype %v and not known when the function is traced", i, c.Dtype())
		}
		o.args = append(o.args, a)
		o.types = append(o.types, c.Type())
	}
	if l.after != nil {
		// Some Ops leave things behind for their derivative without handing it their value. One more argument, which is not
		// looked at, makes them run before.
		exprs = append(exprs, l.after)
	}
	return l.b.external(o, o.out, exprs...), nil
}

func isConstant(n *G.Node) bool {
	_, ok := constantOf(n)
	return ok
}

func (o *opaque) name() string { return o.op.String() }

// vjp lowers what the Op's SymDiff builds in a graph of its own.
func (o *opaque) vjp(b *builder, e, w *expr, _ map[*expr]bool) (ws []*expr, err error) {
	defer func() {
		err = errors.WithMessagef(err, "the derivative of %v", o.op)
	}()
	op, ok := o.op.(G.SDOp)
	if !ok {
		return nil, errors.New("it has no SymDiff and cannot be differentiated")
	}
	g := G.NewGraph()
	l := newLowerer(b, g)
	l.after, l.given = e, map[*G.Node]bool{}
	nodes := make(G.Nodes, len(o.args))
	next := 0
	place := make([]int, len(o.args)) // of an argument among e.args
	for i, a := range o.args {
		nodes[i] = G.NewUniqueNode(G.WithType(o.types[i]), G.In(g), G.WithShape(a.shape...), G.WithName(fmt.Sprintf("x%d", i)))
		if a.fixed != nil {
			G.WithValue(a.fixed)(nodes[i])
			l.given[nodes[i]] = true
			continue
		}
		l.done[nodes[i]] = e.args[next]
		place[i] = next
		next++
	}
	grads, err := o.symDiff(op, l, nodes, e, w)
	if err != nil {
		return nil, err
	}
	ws = make([]*expr, len(e.args))
	wrt := op.DiffWRT(len(nodes))
	for i, a := range o.args {
		if a.fixed != nil {
			continue
		}
		x := e.args[place[i]]
		switch {
		case i < len(wrt) && !wrt[i]:
			if varies(x) {
				return nil, errors.Errorf("it cannot be differentiated with respect to argument %d", i)
			}
			continue
		case i >= len(grads) || grads[i] == nil:
			return nil, errors.Errorf("SymDiff gives no gradient of argument %d", i)
		}
		if ws[place[i]], err = l.lower(grads[i]); err != nil {
			return nil, err
		}
		if ws[place[i]], err = l.fitted(ws[place[i]], x.shape); err != nil {
			return nil, errors.WithMessagef(err, "gradient of argument %d", i)
		}
	}
	return ws, nil
}

// building keeps derivatives that are asked for at the same time from Gorgonia's constructors at the same time: those
// share counters.
var building sync.Mutex

// symDiff turns panics into errors: the Op belongs to somebody else.
func (o *opaque) symDiff(op G.SDOp, l *lowerer, nodes G.Nodes, e, w *expr) (grads G.Nodes, err error) {
	building.Lock()
	defer building.Unlock()
	defer rescued(&err)
	out, err := G.ApplyOp(o.op, nodes...)
	if err != nil {
		return nil, err
	}
	grad := G.NewUniqueNode(G.WithType(out.Type()), G.In(l.g), G.WithShape(out.Shape()...), G.WithName("w"))
	l.done[out], l.done[grad] = e, w
	if grads, err = op.SymDiff(nodes, out, grad); err != nil {
		return nil, err
	}
	var made G.Nodes
	for i, n := range grads {
		switch {
		case n == nil:
		case n.Graph() != l.g && !isConstant(n):
			return nil, errors.Errorf("SymDiff returned a node of another graph for argument %d", i)
		default:
			made = append(made, n)
		}
	}
	l.index()
	return grads, l.survey(made)
}

// jvp transposes vjp, which is linear in the cotangent: Σ ⟨vjp(w), dx⟩ = ⟨w, jvp(dx)⟩ for every w.
func (o *opaque) jvp(b *builder, e *expr, dx []*expr) (*expr, error) {
	w := b.input("cotangent", e.shape)
	ws, err := o.vjp(b, e, w, nil)
	if err != nil {
		return nil, err
	}
	var outs, cots []*expr
	for i, d := range dx {
		if d != nil && ws[i] != nil {
			outs, cots = append(outs, ws[i]), append(cots, d)
		}
	}
	t, err := b.pullback(outs, cots, []*expr{w})
	if err != nil || t[0] == nil {
		return nil, errors.WithMessagef(err, "the forward derivative of %v", o.op)
	}
	// A linear function's derivative does not depend on where it is taken.
	return b.substitute(t, map[*expr]*expr{w: b.zeros(w.shape)})[0], nil
}

// varies reports whether e depends on anything that a gradient may be asked of.
func varies(e *expr) bool {
	for _, x := range topological([]*expr{e}) {
		if x.kind == kindInput || x.kind == kindParam {
			return true
		}
	}
	return false
}

func rescued(err *error) {
	switch r := recover().(type) {
	case nil:
	case error:
		*err = errors.Wrap(r, "panic")
	default:
		*err = errors.Errorf("panic: %v", r)
	}
}

func (o *opaque) runner64() runner[float64] { return newOpaqueRunner[float64](o) }
func (o *opaque) runner32() runner[float32] { return newOpaqueRunner[float32](o) }

// opaqueRunner owns copies of the arguments: some Ops flip the headers of their inputs while they run, or hand their
// memory on.
type opaqueRunner[T Float] struct {
	o      *opaque
	values []G.Value
	data   [][]T
}

func newOpaqueRunner[T Float](o *opaque) *opaqueRunner[T] {
	r := &opaqueRunner[T]{o: o}
	for _, a := range o.args {
		if a.fixed != nil {
			r.values = append(r.values, a.fixed)
			continue
		}
		data := make([]T, sizeOf(a.shape))
		r.data = append(r.data, data)
		if a.scalar {
			r.values = append(r.values, nil) // made of the number at every run
			continue
		}
		r.values = append(r.values, tensor.New(tensor.WithShape(a.shape...), tensor.WithBacking(data)))
	}
	return r
}

func (r *opaqueRunner[T]) run(in [][]T, out []T) (err error) {
	defer func() { err = errors.Wrapf(err, "graph: %v", r.o.op) }()
	defer rescued(&err)
	next := 0
	values := make([]G.Value, len(r.values))
	copy(values, r.values)
	for i, a := range r.o.args {
		if a.fixed != nil {
			continue
		}
		copy(r.data[next], in[next])
		if a.scalar {
			values[i] = scalarOf(r.data[next][0])
		}
		next++
	}
	v, err := r.o.op.Do(values...)
	if err != nil {
		return err
	}
	return copyValue(out, v)
}

func scalarOf[T Float](x T) G.Value {
	if v, ok := any(x).(float32); ok {
		return G.NewF32(v)
	}
	return G.NewF64(float64(x))
}

// copyValue writes a value into out, row-major.
func copyValue[T Float](out []T, v G.Value) error {
	if v == nil {
		return errors.New("Do returned no value")
	}
	if t, ok := v.(*tensor.Dense); ok && (t.RequiresIterator() || t.DataOrder().IsColMajor()) {
		v = t.Materialize()
	}
	switch d := v.Data().(type) {
	case []T:
		if len(d) != len(out) {
			return errors.Errorf("Do returned %d elements, want %d", len(d), len(out))
		}
		copy(out, d)
	case T:
		if len(out) != 1 {
			return errors.Errorf("Do returned a number, want %d elements", len(out))
		}
		out[0] = d
	default:
		return errors.Errorf("Do returned %T, want %T", d, out)
	}
	return nil
}
