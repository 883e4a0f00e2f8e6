package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas/gonum"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// layers builds a model in g from weights, of which the first is what goes in.
type layers func(weight func(d ...int) *G.Node) (*G.Node, error)

// ordinary is a model of Gorgonia's own layers, with a gradient.
type ordinary struct {
	params G.Nodes
	cost   *G.Node
	vm     G.VM
}

func newOrdinary(tb testing.TB, dt tensor.Dtype, build layers) *ordinary {
	tb.Helper()
	g := G.NewGraph()
	r := rand.New(rand.NewPCG(4, 1))
	m := &ordinary{}
	weight := func(d ...int) *G.Node {
		v := tensor.New(tensor.Of(dt), tensor.WithShape(d...))
		spread := 1 / math.Sqrt(float64(v.Size()/d[len(d)-1]))
		switch x := v.Data().(type) {
		case []float64:
			for i := range x {
				x[i] = spread * r.NormFloat64()
			}
		case []float32:
			for i := range x {
				x[i] = float32(spread * r.NormFloat64())
			}
		}
		n := G.NewTensor(g, dt, len(d), G.WithShape(d...), G.WithName(fmt.Sprint("weight ", len(m.params))), G.WithValue(v))
		m.params = append(m.params, n)
		return n
	}
	y, err := build(weight)
	if err != nil {
		tb.Fatal(err)
	}
	m.cost = G.Must(G.Mean(G.Must(G.Square(y))))
	if _, err := G.Grad(m.cost, m.params...); err != nil {
		tb.Fatal(err)
	}
	m.vm = G.NewTapeMachine(g, G.BindDualValues(m.params...))
	tb.Cleanup(func() { m.vm.Close() })
	return m
}

func (m *ordinary) run(tb testing.TB) {
	if err := m.vm.RunAll(); err != nil {
		tb.Fatal(err)
	}
	m.vm.Reset()
}

// perceptron has tanh between its layers.
func perceptron(batch int, sizes ...int) layers {
	return func(weight func(...int) *G.Node) (*G.Node, error) {
		y := weight(batch, sizes[0])
		for i := 1; i < len(sizes); i++ {
			if i > 1 {
				y = G.Must(G.Tanh(y))
			}
			z, err := G.Mul(y, weight(sizes[i-1], sizes[i]))
			if err != nil {
				return nil, err
			}
			if y, err = G.BroadcastAdd(z, weight(sizes[i]), nil, []byte{0}); err != nil {
				return nil, err
			}
		}
		return y, nil
	}
}

// convolution is one 3×3 layer over images of the given side.
func convolution(batch, from, to, side int) layers {
	return func(weight func(...int) *G.Node) (*G.Node, error) {
		x, w, one := weight(batch, from, side, side), weight(to, from, 3, 3), []int{1, 1}
		return G.Conv2d(x, w, tensor.Shape{3, 3}, one, one, one)
	}
}

// TestTraining trains ordinary layers with either BLAS. Training multiplies a difference of rounding by less than a
// hundred here.
func TestTraining(t *testing.T) {
	defer G.Use(G.WhichBLAS())
	for _, c := range []struct {
		dt  tensor.Dtype
		tol float64
	}{{tensor.Float64, 1e-13}, {tensor.Float32, 1e-4}} {
		for name, build := range map[string]layers{
			"perceptron":  perceptron(33, 7, 40, 3),
			"convolution": convolution(3, 2, 5, 6),
		} {
			train := func(b G.BLAS) (losses []float64) {
				G.Use(b)
				m := newOrdinary(t, c.dt, build)
				solver := G.NewAdamSolver(G.WithLearnRate(0.01))
				for range 30 {
					m.run(t)
					switch v := m.cost.Value().Data().(type) {
					case float64:
						losses = append(losses, v)
					case float32:
						losses = append(losses, float64(v))
					}
					if err := solver.Step(G.NodesToValueGrads(m.params)); err != nil {
						t.Fatal(err)
					}
				}
				return losses
			}
			ours, gonums := train(Implementation{}), train(gonum.Implementation{})
			for i, want := range gonums {
				if !(math.Abs(ours[i]-want) <= c.tol*want) {
					t.Fatalf("%s, %v: loss %d is %v, with gonum %v", name, c.dt, i, ours[i], want)
				}
			}
			if last := gonums[len(gonums)-1]; !(last < 0.9*gonums[0]) {
				t.Errorf("%s, %v: the loss went from %v to %v", name, c.dt, gonums[0], last)
			}
		}
	}
}

// BenchmarkLayers runs ordinary layers with their gradients under a TapeMachine.
func BenchmarkLayers(b *testing.B) {
	defer G.Use(G.WhichBLAS())
	for _, c := range []struct {
		name  string
		build layers
	}{
		{"64-128-128-64/batch=512", perceptron(512, 64, 128, 128, 64)},
		{"2-50-2/batch=20", perceptron(20, 2, 50, 2)},
		{"conv8-16/batch=16", convolution(16, 8, 16, 16)},
	} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			for name, use := range map[string]G.BLAS{"gonum": gonum.Implementation{}, "ours": Implementation{}} {
				b.Run(fmt.Sprintf("%s/%v/%s", c.name, dt, name), func(b *testing.B) {
					G.Use(use)
					m := newOrdinary(b, dt, c.build)
					for b.Loop() {
						m.run(b)
					}
				})
			}
		}
	}
}
