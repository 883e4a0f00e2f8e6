package odeop

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// A state saved at a time that steps end at, because Through or Jumps say so or because the steps happen to, moves with
// its own time as any other does: the end of the step is held, and the state is that of the interpolant there. The
// differences are those of whole solves whose saved time leaves the point, at a tolerance at which they are smooth.
func TestSavedTimesOnMandatoryTimes(t *testing.T) {
	const at = 0.5
	model := func(opts []Option) gradientModel {
		return func(g *G.ExprGraph) (*G.Node, []input) {
			y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{0.8, -0.3})
			times := newNode(g, tensor.Float64, "times", []int{4}, []float64{0, at, 0.9, 1.2})
			field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
				return G.Sub(must(G.Sin(must(G.BroadcastAdd(y, must(graph.Reshape(t, 1)), nil, []byte{0})))), scaled(0.3, y))
			}
			ys, err := SolveAt(field, y0, times, opts...)
			if err != nil {
				t.Fatal(err)
			}
			return weighted(g, ys), []input{{"y0", y0}, {"times", times}}
		}
	}
	tight := Tolerance(1e-12, 1e-12)
	for name, set := range map[string]solvers.Settings{
		"through":         {Through: []float64{at}},
		"through another": {Through: []float64{0.7}},
		"jump":            {Jumps: []float64{at}},
		"by chance":       {FirstStep: 0x1p-6, MaxStep: 0x1p-6}, // sums without rounding
	} {
		for _, mode := range []GradientMode{Backprop{}, Backprop{Checkpoints: 2}, Forward{}, Forward{ControlSensitivities: true},
			InterpolatedAdjoint{}, Adjoint{}} {
			if _, isAdjoint := mode.(Adjoint); isAdjoint && name != "through" {
				continue
			}
			opts := []Option{Settings(set), tight, Gradient(mode)}
			checkDifferences(t, fmt.Sprintf("%s, %+v", name, mode), model(opts), 1e-3, 1e-8)
		}
	}
	constant := []Option{Method(solvers.RK4{}), Step(0.11), Settings(solvers.Settings{Through: []float64{0.7}})}
	checkDifferences(t, "constant steps", model(constant), 1e-3, 1e-8)
}
