package odeop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// A testField is a field with the shapes that it is for. All values are drawn from a fixed seed.
type testField struct {
	name   string
	y      []int
	args   [][]int
	params [][]int
	times  []float64 // nil: 0, 0.35, 0.8, 1.1
	unused []string  // args and the like that the field ignores, by the names of inputs
	field  func(ps []*graph.Param) Field
}

// An input is a node that a gradient flows to.
type input struct {
	name string
	node *G.Node
}

// An instance is a testField in a graph.
type instance struct {
	*testField
	t      testing.TB
	dt     tensor.Dtype
	g      *G.ExprGraph
	y0     *G.Node
	nodes  G.Nodes // args
	ps     []*graph.Param
	inputs []input
	when   []float64
}

func (f *testField) in(t testing.TB, dt tensor.Dtype) *instance {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, 13))
	m := &instance{testField: f, t: t, dt: dt, g: G.NewGraph(), when: f.times}
	if m.when == nil {
		m.when = []float64{0, 0.35, 0.8, 1.1}
	}
	m.add("y0", newNode(m.g, dt, "y0", f.y, draw(rng, f.y)))
	m.y0 = m.inputs[0].node
	for i, shape := range f.args {
		name := fmt.Sprintf("u%d", i)
		n := newNode(m.g, dt, name, shape, draw(rng, shape))
		m.nodes = append(m.nodes, n)
		m.add(name, n)
	}
	for i, shape := range f.params {
		name := fmt.Sprintf("w%d", i)
		p, err := graph.NewParam(name, graph.Values(draw(rng, shape)), dt, shape...)
		if err != nil {
			t.Fatal(err)
		}
		m.ps = append(m.ps, p)
		m.add(name, p.In(m.g))
	}
	return m
}

func (m *instance) add(name string, n *G.Node) { m.inputs = append(m.inputs, input{name, n}) }

func (m *instance) ignores(name string) bool {
	for _, u := range m.unused {
		if u == name {
			return true
		}
	}
	return false
}

// draw is uniform on (0.2, 1), with alternating signs.
func draw(rng *rand.Rand, shape []int) []float64 {
	v := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range v {
		v[i] = (0.2 + 0.8*rng.Float64()) * float64(1-2*(i%2))
	}
	return v
}

// newNode is an input node of any rank.
func newNode(g *G.ExprGraph, dt tensor.Dtype, name string, shape []int, v []float64) *G.Node {
	var backing, number any = append([]float64(nil), v...), v[0]
	if dt == tensor.Float32 {
		s := make([]float32, len(v))
		for i, x := range v {
			s[i] = float32(x)
		}
		backing, number = s, s[0]
	}
	if len(shape) == 0 {
		return G.NewScalar(g, dt, G.WithName(name), G.WithValue(number))
	}
	return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))))
}

// numbers are a value's, copied.
func numbers(v G.Value) []float64 {
	switch d := v.Data().(type) {
	case float64:
		return []float64{d}
	case float32:
		return []float64{float64(d)}
	case []float64:
		return append([]float64(nil), d...)
	case []float32:
		out := make([]float64, len(d))
		for i, x := range d {
			out[i] = float64(x)
		}
		return out
	}
	panic(fmt.Sprintf("%T", v.Data()))
}

// How a model is solved and differentiated.
type how struct {
	lisp  bool
	at    bool // SolveAt, which adds the input "times"
	final bool // SolveFinal
	opts  []Option
}

// outcome is a loss and its gradients by input.
type outcome struct {
	loss  float64
	grads map[string][]float64
}

// solve makes the node.
func (m *instance) solve(h how) *G.Node {
	m.t.Helper()
	opts := append([]Option{Args(m.nodes...)}, h.opts...)
	field := m.field(m.ps)
	var ys *G.Node
	var err error
	switch {
	case h.at:
		times := newNode(m.g, m.dt, "times", []int{len(m.when)}, m.when)
		m.add("times", times)
		ys, err = SolveAt(field, m.y0, times, opts...)
	case h.final:
		ys, err = SolveFinal(field, m.y0, m.when, opts...)
	default:
		ys, err = Solve(field, m.y0, m.when, opts...)
	}
	if err != nil {
		m.t.Fatalf("%s: %v", m.name, err)
	}
	return ys
}

