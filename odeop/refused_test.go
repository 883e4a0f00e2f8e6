package odeop_test

import (
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// specials are the solves with rows of their own or with events, each as a node.
var specials = map[string]struct {
	want string // in an error, what cannot be had
	of   func(y0 *G.Node, opts ...odeop.Option) (*G.Node, error)
}{
	"Solve": {"PerRow", func(y0 *G.Node, opts ...odeop.Option) (*G.Node, error) {
		return odeop.Solve(sink, y0, []float64{0, 1}, append(opts, odeop.PerRow())...)
	}},
	"SolveAt": {"PerRow", func(y0 *G.Node, opts ...odeop.Option) (*G.Node, error) {
		times := G.NewVector(y0.Graph(), G.Float64, G.WithShape(2), G.WithName("times"), G.WithInit(G.RangedFrom(0)))
		return odeop.SolveAt(sink, y0, times, append(opts, odeop.PerRow())...)
	}},
	"SolveRows": {"PerRow", func(y0 *G.Node, opts ...odeop.Option) (*G.Node, error) {
		return odeop.SolveRowsFinal(sink, y0, [][]float64{{0, 1}, {0, 2}}, opts...)
	}},
	"SolveEvents": {"events", func(y0 *G.Node, opts ...odeop.Option) (*G.Node, error) {
		when := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
		sol, err := odeop.SolveEvents(sink, y0, []float64{0, 1}, []odeop.Event{{When: when}}, opts...)
		if err != nil {
			return nil, err
		}
		return sol.Final()
	}},
	"SolveWithCost": {"PerRow", func(y0 *G.Node, opts ...odeop.Option) (*G.Node, error) {
		sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
		sol, err := odeop.SolveWithCost(sink, sum, y0, []float64{0, 1}, append(opts, odeop.PerRow())...)
		if err != nil {
			return nil, err
		}
		return sol.Cost()
	}},
}

// TestOneModeForRowsAndEvents: a solve with rows of their own or with events has the gradient of Backprop, with
// checkpoints or without. Any other mode is an error where the node is made, which names both.
func TestOneModeForRowsAndEvents(t *testing.T) {
	for name, special := range specials {
		for _, mode := range []odeop.GradientMode{odeop.Adjoint{}, odeop.InterpolatedAdjoint{},
			odeop.InterpolatedAdjoint{Every: 4},
			odeop.GaussAdjoint{}, odeop.Forward{}, odeop.Forward{ControlSensitivities: true}, odeop.Reversible{}, odeop.Unrolled{}} {
			_, err := special.of(matrix(G.NewGraph(), 1, 2, 3, 4), odeop.Gradient(mode), odeop.Method(solvers.RK4{}),
				odeop.Step(0.25))
			if err == nil {
				t.Errorf("%s takes %T", name, mode)
				continue
			}
			for _, want := range []string{"odeop: solve: ", special.want, "has the gradient mode Backprop, not",
				fmt.Sprintf("%T", mode)} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s, %T: %q is not in: %v", name, mode, want, err)
				}
			}
		}
		for _, mode := range []odeop.GradientMode{odeop.Backprop{}, odeop.Backprop{Checkpoints: 2}} {
			if _, err := special.of(matrix(G.NewGraph(), 1, 2, 3, 4), odeop.Gradient(mode)); err != nil {
				t.Errorf("%s, %+v: %v", name, mode, err)
			}
		}
	}
}

// TestNoSecondDerivativeOfRowsAndEvents: their gradient has none, and that is an error of Grad, with either package's
// second one, before anything runs.
func TestNoSecondDerivativeOfRowsAndEvents(t *testing.T) {
	for name, special := range specials {
		for second, grad := range map[string]func(cost *G.Node, wrt ...*G.Node) (G.Nodes, error){"graph": graph.Grad,
			"gorgonia": G.Grad} {
			y0 := matrix(G.NewGraph(), 1, 2, 3, 4)
			y, err := special.of(y0)
			if err != nil {
				t.Fatal(err)
			}
			if y.Dims() > 0 {
				y = G.Must(G.Sum(y))
			}
			first, err := graph.Grad(y, y0)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, err = grad(G.Must(G.Sum(G.Must(G.Square(first[0])))), y0)
			if want := "a solve with " + special.want + " has no second derivative"; err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: error %v, want %q", name, second, err, want)
			}
		}
	}
}
