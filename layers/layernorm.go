package layers

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// LayerNorm normalises each example over its last axes, those of a given shape (Ba, Kiros and Hinton 2016, Layer
// normalization, equation 3),
//
//	y = γ ⊙ (x − μ)/√(σ² + ε) + β,   μ and σ² the mean and the biased variance of x over the axes
//
// x is (…, shape…), and so is y. γ and β, of that shape, are called name.scale and name.shift and begin at 1 and 0. It
// does not mix examples, so it may stand in a field whose rows step on their own.
type LayerNorm struct {
	name    string
	shape   tensor.Shape
	epsilon float64
	scaleShift
}

// scaleShift is the scale and the shift behind a normalisation; both are nil or none is.
type scaleShift struct{ scale, shift *graph.Param }

// NewLayerNorm makes a normalisation over the axes of the given shape, which is []int{d} for x of (…, d). Options:
// WithDtype, WithEpsilon and WithoutAffine.
func NewLayerNorm(name string, shape []int, opts ...Option) (*LayerNorm, error) {
	l := &LayerNorm{name: name, shape: append(tensor.Shape(nil), shape...)}
	if len(shape) == 0 {
		return nil, errors.Errorf("layers: %v: want at least one axis", l)
	}
	for _, d := range shape {
		if d < 1 {
			return nil, errors.Errorf("layers: %v: an axis is empty", l)
		}
	}
	c, err := configure(l.String(), opts, "WithDtype", "WithEpsilon", "WithoutAffine")
	if err != nil {
		return nil, err
	}
	l.epsilon = c.epsilon
	l.scaleShift, err = newScaleShift(name, c, shape...)
	return l, err
}

func newScaleShift(name string, c *config, shape ...int) (a scaleShift, err error) {
	if name == "" {
		return a, errors.New("layers: a normalisation needs a name")
	}
	if !c.affine {
		return a, nil
	}
	if a.scale, err = graph.NewParam(name+".scale", graph.Fill(1), c.dtype, shape...); err != nil {
		return a, errors.WithMessage(err, "layers")
	}
	a.shift, err = graph.NewParam(name+".shift", graph.Zeros(), c.dtype, shape...)
	return a, errors.WithMessage(err, "layers")
}

// Params implements [Layer].
func (a scaleShift) Params() []*graph.Param {
	if a.scale == nil {
		return nil
	}
	return []*graph.Param{a.scale, a.shift}
}

// accepts checks the dtype of x.
func (a scaleShift) accepts(name string, x *G.Node) error {
	if a.scale != nil && a.scale.Dtype() != x.Dtype() {
		return errors.Errorf("layers: %s: the input is %v, and the parameters are %v", name, x.Dtype(), a.scale.Dtype())
	}
	return nil
}

// build is γ ⊙ x + β, with γ and β in the given shape and repeated along axes.
func (a scaleShift) build(f *formula.F, x *G.Node, shape []int, axes ...byte) *G.Node {
	if a.scale == nil || f.Err() != nil {
		return x
	}
	g := x.Graph()
	y := f.Broadcast(G.BroadcastHadamardProd, x, f.Reshape(a.scale.In(g), shape...), axes...)
	return f.Broadcast(G.BroadcastAdd, y, f.Reshape(a.shift.In(g), shape...), axes...)
}

// standardize is (x − μ)/√(σ² + ε) of each row of a matrix.
func standardize(f *formula.F, x *G.Node, epsilon float64) *G.Node {
	if f.Err() != nil {
		return nil
	}
	mean := func(x *G.Node) *G.Node { return f.Mul(f.RowSums(x), f.Number(1/float64(x.Shape()[1]))) }
	d := f.Broadcast(G.BroadcastSub, x, mean(x), 1)
	if f.Err() != nil {
		return nil
	}
	variance := mean(f.Apply(G.Square, d))
	return f.Broadcast(G.BroadcastHadamardProd, d, f.Apply(G.InverseSqrt, f.Add(variance, f.Number(epsilon))), 1)
}

func (l *LayerNorm) String() string { return fmt.Sprintf("layer norm %q over %v", l.name, l.shape) }

// Forward implements [Layer].
func (l *LayerNorm) Forward(x *G.Node) (*G.Node, error) {
	name := l.String()
	if err := checkInput(name, x, len(l.shape)); err != nil {
		return nil, err
	}
	s, lead := x.Shape(), x.Dims()-len(l.shape)
	if !slices.Equal(s[lead:], l.shape) {
		return nil, errors.Errorf("layers: %s: the input has shape %v", name, s)
	}
	if err := l.accepts(name, x); err != nil {
		return nil, err
	}
	width := l.shape.TotalSize()
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		y := standardize(f, f.Reshape(in[0], s.TotalSize()/width, width), l.epsilon)
		y = l.scaleShift.build(f, y, []int{1, width}, 0)
		return f.Result(f.Reshape(y, s...))
	}, x)
}

var _ Layer = (*LayerNorm)(nil)
