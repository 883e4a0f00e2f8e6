package graph

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Builder writes a function with Gorgonia's own functions. It gets the inputs as nodes of a private graph and returns
// the outputs as nodes of that graph; parameters enter by Param.In.
type Builder func(in ...*G.Node) (G.Nodes, error)

// Trace calls build once, in a private graph, and lowers what it returns. The inputs share one dtype, float64 or
// float32, and have no empty axis. What build uses must be an input, a Param of that dtype or a constant.
//
// Every Op has the value and the derivatives that its documentation promises, also where Gorgonia's own are wrong:
// AveragePool2D takes the mean over the kernel window (padding counts as zeros, PyTorch's default), explicit paddings
// of a pool are applied on the side they are given for, SoftMax is stable in every row. BatchNorm follows its Op's mode
// and running statistics at every run, so SetTraining and SetStats act after the trace too; its running variance starts
// at 1. An Op without a lowering runs through its Do and is differentiated through its SymDiff.
//
// Some faults happen in Gorgonia's constructors, where a trace cannot see them. AveragePool1D builds a maximum pool:
// use AveragePool2D with kernel (1, k). Those that merge two different nodes into one are errors that name a
// replacement: Slice, SoftMax, LogSoftMax, Dropout and Constant of this package. A comparison must ask for numbers
// (retSame) to be an output.
//
// Gorgonia's constructors share counters and caches: graphs are to be built, and functions traced, by one goroutine at a
// time. What comes of a trace has no such limit.
func Trace(build Builder, inputs ...Spec) (f *Func, err error) {
	if err := checkSpecs(inputs); err != nil {
		return nil, err
	}
	if build == nil {
		return nil, errors.New("graph: trace: no builder")
	}
	defer recovered(&err, "trace")
	b := newBuilder(inputs[0].Dtype)
	g := G.NewGraph()
	l := newLowerer(b, g)
	f = &Func{name: "function", dtype: b.dtype}
	nodes := make(G.Nodes, len(inputs))
	for i, s := range inputs {
		e := b.input(s.Name, s.Shape)
		f.inputs = append(f.inputs, e)
		// Gorgonia merges inputs of equal name and shape; the suffix is one that no Param has.
		nodes[i] = G.NewTensor(g, s.Dtype, s.Shape.Dims(), G.WithShape(s.Shape...), G.WithName(fmt.Sprintf("%s@%d", s.Name, i)))
		l.done[nodes[i]] = e
	}
	outs, err := built(build, nodes)
	if err != nil {
		return nil, err
	}
	if len(outs) == 0 {
		return nil, errors.New("graph: trace: the builder returned no outputs")
	}
	for i, n := range outs {
		if err := checkOutput(i, n, g, b.dtype); err != nil {
			return nil, err
		}
	}
	l.index()
	if err := l.checkReads(); err != nil {
		return nil, errors.WithMessage(err, "graph: trace")
	}
	if err := l.survey(outs); err != nil {
		return nil, errors.WithMessage(err, "graph: trace")
	}
	for i, n := range outs {
		e, err := l.lower(n)
		if err != nil {
			return nil, errors.WithMessagef(err, "graph: trace: output %d", i)
		}
		f.outputs = append(f.outputs, e)
	}
	f.updates = l.updates
	return finish(f), nil
}

func checkSpecs(inputs []Spec) error {
	if len(inputs) == 0 {
		return errors.New("graph: trace: no inputs")
	}
	dt := inputs[0].Dtype
	seen := map[string]bool{}
	for i, s := range inputs {
		switch {
		case s.Name == "":
			return errors.Errorf("graph: trace: input %d has no name", i)
		case seen[s.Name]:
			return errors.Errorf("graph: trace: two inputs are named %q", s.Name)
		case CheckDtype(s.Dtype) != nil:
			return errors.WithMessagef(CheckDtype(s.Dtype), "graph: trace: input %q", s.Name)
		case s.Dtype != dt:
			return errors.Errorf("graph: trace: input %q is %v, but input %q is %v: a function computes in one dtype", s.Name,
				s.Dtype, inputs[0].Name, dt)
		}
		seen[s.Name] = true
		for axis, d := range s.Shape {
			switch {
			case d < 0:
				return errors.Errorf("graph: trace: input %q: axis %d of shape %v is negative", s.Name, axis, s.Shape)
			case d == 0 && axis == 0 && len(s.Shape) > 1:
				return errors.Errorf("graph: trace: input %q: shape %v has an empty batch", s.Name, s.Shape)
			case d == 0:
				return errors.Errorf("graph: trace: input %q: axis %d of shape %v is empty", s.Name, axis, s.Shape)
			}
		}
	}
	return nil
}

// built calls the builder. Gorgonia panics on many mistakes where it could return an error.
func built(build Builder, nodes G.Nodes) (outs G.Nodes, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = errors.Wrap(explained(r), "graph: trace: the builder panicked")
		default:
			err = errors.Errorf("graph: trace: the builder panicked: %v", r)
		}
	}()
	outs, err = build(append(G.Nodes(nil), nodes...)...)
	return outs, errors.Wrap(explained(err), "graph: trace: the builder failed")
}

// explained adds advice to Gorgonia's complaint about a node that was captured from elsewhere.
func explained(err error) error {
	if err != nil && strings.Contains(err.Error(), "Not all children have the same graph") {
		return &foreignNode{errors.WithMessage(err,
			"a node of another graph was used: pass it as an argument, or make it in the graph of the inputs (Param.In)")}
	}
	return err
}

func checkOutput(i int, n *G.Node, g *G.ExprGraph, dt tensor.Dtype) error {
	if n == nil {
		return errors.Errorf("graph: trace: output %d is nil", i)
	}
	_, constant := constantOf(n)
	switch {
	case n.Graph() != g && !(constant && n.Graph() == nil):
		return &foreignNode{errors.Errorf("graph: trace: output %d: node %q belongs to another graph: pass it as an argument", i,
			n.Name())}
	case n.Type() == nil:
		return errors.Errorf("graph: trace: output %d is a node that Gorgonia has given back", i)
	case n.Dtype() == tensor.Bool:
		return errors.Errorf("graph: trace: output %d (%v) is of dtype bool: compare with retSame = true, which gives 0 and 1",
			i, n.Op())
	case n.Dtype() != dt:
		return errors.Errorf("graph: trace: output %d (%v) is of dtype %v, but the inputs are %v", i, n.Op(), n.Dtype(), dt)
	}
	return nil
}

// ErrForeignNode is what errors.Is finds in the error of a Trace whose builder used a node of another graph.
var ErrForeignNode = errors.New("node of another graph")

type foreignNode struct{ error }

func (*foreignNode) Is(target error) bool { return target == ErrForeignNode }
func (e *foreignNode) Unwrap() error      { return e.error }
