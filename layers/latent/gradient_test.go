package latent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

// TestGradients: the gradients of the bounds by values, times and every parameter are those of central differences, for each
// encoder and each way to solve, with learned noise and a Poisson process, through a ragged batch with gaps.
func TestGradients(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Widths: widths}))
	rate := must(layers.NewLinear(newRand(9), "rate", width, channels))
	for i, name := range encoderNames {
		solver := WithRK4(2)
		if i%2 == 0 {
			solver = WithSolve(odeop.Step(0.17)) // divides no interval, where the number of steps would jump
		}
		m := newModel(name, tensor.Float64, WithLearnedSigma(0.5, 0.8), solver, WithIntensity(rate))
		r := newRun(t, m, b, 2, func(r *run, o Observations) (G.Nodes, error) {
			w := must(NewKLWeight(o.Values.Graph(), tensor.Float64))
			if err := w.Set(0.7); err != nil {
				return nil, err
			}
			return bound(m, Objective{Importance: i > 1, KLWeight: w.Node()}, nil)(r, o)
		}, true)
		_, grads := r.run()
		for k, n := range r.wrt {
			move := func(int) bool { return true }
			if k == 1 { // a time that moves in the padding, or away from 0, makes another series
				move = func(j int) bool { return b.Valid[j] == 1 && b.Times[j] > 0 }
			}
			got, want := r.slopes(k, newRand(uint64(k)), grads[k], move)
			near(t, fmt.Sprintf("%s: slope by %s", name, n.Name()), []float64{got}, []float64{want}, 2e-7)
		}
	}
}

// slopes are the derivative of the cost in a random direction of node k: of the gradient, and by a central difference, whose
// truncation is of the order of h² = 1e-10 times third derivatives, and whose rounding 1e-16·cost/h, both below 1e-8.
func (r *run) slopes(k int, rng *rand.Rand, grad []float64, move func(j int) bool) (got, want float64) {
	const h = 1e-5
	value := r.wrt[k].Value()
	at := numbers(value)
	u := make([]float64, len(at))
	for j := range u {
		if move(j) {
			u[j] = rng.NormFloat64() / math.Sqrt(float64(len(u)))
		}
		got += u[j] * grad[j]
	}
	cost := func(h float64) float64 {
		setValue(value, func(j int) float64 { return at[j] + h*u[j] })
		out, _ := r.run()
		return out[0][0]
	}
	want = (cost(h) - cost(-h)) / (2 * h)
	cost(0)
	return got, want
}

// TestSolvers: at a small tolerance a path solved on its own is that of many Runge–Kutta steps, and so are the gradients
// by all parameters, with the first time at 0 and after it.
func TestSolvers(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Steps: 5, Widths: widths}))
	rate := must(layers.NewLinear(newRand(9), "rate", width, 1))
	states := func(b *Bound) G.Nodes { return G.Nodes{must(b.Path.States()), b.LogLikelihood} }
	fixed := newModel("gru", tensor.Float64, WithRK4(16), WithIntensity(rate))
	exact := newModel("gru", tensor.Float64, WithSolve(odeop.Tolerance(1e-10, 1e-10)), WithIntensity(rate))
	want, wants := newRun(t, fixed, b, 2, bound(fixed, Objective{}, states), true).run()
	got, gots := newRun(t, exact, b, 2, bound(exact, Objective{}, states), true).run()
	// 16 steps of order 4 leave (1.1/16)⁴/120 = 2e-7 of the scale of fifth derivatives, which are below 1 here;
	// likelihoods of a deviation of 0.1 multiply by 100.
	for i := range want {
		near(t, fmt.Sprintf("output %d", i), got[i], want[i], 1e-6)
	}
	for k := 2; k < len(wants); k++ {
		near(t, "gradient by parameters", gots[k], wants[k], 1e-5)
	}
	rate = must(layers.NewLinear(newRand(9), "rate", width, 1, layers.WithDtype(tensor.Float32)))
	single := newModel("gru", tensor.Float32, WithRK4(16), WithIntensity(rate))
	half, _ := newRun(t, single, b, 2, bound(single, Objective{}, states), true).run()
	near(t, "states in float32", half[1], want[1], 1e-4)
}
