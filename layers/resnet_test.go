package layers

import (
	"testing"

	"gorgonia.org/tensor"
)

// A residual network of one field in all blocks is the Euler net; of several it is a step of each.
func TestResNet(t *testing.T) {
	f, g := timeField(t, 1, 2), newMLP(t, 2, "g", []int{2, 3, 2})
	x := draw(newRand(3), 6)
	near(t, "shared", valueOf(t, ResNet(f, f, f), tensor.Float64, x, 3, 2),
		valueOf(t, EulerNet(f, 3), tensor.Float64, x, 3, 2), 0)

	y := valueOf(t, withTime(f, 0), tensor.Float64, x, 3, 2)
	for i := range y {
		y[i] = x[i] + y[i]/2
	}
	dy := valueOf(t, g, tensor.Float64, y, 3, 2)
	for i := range y {
		y[i] += dy[i] / 2
	}
	net := ResNet(f, g)
	near(t, "two", valueOf(t, net, tensor.Float64, x, 3, 2), y, 1e-15)
	if n := len(net.Params()); n != 8 {
		t.Errorf("%d parameters", n)
	}
	checkGradients(t, net, x, 3, 2)
}
