package layers

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// GalerkinLinear is an affine map whose weights are functions of time, from the span of a basis (Massaroli et al. 2020,
// Dissecting neural ODEs):
//
//	y = σ(x W(t) + b(t)),   W(t) = Σ_k φ_k(t) W_k,   b(t) = Σ_k φ_k(t) b_k
//
// x is (…, in) and y is (…, out); the parameters name.weight, (K, in, out), and name.bias, (K, out), hold the
// coefficients. It needs a time.
type GalerkinLinear struct {
	name       string
	in, out    int
	basis      Basis
	weight     *graph.Param
	bias       *graph.Param // nil: none
	activation Activation
}

// NewGalerkinLinear makes a layer of the given widths and basis. rng draws the weights; it may be nil with WithInit.
// Each W_k is drawn as the weight of a Linear and divided by √K, so that Σφ_k W_k has no larger variance where |φ_k| ≤
// 1. Options are those of NewLinear.
func NewGalerkinLinear(rng *rand.Rand, name string, in, out int, basis Basis, opts ...Option) (*GalerkinLinear, error) {
	l := &GalerkinLinear{name: name, in: in, out: out, basis: basis}
	c, err := configure(l.String(), opts, linearOptions...)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "":
		return nil, errors.New("layers: a galerkin layer needs a name")
	case in < 1 || out < 1:
		return nil, errors.Errorf("layers: %v: widths must be at least 1", l)
	case basis == nil:
		return nil, errors.Errorf("layers: %v: the basis is nil", l)
	}
	if err := basis.check(c.dtype); err != nil {
		return nil, errors.WithMessagef(err, "layers: %v", l)
	}
	if c.activation != nil {
		l.activation = *c.activation
	}
	if err := l.activation.check(); err != nil {
		return nil, errors.WithMessagef(err, "layers: %v", l)
	}
	init, err := c.weightInit(l.String(), rng, l.activation)
	if err != nil {
		return nil, err
	}
	k := basis.size()
	if l.weight, err = graph.NewParam(name+".weight", shared(init, k), c.dtype, k, in, out); err != nil {
		return nil, errors.WithMessage(err, "layers")
	}
	if c.bias {
		if l.bias, err = graph.NewParam(name+".bias", shared(c.biasInit, k), c.dtype, k, out); err != nil {
			return nil, errors.WithMessage(err, "layers")
		}
	}
	return l, nil
}

// shared draws each of k coefficients, divided by √k.
func shared(init graph.Initializer, k int) graph.Initializer {
	return func(shape tensor.Shape) ([]float64, error) {
		var all []float64
		for range k {
			v, err := init(shape[1:])
			if err != nil {
				return nil, err
			}
			for _, x := range v {
				all = append(all, x/math.Sqrt(float64(k)))
			}
		}
		return all, nil
	}
}

// Params implements [Layer]: the coefficients, and what is trainable of the basis.
func (l *GalerkinLinear) Params() []*graph.Param {
	ps := []*graph.Param{l.weight}
	if l.bias != nil {
		ps = append(ps, l.bias)
	}
	return append(ps, l.basis.params()...)
}

func (l *GalerkinLinear) String() string {
	return fmt.Sprintf("galerkin linear %q (%d → %d)", l.name, l.in, l.out)
}

// Forward implements [Layer]. It is an error: there is no time.
func (l *GalerkinLinear) Forward(*G.Node) (*G.Node, error) { return nil, needsTime(l.String()) }

// ForwardTime implements [TimeLayer].
func (l *GalerkinLinear) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkWidth(l.String(), x, l.in, l.weight.Dtype()); err != nil {
		return nil, err
	}
	if err := checkTime(l.String(), t, x); err != nil {
		return nil, err
	}
	return operation(l.String(), func(in G.Nodes) (*G.Node, error) {
		g := in[0].Graph()
		f := formula.For(x)
		k := l.basis.size()
		phi := l.basis.values(f, in[1])
		w := f.Binary(G.Mul, phi, f.Reshape(l.weight.In(g), k, l.in*l.out))
		var b *G.Node
		if l.bias != nil {
			b = f.Binary(G.Mul, phi, l.bias.In(g))
		}
		y := affine(f, in[0], f.Reshape(w, l.in, l.out), b)
		if f.Err() != nil {
			return nil, f.Err()
		}
		return l.activation.build(y)
	}, x, t)
}

// checkWidth is checkInput for x of (…, in) and the dtype of the weights.
func checkWidth(name string, x *G.Node, in int, dt tensor.Dtype) error {
	if err := checkInput(name, x, 1); err != nil {
		return err
	}
	switch s := x.Shape(); {
	case x.Dtype() != dt:
		return errors.Errorf("layers: %s: the input is %v, and the weights are %v", name, x.Dtype(), dt)
	case s[len(s)-1] != in:
		return errors.Errorf("layers: %s: the input has shape %v, want (…, %d)", name, s, in)
	}
	return nil
}

// affine is xW + b of the last axis of x, for W of (in, out) and b of (1, out) or nil.
func affine(f *formula.F, x, w, b *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	shape := x.Shape().Clone()
	last := len(shape) - 1
	in := shape[last]
	shape[last] = w.Shape()[1]
	y := f.Binary(G.Mul, f.Reshape(x, x.Shape().TotalSize()/in, in), w)
	if b != nil {
		y = f.Broadcast(G.BroadcastAdd, y, b, 0)
	}
	return f.Reshape(y, shape...)
}

var _ TimeLayer = (*GalerkinLinear)(nil)
