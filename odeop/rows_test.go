package odeop

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// rowModel is y' = tanh(y·w + b)⊙u·cos t + v − y/2 on rows of two: u is a row's own, v is shared.
type rowModel struct {
	t       *testing.T
	dt      tensor.Dtype
	w, b    *graph.Param
	y0, u   [][]float64
	v       []float64
	times   [][]float64
	options []Option
}

func newRowModel(t *testing.T, dt tensor.Dtype, rows int) *rowModel {
	t.Helper()
	m := &rowModel{t: t, dt: dt, v: []float64{0.3, -0.2}}
	var err error
	if m.w, err = graph.NewParam("w", graph.Values([]float64{0.8, -1.1, 0.6, 0.9}), dt, 2, 2); err != nil {
		t.Fatal(err)
	}
	if m.b, err = graph.NewParam("b", graph.Values([]float64{0.1, -0.3}), dt, 1, 2); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		x := float64(i)
		m.y0 = append(m.y0, []float64{math.Sin(x + 1), math.Cos(2*x) + 0.1})
		m.u = append(m.u, []float64{1 + 2*math.Sin(3*x), 0.5 + 0.3*x})
		// Spans of lengths of their own, one in three backwards.
		end := 0.7 + 0.4*x
		if i%3 == 2 {
			end = -end
		}
		at := 0.2 * x
		m.times = append(m.times, []float64{at, at + 0.3*end, at + 0.55*end, at + end})
	}
	return m
}

func (m *rowModel) field(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
	g := y.Graph()
	z := must(G.BroadcastAdd(must(G.Mul(y, m.w.In(g))), m.b.In(g), nil, []byte{0}))
	z = must(G.HadamardProd(must(G.HadamardProd(must(G.Tanh(z)), args[1])), must(G.Cos(t))))
	z = must(G.BroadcastAdd(z, args[0], nil, []byte{0}))
	return G.Sub(z, scaled(0.5, y))
}

// rows is the model with some of its rows, in that order.
func (m *rowModel) rows(which ...int) *rowModel {
	n := *m
	n.y0, n.u, n.times = nil, nil, nil
	for _, i := range which {
		n.y0, n.u, n.times = append(n.y0, m.y0[i]), append(n.u, m.u[i]), append(n.times, m.times[i])
	}
	return &n
}

func (m *rowModel) nodes(g *G.ExprGraph) (y0, u, v, times *G.Node) {
	n := len(m.y0)
	return newNode(g, m.dt, "y0", []int{n, 2}, slices.Concat(m.y0...)), newNode(g, m.dt, "u", []int{n, 2}, slices.Concat(m.u...)),
		newNode(g, m.dt, "v", []int{1, 2}, m.v), newNode(g, m.dt, "times", []int{n, len(m.times[0])}, slices.Concat(m.times...))
}

// in makes the solve at times that are a node, and its inputs.
func (m *rowModel) in(g *G.ExprGraph) (*G.Node, []input) {
	m.t.Helper()
	y0, u, v, times := m.nodes(g)
	ys, err := SolveRowsAt(m.field, y0, times, append([]Option{Args(v), RowArgs(u)}, m.options...)...)
	if err != nil {
		m.t.Fatal(err)
	}
	return ys, []input{{"y0", y0}, {"times", times}, {"u", u}, {"v", v}, {"w", m.w.In(g)}, {"b", m.b.In(g)}}
}

