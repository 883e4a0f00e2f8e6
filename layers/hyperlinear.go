package layers

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// HyperLinear is an affine map whose weights a small network makes of the time (Ha, Dai and Le 2017, HyperNetworks; the
// hyper layer of FFJORD, Grathwohl et al. 2019):
//
//	y = σ(x W(t) + b(t)),   (W, b)(t) = hyper(t)
//
// x is (…, in) and y is (…, out). hyper is an MLP of widths 1, hidden…, in·out + out with tanh between, and its
// parameters are called name.hyper.0.weight, …. The last of its weights begin at zero and the last of its biases as the
// weights of a Linear, so that the layer begins as one that does not depend on time. It needs a time.
type HyperLinear struct {
	name       string
	in, out    int
	bias       bool
	hyper      []*Linear
	activation Activation
}

// NewHyperLinear makes a layer of the given widths; hidden are those of hyper's own layers, and may be none. rng draws the
// weights. Options are those of NewLinear; WithInit and WithBiasInit are for W and b.
func NewHyperLinear(rng *rand.Rand, name string, in, out int, hidden []int, opts ...Option) (*HyperLinear, error) {
	l := &HyperLinear{name: name, in: in, out: out}
	c, err := configure(l.String(), opts, linearOptions...)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "":
		return nil, errors.New("layers: a hyper layer needs a name")
	case in < 1 || out < 1:
		return nil, errors.Errorf("layers: %v: widths must be at least 1", l)
	}
	l.bias = c.bias
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
	size := in * out
	if c.bias {
		size += out
	}
	sizes := append(append([]int{1}, hidden...), size)
	for i := range len(sizes) - 1 {
		own, a := &config{dtype: c.dtype, biasInit: graph.Zeros(), bias: true}, Tanh()
		if i == len(sizes)-2 {
			a, own.init = Identity(), graph.Zeros()
			own.biasInit = func(tensor.Shape) ([]float64, error) {
				w, err := init(tensor.Shape{in, out})
				if err != nil || !c.bias {
					return w, err
				}
				b, err := c.biasInit(tensor.Shape{out})
				return slices.Concat(w, b), err
			}
		}
		h, err := newLinear(rng, fmt.Sprintf("%s.hyper.%d", name, i), sizes[i], sizes[i+1], a, own)
		if err != nil {
			return nil, err
		}
		l.hyper = append(l.hyper, h)
	}
	return l, nil
}

// Params implements [Layer]: those of hyper.
func (l *HyperLinear) Params() []*graph.Param {
	var ps []*graph.Param
	for _, h := range l.hyper {
		ps = append(ps, h.Params()...)
	}
	return ps
}

func (l *HyperLinear) String() string {
	return fmt.Sprintf("hyper linear %q (%d → %d)", l.name, l.in, l.out)
}

// Forward implements [Layer]. It is an error: there is no time.
func (l *HyperLinear) Forward(*G.Node) (*G.Node, error) { return nil, needsTime(l.String()) }

// ForwardTime implements [TimeLayer].
func (l *HyperLinear) ForwardTime(t, x *G.Node) (*G.Node, error) {
	if err := checkWidth(l.String(), x, l.in, l.hyper[0].weight.Dtype()); err != nil {
		return nil, err
	}
	if err := checkTime(l.String(), t, x); err != nil {
		return nil, err
	}
	return operation(l.String(), func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		made := f.Reshape(in[1], 1, 1)
		for _, h := range l.hyper {
			made = f.Apply(h.build, made)
		}
		w := f.Reshape(f.Columns(made, 0, l.in*l.out), l.in, l.out)
		var b *G.Node
		if l.bias {
			b = f.Columns(made, l.in*l.out, l.in*l.out+l.out)
		}
		y := affine(f, in[0], w, b)
		if f.Err() != nil {
			return nil, f.Err()
		}
		return l.activation.build(y)
	}, x, t)
}

var _ TimeLayer = (*HyperLinear)(nil)
