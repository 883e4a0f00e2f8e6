package odeop

import (
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The option PerRow: all rows at the times of the call, as a constant or as a node whose gradient is the sum over the rows.
func TestPerRowOption(t *testing.T) {
	times := []float64{0, 0.4, 1.3}
	solve := func(make func(m *rowModel, y0 *G.Node, opts []Option) (*G.Node, *G.Node, error)) ([]float64, outcome) {
		m := newRowModel(t, tensor.Float64, 4)
		g := G.NewGraph()
		y0, u, v, _ := m.nodes(g)
		ys, at, err := make(m, y0, []Option{Args(v), RowArgs(u), PerRow()})
		if err != nil {
			t.Fatal(err)
		}
		var value G.Value
		G.Read(ys, &value)
		inputs := []input{{"y0", y0}, {"u", u}, {"w", m.w.In(g)}}
		if at != nil {
			inputs = append(inputs, input{"times", at})
		}
		o := run(t, g, weighted(g, ys), inputs, false)
		return numbers(value), o
	}
	ys, o := solve(func(m *rowModel, y0 *G.Node, opts []Option) (*G.Node, *G.Node, error) {
		n, err := Solve(m.field, y0, times, opts...)
		return n, nil, err
	})
	if want := 3 * 4 * 2; len(ys) != want {
		t.Fatalf("%d states, want %d", len(ys), want)
	}
	same := func(name string, got []float64, p outcome) {
		t.Helper()
		if !slices.Equal(got, ys) {
			t.Errorf("%s: states %v, want %v", name, got, ys)
		}
		for k, v := range o.grads {
			if !slices.Equal(p.grads[k], v) {
				t.Errorf("%s: gradient by %s is %v, want %v", name, k, p.grads[k], v)
			}
		}
	}
	got, p := solve(func(m *rowModel, y0 *G.Node, opts []Option) (*G.Node, *G.Node, error) {
		at := newNode(y0.Graph(), m.dt, "times", []int{3}, times)
		n, err := SolveAt(m.field, y0, at, opts...)
		return n, at, err
	})
	same("SolveAt", got, p)
	byTimes := p.grads["times"]
	got, p = solve(func(m *rowModel, y0 *G.Node, opts []Option) (*G.Node, *G.Node, error) {
		n, err := SolveRows(m.field, y0, slices.Repeat([][]float64{times}, 4), opts...)
		return n, nil, err
	})
	same("SolveRows", got, p)
	got, p = solve(func(m *rowModel, y0 *G.Node, opts []Option) (*G.Node, *G.Node, error) {
		at := newNode(y0.Graph(), m.dt, "times", []int{4, 3}, slices.Repeat(times, 4))
		n, err := SolveRowsAt(m.field, y0, at, opts...)
		return n, at, err
	})
	same("SolveRowsAt", got, p)
	sum := make([]float64, 3)
	for i := range 4 {
		accumulate(sum, p.grads["times"][3*i:3*i+3])
	}
	if relative(byTimes, sum) > 1e-13 {
		t.Errorf("gradient by the times is %v, the sum of the rows' is %v", byTimes, sum)
	}
	final, _ := solve(func(m *rowModel, y0 *G.Node, opts []Option) (*G.Node, *G.Node, error) {
		n, err := SolveFinal(m.field, y0, times, opts...)
		return n, nil, err
	})
	if !slices.Equal(final, ys[16:]) {
		t.Errorf("SolveFinal: %v, want %v", final, ys[16:])
	}
}

// A row that has fewer times stays at its last state; so does one whose times in a matrix repeat. Its cotangents add up
// there.
func TestRowsOfDifferentLengths(t *testing.T) {
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	ragged := [][]float64{{0, 1, 2}, {1}, {0, -1}}
	state := func(row, j int) float64 {
		ts := ragged[row]
		at := ts[min(j, len(ts)-1)]
		return float64(row+1) * math.Exp(ts[0]-at)
	}
	var want []float64
	for j := range 3 {
		for row := range 3 {
			want = append(want, state(row, j))
		}
	}
	for _, c := range []string{"list", "node", "final"} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{3}, []float64{1, 2, 3})
		inputs := []input{{"y0", y0}}
		var ys *G.Node
		var err error
		tight := Tolerance(1e-11, 1e-11)
		expected, gradient := want, []float64{1 + math.Exp(-1) + math.Exp(-2), 3, 1 + 2*math.E}
		switch c {
		case "list":
			ys, err = SolveRows(field, y0, ragged, tight)
		case "final":
			ys, err = SolveRowsFinal(field, y0, ragged, tight)
			expected, gradient = want[6:], []float64{math.Exp(-2), 1, math.E}
		default:
			at := newNode(g, tensor.Float64, "times", []int{3, 3}, []float64{0, 1, 2, 1, 1, 1, 0, -1, -1})
			inputs = append(inputs, input{"times", at})
			ys, err = SolveRowsAt(field, y0, at, tight)
		}
		if err != nil {
			t.Fatal(err)
		}
		var value G.Value
		G.Read(ys, &value)
		o := run(t, g, G.Must(G.Sum(ys)), inputs, false)
		if got := numbers(value); relative(got, expected) > 1e-9 {
			t.Errorf("%s: %v, want %v", c, got, expected)
		}
		if relative(o.grads["y0"], gradient) > 1e-9 {
			t.Errorf("%s: gradient %v, want %v", c, o.grads["y0"], gradient)
		}
		if c == "node" {
			e1, e2 := math.Exp(-1), math.Exp(-2)
			by := []float64{e1 + e2, -e1, -e2, 0, 0, 0, 6 * math.E, -6 * math.E, 0}
			if relative(o.grads["times"], by) > 1e-9 {
				t.Errorf("gradient by the times %v, want %v", o.grads["times"], by)
			}
		}
	}
}

// A row with a single time stays there, however large the time is: from 2⁵³ on, a time and the next unit are the same
// number.
func TestSingleTimeOfARow(t *testing.T) {
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	for _, large := range []float64{1 << 53, -1e300} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2, 1}, []float64{1, 3})
		fixed := must(SolveRowsFinal(field, y0, [][]float64{{large}, {0, 1}}))
		at := newNode(g, tensor.Float64, "times", []int{2, 2}, []float64{large, large, 0, 1})
		moved := must(SolveRowsAt(field, y0, at))
		vm := G.NewTapeMachine(g)
		if err := vm.RunAll(); err != nil {
			t.Fatalf("%g: %v", large, err)
		}
		if a, b := numbers(fixed.Value())[0], numbers(moved.Value())[2]; a != 1 || b != 1 {
			t.Errorf("%g: states %g and %g, want 1", large, a, b)
		}
		vm.Close()
	}
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 1}, []float64{1, 3})
	for want, times := range map[string][][]float64{
		"odeop: solve: row 1: times[0] is NaN":              {{0, 1}, {math.NaN()}},
		"odeop: solve: row 0: times[0] is +Inf":             {{math.Inf(1)}, {0, 1}},
		"odeop: solve: row 0: times[2] = 0.5 turns back fr": {{0, 1, 0.5}, {0, 1}},
	} {
		if _, err := SolveRows(field, y0, times); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
