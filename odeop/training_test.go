package odeop

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// losses trains x·a → solve → ·b to a target with Adam and returns the loss of every step.
func losses(t *testing.T, steps int, opts ...Option) []float64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	var ps []*graph.Param
	for i, shape := range [][]int{{2, 3}, {3, 3}, {3, 1}} {
		p, err := graph.NewParam([]string{"a", "w", "b"}[i], graph.Glorot(rng), tensor.Float64, shape...)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	const batch = 20
	x, target := make([]float64, 2*batch), make([]float64, batch)
	for i := range target {
		u, v := rng.NormFloat64(), rng.NormFloat64()
		x[2*i], x[2*i+1], target[i] = u, v, math.Sin(u)+0.5*v
	}
	g := G.NewGraph()
	y := must(G.Mul(newNode(g, tensor.Float64, "x", []int{batch, 2}, x), ps[0].In(g)))
	y, err := SolveFinal(tanhField(ps[1]), y, []float64{0, 0.5, 1}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	miss := must(G.Sub(must(G.Mul(y, ps[2].In(g))), newNode(g, tensor.Float64, "target", []int{batch, 1}, target)))
	loss := must(G.Mean(must(G.Square(miss))))
	weights := graph.ParamNodes(g, ps)
	if _, err := G.Grad(loss, weights...); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	solver := G.NewAdamSolver(G.WithLearnRate(0.05))
	var out []float64
	for range steps {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		out = append(out, numbers(loss.Value())[0])
		if err := solver.Step(G.NodesToValueGrads(weights)); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
	}
	return out
}

func TestTrainingReducesTheLoss(t *testing.T) {
	for _, mode := range []GradientMode{Backprop{}, Adjoint{}} {
		l := losses(t, 100, Gradient(mode))
		if first, last := l[0], l[len(l)-1]; !(last < first/20) {
			t.Errorf("%T: the loss went from %g to %g", mode, first, last)
		}
	}
}

func TestTrainingEqualsUnrolled(t *testing.T) {
	back := losses(t, 20, Method(solvers.RK4{}))
	unrolled := losses(t, 20, Method(solvers.RK4{}), Gradient(Unrolled{}))
	if d := relative(back, unrolled); !(d <= 1e-10) {
		t.Errorf("losses differ by %g:\n%v\n%v", d, back, unrolled)
	}
}
