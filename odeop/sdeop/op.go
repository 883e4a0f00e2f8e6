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
	"gorgonode/solvers/sde"
)

var solves atomic.Uint64

// solve is a problem as an Op (nodeop.Function). Its inputs are y0, the path where it is a node, the args and the parameters.
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
	if p.path != nil {
		nodes = append(nodes, p.path)
	}
	nodes = append(nodes, p.args...)
	nodes = append(nodes, graph.ParamNodes(p.y0.Graph(), c.params)...)
	for _, n := range nodes {
		s.inputs = append(s.inputs, n.Shape().Clone())
		s.wrt = append(s.wrt, n != p.path)
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

// split takes the inputs of the Op apart.
func (s *solve[T]) split(in [][]T) (y0 []T, path uint32, theta [][]T, err error) {
	y0, theta = in[0], in[1:]
	if s.path != nil {
		n := float64(in[1][0])
		if !(n >= 0 && n <= math.MaxUint32) || n != math.Trunc(n) {
			return nil, 0, nil, errors.Errorf("%s: path %g: it must be a whole number from 0 on", s.name, n)
		}
		path, theta = uint32(n), in[2:]
	}
	return y0, path, theta, nil
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
	y0, path, theta, err := s.split(in)
	if err != nil {
		return err
	}
	m, done, err := s.newMarch(path, theta)
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

// resolution of the noise, as a part of the whole time. Two times that lie closer have no right increment between them
// (sde.Options), so no step but one that ends at a time of the solve may be shorter.
const resolution = 0x1p-20

// newNoise is the motion of a path.
func (s *solve[T]) newNoise(path uint32) (*sde.Brownian, error) {
	return sde.NewBrownian(s.batch*s.motions, s.times[0], s.times[len(s.times)-1], sde.Options{
		Seed: s.seed, Path: path, LevyArea: s.method.Info().LevyArea, Resolution: resolution,
	})
}
