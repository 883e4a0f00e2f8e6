package flow

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// ActNorm shifts and scales every column (Kingma and Dhariwal 2018, Glow, section 3.1):
//
//	z = (x + b) ⊙ eˢ,   ln |det ∂z/∂x| = Σ s
//
// It begins as the identity; [Init] sets b and s from data, after which they are trained as any other parameter. They are
// called name.shift and name.logscale.
type ActNorm struct {
	name         string
	dim          int
	shift, scale *graph.Param
}

// NewActNorm makes a layer of d columns, float64 or float32.
func NewActNorm(name string, d int, dt tensor.Dtype) (*ActNorm, error) {
	if err := checkNew("actnorm", name, d, 1); err != nil {
		return nil, err
	}
	a := &ActNorm{name: name, dim: d}
	var err error
	if a.shift, err = graph.NewParam(name+".shift", graph.Zeros(), dt, d); err != nil {
		return nil, errors.WithMessage(err, "flow")
	}
	a.scale, err = graph.NewParam(name+".logscale", graph.Zeros(), dt, d)
	return a, errors.WithMessage(err, "flow")
}

func checkNew(kind, name string, d, least int) error {
	switch {
	case name == "":
		return errors.Errorf("flow: %s needs a name", kind)
	case d < least:
		return errors.Errorf("flow: %s %q: %d columns, want at least %d", kind, name, d, least)
	}
	return nil
}

// Dim implements [Bijection].
func (a *ActNorm) Dim() int { return a.dim }

// Params implements [Bijection].
func (a *ActNorm) Params() []*graph.Param { return []*graph.Param{a.shift, a.scale} }

// Forward implements [Bijection].
func (a *ActNorm) Forward(x *G.Node) (z, logDet *G.Node, err error) {
	if err := checkBatch(a.name, x, a.dim, a.shift.Dtype()); err != nil {
		return nil, nil, err
	}
	return pair(operation(a.name, func(f *formula.F, in G.Nodes) G.Nodes {
		x := in[0]
		s := a.scale.In(x.Graph())
		z := f.MulRow(f.AddRow(x, a.shift.In(x.Graph())), f.Exp(s))
		return G.Nodes{z, spread(f, f.Apply(sum, s), x.Shape()[0])}
	}, x))
}

// Inverse implements [Bijection].
func (a *ActNorm) Inverse(z *G.Node) (x, logDet *G.Node, err error) {
	if err := checkBatch(a.name, z, a.dim, a.shift.Dtype()); err != nil {
		return nil, nil, err
	}
	return pair(operation(a.name+" inverse", func(f *formula.F, in G.Nodes) G.Nodes {
		z := in[0]
		s := f.Neg(a.scale.In(z.Graph()))
		x := f.AddRow(f.MulRow(z, f.Exp(s)), f.Neg(a.shift.In(z.Graph())))
		return G.Nodes{x, spread(f, f.Apply(sum, s), z.Shape()[0])}
	}, z))
}

// sum is Σ over all elements.
func sum(x *G.Node) (*G.Node, error) { return G.Sum(x) }

// fit sets b and s so that the rows come out with mean 0 and variance 1 in every column. One that does not vary, by more
// than rounding, keeps its scale.
func (a *ActNorm) fit(rows [][]float64) error {
	shift, scale := make([]float64, a.dim), make([]float64, a.dim)
	const rounding = 1e-12 // of a mean, generously
	n := float64(len(rows))
	for j := range a.dim {
		var mean, variance float64
		for _, r := range rows {
			mean += r[j] / n
		}
		for _, r := range rows {
			variance += (r[j] - mean) * (r[j] - mean) / n
		}
		shift[j] = -mean
		if variance > rounding*rounding*mean*mean {
			scale[j] = -math.Log(variance) / 2
		}
		if math.IsNaN(scale[j]+shift[j]) || math.IsInf(scale[j]+shift[j], 0) {
			return errors.Errorf("flow: %s: column %d has mean %g and variance %g", a.name, j, mean, variance)
		}
	}
	if err := a.shift.Set(shift); err != nil {
		return err
	}
	return a.scale.Set(scale)
}

var _ Bijection = (*ActNorm)(nil)
