package layers

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// Linear is the affine map of the last axis, followed by an activation:
//
//	y = σ(x W + b)      x is (…, in), y is (…, out), W is (in, out), b is (out)
//
// Its parameters are called name.weight and name.bias.
type Linear struct {
	name       string
	in, out    int
	weight     *graph.Param
	bias       *graph.Param // nil: none
	activation Activation
}

var linearOptions = []string{"WithDtype", "WithInit", "WithBiasInit", "WithoutBias", "WithActivation"}

// NewLinear makes a layer of the given widths. rng draws the weights; it may be nil with WithInit. Options: WithDtype,
// WithInit, WithBiasInit, WithoutBias and WithActivation.
func NewLinear(rng *rand.Rand, name string, in, out int, opts ...Option) (*Linear, error) {
	c, err := configure(fmt.Sprintf("linear %q", name), opts, linearOptions...)
	if err != nil {
		return nil, err
	}
	var a Activation
	if c.activation != nil {
		a = *c.activation
	}
	return newLinear(rng, name, in, out, a, c)
}

func newLinear(rng *rand.Rand, name string, in, out int, a Activation, c *config) (*Linear, error) {
	l := &Linear{name: name, in: in, out: out, activation: a}
	switch {
	case name == "":
		return nil, errors.New("layers: a linear layer needs a name")
	case in < 1 || out < 1:
		return nil, errors.Errorf("layers: linear %q: widths %d and %d, want at least 1", name, in, out)
	}
	if err := a.check(); err != nil {
		return nil, errors.WithMessagef(err, "layers: linear %q", name)
	}
	init, err := c.weightInit(fmt.Sprintf("linear %q", name), rng, a)
	if err != nil {
		return nil, err
	}
	if l.weight, err = graph.NewParam(name+".weight", init, c.dtype, in, out); err != nil {
		return nil, errors.WithMessage(err, "layers")
	}
	if c.bias {
		if l.bias, err = graph.NewParam(name+".bias", c.biasInit, c.dtype, out); err != nil {
			return nil, errors.WithMessage(err, "layers")
		}
	}
	return l, nil
}

// Weight is W, of shape (in, out).
func (l *Linear) Weight() *graph.Param { return l.weight }

// Bias is b, of shape (out); nil if there is none.
func (l *Linear) Bias() *graph.Param { return l.bias }

// Params implements [Layer].
func (l *Linear) Params() []*graph.Param {
	if l.bias == nil {
		return []*graph.Param{l.weight}
	}
	return []*graph.Param{l.weight, l.bias}
}

func (l *Linear) String() string { return fmt.Sprintf("linear %q (%d → %d)", l.name, l.in, l.out) }

// Forward implements [Layer]. x is (…, in), of any rank from 1 on.
func (l *Linear) Forward(x *G.Node) (*G.Node, error) {
	if err := l.accepts(x); err != nil {
		return nil, err
	}
	return operation(l.String(), func(in G.Nodes) (*G.Node, error) { return l.build(in[0]) }, x)
}

func (l *Linear) accepts(x *G.Node) error {
	if err := checkInput(l.String(), x, 1); err != nil {
		return err
	}
	if x.Dtype() != l.weight.Dtype() {
		return errors.Errorf("layers: %v: the input is %v, and the weights are %v", l, x.Dtype(), l.weight.Dtype())
	}
	if s := x.Shape(); s[len(s)-1] != l.in {
		return errors.Errorf("layers: %v: the input has shape %v, want (…, %d)", l, s, l.in)
	}
	return nil
}

// build writes the layer into a graph that is being traced: what Gorgonia's Reshape and BroadcastAdd do to memory does
// not happen there.
func (l *Linear) build(x *G.Node) (*G.Node, error) {
	shape := x.Shape().Clone()
	lead := shape.TotalSize() / l.in
	rows, err := G.Reshape(x, tensor.Shape{lead, l.in})
	if err != nil {
		return nil, err
	}
	y, err := G.Mul(rows, l.weight.In(x.Graph()))
	if err != nil {
		return nil, err
	}
	if l.bias != nil {
		if y, err = G.BroadcastAdd(y, l.bias.In(x.Graph()), nil, []byte{0}); err != nil {
			return nil, err
		}
	}
	shape[len(shape)-1] = l.out
	if y, err = G.Reshape(y, shape); err != nil {
		return nil, err
	}
	return l.activation.build(y)
}

var _ Layer = (*Linear)(nil)
