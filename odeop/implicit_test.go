package odeop

import (
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
		if err != nil {
			t.Fatalf("%s: %v", m.Name(), err)
		}
		if err := c.Err(1e-6); err != nil {
			t.Errorf("%s: %v", m.Name(), err)
		}
	}
}

// Rodas5P has derivatives of the field in its steps; its gradient takes second ones, of whatever the field is made of:
// by y0, the times, the args and the parameters.
func TestGradientThroughRosenbrockMethod(t *testing.T) {
	for _, f := range testFields() {
		m := f.in(t, tensor.Float64)
		for _, opts := range [][]Option{{Tolerance(1e-4, 1e-4)}, {Step(0.3)}} {
			opts = append(opts, Method(solvers.Rodas5P{}), Args(m.nodes...))
			c, err := CheckGradient(m.field(m.ps), m.y0, m.when, opts...)
			if err == nil {
				err = c.Err(1e-7)
			}
			if err != nil {
				t.Errorf("%s, %d options: %v", f.name, len(opts), err)
			}
		}
	}
}

// An evaluation of a second derivative allocates nothing, and one that the solve doesn't want is not compiled.
func TestDirectionalDerivativesAllocateNothing(t *testing.T) {
	for _, f := range testFields()[:2] {
		m := f.in(t, tensor.Float64)
		fn, err := Field(m.field(m.ps)).trace("test", tensor.Float64, m.y0.Shape(), m.nodes)
		if err != nil {
			t.Fatal(err)
		}
		c, err := compileField[float64](fn)
		if err != nil {
			t.Fatal(err)
		}
		theta := make([][]float64, len(c.theta))
		for i, n := range c.theta {
			theta[i] = make([]float64, n)
		}
		sys, done := c.run(theta)
		if c.derivatives.time.plans != nil || c.derivatives.tangentVJP.plans != nil {
			t.Error("compiled before its time")
		}
		y, v, w, wy, wtheta := make([]float64, c.dim), make([]float64, c.dim), make([]float64, c.dim), make([]float64, c.dim),
			make([]float64, c.total)
		call := func() {
			if err := sys.TimeDerivative(0.1, y, v); err != nil {
				t.Fatal(err)
			}
			if _, err := sys.TangentVJP(0.1, y, 0.5, v, w, wy, wtheta); err != nil {
				t.Fatal(err)
			}
		}
		call()
		if n := testing.AllocsPerRun(50, call); n != 0 {
			t.Errorf("%g allocations", n)
		}
		done()
	}
}
