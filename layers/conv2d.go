package layers

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Conv2d is the convolution of images (the cross-correlation, as in all of deep learning), followed by an activation:
//
//	y_{b,o,i,j} = σ(β_o + Σ_{c,u,v} W_{o,c,u,v} x_{b, c, s_h i + u − p_h, s_w j + v − p_w})
//
// x is (B, in, H, W) and zero outside of the image, W is (out, in, k_h, k_w), β is (out), and y is (B, out, H', W') with
// H' = ⌊(H + 2p_h − k_h)/s_h⌋ + 1, and W' likewise. The parameters are called name.weight and name.bias.
type Conv2d struct {
	name            string
	in, out         int
	kernel          [2]int
	stride, padding [2]int
	weight          *graph.Param
	bias            *graph.Param // nil: none
	activation      Activation
}

// NewConv2d makes a convolution with a kernel of the given height and width. rng draws the weights; it may be nil with
// WithInit. By default they are those of the activation (Glorot's, or He's for the relatives of ReLU). Options: WithDtype,
// WithInit, WithBiasInit, WithoutBias, WithActivation, WithStride and WithPadding.
func NewConv2d(rng *rand.Rand, name string, in, out int, kernel [2]int, opts ...Option) (*Conv2d, error) {
	l := &Conv2d{name: name, in: in, out: out, kernel: kernel}
	c, err := configure(l.String(), opts, append([]string{"WithStride", "WithPadding"}, linearOptions...)...)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "":
		return nil, errors.New("layers: a convolution needs a name")
	case in < 1 || out < 1 || kernel[0] < 1 || kernel[1] < 1:
		return nil, errors.Errorf("layers: %v: channels and kernel must be at least 1", l)
	}
	l.stride, l.padding = c.stride, [2]int{kernel[0] / 2, kernel[1] / 2}
	if c.padding != nil {
		l.padding = *c.padding
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
	if l.weight, err = graph.NewParam(name+".weight", init, c.dtype, out, in, kernel[0], kernel[1]); err != nil {
		return nil, errors.WithMessage(err, "layers")
	}
	if c.bias {
		if l.bias, err = graph.NewParam(name+".bias", c.biasInit, c.dtype, out); err != nil {
			return nil, errors.WithMessage(err, "layers")
		}
	}
	return l, nil
}

// Weight is W, of shape (out, in, k_h, k_w).
func (l *Conv2d) Weight() *graph.Param { return l.weight }

// Bias is β, of shape (out); nil if there is none.
func (l *Conv2d) Bias() *graph.Param { return l.bias }

// Params implements [Layer].
func (l *Conv2d) Params() []*graph.Param {
	if l.bias == nil {
		return []*graph.Param{l.weight}
	}
	return []*graph.Param{l.weight, l.bias}
}

func (l *Conv2d) String() string {
	return fmt.Sprintf("conv2d %q (%d → %d, %d×%d)", l.name, l.in, l.out, l.kernel[0], l.kernel[1])
}

// Forward implements [Layer]. x is (B, in, H, W).
func (l *Conv2d) Forward(x *G.Node) (*G.Node, error) {
	if err := l.accepts(x); err != nil {
		return nil, err
	}
	return operation(l.String(), func(in G.Nodes) (*G.Node, error) {
		g := in[0].Graph()
		y, err := G.Conv2d(in[0], l.weight.In(g), tensor.Shape(l.kernel[:]), l.padding[:], l.stride[:], []int{1, 1})
		if err != nil {
			return nil, err
		}
		f := formula.For(x)
		if l.bias != nil {
			y = f.Broadcast(G.BroadcastAdd, y, f.Reshape(l.bias.In(g), 1, l.out, 1, 1), 0, 2, 3)
		}
		if f.Err() != nil {
			return nil, f.Err()
		}
		return l.activation.build(y)
	}, x)
}

func (l *Conv2d) accepts(x *G.Node) error {
	if err := checkInput(l.String(), x, 4); err != nil {
		return err
	}
	s := x.Shape()
	switch {
	case x.Dtype() != l.weight.Dtype():
		return errors.Errorf("layers: %v: the input is %v, and the weights are %v", l, x.Dtype(), l.weight.Dtype())
	case len(s) != 4 || s[1] != l.in:
		return errors.Errorf("layers: %v: the input has shape %v, want (B, %d, H, W)", l, s, l.in)
	case s[2]+2*l.padding[0] < l.kernel[0] || s[3]+2*l.padding[1] < l.kernel[1]:
		return errors.Errorf("layers: %v: the input has shape %v: the kernel does not fit into the image", l, s)
	}
	return nil
}

var _ Layer = (*Conv2d)(nil)
