package sdeop

import (
	"fmt"
	"hash"
	"math"
	"sync/atomic"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/nodeop"
)

var solves atomic.Uint64

// solve is a problem as an Op (nodeop.Function). Its inputs are y0, the path and the streams where they are given, the
// args, the piece args and the parameters.
type solve[T graph.Float] struct {
	*problem
	id     uint64
	step   *compiled[T]
	inputs []tensor.Shape
	wrt    []bool
}

func apply[T graph.Float](p *problem) (*gorgonia.Node, error) {
	c, err := compile[T](p)
	if err != nil {
		return nil, err
	}
	s := &solve[T]{problem: p, id: solves.Add(1), step: c}
	nodes := gorgonia.Nodes{p.y0}
	for _, n := range (gorgonia.Nodes{p.path, p.streams}) {
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	nodes = append(nodes, p.args...)
	nodes = append(nodes, p.pieces...)
	nodes = append(nodes, graph.ParamNodes(p.y0.Graph(), c.params)...)
	for _, n := range nodes {
		s.inputs = append(s.inputs, n.Shape().Clone())
		s.wrt = append(s.wrt, n != p.path && n != p.streams)
	}
	return nodeop.Apply[T](s, nodes...)
}

func (s *solve[T]) Name() string                { return s.name }
func (s *solve[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "stochastic solve %d", s.id) }
func (s *solve[T]) InputShapes() []tensor.Shape { return s.inputs }
func (s *solve[T]) WRT() []bool                 { return s.wrt }

func (s *solve[T]) OutputShape() tensor.Shape {
	if s.final {
		return s.y0.Shape().Clone()
	}
	return append(tensor.Shape{len(s.times)}, s.y0.Shape()...)
}

// Differentiable reports why a step has no gradient, before anything runs.
func (s *solve[T]) Differentiable() error {
	_, err := s.step.differentiated()
	if _, back := s.gradient.(Reversible); back && err == nil {
		_, err = s.step.undone(s.problem)
	}
	return err
}

// noiseInputs is how many inputs behind y0 choose the noise.
func (s *solve[T]) noiseInputs() int {
	n := 0
	if s.path != nil {
		n++
	}
	if s.streams != nil {
		n++
	}
	return n
}

// split takes the inputs of the Op apart.
func (s *solve[T]) split(in [][]T) (y0 []T, d draws, theta [][]T, err error) {
	rest := in[1:]
	if s.path != nil {
		if d.path, err = whole("path", rest[0][0]); err != nil {
			return nil, d, nil, errors.WithMessage(err, s.name)
		}
		rest = rest[1:]
	}
	if s.streams != nil {
		for i, v := range rest[0] {
			n, err := whole(fmt.Sprintf("stream %d:", i), v)
			if err != nil {
				return nil, d, nil, errors.WithMessage(err, s.name)
			}
			d.streams = append(d.streams, n)
		}
		rest = rest[1:]
	}
	return in[0], d, rest, nil
}

// Forward solves with a record for the backward pass.
func (s *solve[T]) Forward(in [][]T, out []T) (any, error) {
	r := &tape[T]{every: 1}
	switch g := s.gradient.(type) {
	case Backprop:
		r.every = max(1, g.Every)
	case Reversible:
		r.every = math.MaxInt
	}
	if err := s.run(in, out, r); err != nil {
		return nil, err
	}
	return r, nil
}

// Evaluate solves without one.
func (s *solve[T]) Evaluate(in [][]T, out []T) error { return s.run(in, out, nil) }

func (s *solve[T]) run(in [][]T, out []T, r *tape[T]) error {
	y0, d, theta, err := s.split(in)
	if err != nil {
		return err
	}
	m, done, err := s.newMarch(d, theta)
	if err != nil {
		return err
	}
	defer done()
	defer func() { s.stats.set(m.accepted, m.rejected) }()
	m.begin(y0)
	r.keep(m)
	if !s.final {
		copy(out, y0)
	}
	for i := 1; i < len(s.times); i++ {
		m.enter(i-1, m.in)
		if err := m.reach(s.times[i], r); err != nil {
			return errors.WithMessage(err, s.name)
		}
		r.mark(m)
		if !s.final {
			copy(out[i*len(y0):], m.states[0])
		}
	}
	if s.final {
		copy(out, m.states[0])
	}
	return nil
}