// run is the states, of shape (times, rows, 2), and the gradients of Σ cos(1+i+j+k)-like weights, which depend on the number of
// a row in the whole model alone: ids has those.
func (m *rowModel) run(ids []int, lisp bool) (ys []float64, o outcome) {
	m.t.Helper()
	g := G.NewGraph()
	node, inputs := m.in(g)
	n, k := len(m.y0), len(m.times[0])
	var weights []float64
	for j := range k {
		for i := range n {
			weights = append(weights, math.Cos(float64(1+7*ids[i]+3*j)), math.Sin(float64(2+5*ids[i]+j)))
		}
	}
	var value G.Value
	G.Read(node, &value)
	loss := G.Must(G.Sum(G.Must(G.HadamardProd(node, newNode(g, m.dt, "weights", []int{k, n, 2}, weights)))))
	if lisp {
		value = nil
	}
	o = run(m.t, g, loss, inputs, lisp)
	if value != nil {
		ys = numbers(value)
	}
	return ys, o
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// Every digit of a row, of its states and of its gradients, is the same in whatever company and in whatever place the row is.
// Sums over the rows, by what they share, differ by rounding.
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
		m.options = []Option{Method(method), Tolerance(1e-4, 1e-5)}
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

// A row that has fewer times stays at its last state; so does one whose times in a matrix repeat. Its cotangents add up there.
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

// Rows take the steps that each needs, and share evaluations: the work is that of solves alone, in as few calls as the
// slowest row has evaluations.
func TestRowsShareEvaluations(t *testing.T) {
	field := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { // y' = (v, −ω²x)
		x, v := columnOf(y, 0), columnOf(y, 1)
		return G.Concat(1, v, must(G.Neg(must(G.HadamardProd(args[0], x)))))
	}
	speeds := []float64{1, 4, 9, 400, 2500, 0.01}
	g := G.NewGraph()
	n := len(speeds)
	y0 := newNode(g, tensor.Float64, "y0", []int{n, 2}, slices.Repeat([]float64{1, 0}, n))
	w := newNode(g, tensor.Float64, "w", []int{n, 1}, speeds)
	var rows RowStats
	var sum Stats
	y, err := SolveFinal(field, y0, []float64{0, 2}, PerRow(), RowArgs(w), RecordRows(&rows), Record(&sum))
	if err != nil {
		t.Fatal(err)
	}
	run(t, g, G.Must(G.Sum(y)), []input{{"y0", y0}}, false)
	var total, backward solvers.Stats
	most := 0
	records := rows.Rows()
	for i, r := range records {
		if r.Status != solvers.Success || r.Err != nil || r.T != 2 {
			t.Errorf("row %d: %+v", i, r)
		}
		total.Add(r.Forward)
		backward.Add(r.Backward)
		most = max(most, r.Forward.F)
	}
	if records[4].Forward.Steps < 5*records[0].Forward.Steps {
		t.Errorf("%d steps for ω = 50, %d for ω = 1", records[4].Forward.Steps, records[0].Forward.Steps)
	}
	if total != sum.Forward() || backward != sum.Backward() || backward.VJP == 0 {
		t.Errorf("rows add up to %+v and %+v, recorded are %+v and %+v", total, backward, sum.Forward(), sum.Backward())
	}
	forward, back := rows.Calls()
	if forward < most || forward > most+most/10 || back == 0 || back >= backward.VJP+backward.F {
		t.Errorf("%d calls forward, %d backward; the slowest row has %d evaluations", forward, back, most)
	}
}

// blowUp is y' = y²: a row that begins at 2 reaches infinity at t = ½.
func blowUp(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }

func TestFailedRows(t *testing.T) {
	times := []float64{0, 0.25, 1}
	model := func(opts ...Option) (*G.ExprGraph, *G.Node, *G.Node) {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{4, 1}, []float64{0.5, 2, -1, math.NaN()})
		ys, err := Solve(blowUp, y0, times, append(opts, PerRow())...)
		if err != nil {
			t.Fatal(err)
		}
		return g, y0, ys
	}
	// By default a failed row is an error that names it.
	var rows RowStats
	g, _, _ := model(RecordRows(&rows))
	vm := G.NewTapeMachine(g)
	err := Cause(vm.RunAll())
	vm.Close()
	for _, want := range []string{"2 rows failed", "row 1", "y[1 0]", "t=0.5"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	var e *solvers.RowsError
	if !errors.As(err, &e) || !slices.Equal(e.Rows, []int{1, 3}) || !errors.Is(err, solvers.ErrStepTooSmall) ||
		!errors.Is(err, solvers.ErrBadInput) {
		t.Errorf("error %#v", err)
	}
	if r := rows.Rows(); len(r) != 4 || r[0].Err != nil || r[1].Status != solvers.StepTooSmall || r[3].Status != solvers.BadInput {
		t.Errorf("rows %+v", r)
	}

	// Where it is allowed, the states behind the failure are NaN, and the others have their gradients.
	var sum Stats
	g, y0, ys := model(AllowFailedRows(), Record(&sum))
	var value G.Value
	G.Read(ys, &value)
	finite := must(graph.Constant(ys, slices.Repeat([]float64{1, 0, 1, 0}, 3), 3, 4, 1))
	loss := G.Must(G.Sum(must(graph.Where(finite, ys, must(graph.Constant(ys, make([]float64, 12), 3, 4, 1))))))
	o := run(t, g, loss, []input{{"y0", y0}}, false)
	got := numbers(value)
	for j, at := range times {
		for i, y := range []float64{0.5, 2, -1, math.NaN()} {
			want := y / (1 - y*at)
			if i == 1 && at == 1 {
				want = math.NaN()
			}
			if g := got[4*j+i]; math.IsNaN(want) != math.IsNaN(g) || math.Abs(g-want) > 1e-5 {
				t.Errorf("row %d at %g: %g, want %g", i, at, g, want)
			}
		}
	}
	for i, y := range []float64{0.5, math.Inf(-1), -1, math.Inf(-1)} { // ∂/∂y of y/(1 − y t) is 1/(1 − y t)²
		want := 0.0
		for _, at := range times {
			want += 1 / ((1 - y*at) * (1 - y*at))
		}
		if math.IsInf(y, 0) {
			want = 0
		}
		if d := math.Abs(o.grads["y0"][i] - want); !(d < 1e-4) {
			t.Errorf("gradient of row %d is %g, want %g", i, o.grads["y0"][i], want)
		}
	}
	if sum.Status() != solvers.StepTooSmall {
		t.Errorf("status %v", sum.Status())
	}
}

func TestRowErrors(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{3, 2}, []float64{1, 2, 3, 4, 5, 6})
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	u := newNode(g, tensor.Float64, "u", []int{2, 2}, []float64{1, 2, 3, 4})
	elsewhere := newNode(G.NewGraph(), tensor.Float64, "elsewhere", []int{3, 2}, make([]float64, 6))
	times := []float64{0, 1}
	norm := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		one := must(graph.Constant(y, slices.Repeat([]float64{1}, y.Shape().TotalSize()), y.Shape()...))
		out, _, _, _, err := G.BatchNorm(y, one, one, 0.1, 1e-5)
		return out, err
	}
	mixing := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.HadamardProd(y, must(G.Mean(y))) }
	reversed := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { // row i sees row 0
		first := must(graph.Slice(y, G.S(0, 1)))
		return G.BroadcastHadamardProd(y, first, nil, []byte{0})
	}
	mask := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Dropout(y, t, 0.5, 1) }
	fixed := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Constant(y, make([]float64, 6), 3, 2) }
	for _, c := range []struct {
		name string
		f    Field
		opts []Option
		want string
	}{
		{"batch norm", norm, nil, "running statistics"},
		{"mean of the batch", mixing, nil, "mixes the rows of y: row 0"},
		{"first row", reversed, nil, "mixes the rows of y: row 1"},
		{"dropout", mask, nil, "dropout mask"},
		{"fixed shape", fixed, nil, "the field sees one row"},
		{"adjoint", field, []Option{Gradient(Adjoint{})}, "gradient mode Backprop"},
		{"unrolled", field, []Option{Gradient(Unrolled{}), Method(solvers.RK4{})}, "gradient mode Backprop"},
		{"row arg of two rows", field, []Option{RowArgs(u)}, "and y0 has 3 rows"},
		{"row arg elsewhere", field, []Option{RowArgs(elsewhere)}, "another graph"},
		{"nil row arg", field, []Option{RowArgs(nil)}, "row arg 0 is nil"},
		{"tolerances", field, []Option{Settings(solvers.Settings{RTols: make([]float64, 6)})}, "a row of y0"},
		{"no row stats", field, []Option{RecordRows(nil)}, "no stats"},
	} {
		if _, err := Solve(c.f, y0, times, append(c.opts, PerRow())...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	number := newNode(g, tensor.Float64, "number", nil, []float64{1})
	if _, err := Solve(field, number, times, PerRow()); err == nil || !strings.Contains(err.Error(), "no rows") {
		t.Errorf("a number: error %v", err)
	}
	for _, opt := range []Option{RowArgs(elsewhere), AllowFailedRows(), RecordRows(&RowStats{})} {
		if _, err := Solve(field, y0, times, opt); err == nil || !strings.Contains(err.Error(), "PerRow") {
			t.Errorf("without PerRow: error %v", err)
		}
	}
	_, err := SolveEvents(field, y0, times, []Event{{When: field}}, PerRow())
	if err == nil || !strings.Contains(err.Error(), "PerRow") {
		t.Errorf("SolveEvents: error %v", err)
	}
	for _, c := range []struct {
		times [][]float64
		want  string
	}{
		{[][]float64{{0, 1}}, "times for 1 rows, and y0 has 3"},
		{[][]float64{{0, 1}, {}, {0, 1}}, "row 1 has no times"},
		{[][]float64{{0, 1}, {0, 1}, {0, 1, 1}}, "row 2"},
		{[][]float64{{0, 1}, {0, 1}, {0, 1, 0.5}}, "row 2"},
		{[][]float64{{0, 1}, {math.NaN()}, {0, 1}}, "row 1"},
		{[][]float64{{0, math.Inf(1)}, {0}, {0, 1}}, "row 0"},
	} {
		if _, err := SolveRows(field, y0, c.times); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want one with %q", c.times, err, c.want)
		}
	}
	vector := newNode(g, tensor.Float64, "vector", []int{2}, times)
	if _, err := SolveRowsAt(field, y0, nil); err == nil {
		t.Error("no times were taken")
	}
	if _, err := SolveRowsAt(field, y0, vector); err == nil || !strings.Contains(err.Error(), "want a matrix of 3 rows") {
		t.Errorf("times of shape (2): error %v", err)
	}
}

