package odeop_test

import (
	"errors"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/odeop"
	"gorgonode/solvers"
)

// TestNonFiniteBackward has a field with an infinite slope in one row at all times, and in all rows when t reaches ½: the error of
// the backward pass says which Op it is, and where.
func TestNonFiniteBackward(t *testing.T) {
	rowwise := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sqrt(G.Must(G.Abs(y))) }
	late := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		root := G.Must(G.Sqrt(G.Must(G.Abs(G.Must(G.Sub(t, G.NewConstant(0.5)))))))
		return G.HadamardProd(y, root)
	}
	for _, c := range []struct {
		name  string
		field odeop.Field
		mode  odeop.GradientMode
		y0    []float64
		want  []string
	}{
		{"a row", rowwise, odeop.Backprop{}, []float64{1, 2, 0, 3, 4, 5}, []string{"row 1", "derivative of sqrt", "at t=1", "[1 0]"}},
		{"a row of the adjoint", rowwise, odeop.Adjoint{}, []float64{1, 2, 0, 3, 4, 5}, []string{"row 1", "derivative of sqrt", "[1 0]"}},
		{"a time", late, odeop.Backprop{}, []float64{1, 2, 3, 4, 5, 6}, []string{"at t=0.5", "derivative of sqrt"}},
	} {
		g := G.NewGraph()
		y0 := G.NodeFromAny(g, tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(c.y0)), G.WithName("y0"))
		y, err := odeop.SolveAt(c.field, y0, G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{0, 1})), G.WithName("times")),
			odeop.Method(solvers.RK4{}), odeop.Settings(solvers.Settings{Step: 0.25}), odeop.Gradient(c.mode))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := G.Grad(G.Must(G.Sum(y)), y0); err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(g)
		err = odeop.Cause(vm.RunAll())
		_ = vm.Close()
		if !errors.Is(err, solvers.ErrNonFinite) {
			t.Errorf("%s: error %v, want ErrNonFinite", c.name, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q is not in: %v", c.name, w, err)
			}
		}
	}
}
