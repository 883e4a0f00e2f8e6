package recurrent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

// TestGradients: the gradients of every cell, by values, times and parameters, are those of central differences, through a
// ragged batch with gaps, forwards and backwards, of all states and of the last.
func TestGradients(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Widths: series.Widths{Values: channels}}))
	for name, cell := range cells(tensor.Float64) {
		for i, out := range []output{states, final} {
			var opts []RunOption
			if i == 1 {
				opts = append(opts, Backwards(), Checkpoints())
			}
			m := newModel(t, cell, b, out, opts...)
			_, grads := m.run()
			for k, n := range m.wrt {
				for direction := range 2 {
					got, want := m.slopes(k, newRand(uint64(direction)), grads[k])
					near(t, fmt.Sprintf("%s: slope by %s", name, n.Name()), []float64{got}, []float64{want}, 1e-8)
				}
			}
			m.vm.Close()
		}
	}
}

// slopes are the derivative of the cost in a random direction of node k: of the gradient, and by a central difference.
// Rounding is 1e-16/h of the latter and truncation h², both below 1e-9.
func (m *model) slopes(k int, rng *rand.Rand, grad []float64) (got, want float64) {
	const h = 1e-5
	value := m.wrt[k].Value().(*tensor.Dense)
	at := floats(value)
	u := make([]float64, len(at))
	for j := range u {
		u[j] = rng.NormFloat64() / math.Sqrt(float64(len(u)))
		got += u[j] * grad[j]
	}
	set(value, func(j int) float64 { return at[j] + h*u[j] })
	want = m.cost()
	set(value, func(j int) float64 { return at[j] - h*u[j] })
	want = (want - m.cost()) / (2 * h)
	set(value, func(j int) float64 { return at[j] })
	return got, want
}

// TestGradientOfAdaptiveSolve: at a small tolerance the gradient through adaptive solves, row by row, is that of many
// Runge–Kutta steps, and so are the states.
func TestGradientOfAdaptiveSolve(t *testing.T) {
	field := must(layers.NewMLP(newRand(4), "f", []int{width, 5, width}))
	b := must(series.NewBatch(ragged(), series.Shape{Widths: series.Widths{Values: channels}}))
	gru := must(NewGRU(newRand(5), "gru", channels, width))
	fixed := newModel(t, must(NewODERNN(gru, field, WithRK4(60))), b, states)
	adaptive := newModel(t, must(NewODERNN(gru, field, WithSolve(odeop.Tolerance(1e-10, 1e-10)))), b, states)
	want, wants := fixed.run()
	got, gots := adaptive.run()
	// 60 steps of order 4 over 2.5 units leave 1e-8 or less.
	near(t, "states", got, want, 1e-8)
	for k, n := range fixed.wrt {
		near(t, "gradient by "+n.Name(), gots[k], wants[k], 1e-7)
	}
}