// weighted is Σ sin(j)·ys_j.
func weighted(g *G.ExprGraph, ys *G.Node) *G.Node {
	w := make([]float64, ys.Shape().TotalSize())
	for i := range w {
		w[i] = math.Sin(float64(i + 1))
	}
	l := G.Must(G.HadamardProd(ys, newNode(g, ys.Dtype(), "weights of "+ys.Name(), ys.Shape(), w)))
	if l.IsScalar() {
		return l
	}
	return G.Must(G.Sum(l))
}

// gradients runs the weighted sum of the states and its gradients with respect to all inputs that the field uses; with
// ignored, also those that it doesn't.
func (m *instance) gradients(h how, ignored bool) outcome {
	m.t.Helper()
	ys := m.solve(h)
	loss := weighted(m.g, ys)
	var wrt []input
	for _, in := range m.inputs {
		if ignored || !m.ignores(in.name) {
			wrt = append(wrt, in)
		}
	}
	return run(m.t, m.g, loss, wrt, h.lisp)
}

func run(t testing.TB, g *G.ExprGraph, loss *G.Node, wrt []input, lisp bool) outcome {
	t.Helper()
	var nodes G.Nodes
	for _, in := range wrt {
		nodes = append(nodes, in.node)
	}
	var vm G.VM
	if lisp {
		vm = G.NewLispMachine(g)
	} else {
		if _, err := G.Grad(loss, nodes...); err != nil {
			t.Fatal(err)
		}
		vm = G.NewTapeMachine(g, G.BindDualValues(nodes...))
	}
	err := vm.RunAll()
	// Now and then a TapeMachine gives a product memory of another shape, by the order of a map; compiled anew it does not.
	for range 3 {
		if lisp || err == nil || !strings.Contains(err.Error(), "Unable to process reuse") {
			break
		}
		_ = vm.Close()
		vm = G.NewTapeMachine(g, G.BindDualValues(nodes...))
		err = vm.RunAll()
	}
	defer vm.Close()
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{loss: numbers(loss.Value())[0], grads: map[string][]float64{}}
	for _, in := range wrt {
		d, err := in.node.Grad()
		if err != nil {
			t.Fatalf("%s: %v", in.name, err)
		}
		o.grads[in.name] = numbers(d)
	}
	return o
}

// difference is the largest between two outcomes, relative to the largest element of an input's gradient or, where that is
// larger, 1. Both must have the same inputs.
func (o outcome) difference(t testing.TB, p outcome) float64 {
	t.Helper()
	if len(o.grads) != len(p.grads) {
		t.Fatalf("gradients of %d and %d inputs", len(o.grads), len(p.grads))
	}
	worst := relative([]float64{o.loss}, []float64{p.loss})
	for name, g := range o.grads {
		worst = math.Max(worst, relative(g, p.grads[name]))
	}
	return worst
}

// relative is infinite where the lengths differ.
func relative(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	scale, worst := 1.0, 0.0
	for _, v := range b {
		scale = math.Max(scale, math.Abs(v))
	}
	for i := range a {
		worst = math.Max(worst, math.Abs(a[i]-b[i]))
	}
	return worst / scale
}

// must panics, which a trace turns into an error.
func must(n *G.Node, err error) *G.Node {
	if err != nil {
		panic(err)
	}
	return n
}

// scaled is c·n for a number known beforehand, of n's dtype.
func scaled(c float64, n *G.Node) *G.Node {
	var v any = c
	if n.Dtype() == tensor.Float32 {
		v = float32(c)
	}
	return must(G.HadamardProd(n, G.NewConstant(v)))
}
