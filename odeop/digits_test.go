package odeop

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// digitModes are the gradient modes whose digits are compared, with what each asks for beside a method. Backprop is the
// first.
func digitModes() []GradientMode {
	return []GradientMode{Backprop{}, Backprop{Memory: -1}, Backprop{Memory: 1 << 12}, Backprop{Checkpoints: 1},
		Backprop{Checkpoints: 3}, Adjoint{}, Reversible{}}
}

// wide is a field whose products are large enough to be shared out among threads.
func wide() *testField {
	return &testField{name: "wide", y: []int{64, 32}, params: [][]int{{32, 64}, {64, 32}}, times: []float64{0, 0.3, 0.7},
		field: func(ps []*graph.Param) Field {
			return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
				g := y.Graph()
				h := must(G.Tanh(scaled(0.2, must(G.Mul(y, ps[0].In(g))))))
				return G.Tanh(scaled(0.2, must(G.Mul(h, ps[1].In(g)))))
			}
		}}
}

// TestDigits: the digits of a gradient depend on nothing but the problem: not on GOMAXPROCS, on earlier runs, or on how much
// Backprop keeps.
func TestDigits(t *testing.T) {
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, f := range []*testField{testFields()[0], wide()} {
		for _, m := range []solvers.Method{solvers.RK4{}, solvers.Dopri5{}, solvers.BDF{}} {
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				if f.name == "wide" && m.Name() != "rk4" || m.Info().Implicit && dt == tensor.Float32 {
					continue // they take long
				}
				testDigits(t, f, dt, m)
			}
		}
	}
}

func testDigits(t *testing.T, f *testField, dt tensor.Dtype, m solvers.Method) {
	var back outcome
	for i, mode := range digitModes() {
		h := how{opts: []Option{Method(m), Gradient(mode)}}
		if m.Info().Adaptive() && mode != (Reversible{}) {
			h.opts = append(h.opts, Tolerance(1e-4, 1e-4))
		} else {
			h.opts = append(h.opts, Step(0.1))
		}
		if m.Info().Implicit && mode == (Reversible{}) {
			continue
		}
		var first outcome
		for run, procs := range []int{1, 2, 8, 8} {
			runtime.GOMAXPROCS(procs)
			o := f.in(t, dt).gradients(h, true)
			if run == 0 {
				first = o
			}
			if d := o.difference(t, first); d != 0 {
				t.Errorf("%s, %v, %s, %+v with GOMAXPROCS %d: difference %g", f.name, dt, m.Name(), mode, procs, d)
			}
		}
		if i == 0 {
			back = first
		}
		if _, ok := mode.(Backprop); ok {
			if d := first.difference(t, back); d != 0 {
				t.Errorf("%s, %v, %s, %+v: difference %g from Backprop{}", f.name, dt, m.Name(), mode, d)
			}
		}
	}
}

// TestDigitsOfOneMachine: nor on what a machine has run before.
func TestDigitsOfOneMachine(t *testing.T) {
	for _, mode := range digitModes() {
		m := testFields()[0].in(t, tensor.Float64)
		loss := weighted(m.g, m.solve(how{opts: []Option{Method(solvers.RK4{}), Step(0.1), Gradient(mode)}}))
		var nodes G.Nodes
		for _, in := range m.inputs {
			nodes = append(nodes, in.node)
		}
		if _, err := G.Grad(loss, nodes...); err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(m.g, G.BindDualValues(nodes...))
		var first string
		for run := range 3 {
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			var digits []any
			for _, n := range nodes {
				d, err := n.Grad()
				if err != nil {
					t.Fatal(err)
				}
				digits = append(digits, numbers(d))
				d.(*tensor.Dense).Zero() // the machine adds to it
			}
			vm.Reset()
			s := fmt.Sprintf("%x", digits)
			if run == 0 {
				first = s
			}
			if s != first {
				t.Errorf("%+v, run %d: %s; want %s", mode, run, s, first)
			}
		}
		vm.Close()
	}
}

// TestCheckpointsAcrossMethods: whatever the method and the budget, the gradient is Backprop{}'s to the last digit.
func TestCheckpointsAcrossMethods(t *testing.T) {
	for _, m := range solvers.Methods() {
		if _, _, err := solvers.SolveTape(still, []float64{0}, 0, 1, &solvers.Settings{Method: m}); errors.Is(err,
			solvers.ErrNotSupported) {
			continue
		}
		f := testFields()[0]
		h := how{opts: []Option{Method(m), Step(0.07)}}
		want := f.in(t, tensor.Float64).gradients(h, true)
		for _, n := range []int{1, 4} {
			var stats Stats
			h.opts = []Option{Method(m), Step(0.07), Gradient(Backprop{Checkpoints: n}), Record(&stats)}
			if d := f.in(t, tensor.Float64).gradients(h, true).difference(t, want); d != 0 {
				t.Errorf("%s, %d checkpoints: difference %g", m.Name(), n, d)
			}
			if stats.Backward().Steps == 0 {
				t.Errorf("%s, %d checkpoints: no step was taken again", m.Name(), n)
			}
		}
	}
}
