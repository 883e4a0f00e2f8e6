package odeop

import (
	"fmt"
	"hash"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/nodeop"
	"gorgonode/solvers"
)

// layer is a solve or one of its tangents: what a further tangent is made of.
type layer[T graph.Float] interface {
	nodeop.Function[T]
	// bottom is the solve itself, whose steps all its tangents take.
	bottom() *solve[T]
	// lifted is the field, with t, the state and then θ as its inputs.
	lifted() *graph.Func
	// gather brings the inputs of the Op into the order of the field: the initial state, and θ.
	gather(in [][]T) (y0 []T, theta [][]T)
	// spread is the transpose of gather: it adds to the gradients of the inputs, of which nil ones are not wanted.
	spread(y0, theta []T, grad [][]T)
}

func (s *solve[T]) bottom() *solve[T]   { return s }
func (s *solve[T]) lifted() *graph.Func { return s.field.fn }

func (s *solve[T]) gather(in [][]T) (y0 []T, theta [][]T) { return in[0], in[1:] }

func (s *solve[T]) spread(y0, theta []T, grad [][]T) {
	s.scatter(&gradients[T]{y0: y0, theta: theta}, grad)
}

// Tangent is the forward derivative of the solve, along the steps that it takes: with it gorgonia.Grad differentiates
// the gradient of a solve.
func (s *solve[T]) Tangent() (nodeop.Function[T], error) {
	if _, ok := s.mode.(backprop[T]); !ok { // whose gradient is that of the numbers computed, over steps that can be retraced
		return nil, errors.Errorf("%s: %T has no second derivative; Backprop has", s.name, s.gradient)
	}
	if s.at != nil {
		return nil, errors.Errorf("%s: a solve at times that are a node has no second derivative", s.name)
	}
	if m := s.settings.Method; m.Info().Separable {
		return nil, errors.WithMessagef(solvers.ErrNotSupported,
			"%s: second derivative: a state and its tangent do not divide into positions and momenta as %s wants", s.name, m.Name())
	}
	return newTangent[T](s)
}

// tangent is the forward derivative of a layer as a nodeop.Function. Its inputs are the layer's and, in one vector,
// their tangents; its output is the tangent of the layer's output. It solves
//
//	d(y, ẏ)/dt = ( f(t, y; θ), (∂f/∂y) ẏ + (∂f/∂θ) θ̇ )
//
// over the steps of the solve, so that it is the exact derivative of the numbers computed (solvers.Tape.Retrace). Its
// own backward pass is that of this larger solve.
type tangent[T graph.Float] struct {
	of     layer[T]
	id     uint64
	field  *compiled[T] // of (y, ẏ), which are stacked along a first axis; θ̇ follows θ
	inputs []tensor.Shape
	wrt    []bool
}

func newTangent[T graph.Float](of layer[T]) (*tangent[T], error) {
	fn, err := doubled(of.lifted())
	if err != nil {
		return nil, errors.WithMessagef(err, "%s: second derivative", of.Name())
	}
	field, err := compileField[T](fn)
	if err != nil {
		return nil, err
	}
	m := &tangent[T]{of: of, id: solves.Add(1), field: field}
	total := 0
	for _, shape := range of.InputShapes() {
		m.inputs, m.wrt = append(m.inputs, shape), append(m.wrt, true)
		total += shape.TotalSize()
	}
	m.inputs, m.wrt = append(m.inputs, tensor.Shape{total}), append(m.wrt, true)
	return m, nil
}

// doubled is the field of (y, ẏ) from that of y.
func doubled(fn *graph.Func) (*graph.Func, error) {
	fn = fn.Pure()
	in := fn.Inputs()
	wrt := make([]int, 0, len(in)-1)
	for i := range in[1:] {
		wrt = append(wrt, i+1)
	}
	jvp, err := fn.JVP(wrt...)
	if err != nil {
		return nil, err
	}
	state := append(tensor.Shape{2}, in[1].Shape...)
	specs := []graph.Spec{in[0], graph.Input("state", in[1].Dtype, state...)}
	specs = append(specs, in[2:]...)
	for i, s := range in[2:] {
		specs = append(specs, graph.Input(fmt.Sprintf("tangent %d (%s)", i, s.Name), s.Dtype, s.Shape...))
	}
	twice, err := graph.Trace(func(x ...*gorgonia.Node) (gorgonia.Nodes, error) {
		y, err := row(x[1], 0, in[1].Shape)
		if err != nil {
			return nil, err
		}
		dy, err := row(x[1], 1, in[1].Shape)
		if err != nil {
			return nil, err
		}
		args := append(gorgonia.Nodes{x[0], y}, x[2:len(in)]...)
		args = append(append(args, dy), x[len(in):]...)
		out, err := graph.CallAll(jvp, args...)
		if err != nil {
			return nil, err
		}
		n, err := graph.Stack(out...)
		return gorgonia.Nodes{n}, err
	}, specs...)
	if err != nil {
		return nil, err
	}
	return twice.Named(fn.Name() + " and tangent"), nil
}

// row is x[i] for a node of one more axis than shape.
func row(x *gorgonia.Node, i int, shape tensor.Shape) (*gorgonia.Node, error) {
	part, err := graph.Slice(x, gorgonia.S(i))
	if err != nil {
		return nil, err
	}
	return graph.Reshape(part, shape...)
}

