package odeop

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// allocations counts those of a forward and a backward pass over so many saved times and steps, by RK4, or by Dopri5 for a
// tolerance.
func allocations(t *testing.T, mode GradientMode, saves int, opts ...Option) float64 {
	t.Helper()
	m := testFields()[0].in(t, tensor.Float64)
	times := make([]float64, saves)
	for i := range times {
		times[i] = float64(i) / float64(saves-1)
	}
	p, err := newProblem(m.field(m.ps), m.y0, times, nil, false, append(opts, Args(m.nodes...), Gradient(mode)))
	if err != nil {
		t.Fatal(err)
	}
	fn, err := p.field.trace(p.name, p.dtype, m.y0.Shape(), p.args)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSolve(p, fn, mode.(backward).double(), m.y0.Shape())
	if err != nil {
		t.Fatal(err)
	}
	in := make([][]float64, len(m.inputs))
	grad := make([][]float64, len(m.inputs))
	for i, x := range m.inputs {
		in[i] = numbers(x.node.Value())
		grad[i] = make([]float64, len(in[i]))
	}
	out, w := make([]float64, 6*saves), make([]float64, 6*saves)
	w[len(w)-3] = 1
	return testing.AllocsPerRun(5, func() {
		state, err := s.Forward(in, out)
		if err == nil {
			err = s.Backward(in, out, w, state, grad)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The work of a step allocates nothing, forwards or backwards. Only the tape grows, by a chunk for thousands of numbers.
func TestAllocationsDoNotGrowWithTheSteps(t *testing.T) {
	for _, mode := range []GradientMode{Backprop{}, Adjoint{}, Reversible{}} {
		count := func(steps int) float64 {
			return allocations(t, mode, 2, Method(solvers.RK4{}), Step(1/float64(steps)))
		}
		few, many := count(1000), count(2000)
		t.Logf("%T: %g allocations for 1000 steps, %g for 2000", mode, few, many)
		// 1000 more states of 6 are one chunk of the tape, and two lists of grid points and one of chunks double.
		if limit := few + 4; many > limit {
			t.Errorf("%T: %g allocations for 1000 steps, %g for 2000", mode, few, many)
		}
	}
}

// Nor does that of a saved time: the backward solves between them share the memory of the first.
func TestAllocationsDoNotGrowWithTheSavedTimes(t *testing.T) {
	modes := []GradientMode{Backprop{}, Adjoint{}, InterpolatedAdjoint{}, GaussAdjoint{}, Reversible{}}
	for _, opts := range [][]Option{{Method(solvers.RK4{})}, {Tolerance(1e-6, 1e-6)}, {Method(solvers.Radau{})}} {
		for _, mode := range modes {
			if _, constant := mode.(Reversible); constant && len(opts) > 0 && !constantSteps(opts) {
				continue
			}
			few, many := allocations(t, mode, 101, opts...), allocations(t, mode, 201, opts...)
			t.Logf("%T: %g allocations for 101 times, %g for 201", mode, few, many)
			// Lists of times double, and those of dense outputs; both of the solution and the tape.
			if limit := few + 10; many > limit {
				t.Errorf("%T: %g allocations for 101 times, %g for 201", mode, few, many)
			}
		}
	}
}

// constantSteps reports whether a solve with these options has no error control.
func constantSteps(opts []Option) bool {
	var c config
	for _, o := range opts {
		o(&c)
	}
	return c.settings.Method != nil && !c.settings.Method.Info().Adaptive()
}

// A training step of a network with 2, 50 and 2 units on a batch of 20, without and with the machine around it.
func BenchmarkTrainingStep(b *testing.B) {
	w := []*graph.Param{
		newParam(b, "w1", tensor.Float64, small(100), 2, 50), newParam(b, "b1", tensor.Float64, small(50), 1, 50),
		newParam(b, "w2", tensor.Float64, small(100), 50, 2), newParam(b, "b2", tensor.Float64, small(2), 1, 2),
	}
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		g := y.Graph()
		h := must(G.Tanh(must(G.BroadcastAdd(must(G.Mul(y, w[0].In(g))), w[1].In(g), nil, []byte{0}))))
		return G.BroadcastAdd(must(G.Mul(h, w[2].In(g))), w[3].In(g), nil, []byte{0})
	}
	for _, mode := range []GradientMode{Backprop{}, Adjoint{}} {
		for _, opts := range [][]Option{{Tolerance(1e-6, 1e-6)}, {Method(solvers.RK4{}), Step(0.1)}} {
			b.Run(fmt.Sprintf("gradient=%T/constant=%v", mode, len(opts) > 1), func(b *testing.B) {
				var stats Stats
				g := G.NewGraph()
				y0 := newNode(g, tensor.Float64, "y0", []int{20, 2}, small(40))
				y, err := SolveFinal(field, y0, []float64{0, 1}, append(opts, Gradient(mode), Record(&stats))...)
				if err != nil {
					b.Fatal(err)
				}
				loss := must(G.Mean(must(G.Square(y))))
				weights := graph.ParamNodes(g, w)
				if _, err := G.Grad(loss, weights...); err != nil {
					b.Fatal(err)
				}
				vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
				defer vm.Close()
				b.ReportAllocs()
				for b.Loop() {
					if err := vm.RunAll(); err != nil {
						b.Fatal(err)
					}
					vm.Reset()
				}
				b.ReportMetric(float64(stats.Forward().F), "f/op")
				b.ReportMetric(float64(stats.Backward().VJP), "vjp/op")
				b.ReportMetric(float64(stats.Forward().Steps), "steps/op")
			})
		}
	}
}

// small are n values of an order of 0.5 and either sign.
func small(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 0.5 * float64(i*37%23-11) / 11
	}
	return v
}
