package graph

import (
	"fmt"
	"hash"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/nodeop"
)

// cube is x³ for a vector, with a record of its forward pass, and counts its passes.
type cube struct{ evaluated, forward, backward, recomputed int }

func (c *cube) Name() string                { return "test: cube" }
func (c *cube) WriteHash(h hash.Hash)       { fmt.Fprintf(h, "cube %p", c) }
func (c *cube) InputShapes() []tensor.Shape { return []tensor.Shape{{3}} }
func (c *cube) OutputShape() tensor.Shape   { return tensor.Shape{3} }
func (c *cube) WRT() []bool                 { return []bool{true} }

func (c *cube) Evaluate(in [][]float64, out []float64) error {
	c.evaluated++
	for i, x := range in[0] {
		out[i] = x * x * x
	}
	return nil
}

func (c *cube) Forward(in [][]float64, out []float64) (any, error) {
	c.forward++
	slope := make([]float64, 3)
	for i, x := range in[0] {
		out[i], slope[i] = x*x*x, 3*x*x
	}
	return slope, nil
}

func (c *cube) Backward(in [][]float64, _, w []float64, state any, grad [][]float64) error {
	c.backward++
	slope, ok := state.([]float64)
	if !ok {
		c.recomputed++
		slope = make([]float64, 3)
		for i, x := range in[0] {
			slope[i] = 3 * x * x
		}
	}
	for i, v := range w {
		grad[0][i] += v * slope[i]
	}
	return nil
}

// A solve inside of a Call keeps the record of its forward pass for its backward pass: one forward and one backward run.
func TestForeignFunctionInsideACall(t *testing.T) {
	c := &cube{}
	f, err := Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := nodeop.Apply[float64](c, in[0])
		if err != nil {
			return nil, err
		}
		y, err = G.Square(y)
		return G.Nodes{y}, err
	}, Input("x", tensor.Float64, 3))
	if err != nil {
		t.Fatal(err)
	}
	x, w := []float64{1, -2, 0.5}, []float64{1, 10, 100}
	run := func(f *Func, in ...[]float64) [][]float64 {
		t.Helper()
		p, err := Compile[float64](f)
		if err != nil {
			t.Fatal(err)
		}
		var out [][]float64
		for _, s := range f.Outputs() {
			out = append(out, make([]float64, s.TotalSize()))
		}
		if err := p.Run(in, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	y := run(f, x)[0]
	v, err := f.VJP()
	if err != nil {
		t.Fatal(err)
	}
	g := run(v, x, w)[0]
	for i := range x {
		if want := x[i] * x[i] * x[i] * x[i] * x[i] * x[i]; y[i] != want {
			t.Errorf("value %d is %g, want %g", i, y[i], want)
		}
		x3 := x[i] * x[i] * x[i]
		if want := w[i] * (2 * x3) * (3 * x[i] * x[i]); g[i] != want {
			t.Errorf("gradient %d is %g, want %g", i, g[i], want)
		}
	}
	if *c != (cube{evaluated: 1, forward: 1, backward: 1}) {
		t.Errorf("passes: %+v", *c)
	}
	if _, err := f.JVP(); err == nil {
		t.Error("a function that has only a backward pass was differentiated forward")
	}
	if _, err := v.VJP(); err == nil {
		t.Error("a function that has only a backward pass was differentiated twice")
	}
}
