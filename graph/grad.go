package graph

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Grad returns the derivatives of cost, a number, with respect to leaves of its graph (inputs and parameters), of their
// shapes, as nodes of that graph. What they are computed from is traced, differentiated and compiled as in Trace and
// VJP, so they have the derivatives that this package promises, and may be differentiated again, by Grad or by
// gorgonia.Grad:
//
//   - inside of a field or a traced function it makes Hamiltonian and Lagrangian networks, score models, divergences;
//   - in an outer graph, where gorgonia.Grad can be called only once for a node, it makes Hessian–vector products and
//     penalties on gradients.
//
// A leaf that the cost does not depend on is an error.
func Grad(cost *G.Node, wrt ...*G.Node) (grads G.Nodes, err error) {
	defer recovered(&err, "grad")
	switch {
	case cost == nil || cost.Graph() == nil:
		return nil, errors.New("graph: grad: the cost is no node of a graph")
	case !cost.Shape().IsScalar():
		return nil, errors.Errorf("graph: grad: the cost (%v) has shape %v, want a number", cost.Op(), cost.Shape())
	case cost.Dtype() != tensor.Float64 && cost.Dtype() != tensor.Float32:
		return nil, errors.Errorf("graph: grad: the cost is %v, want float64 or float32", cost.Dtype())
	case len(wrt) == 0:
		return nil, errors.New("graph: grad: nothing to differentiate with respect to")
	}
	b := newBuilder(cost.Dtype())
	l := newLowerer(b, cost.Graph())
	f := &Func{name: "gradient", dtype: b.dtype}
	l.index()
	leaves := l.leaves(cost)
	for _, n := range leaves {
		e := b.input(n.Name(), n.Shape())
		l.done[n] = e
		f.inputs = append(f.inputs, e)
	}
	xs := make([]*expr, len(wrt))
	seen := map[*G.Node]bool{}
	for i, n := range wrt {
		switch {
		case n == nil || n.Graph() != cost.Graph():
			return nil, &foreignNode{errors.Errorf("graph: grad: with respect to %d: no node of the cost's graph", i)}
		case n.Op() != nil:
			return nil, errors.Errorf("graph: grad: with respect to %d: %q is computed from other nodes; name the inputs and "+
				"parameters", i, n.Name())
		case seen[n]:
			return nil, errors.Errorf("graph: grad: with respect to %d: %q is named twice", i, n.Name())
		case l.done[n] == nil:
			return nil, errors.Errorf("graph: grad: with respect to %d: the cost does not depend on %q", i, n.Name())
		}
		seen[n], xs[i] = true, l.done[n]
	}
	if err := l.survey(G.Nodes{cost}); err != nil {
		return nil, errors.WithMessage(err, "graph: grad")
	}
	out, err := l.lower(cost)
	if err != nil {
		return nil, errors.WithMessage(err, "graph: grad")
	}
	ds, err := b.pullback([]*expr{out}, []*expr{b.fill(1, out.shape)}, xs)
	if err != nil {
		return nil, errors.Wrap(err, "graph: grad")
	}
	for i, d := range ds {
		if d == nil {
			d = b.zeros(xs[i].shape)
		}
		f.outputs = append(f.outputs, d)
	}
	return CallAll(f, leaves...)
}

// leaves are the nodes of numbers that n is computed from and that are computed from nothing, constants apart, in the
// order of their first use.
func (l *lowerer) leaves(n *G.Node) G.Nodes {
	var found G.Nodes
	seen := map[*G.Node]bool{}
	var visit func(n *G.Node)
	visit = func(n *G.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if _, constant := constantOf(n); constant {
			return
		}
		if n.Op() == nil {
			if n.Dtype() == l.b.dtype {
				found = append(found, n)
			}
			return
		}
		for _, c := range l.children(n) {
			visit(c)
		}
	}
	visit(n)
	return found
}