// A running cost of each row is that of the row alone.
func TestCostPerRow(t *testing.T) {
	const rows = 4
	m := newRowModel(t, tensor.Float64, rows)
	times := []float64{0, 0.5, 1.2}
	cost := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) { // of shape (1, 2)
		return G.HadamardProd(must(G.Square(y)), args[1])
	}
	solve := func(m *rowModel, extra ...Option) (ys, costs []float64, shape tensor.Shape, o outcome) {
		g := G.NewGraph()
		y0, u, v, _ := m.nodes(g)
		opts := append([]Option{Method(solvers.RK4{}), Step(0.1)}, extra...)
		if len(m.y0) == rows {
			opts = append(opts, PerRow(), Args(v), RowArgs(u))
		} else {
			opts = append(opts, Args(v, u))
		}
		sol, err := SolveWithCost(m.field, cost, y0, times, opts...)
		if err != nil {
			t.Fatal(err)
		}
		a, b := must(sol.States()), must(sol.Costs())
		var av, bv G.Value
		G.Read(a, &av)
		G.Read(b, &bv)
		o = run(t, g, G.Must(G.Add(G.Must(G.Sum(a)), G.Must(G.Sum(b)))), []input{{"y0", y0}, {"u", u}, {"w", m.w.In(g)}}, false)
		return numbers(av), numbers(bv), b.Shape(), o
	}
	ys, costs, shape, o := solve(m)
	if want := []int{3, rows, 2}; !slices.Equal(shape, want) {
		t.Fatalf("costs of shape %v, want %v", shape, want)
	}
	byW := make([]float64, 4)
	for i := range rows {
		y, c, _, p := solve(m.rows(i))
		for j := range times {
			at := (j*rows + i) * 2
			if !slices.Equal(ys[at:at+2], y[2*j:2*j+2]) || !slices.Equal(costs[at:at+2], c[2*j:2*j+2]) {
				t.Errorf("row %d at %g: %v, %v; alone %v, %v", i, times[j], ys[at:at+2], costs[at:at+2], y[2*j:2*j+2], c[2*j:2*j+2])
			}
		}
		for _, name := range []string{"y0", "u"} {
			if relative(o.grads[name][2*i:2*i+2], p.grads[name]) > 1e-13 {
				t.Errorf("row %d: gradient by %s is %v, alone %v", i, name, o.grads[name][2*i:2*i+2], p.grads[name])
			}
		}
		accumulate(byW, p.grads["w"])
	}
	if relative(o.grads["w"], byW) > 1e-13 {
		t.Errorf("gradient by w is %v, want %v", o.grads["w"], byW)
	}
	if _, err := SolveWithCost(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.HadamardProd(y, must(G.Mean(y)))
	}, cost, newNode(G.NewGraph(), tensor.Float64, "y0", []int{2, 2}, make([]float64, 4)), times, PerRow()); err == nil {
		t.Error("a field that mixes rows was taken")
	}
}

