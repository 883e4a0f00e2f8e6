package odeop

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
)

// gradientModel makes a loss, which is a number, in a graph, and the tensors that it is differentiated by.
type gradientModel func(g *G.ExprGraph) (loss *G.Node, inputs []input)

// checkDifferences compares gorgonia.Grad with central differences of whole runs, by every element of every input. A
// fourth-order difference of step h is good to h⁴ and to rounding over h, which is 1e-12 for both at h = 1e-3 where the
// loss is as smooth as that. tol is relative to the largest element of the input's gradient or, where that is larger, 1.
func checkDifferences(t *testing.T, name string, model gradientModel, h, tol float64) outcome {
	t.Helper()
	g := G.NewGraph()
	loss, inputs := model(g)
	o := run(t, g, loss, inputs, false)

	g = G.NewGraph()
	loss, inputs = model(g)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	value := func() float64 {
		defer vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatalf("%s: %v", name, Cause(err))
		}
		return numbers(loss.Value())[0]
	}
	for _, in := range inputs {
		x := in.node.Value().Data().([]float64)
		want := make([]float64, len(x))
		for i, old := range x {
			at := func(c float64) float64 {
				x[i] = old + c*h
				v := value()
				x[i] = old
				return v
			}
			want[i] = (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
		}
		if d := relative(o.grads[in.name], want); !(d <= tol) {
			t.Errorf("%s: gradient by %s is %.10g, by differences %.10g: difference %.2g", name, in.name, o.grads[in.name], want, d)
		}
	}
	return o
}

// weightedSum is Σ cᵢ·weighted(nodeᵢ), with different weights for each.
func weightedSum(g *G.ExprGraph, nodes ...*G.Node) *G.Node {
	var sum *G.Node
	for i, n := range nodes {
		l := scaled(math.Cos(float64(i)), weighted(g, n))
		if sum == nil {
			sum = l
		} else {
			sum = G.Must(G.Add(sum, l))
		}
	}
	return sum
}
