package layers

import (
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/odeop"
)

// The time goes before the channels of an image.
func TestConcatTimeChannel(t *testing.T) {
	near(t, "y", valueOf(t, withTime(ConcatTimeChannel(), 9), tensor.Float64, []float64{1, 2, 3, 4}, 2, 1, 1, 2),
		[]float64{9, 9, 1, 2, 9, 9, 3, 4}, 0)
	checkGradients(t, withTime(ConcatTimeChannel(), 9), draw(newRand(1), 8), 1, 2, 2, 2)
}

// The field of the ODE-Net of Chen et al.: norm, ReLU, convolution with time, twice. Here with SiLU, since differences
// at the kinks of a ReLU are no derivatives.
func TestConvolutionalField(t *testing.T) {
	half := func() Layer {
		return Sequential(newGroupNorm(t, 1, 2), SiLU(), ConcatTimeChannel(), newConv(t, 3, 2, [2]int{3, 3}))
	}
	field := Sequential(half(), half(), newGroupNorm(t, 1, 2))
	x := draw(newRand(1), 2*2*2*2)
	for _, opts := range [][]odeop.Option{{odeop.Step(1)}, {odeop.Step(1), odeop.PerRow()}} {
		b := newBlock(t, field, nil, opts...)
		checkGradients(t, Sequential(b, GlobalAveragePool()), x, 2, 2, 2, 2)
	}
}