func BenchmarkPerRow(b *testing.B) {
	for _, rows := range []int{20, 200} {
		for _, perRow := range []bool{false, true} {
			b.Run(fmt.Sprintf("rows=%d/perrow=%t", rows, perRow), func(b *testing.B) {
				w, err := graph.NewParam("w", graph.Values(make([]float64, 2*50)), tensor.Float64, 2, 50)
				if err != nil {
					b.Fatal(err)
				}
				v, err := graph.NewParam("v", graph.Values(make([]float64, 50*2)), tensor.Float64, 50, 2)
				if err != nil {
					b.Fatal(err)
				}
				for i, p := range []*graph.Param{w, v} {
					x := make([]float64, p.Size())
					for j := range x {
						x[j] = math.Sin(float64(7*j + i))
					}
					if err := p.Set(x); err != nil {
						b.Fatal(err)
					}
				}
				field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
					return G.Mul(must(G.Tanh(must(G.Mul(y, w.In(y.Graph()))))), v.In(y.Graph()))
				}
				g := G.NewGraph()
				x := make([]float64, 2*rows)
				for i := range x {
					x[i] = math.Cos(float64(3 * i))
				}
				y0 := newNode(g, tensor.Float64, "y0", []int{rows, 2}, x)
				var opts []Option
				if perRow {
					opts = append(opts, PerRow())
				}
				y, err := SolveFinal(field, y0, []float64{0, 1}, opts...)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := G.Grad(G.Must(G.Sum(y)), w.In(g), v.In(g)); err != nil {
					b.Fatal(err)
				}
				vm := G.NewTapeMachine(g)
				defer vm.Close()
				for b.Loop() {
					if err := vm.RunAll(); err != nil {
						b.Fatal(err)
					}
					vm.Reset()
				}
			})
		}
	}
}

// A row with a single time stays there, however large the time is: from 2⁵³ on, a time and the next unit are the same number.
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