func (m *tangent[T]) Name() string                { return m.of.Name() + " tangent" }
func (m *tangent[T]) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "tangent %d", m.id) }
func (m *tangent[T]) InputShapes() []tensor.Shape { return m.inputs }
func (m *tangent[T]) OutputShape() tensor.Shape   { return m.of.OutputShape() }
func (m *tangent[T]) WRT() []bool                 { return m.wrt }

func (m *tangent[T]) bottom() *solve[T]   { return m.of.bottom() }
func (m *tangent[T]) lifted() *graph.Func { return m.field.fn }

// Differentiable reports why the larger field has no gradient, before anything runs.
func (m *tangent[T]) Differentiable() error { return m.field.differentiable() }

// Tangent is the next derivative.
func (m *tangent[T]) Tangent() (nodeop.Function[T], error) { return newTangent[T](m) }

func (m *tangent[T]) gather(in [][]T) (y0 []T, theta [][]T) {
	n := len(in) - 1
	y0, theta = m.of.gather(in[:n])
	dy0, dtheta := m.of.gather(m.split(in[n]))
	return append(append(make([]T, 0, 2*len(y0)), y0...), dy0...), append(append([][]T(nil), theta...), dtheta...)
}

func (m *tangent[T]) spread(y0, theta []T, grad [][]T) {
	n := len(grad) - 1
	m.of.spread(y0[:len(y0)/2], theta[:len(theta)/2], grad[:n])
	if grad[n] != nil {
		m.of.spread(y0[len(y0)/2:], theta[len(theta)/2:], m.split(grad[n]))
	}
}

// split is the packed vector as one part for each input of the layer below.
func (m *tangent[T]) split(packed []T) [][]T {
	parts := make([][]T, len(m.inputs)-1)
	for i, shape := range m.inputs[:len(parts)] {
		n := shape.TotalSize()
		parts[i], packed = packed[:n:n], packed[n:]
	}
	return parts
}

func (m *tangent[T]) Forward(in [][]T, out []T) (any, error) {
	y0, theta := m.gather(in)
	sys, done := m.field.run(theta)
	defer done()
	tape, ys, err := m.retrace(sys, in, y0)
	if err == nil && slices.ContainsFunc(ys, func(y []T) bool { return nonFinite(y) >= 0 }) {
		err = m.nonFinite(solvers.ErrNonFinite, sys, theta, func(sys solvers.System[T]) { _, _, _ = m.retrace(sys, in, y0) })
	}
	if err != nil {
		return nil, errors.WithMessage(err, "tangent")
	}
	// The state of a tangent of order k has 2ᵏ blocks of y's size, of which the last is the tangent of that order.
	if m.bottom().final {
		ys = ys[len(ys)-1:]
	}
	n := m.bottom().inputs[0].TotalSize()
	for i, y := range ys {
		copy(out[i*n:(i+1)*n], y[len(y)-n:])
	}
	return tape, nil
}

// retrace takes the steps of the solve with the larger system.
func (m *tangent[T]) retrace(sys solvers.System[T], in [][]T, y0 []T) (*solvers.Tape[T], [][]T, error) {
	s := m.bottom()
	base, theta := s.gather(in[:len(s.inputs)])
	if err := s.checkFinite(base); err != nil {
		return nil, nil, err
	}
	single, done, err := s.field.runPure(theta)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	single = implicitly(s.field, single, s.settings.Method)
	_, tape, err := solvers.SolveTape(single, base, s.times[0], s.times[len(s.times)-1], s.settingsAt(s.times))
	if err != nil {
		return nil, nil, s.located(err)
	}
	ys, tape, err := tape.Retrace(implicitly(m.field, sys, s.settings.Method), y0)
	return tape, ys, err
}

func (m *tangent[T]) Backward(in [][]T, _, w []T, state any, grad [][]T) error {
	y0, theta := m.gather(in)
	sys, done, err := m.field.runPure(theta)
	if err != nil {
		return err
	}
	defer done()
	tape, ok := state.(*solvers.Tape[T])
	if !ok {
		if tape, _, err = m.retrace(sys, in, y0); err != nil {
			return errors.WithMessage(err, "tangent")
		}
	}
	s := m.bottom()
	n := s.inputs[0].TotalSize()
	rows := make([][]T, len(s.times))
	last := func(w []T) []T { return append(make([]T, len(y0)-n, len(y0)), w...) }
	if s.final {
		rows[len(rows)-1] = last(w)
	} else {
		for i := range rows {
			rows[i] = last(w[i*n : (i+1)*n])
		}
	}
	sys = implicitly(m.field, sys, s.settings.Method)
	g, err := tape.Backward(sys, rows)
	if err == nil {
		if i := nonFinite(g.Theta); i >= 0 {
			err = errors.WithMessagef(solvers.ErrNonFinite, "gradient with respect to %s", m.field.place(i))
		} else if nonFinite(g.Y0) >= 0 {
			err = errors.WithMessage(solvers.ErrNonFinite, "gradient with respect to y0")
		}
	}
	if errors.Is(err, solvers.ErrNonFinite) {
		err = m.nonFinite(err, sys, theta, func(sys solvers.System[T]) { _, _ = tape.Backward(sys, rows) })
	}
	if err != nil {
		return errors.WithMessage(err, "tangent: backward")
	}
	m.spread(g.Y0, g.Theta, grad)
	return nil
}
