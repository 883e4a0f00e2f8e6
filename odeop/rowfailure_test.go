package odeop

import (
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
	if r := rows.Rows(); len(r) != 4 || r[0].Err != nil || r[1].Status != solvers.StepTooSmall ||
		r[3].Status != solvers.BadInput {
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
