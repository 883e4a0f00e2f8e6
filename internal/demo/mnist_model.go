package demo

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/odeop"
)

// digitNet makes the logits of the classes, (B, classes), of images (B, 1, H, W).
type digitNet struct {
	name   string
	layer  layers.Layer
	block  *layers.ODEBlock // nil in a residual network
	params int              // numbers
}

// newDigitNet makes the network of Chen et al. (2018), section 3: two strided convolutions, which make 28×28 into 6×6;
// a block that keeps the size; and a linear layer on the means over all places. The block is an ODE of one field with
// the time as a channel, or six residual steps with a field each.
func newDigitNet(name string, channels, classes int, seed uint64) (*digitNet, error) {
	b := &digitBuilder{rng: rand.New(rand.NewPCG(seed, 0x646967)), channels: channels}
	n := &digitNet{name: name}
	var err error
	var block layers.Layer
	down := []layers.Layer{
		b.conv("down.0", 1, 4, 2, 0), b.norm("down.1"), layers.ReLU(),
		b.conv("down.2", channels, 4, 2, 1),
	}
	if name == "ODE-Net" {
		n.block, err = layers.NewODEBlock(b.field("field"), nil, odeop.Tolerance(1e-3, 1e-3))
		block = n.block
	} else {
		var fields []layers.Layer
		for i := range 6 {
			fields = append(fields, b.field(fmt.Sprintf("block.%d", i)))
		}
		block = layers.ResNet(fields...)
	}
	head := []layers.Layer{b.norm("head.0"), layers.ReLU(), layers.GlobalAveragePool(), b.linear("head.1", classes)}
	if b.err != nil {
		return nil, b.err
	}
	if err != nil {
		return nil, err
	}
	n.layer = layers.Sequential(append(append(down, block), head...)...)
	for _, p := range n.layer.Params() {
		n.params += p.Size()
	}
	return n, graph.UniqueNames(n.layer.Params())
}

// digitBuilder makes layers of float32 and keeps the first error.
type digitBuilder struct {
	rng      *rand.Rand
	channels int
	err      error
}

func (b *digitBuilder) keep(l layers.Layer, err error) layers.Layer {
	if b.err == nil {
		b.err = err
	}
	return l
}

func (b *digitBuilder) conv(name string, in, kernel, stride, padding int) layers.Layer {
	return b.keep(layers.NewConv2d(b.rng, name, in, b.channels, [2]int{kernel, kernel}, layers.WithDtype(tensor.Float32),
		layers.WithInit(graph.He(b.rng)), layers.WithStride(stride, stride), layers.WithPadding(padding, padding)))
}

// norm has two channels a group.
func (b *digitBuilder) norm(name string) layers.Layer {
	return b.keep(layers.NewGroupNorm(name, b.channels/2, b.channels, layers.WithDtype(tensor.Float32)))
}

func (b *digitBuilder) linear(name string, out int) layers.Layer {
	return b.keep(layers.NewLinear(b.rng, name, b.channels, out, layers.WithDtype(tensor.Float32)))
}

// field is norm, ReLU, convolution with time, twice, and a norm.
func (b *digitBuilder) field(name string) layers.Layer {
	return layers.Sequential(
		b.norm(name+".0"), layers.ReLU(), layers.ConcatTimeChannel(), b.conv(name+".1", b.channels+1, 3, 1, 1),
		b.norm(name+".2"), layers.ReLU(), layers.ConcatTimeChannel(), b.conv(name+".3", b.channels+1, 3, 1, 1),
		b.norm(name+".4"))
}
