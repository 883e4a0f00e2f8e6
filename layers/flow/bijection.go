package flow

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Bijection is an invertible map of d numbers, applied to every row of a batch, with the logarithm of how it changes volume.
//
// Forward is the normalising direction, from data to the base distribution. Both directions may be called any number of
// times, in any graph: every call makes new nodes on the same parameters. An input of a wrong shape or dtype is an error.
type Bijection interface {
	// Dim is d.
	Dim() int
	// Forward maps x (B, d) to z (B, d); logDet (B) is ln |det ∂z/∂x| of each row.
	Forward(x *G.Node) (z, logDet *G.Node, err error)
	// Inverse maps z (B, d) to x (B, d); logDet (B) is ln |det ∂x/∂z| of each row, at that x the negative of Forward's.
	Inverse(z *G.Node) (x, logDet *G.Node, err error)
	// Params are the trainable parameters, each once, always in the same order.
	Params() []*graph.Param
}

// Chain is bijections in a row, the first of which sees the data. A chain without a differential equation is one Op in its
// graph.
type Chain struct{ parts []Bijection }

// NewChain makes a chain of at least one part. All have the same Dim.
func NewChain(parts ...Bijection) (*Chain, error) {
	if len(parts) == 0 {
		return nil, errors.New("flow: a chain needs a part")
	}
	for i, b := range parts {
		if b == nil {
			return nil, errors.Errorf("flow: chain: part %d is nil", i)
		}
		if b.Dim() != parts[0].Dim() {
			return nil, errors.Errorf("flow: chain: part %d maps %d numbers, and part 0 maps %d", i, b.Dim(), parts[0].Dim())
		}
	}
	return &Chain{append([]Bijection(nil), parts...)}, nil
}

// Parts are the bijections of the chain, from data to base.
func (c *Chain) Parts() []Bijection { return append([]Bijection(nil), c.parts...) }

// Dim implements [Bijection].
func (c *Chain) Dim() int { return c.parts[0].Dim() }

// Params implements [Bijection]. A parameter that several parts share is listed once.
func (c *Chain) Params() []*graph.Param {
	lists := make([][]*graph.Param, len(c.parts))
	for i, b := range c.parts {
		lists[i] = b.Params()
	}
	return graph.JoinParams(lists...)
}

// Forward implements [Bijection].
func (c *Chain) Forward(x *G.Node) (z, logDet *G.Node, err error) {
	return c.run("chain", x, Bijection.Forward, c.parts)
}

// Inverse implements [Bijection].
func (c *Chain) Inverse(z *G.Node) (x, logDet *G.Node, err error) {
	back := make([]Bijection, len(c.parts))
	for i, b := range c.parts {
		back[len(back)-1-i] = b
	}
	return c.run("inverse chain", z, Bijection.Inverse, back)
}

type direction func(Bijection, *G.Node) (y, logDet *G.Node, err error)

func (c *Chain) run(name string, x *G.Node, way direction, parts []Bijection) (y, logDet *G.Node, err error) {
	if err := checkBatch(name, x, c.Dim(), dtypeOf(c.Params())); err != nil {
		return nil, nil, err
	}
	through := func(x *G.Node) (G.Nodes, error) {
		dets := make(G.Nodes, len(parts))
		for i, b := range parts {
			if x, dets[i], err = way(b, x); err != nil {
				return nil, errors.WithMessagef(err, "flow: %s: part %d", name, i)
			}
		}
		sum, err := total(dets)
		return G.Nodes{x, sum}, err
	}
	if !closed(c) {
		out, err := through(x)
		if err != nil {
			return nil, nil, err
		}
		return out[0], out[1], nil
	}
	return pair(operation(name, func(f *formula.F, in G.Nodes) G.Nodes {
		out, err := through(in[0])
		f.Keep(nil, err)
		return out
	}, x))
}

// total is the sum of nodes of one shape.
func total(ns G.Nodes) (*G.Node, error) {
	if len(ns) == 1 {
		return ns[0], nil
	}
	return single(operation("sum", func(f *formula.F, in G.Nodes) G.Nodes {
		s := in[0]
		for _, n := range in[1:] {
			s = f.Add(s, n)
		}
		return G.Nodes{s}
	}, ns...))
}

func pair(out G.Nodes, err error) (y, logDet *G.Node, _ error) {
	if err != nil {
		return nil, nil, err
	}
	return out[0], out[1], nil
}

// closed reports whether b is a formula, so that it may be traced as part of a larger Op: it solves no differential
// equation, and is of this package.
func closed(b Bijection) bool {
	switch b := b.(type) {
	case *Chain:
		for _, p := range b.parts {
			if !closed(p) {
				return false
			}
		}
		return true
	case *ActNorm, *Coupling, *InvertibleLinear:
		return true
	}
	return false
}

var _ Bijection = (*Chain)(nil)
