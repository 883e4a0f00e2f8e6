package odeop

import (
	"errors"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// vanDerPol is a batch of Van der Pol oscillators, x' = v, v' = μ(1−x²)v − x, with rows (x, v).
func vanDerPol(mu float64) Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		n := y.Shape()[0]
		column := func(i int) *G.Node {
			return G.Must(G.Reshape(G.Must(G.Slice(y, nil, G.S(i))), tensor.Shape{n, 1}))
		}
		x, v := column(0), column(1)
		one := G.NewConstant(1.0)
		damp := G.Must(G.HadamardProd(G.Must(G.HadamardProd(G.Must(G.Sub(one, G.Must(G.Square(x)))), v)), G.NewConstant(mu)))
		return G.Concat(1, v, G.Must(G.Sub(damp, x)))
	}
}

// The rows of a batch do not depend on each other; an implicit method finds that out, and a Jacobian of many rows takes as
// many products as one of a single row. It is exact: there are no differences.
func TestImplicitMethodFindsTheBlocksOfABatch(t *testing.T) {
	products := func(rows int) (perJacobian float64, last []float64) {
		g := G.NewGraph()
		v := make([]float64, 0, 2*rows)
		for range rows {
			v = append(v, 2, 0)
		}
		y0 := newNode(g, tensor.Float64, "y0", []int{rows, 2}, v)
		var stats Stats
		y, err := SolveFinal(vanDerPol(100), y0, []float64{0, 50}, Method(solvers.Radau{}), Record(&stats))
		if err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(g)
		defer vm.Close()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		w := stats.Forward()
		if w.Jacobian == 0 {
			t.Fatalf("no Jacobian: %+v", w)
		}
		return float64(w.JVP) / float64(w.Jacobian), y.Value().Data().([]float64)
	}
	one, single := products(1)
	many, batch := products(8)
	if one != 2 || many != 2 {
		t.Errorf("a Jacobian takes %g products for one row, %g for eight; the blocks are 2×2", one, many)
	}
	for i, v := range batch {
		if d := v - single[i%2]; d > 1e-12 || d < -1e-12 {
			t.Errorf("row %d: %v, alone %v", i/2, v, single[i%2])
		}
	}
}

// The gradient through an implicit method is exact for the numbers computed too.
func TestGradientThroughImplicitMethods(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, []float64{2, 0, 1.5, -0.3})
	for _, m := range solvers.Methods() {
		if !m.Info().Implicit {
			continue
		}
		c, err := CheckGradient(vanDerPol(20), y0, []float64{0, 0.4, 1}, Method(m), Tolerance(1e-5, 1e-7))
		if errors.Is(err, solvers.ErrNotSupported) {
			continue // a method without a gradient says so
		}
		if err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		if err := c.Err(1e-6); err != nil {
			t.Errorf("%s: %v", m.Name(), err)
		}
	}
}
