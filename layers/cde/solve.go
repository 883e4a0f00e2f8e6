package cde

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// walk is the step of the recurrence, from one knot to the next: z, slopes… ↦ z. It is a differential equation of its own on
// 0 ≤ u ≤ 1, so that no step crosses a knot. Constant steps are written out, which makes them part of what the
// recurrence compiles and differentiates.
func (m *Model) walk(in ...*G.Node) (G.Nodes, error) {
	z, slopes := in[0], in[1:]
	field := func(u, z *G.Node, slopes ...*G.Node) (*G.Node, error) {
		dx, err := polynomial(u, slopes)
		if err != nil {
			return nil, err
		}
		return m.driven(z, dx)
	}
	opts := append([]odeop.Option{odeop.Name(m.name)}, m.adaptive...)
	switch m.mode {
	case constant:
		opts = append(opts, odeop.Method(m.method), odeop.Step(1/float64(m.steps)), odeop.Gradient(odeop.Unrolled{}),
			odeop.Args(slopes...))
	case shared:
		opts = append(opts, odeop.Args(slopes...))
	case rows:
		opts = append(opts, odeop.PerRow(), odeop.RowArgs(slopes...))
	}
	next, err := odeop.SolveFinal(field, z, []float64{0, 1}, opts...)
	return G.Nodes{next}, err
}

// polynomial is dX/du at u of an interval whose slopes are given.
func polynomial(u *G.Node, slopes G.Nodes) (dx *G.Node, err error) {
	dx = slopes[len(slopes)-1]
	for i := len(slopes) - 2; i >= 0; i-- {
		if dx, err = G.HadamardProd(dx, u); err != nil {
			return nil, err
		}
		if dx, err = G.Add(dx, slopes[i]); err != nil {
			return nil, err
		}
	}
	return dx, nil
}

// driven is F(z) dX, of shape (batch, hidden): a product of matrix and vector in each row.
func (m *Model) driven(z, dx *G.Node) (*G.Node, error) {
	f, err := m.field.Forward(z)
	if err != nil {
		return nil, err
	}
	batch := z.Shape()[0]
	if f, err = graph.Reshape(f, batch, m.hidden, m.channels); err != nil {
		return nil, err
	}
	if dx, err = graph.Reshape(dx, batch, m.channels, 1); err != nil {
		return nil, err
	}
	dz, err := G.BatchedMatMul(f, dx)
	if err != nil {
		return nil, err
	}
	return graph.Reshape(dz, batch, m.hidden)
}

// FromStates is the path in straight lines through the states of another node, of shape (knots, batch, channels): the
// discriminator of an SDE-GAN is driven by such a path, and gradients flow to it.
func FromStates(xs *G.Node) (*Nodes, error) {
	if xs == nil || xs.Dims() != 3 || xs.Shape()[0] < 2 {
		return nil, errors.New("cde: the states of a path have no shape (knots, batch, channels) with 2 knots or more")
	}
	n := xs.Shape()[0]
	rows := func(from, to int) (*G.Node, error) { return graph.Slice(xs, G.S(from, to)) }
	first, err := rows(0, 1)
	if err != nil {
		return nil, errors.WithMessage(err, "cde")
	}
	start, err := graph.Reshape(first, xs.Shape()[1:]...)
	if err != nil {
		return nil, errors.WithMessage(err, "cde")
	}
	later, err := rows(1, n)
	if err != nil {
		return nil, errors.WithMessage(err, "cde")
	}
	before, err := rows(0, n-1)
	if err != nil {
		return nil, errors.WithMessage(err, "cde")
	}
	slope, err := G.Sub(later, before)
	if err != nil {
		return nil, errors.Wrap(err, "cde")
	}
	return &Nodes{Start: start, Slopes: G.Nodes{slope}}, nil
}
