package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// NewSymplecticBlock is [NewODEBlock] for the symplectic methods, solvers.Verlet{} (the default), Yoshida4{}, Suzuki4{} and
// KahanLi6{}, which keep the energy of a Hamiltonian system close to its first value for very long times. Give the step,
// odeop.Step: they have no error estimate. x is (…, 2d), positions and momenta (or velocities) one behind the other in
// the last axis, and so is the block's value; in the solve all positions of the batch come first, as the methods want
// it.
//
// The field must be separable: q' may depend on p alone, and p' on q alone, besides t. That is so for a [Hamiltonian] of a
// [SeparableEnergy], and for a [SecondOrder] field whose force ignores the velocity. A field that is seen not to be is an
// error of Forward.
func NewSymplecticBlock(f Layer, times []float64, opts ...odeop.Option) (*ODEBlock, error) {
	b, err := NewODEBlock(f, times, append([]odeop.Option{odeop.Method(solvers.Verlet{})}, opts...)...)
	if err != nil {
		return nil, err
	}
	b.phases = true
	return b, nil
}

// halves are the first and the second half of the last axis.
func halves(f *formula.F, x *G.Node) (first, second *G.Node) {
	if f.Err() != nil {
		return nil, nil
	}
	d := x.Shape()[x.Dims()-1]
	return f.Columns(x, 0, d/2), f.Columns(x, d/2, d)
}

// checkHalves is checkInput for x of (…, 2d).
func checkHalves(name string, x *G.Node) error {
	if err := checkInput(name, x, 1); err != nil {
		return err
	}
	if s := x.Shape(); s[len(s)-1]%2 != 0 {
		return errors.Errorf("layers: %s: the input has shape %v, want (…, 2d)", name, s)
	}
	return nil
}

// enter is the state of the solve: x itself, or (…, 2d) → (2, …, d).
func (b *ODEBlock) enter(x *G.Node) (*G.Node, error) {
	if !b.phases {
		return x, nil
	}
	return operation("phases", func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		q, p := halves(f, in[0])
		return f.Result(f.Binary(func(q, p *G.Node) (*G.Node, error) { return graph.Stack(q, p) }, q, p))
	}, x)
}

// leave undoes enter, behind so many axes of y.
func (b *ODEBlock) leave(y *G.Node, axes int) (*G.Node, error) {
	if !b.phases {
		return y, nil
	}
	return operation("phases", func(in G.Nodes) (*G.Node, error) {
		f := formula.For(y)
		return f.Result(joined(f, in[0], axes))
	}, y)
}

// joined is (…, 2, …, d) → (…, …, 2d), where the axis of length 2 stands behind so many others.
func joined(f *formula.F, y *G.Node, axes int) *G.Node {
	s := y.Shape()
	shape := append(s[:axes:axes].Clone(), s[axes+1:]...)
	part := func(i int) *G.Node {
		ranges := make([]tensor.Slice, axes+1)
		ranges[axes] = G.S(i, i+1)
		return f.Reshape(f.Apply(func(y *G.Node) (*G.Node, error) { return graph.Slice(y, ranges...) }, y), shape...)
	}
	return f.Concat(part(0), part(1))
}

// dynamics is the field of the solve.
func (b *ODEBlock) dynamics() odeop.Field {
	field := Field(b.field)
	if !b.phases {
		return field
	}
	return func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		if s := y.Shape(); s[0] != 2 {
			return nil, errors.New("layers: a symplectic block has no rows of its own: positions of all rows come first")
		}
		x, err := b.leave(y, 0)
		if err != nil {
			return nil, err
		}
		dx, err := field(t, x, args...)
		if err != nil {
			return nil, err
		}
		if !dx.Shape().Eq(x.Shape()) {
			return nil, errors.Errorf("layers: ode block: the field returned shape %v, and y has shape %v", dx.Shape(), x.Shape())
		}
		return b.enter(dx)
	}
}

// checkSeparable looks for a dependence of q' on q and of p' on p.
func (b *ODEBlock) checkSeparable(x *G.Node) error {
	if err := checkHalves("symplectic block", x); err != nil {
		return err
	}
	half := x.Shape().Clone()
	half[len(half)-1] /= 2
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := G.Concat(len(half)-1, in[1], in[2])
		if err != nil {
			return nil, err
		}
		dy, err := forward(b.field, in[0], y)
		if err != nil {
			return nil, err
		}
		f := formula.For(x)
		dq, dp := halves(f, dy)
		return G.Nodes{dq, dp}, f.Err()
	}, graph.Input("t", x.Dtype()), graph.Input("q", x.Dtype(), half...), graph.Input("p", x.Dtype(), half...))
	if err != nil {
		return errors.WithMessage(err, "layers: symplectic block: field")
	}
	for i, name := range []string{"positions", "momenta"} {
		one, err := fn.Select(i)
		if err != nil {
			return errors.WithMessage(err, "layers: symplectic block")
		}
		if one.DependsOn(1 + i) {
			return errors.Errorf("layers: symplectic block: the field is not separable: the derivative of the %s depends on the %s",
				name, name)
		}
	}
	return nil
}
