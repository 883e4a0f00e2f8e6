package odeop

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// rowModel is y' = tanh(y·w + b)⊙u·cos t + v − y/2 on rows of two: u is a row's own, v is shared.
type rowModel struct {
	t       *testing.T
	dt      tensor.Dtype
	w, b    *graph.Param
	y0, u   [][]float64
	v       []float64
	times   [][]float64
	options []Option
}

func newRowModel(t *testing.T, dt tensor.Dtype, rows int) *rowModel {
	t.Helper()
	m := &rowModel{t: t, dt: dt, v: []float64{0.3, -0.2}}
	var err error
	if m.w, err = graph.NewParam("w", graph.Values([]float64{0.8, -1.1, 0.6, 0.9}), dt, 2, 2); err != nil {
		t.Fatal(err)
	}
	if m.b, err = graph.NewParam("b", graph.Values([]float64{0.1, -0.3}), dt, 1, 2); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		x := float64(i)
		m.y0 = append(m.y0, []float64{math.Sin(x + 1), math.Cos(2*x) + 0.1})
		m.u = append(m.u, []float64{1 + 2*math.Sin(3*x), 0.5 + 0.3*x})
		// Spans of lengths of their own, one in three backwards.
		end := 0.7 + 0.4*x
		if i%3 == 2 {
			end = -end
		}
		at := 0.2 * x
		m.times = append(m.times, []float64{at, at + 0.3*end, at + 0.55*end, at + end})
	}
	return m
}

func (m *rowModel) field(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
	g := y.Graph()
	z := must(G.BroadcastAdd(must(G.Mul(y, m.w.In(g))), m.b.In(g), nil, []byte{0}))
	z = must(G.HadamardProd(must(G.HadamardProd(must(G.Tanh(z)), args[1])), must(G.Cos(t))))
	z = must(G.BroadcastAdd(z, args[0], nil, []byte{0}))
	return G.Sub(z, scaled(0.5, y))
}

// rows is the model with some of its rows, in that order.
func (m *rowModel) rows(which ...int) *rowModel {
	n := *m
	n.y0, n.u, n.times = nil, nil, nil
	for _, i := range which {
		n.y0, n.u, n.times = append(n.y0, m.y0[i]), append(n.u, m.u[i]), append(n.times, m.times[i])
	}
	return &n
}

func (m *rowModel) nodes(g *G.ExprGraph) (y0, u, v, times *G.Node) {
	n := len(m.y0)
	return newNode(g, m.dt, "y0", []int{n, 2}, slices.Concat(m.y0...)),
		newNode(g, m.dt, "u", []int{n, 2}, slices.Concat(m.u...)),
		newNode(g, m.dt, "v", []int{1, 2}, m.v), newNode(g, m.dt, "times", []int{n, len(m.times[0])}, slices.Concat(m.times...))
}

// in makes the solve at times that are a node, and its inputs.
func (m *rowModel) in(g *G.ExprGraph) (*G.Node, []input) {
	m.t.Helper()
	y0, u, v, times := m.nodes(g)
	ys, err := SolveRowsAt(m.field, y0, times, append([]Option{Args(v), RowArgs(u)}, m.options...)...)
	if err != nil {
		m.t.Fatal(err)
	}
	return ys, []input{{"y0", y0}, {"times", times}, {"u", u}, {"v", v}, {"w", m.w.In(g)}, {"b", m.b.In(g)}}
}

// run is the states, of shape (times, rows, 2), and the gradients of Σ cos(1+i+j+k)-like weights, which depend on the
// number of a row in the whole model alone: ids has those.
func (m *rowModel) run(ids []int, lisp bool) (ys []float64, o outcome) {
	m.t.Helper()
	g := G.NewGraph()
	node, inputs := m.in(g)
	n, k := len(m.y0), len(m.times[0])
	var weights []float64
	for j := range k {
		for i := range n {
			weights = append(weights, math.Cos(float64(1+7*ids[i]+3*j)), math.Sin(float64(2+5*ids[i]+j)))
		}
	}
	var value G.Value
	G.Read(node, &value)
	loss := G.Must(G.Sum(G.Must(G.HadamardProd(node, newNode(g, m.dt, "weights", []int{k, n, 2}, weights)))))
	if lisp {
		value = nil
	}
	o = run(m.t, g, loss, inputs, lisp)
	if value != nil {
		ys = numbers(value)
	}
	return ys, o
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
