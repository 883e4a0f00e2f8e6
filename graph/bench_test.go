package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// One evaluation of a perceptron with tanh between its layers, forward and with the gradients of its input and of all
// weights: our plan, the same function as one Op that a TapeMachine runs (Call), and Gorgonia's own nodes under a TapeMachine.
// The sizes are those of a spiral (2-50-2, batch 20), a wide field (64-128-128-64, batch 512) and a tiny one (2-16-2, batch 1).
func BenchmarkEvaluation(b *testing.B) {
	for _, c := range []struct {
		batch int
		sizes []int
		dt    tensor.Dtype
	}{
		{20, []int{2, 50, 2}, tensor.Float64},
		{512, []int{64, 128, 128, 64}, tensor.Float32},
		{1, []int{2, 16, 2}, tensor.Float64},
	} {
		name := fmt.Sprintf("%v/batch=%d/%v", c.dt, c.batch, c.sizes)
		if c.dt == tensor.Float64 {
			benchmarkEvaluation[float64](b, name, c.batch, c.sizes, c.dt)
		} else {
			benchmarkEvaluation[float32](b, name, c.batch, c.sizes, c.dt)
		}
		for _, how := range []string{"call", "tape"} {
			for _, gradient := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/%s/gradient=%v", name, how, gradient), func(b *testing.B) {
					benchmarkTape(b, how, gradient, c.batch, c.sizes, c.dt)
				})
			}
		}
	}
}

// mlpNodes has its weights as inputs, so that all three compute the same.
func mlpNodes(in ...*G.Node) (G.Nodes, error) {
	y := in[0]
	for i := 1; i < len(in); i += 2 {
		if i > 1 {
			y = G.Must(G.Tanh(y))
		}
		z, err := G.Mul(y, in[i])
		if err != nil {
			return nil, err
		}
		if y, err = G.BroadcastAdd(z, in[i+1], nil, []byte{0}); err != nil {
			return nil, err
		}
	}
	return G.Nodes{y}, nil
}

func mlpSpecs(batch int, sizes []int, dt tensor.Dtype) []Spec {
	specs := []Spec{Input("x", dt, batch, sizes[0])}
	for i := 1; i < len(sizes); i++ {
		specs = append(specs, Input(fmt.Sprint("w", i), dt, sizes[i-1], sizes[i]), Input(fmt.Sprint("b", i), dt, sizes[i]))
	}
	return specs
}

func benchmarkEvaluation[T Float](b *testing.B, name string, batch int, sizes []int, dt tensor.Dtype) {
	f, err := Trace(mlpNodes, mlpSpecs(batch, sizes, dt)...)
	if err != nil {
		b.Fatal(err)
	}
	for _, gradient := range []bool{false, true} {
		b.Run(fmt.Sprintf("%s/plan/gradient=%v", name, gradient), func(b *testing.B) {
			g := f
			if gradient {
				if g, err = f.ValueVJP(); err != nil {
					b.Fatal(err)
				}
			}
			p, err := Compile[T](g)
			if err != nil {
				b.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			arrays := func(shapes []tensor.Shape) [][]T {
				var as [][]T
				for _, s := range shapes {
					a := make([]T, s.TotalSize())
					for i := range a {
						a[i] = T(rng.NormFloat64())
					}
					as = append(as, a)
				}
				return as
			}
			var shapes []tensor.Shape
			for _, s := range g.Inputs() {
				shapes = append(shapes, s.Shape)
			}
			in, out := arrays(shapes), arrays(g.Outputs())
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Run(in, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchmarkTape(b *testing.B, how string, gradient bool, batch int, sizes []int, dt tensor.Dtype) {
	g := G.NewGraph()
	rng := rand.New(rand.NewPCG(1, 2))
	var in G.Nodes
	for _, s := range mlpSpecs(batch, sizes, dt) {
		v := tensor.New(tensor.Of(dt), tensor.WithShape(s.Shape...))
		switch d := v.Data().(type) {
		case []float64:
			for i := range d {
				d[i] = rng.NormFloat64()
			}
		case []float32:
			for i := range d {
				d[i] = float32(rng.NormFloat64())
			}
		}
		in = append(in, G.NewTensor(g, dt, s.Shape.Dims(), G.WithShape(s.Shape...), G.WithName(s.Name), G.WithValue(v)))
	}
	var y *G.Node
	if how == "tape" {
		ys, err := mlpNodes(in...)
		if err != nil {
			b.Fatal(err)
		}
		y = ys[0]
	} else {
		f, err := Trace(mlpNodes, mlpSpecs(batch, sizes, dt)...)
		if err != nil {
			b.Fatal(err)
		}
		if y, err = Call(f, in...); err != nil {
			b.Fatal(err)
		}
	}
	var opts []G.VMOpt
	if gradient {
		if _, err := G.Grad(G.Must(G.Sum(y)), in...); err != nil {
			b.Fatal(err)
		}
		opts = append(opts, G.BindDualValues(in...))
	}
	vm := G.NewTapeMachine(g, opts...)
	defer vm.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := vm.RunAll(); err != nil {
			b.Fatal(err)
		}
		vm.Reset()
	}
}
