package odefile

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// Model is a compiled File. It is not changed by use, and several goroutines may make systems of it at once.
type Model struct {
	File  *File
	field *dynamics
	aux   *dynamics // t, y, p → the auxiliary outputs; nil where there are none
}

// Compile traces the right-hand sides into Gorgonia nodes and compiles them.
func (f *File) Compile() (*Model, error) {
	m := &Model{File: f}
	var err error
	if m.field, err = f.dynamics("right-hand sides", f.equations); err == nil && len(f.outputs) > 0 {
		m.aux, err = f.dynamics("auxiliary outputs", f.outputs)
	}
	if err != nil {
		return nil, err
	}
	if m.field.n > maxColumns {
		m.field.setPattern(f.Sparsity())
	}
	return m, nil
}

// System compiles the file and binds it to values of the parameters, nil for the file's own. F, Jacobian, JVP and VJP
// are there, and the derivatives are exact. A System is for one goroutine; [Model.System] makes many of one compilation.
func (f *File) System(p []float64) (solvers.System[float64], error) {
	m, err := f.Compile()
	if err != nil {
		return solvers.System[float64]{}, err
	}
	return m.System(p)
}

// dynamics is (t, y, p) → the values of expressions.
func (f *File) dynamics(what string, ts []*tree) (*dynamics, error) {
	conditional := false
	d, err := newDynamics(len(f.Names), f.NumParams(), func(t, y, p *G.Node, own map[int]*G.Node) (*G.Node, error) {
		b := newEmitter(f, t, y, p, own)
		n, err := b.all(ts)
		conditional = conditional || b.conditional
		return n, err
	})
	if err != nil {
		var at *Error
		if errors.As(err, &at) {
			return nil, at
		}
		return nil, errors.Wrapf(err, "odefile: %s: %s", f.Name, what)
	}
	// The other way to such products, slopes, knows named parameters alone.
	d.fn, d.spoilt = d.fn.Named(f.Name+": "+what), conditional && len(f.Nets) == 0
	return d, nil
}

// System binds the model to values of the parameters, nil for the file's own.
func (m *Model) System(p []float64) (solvers.System[float64], error) {
	p, err := m.File.parameters(p)
	if err != nil {
		return solvers.System[float64]{}, err
	}
	sys := m.field.system(p)
	sys.Pattern = solvers.Sparse(m.File.Sparsity())
	return sys, nil
}

// parameters is a copy of p, or the file's own values, with the weights of the networks behind.
func (f *File) parameters(p []float64) ([]float64, error) {
	switch {
	case p == nil:
		p = f.Values()
	case len(p) == f.NumParams():
		return append([]float64(nil), p...), nil
	case len(p) != len(f.Params):
		return nil, errors.Errorf("odefile: %s: %d values of %d parameters", f.Name, len(p), len(f.Params))
	}
	weights := f.NumParams() - len(f.Params)
	switch {
	case len(f.Weights) == weights:
	case f.Weights == nil:
		return nil, errors.Errorf("odefile: %s: the network %s has no weights yet: a fit learns them", f.Name,
			f.Nets[0].Outputs[0])
	default:
		return nil, errors.Errorf("odefile: %s: %d weights for networks that have %d", f.Name, len(f.Weights), weights)
	}
	return append(append([]float64(nil), p...), f.Weights...), nil
}

// AuxOf binds the auxiliary outputs to values of the parameters, nil for the file's own: the function writes them, at t
// and y, to dst. It is for one goroutine.
func (m *Model) AuxOf(p []float64) (func(t float64, y, dst []float64) error, error) {
	p, err := m.File.parameters(p)
	if err != nil {
		return nil, err
	}
	if m.aux == nil {
		return func(float64, []float64, []float64) error { return nil }, nil
	}
	return m.aux.system(p).F, nil
}

// startJVP is (p, dp) → ∂y(0)/∂p dp of the initial values that the file gives.
func (f *File) startJVP() (*graph.Func, error) {
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		zero, err := graph.Constant(in[0], []float64{0})
		if err != nil {
			return nil, err
		}
		n, err := newEmitter(f, zero, nil, in[0], nil).all(f.starts)
		return G.Nodes{n}, err
	}, graph.Input("parameters", tensor.Float64, f.NumParams()))
	if err != nil {
		return nil, errors.Wrapf(err, "odefile: %s: initial values", f.Name)
	}
	return fn.JVP()
}
