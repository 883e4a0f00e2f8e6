package odeop

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// Every digit of a row, of its states and of its gradients, is the same in whatever company and in whatever place the
// row is. Sums over the rows, by what they share, differ by rounding.
func TestRowsKeepTheirDigits(t *testing.T) {
	const rows = 11
	for _, opts := range [][]Option{
		{},
		{Method(solvers.RK4{}), Step(0.1)},
		{Method(solvers.Radau{}), Tolerance(1e-5, 1e-5)},
		{Method(solvers.Adams{}), Tolerance(1e-4, 1e-4)},
	} {
		m := newRowModel(t, tensor.Float64, rows)
		m.options = opts
		ys, all := m.run(upTo(rows), false)
		k := len(m.times[0])
		for _, which := range [][]int{{10, 3, 7, 0, 1, 9, 2, 8, 4, 6, 5}, {0, 1, 2, 3, 4}, {5, 6, 7, 8, 9, 10}, {4}} {
			part := m.rows(which...)
			got, o := part.run(which, false)
			for i, row := range which {
				for j := range k {
					a, b := got[(j*len(which)+i)*2:][:2], ys[(j*rows+row)*2:][:2]
					if !slices.Equal(a, b) {
						t.Fatalf("%d options, %v: row %d at its time %d is %v, in the whole batch %v", len(opts), which, row, j, a, b)
					}
				}
				for name, size := range map[string]int{"y0": 2, "u": 2, "times": k} {
					a, b := o.grads[name][i*size:][:size], all.grads[name][row*size:][:size]
					if !slices.Equal(a, b) {
						t.Errorf("%d options, %v: gradient of row %d by %s is %v, in the whole batch %v", len(opts), which, row, name, a, b)
					}
				}
			}
			if len(which) == rows {
				for _, name := range []string{"v", "w", "b"} {
					if d := relative(o.grads[name], all.grads[name]); d > 1e-13 {
						t.Errorf("%d options, %v: gradient by %s differs by %g", len(opts), which, name, d)
					}
				}
			}
		}
	}
}

// Each row is what Solve makes of it alone, for every method, and so is its gradient.
func TestRowsAreSolvesOfEach(t *testing.T) {
	const rows = 3
	methods := 0
	for _, method := range solvers.Methods() {
		_, _, err := solvers.SolveTape(still, []float64{0}, 0, 1, &solvers.Settings{Method: method})
		if errors.Is(err, solvers.ErrNotSupported) {
			continue // it has no gradient
		}
		methods++
		m := newRowModel(t, tensor.Float64, rows)
		if m.options = []Option{Method(method)}; method.Info().Adaptive() {
			m.options = append(m.options, Tolerance(1e-4, 1e-5))
		}
		ys, all := m.run(upTo(rows), false)
		sums := map[string][]float64{}
		for i := range rows {
			one := m.rows(i)
			g := G.NewGraph()
			y0, u, v, _ := one.nodes(g)
			times := newNode(g, m.dt, "own times", []int{4}, one.times[0])
			node, err := SolveAt(m.field, y0, times, append(m.options, Args(v, u))...)
			if err != nil {
				t.Fatal(err)
			}
			var w []float64
			for j := range 4 {
				w = append(w, math.Cos(float64(1+7*i+3*j)), math.Sin(float64(2+5*i+j)))
			}
			var value G.Value
			G.Read(node, &value)
			loss := G.Must(G.Sum(G.Must(G.HadamardProd(node, newNode(g, m.dt, "weights", []int{4, 1, 2}, w)))))
			o := run(t, g, loss, []input{{"y0", y0}, {"times", times}, {"u", u}, {"v", v}, {"w", m.w.In(g)}, {"b", m.b.In(g)}}, false)
			for j := range 4 {
				if a, b := ys[(j*rows+i)*2:][:2], numbers(value)[j*2:][:2]; relative(a, b) > 1e-13 {
					t.Errorf("%s: row %d at its time %d is %v, alone %v", method.Name(), i, j, a, b)
				}
			}
			for name, size := range map[string]int{"y0": 2, "u": 2, "times": 4} {
				if a, b := all.grads[name][i*size:][:size], o.grads[name]; relative(a, b) > 1e-11 {
					t.Errorf("%s: gradient of row %d by %s is %v, alone %v", method.Name(), i, name, a, b)
				}
			}
			for _, name := range []string{"v", "w", "b"} {
				if sums[name] == nil {
					sums[name] = make([]float64, len(o.grads[name]))
				}
				accumulate(sums[name], o.grads[name])
			}
		}
		for name, want := range sums {
			if d := relative(all.grads[name], want); d > 1e-11 {
				t.Errorf("%s: gradient by %s differs by %g from the sum of each row's", method.Name(), name, d)
			}
		}
	}
	if all := len(solvers.Methods()); methods < all/2 {
		t.Errorf("%d of %d methods", methods, all)
	}
}

func TestRowGradientsAreDifferences(t *testing.T) {
	model := func(opts ...Option) gradientModel {
		m := newRowModel(t, tensor.Float64, 4)
		m.options = opts
		return func(g *G.ExprGraph) (*G.Node, []input) {
			ys, inputs := m.in(g)
			return weighted(g, ys), inputs
		}
	}
	for _, method := range []solvers.Method{solvers.RK4{}, solvers.Dopri5{}} {
		checkDifferences(t, method.Name(), model(Method(method), Step(0.2)), 1e-3, 1e-9)
	}
	checkDifferences(t, "controlled", model(Tolerance(1e-12, 1e-12)), 1e-3, 1e-8)
}

// Fewer states kept change no digit of a gradient by what is a row's own.
func TestRowGradientsFromCheckpoints(t *testing.T) {
	m := newRowModel(t, tensor.Float64, 5)
	_, all := m.run(upTo(5), false)
	m.options = []Option{Gradient(Backprop{Checkpoints: 2})}
	_, few := m.run(upTo(5), false)
	for _, name := range []string{"y0", "times", "u"} {
		if !slices.Equal(all.grads[name], few.grads[name]) {
			t.Errorf("gradient by %s is %v, of all states %v", name, few.grads[name], all.grads[name])
		}
	}
	if d := few.difference(t, all); !(d <= 1e-13) {
		t.Errorf("difference %g", d)
	}
}

func TestRowsOfMachinesAndTypesAgree(t *testing.T) {
	m := newRowModel(t, tensor.Float64, 5)
	m.options = []Option{Method(solvers.RK4{}), Step(0.1)}
	_, tape := m.run(upTo(5), false)
	_, lisp := m.run(upTo(5), true)
	if d := tape.difference(t, lisp); !(d <= 1e-13) {
		t.Errorf("TapeMachine and LispMachine: difference %g", d)
	}
	s := newRowModel(t, tensor.Float32, 5)
	s.options = m.options
	_, single := s.run(upTo(5), false)
	if d := single.difference(t, tape); !(d <= 2e-5) {
		t.Errorf("float32: difference %g", d)
	}
}
