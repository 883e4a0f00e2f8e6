package graph

import (
	"fmt"
	"hash"
	"sync"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// Call applies f to nodes of one graph as a single Op with gradients: with respect to every input and every parameter
// that f uses (their nodes in that graph, Param.In, are inputs of the Op too). It runs compiled, in one step of
// Gorgonia's machine. Inputs must have the shapes and the dtype of f's. f has one output; see CallAll for several.
func Call(f *Func, inputs ...*G.Node) (*G.Node, error) {
	if f == nil {
		return nil, errors.New("graph: call of no function")
	}
	if len(f.outputs) != 1 {
		return nil, errors.Errorf("graph: call of %s: it has %d outputs, use CallAll", f.name, len(f.outputs))
	}
	if len(inputs) != len(f.inputs) {
		return nil, errors.Errorf("graph: call of %s: %d inputs, want %d", f.name, len(inputs), len(f.inputs))
	}
	if len(inputs) == 0 {
		return nil, errors.Errorf("graph: call of %s: a function without inputs has no graph to be called in", f.name)
	}
	for i, n := range inputs {
		if n == nil || n.Graph() == nil {
			return nil, errors.Errorf("graph: call of %s: input %d (%q) is no node of a graph", f.name, i,
				f.inputs[i].ref.(*inputRef).name)
		}
		if n.Graph() != inputs[0].Graph() {
			return nil, errors.Errorf("graph: call of %s: input %d (%q) is in another graph than input 0", f.name, i,
				f.inputs[i].ref.(*inputRef).name)
		}
	}
	nodes := append(G.Nodes(nil), inputs...)
	nodes = append(nodes, ParamNodes(inputs[0].Graph(), f.Params())...)
	if f.dtype == tensor.Float32 {
		return apply[float32](f, nodes)
	}
	return apply[float64](f, nodes)
}

func apply[T Float](f *Func, nodes G.Nodes) (*G.Node, error) {
	return nodeop.Apply[T](newCall[T](f), nodes...)
}

// CallAll is Call for a function with any number of outputs: the Op computes them as one packed vector, of which each
// output is a part.
func CallAll(f *Func, inputs ...*G.Node) (G.Nodes, error) {
	if f == nil || len(f.outputs) == 1 {
		n, err := Call(f, inputs...)
		return G.Nodes{n}, err
	}
	b := newBuilder(f.dtype)
	flat := make([]*expr, len(f.outputs))
	for i, o := range f.outputs {
		flat[i] = b.reshape(o, tensor.Shape{o.size()})
	}
	packed := *f
	packed.outputs = []*expr{b.concat(0, flat...)}
	n, err := Call(&packed, inputs...)
	if err != nil {
		return nil, err
	}
	return unpacked(n, f.name, f.Outputs())
}

// unpacked takes tensors of the given shapes out of a vector of all their elements.
func unpacked(n *G.Node, name string, shapes []tensor.Shape) (G.Nodes, error) {
	b := newBuilder(n.Dtype())
	parts := make(G.Nodes, len(shapes))
	at := 0
	for i, shape := range shapes {
		v := b.input("packed", n.Shape())
		part := b.reshape(b.part(v, 0, at, sizeOf(shape)), shape)
		at += sizeOf(shape)
		f := &Func{name: fmt.Sprintf("%s.%d", name, i), dtype: b.dtype, inputs: []*expr{v}, outputs: []*expr{part}}
		var err error
		if parts[i], err = Call(f, n); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// call is a compiled Func as a nodeop.Function. Parameters come as trailing inputs, so that the Op computes with the
// values of its nodes.
type call[T Float] struct {
	fn     *Func  // lifted
	id     uint64 // in the order of making
	inputs []tensor.Shape
	wrt    []bool

	// Both are compiled when they are first wanted: a call inside of a traced function dissolves, and a graph that is
	// only evaluated needs no backward pass.
	value, reverse lazy[T]
	scratch        sync.Pool // of [][]T
}

// lazy is a function that is compiled when it is first wanted.
type lazy[T Float] struct {
	once  sync.Once
	plans *Plans[T]
	err   error
}

func (l *lazy[T]) get(make func() (*Func, error)) (*Plans[T], error) {
	l.once.Do(func() {
		var f *Func
		if f, l.err = make(); l.err == nil {
			l.plans, l.err = NewPlans[T](f)
		}
	})
	return l.plans, l.err
}

func newCall[T Float](f *Func) *call[T] {
	c := &call[T]{fn: f.Lift(), id: made.Add(1)}
	for _, e := range c.fn.inputs {
		c.inputs = append(c.inputs, e.shape)
		c.wrt = append(c.wrt, true)
	}
	c.scratch.New = func() any {
		s := make([][]T, len(c.inputs))
		for i, shape := range c.inputs {
			s[i] = make([]T, sizeOf(shape))
		}
		return &s
	}
	return c
}

func (c *call[T]) Name() string                { return "graph: " + c.fn.name }
func (c *call[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "call %s %d", c.fn.name, c.id) }
func (c *call[T]) InputShapes() []tensor.Shape { return c.inputs }
func (c *call[T]) OutputShape() tensor.Shape   { return c.fn.outputs[0].shape }
func (c *call[T]) WRT() []bool                 { return c.wrt }
func (c *call[T]) inline() *Func               { return c.fn }

// Differentiable reports the Op that has no gradient, before anything runs.
func (c *call[T]) Differentiable() error {
	_, err := c.reverse.get(c.fn.VJP)
	return err
}

func (c *call[T]) Evaluate(in [][]T, out []T) error {
	plans, err := c.value.get(func() (*Func, error) { return c.fn, nil })
	if err != nil {
		return err
	}
	return plans.Run(in, [][]T{out})
}

func (c *call[T]) Forward(in [][]T, out []T) (any, error) { return nil, c.Evaluate(in, out) }

func (c *call[T]) Backward(in [][]T, _, w []T, _ any, grad [][]T) error {
	plans, err := c.reverse.get(c.fn.VJP)
	if err != nil {
		return err
	}
	s := c.scratch.Get().(*[][]T)
	defer c.scratch.Put(s)
	if err := plans.Run(append(append([][]T(nil), in...), w), *s); err != nil {
		return err
	}
	for i, g := range grad {
		for j := range g {
			g[j] += (*s)[i][j]
		}
	}
	return nil
}

// Tangent makes second derivatives of a call: the forward derivative of its function, with the tangents in one vector.
func (c *call[T]) Tangent() (nodeop.Function[T], error) {
	f, err := c.fn.packedTangent()
	if err != nil {
		return nil, err
	}
	return newCall[T](f), nil
}

// packedTangent is the function (inputs, u) ↦ tangents of the outputs, with the tangents u of all inputs packed in a vector.
func (f *Func) packedTangent() (*Func, error) {
	j, err := f.Pure().JVP()
	if err != nil {
		return nil, err
	}
	b := newBuilder(f.dtype)
	b.adopt(j.outputs)
	n, total := len(f.inputs), 0
	for _, x := range f.inputs {
		total += x.size()
	}
	u := b.input("tangents", tensor.Shape{total})
	with := map[*expr]*expr{}
	at := 0
	for _, d := range j.inputs[n:] {
		with[d] = b.reshape(b.part(u, 0, at, d.size()), d.shape)
		at += d.size()
	}
	return finish(&Func{
		name:    j.name,
		dtype:   f.dtype,
		inputs:  append(append([]*expr(nil), f.inputs...), u),
		outputs: b.substitute(j.outputs[len(f.outputs):], with),
	}), nil
}
