package layers

import (
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// ones is n ones.
func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// The share of dropped elements of n is binomial: within 5 standard deviations √(p(1−p)/n) of p.
func TestDropoutDropsTheShare(t *testing.T) {
	const n, p = 20000, 0.3
	step := NewStep()
	step.Set(0)
	v := valueOf(t, Dropout(step, p, 1), tensor.Float64, ones(n), n)
	dropped := 0
	for _, x := range v {
		switch x {
		case 0:
			dropped++
		case 1 / (1 - p):
		default:
			t.Fatalf("an element is %g", x)
		}
	}
	if share := float64(dropped) / n; math.Abs(share-p) > 5*math.Sqrt(p*(1-p)/n) {
		t.Errorf("%g of the elements were dropped", share)
	}
}

func TestDropoutIsReproducible(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		step := NewStep()
		at := func(n int, seed uint64) []float64 {
			step.Set(n)
			return valueOf(t, Dropout(step, 0.5, seed), dt, ones(64), 8, 8)
		}
		first := at(3, 1)
		if !slices.Equal(at(3, 1), first) {
			t.Error("the mask of one step and seed differs")
		}
		if slices.Equal(at(4, 1), first) || slices.Equal(at(3, 2), first) {
			t.Error("another step or seed has the same mask")
		}
		step.Evaluate()
		near(t, "evaluation", valueOf(t, Dropout(step, 0.5, 1), dt, ones(64), 64), ones(64), 0)
	}
}

func TestDropoutGradients(t *testing.T) {
	step := NewStep()
	checkGradients(t, Dropout(step, 0.4, 7), draw(newRand(1), 12), 3, 4) // evaluation
	step.Set(5)
	checkGradients(t, Dropout(step, 0.4, 7), draw(newRand(1), 12), 3, 4)
	net := Sequential(newMLP(t, 1, "a", []int{2, 5}), Dropout(step, 0.4, 7), newMLP(t, 2, "b", []int{5, 2}))
	checkGradients(t, net, draw(newRand(1), 6), 3, 2)
	checkGradients(t, newBlock(t, net, nil), draw(newRand(1), 6), 3, 2)
}

func TestDropoutErrors(t *testing.T) {
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{1, 2}, 1, 2)
	step := NewStep()
	for _, c := range []struct {
		want string
		l    Layer
	}{
		{"layers: dropout of 0.5: the step is nil", Dropout(nil, 0.5, 1)},
		{"layers: dropout of 1: want a probability in [0, 1)", Dropout(step, 1, 1)},
		{"want a probability", Dropout(step, math.NaN(), 1)},
		{"per row", newBlock(t, Dropout(step, 0.5, 1), nil, odeop.PerRow())},
	} {
		if _, err := c.l.Forward(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if p := (&graph.Param{}); isUntrained(p) {
		t.Error("a parameter of no step is not trained")
	}
}
