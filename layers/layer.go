package layers

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// Layer is a function of a node with parameters of its own. Forward may be called any number of times, in any graph,
// also inside of a vector field: every call makes new nodes on the same parameters. Forward never panics; an input of a
// wrong shape or dtype is an error that names the layer and both shapes.
type Layer interface {
	// Forward is the layer's value at x, in x's graph.
	Forward(x *G.Node) (*G.Node, error)
	// Params are the trainable parameters, each once, always in the same order.
	Params() []*graph.Param
}

// TimeLayer is a layer that depends on the time of the differential equation it is part of. Its Forward, which has no
// time, is an error if the layer cannot do without.
type TimeLayer interface {
	Layer
	// ForwardTime is the layer's value at x and the time t, a node of shape () and x's dtype.
	ForwardTime(t, x *G.Node) (*G.Node, error)
}

// forward hands the time on to layers that take one. t may be nil: there is none.
func forward(l Layer, t, x *G.Node) (*G.Node, error) {
	if t != nil {
		if tl, ok := l.(TimeLayer); ok {
			return tl.ForwardTime(t, x)
		}
	}
	return l.Forward(x)
}

func needsTime(name string) error {
	return errors.Errorf("layers: %s needs a time: use it in a field (Field, NewODEBlock) or call ForwardTime", name)
}

// paramsOf joins the parameters of layers, see [graph.JoinParams]. A layer that is nil has none.
func paramsOf(ls ...Layer) []*graph.Param {
	var lists [][]*graph.Param
	for _, l := range ls {
		if l != nil {
			lists = append(lists, l.Params())
		}
	}
	return graph.JoinParams(lists...)
}

// checkInput is what every layer asks of its input.
func checkInput(name string, x *G.Node, rank int) error {
	switch {
	case x == nil || x.Graph() == nil:
		return errors.Errorf("layers: %s: the input is no node of a graph", name)
	case x.Dtype() != tensor.Float64 && x.Dtype() != tensor.Float32:
		return errors.Errorf("layers: %s: the input is %v, want float64 or float32", name, x.Dtype())
	case x.Dims() < rank:
		return errors.Errorf("layers: %s: the input has shape %v, want at least %d axes", name, x.Shape(), rank)
	}
	return nil
}

func checkTime(name string, t, x *G.Node) error {
	switch {
	case t == nil:
		return needsTime(name)
	case t.Dtype() != x.Dtype() || t.Dims() != 0:
		return errors.Errorf("layers: %s: the time is %v of shape %v, want a number of the input's dtype %v", name, t.Dtype(),
			t.Shape(), x.Dtype())
	}
	return nil
}

// operation makes what build writes one Op in the graph of its inputs: compiled, with gradients that do not depend on
// the machine, and dissolved again where the graph is itself traced.
func operation(name string, build func(in G.Nodes) (*G.Node, error), in ...*G.Node) (*G.Node, error) {
	specs := make([]graph.Spec, len(in))
	for i, n := range in {
		specs[i] = graph.Input(fmt.Sprintf("in%d", i), n.Dtype(), n.Shape()...)
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		out, err := build(in)
		return G.Nodes{out}, err
	}, specs...)
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	out, err := graph.Call(fn.Named(name), in...)
	return out, errors.WithMessagef(err, "layers: %s", name)
}
