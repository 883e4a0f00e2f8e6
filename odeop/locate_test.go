package odeop_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// matrix is a node of shape (len(v)/2, 2).
func matrix(g *G.ExprGraph, v ...float64) *G.Node {
	return G.NodeFromAny(g, tensor.New(tensor.WithShape(len(v)/2, 2), tensor.WithBacking(v)), G.WithName("y0"))
}

// fails runs a graph and compares the error.
func fails(t *testing.T, name string, g *G.ExprGraph, want ...string) {
	t.Helper()
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	err := odeop.Cause(vm.RunAll())
	if !errors.Is(err, solvers.ErrNonFinite) {
		t.Errorf("%s: error %v, want ErrNonFinite", name, err)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q is not in: %v", name, w, err)
		}
	}
}

// root is y' = √|y|, whose slope is infinite where y is zero.
func root(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sqrt(G.Must(G.Abs(y))) }

// late has an infinite slope by t at ½: y' = y √|t − ½|.
func late(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.HadamardProd(y, G.Must(G.Sqrt(G.Must(G.Abs(G.Must(G.Sub(t, G.NewConstant(0.5))))))))
}

// undefined is y' = y √(½ − t), NaN in the second half.
func undefined(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.HadamardProd(y, G.Must(G.Sqrt(G.Must(G.Sub(G.NewConstant(0.5), t)))))
}

// negative is y' = ln y − 2, NaN in the row whose y is or falls below zero.
func negative(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.Sub(G.Must(G.Log(y)), G.NewConstant(2.0))
}

// constant steps of ¼ by RK4, whose stages are at multiples of ⅛.
func quarters() []odeop.Option { return []odeop.Option{odeop.Method(solvers.RK4{}), odeop.Step(0.25)} }

// TestNonFiniteBackward has a field with an infinite slope in one row at all times, and in all rows when t reaches ½:
// the error of the backward pass says which Op it is, and where.
func TestNonFiniteBackward(t *testing.T) {
	row := []string{"row 1", "derivative of sqrt", "[1 0]"}
	time := []string{"at t=0.5", "derivative of sqrt"}
	for _, c := range []struct {
		name  string
		field odeop.Field
		mode  odeop.GradientMode
		y0    []float64
		want  []string
	}{
		{"a row", root, odeop.Backprop{}, []float64{1, 2, 0, 3, 4, 5}, append(row, "at t=1")},
		{"a row of the adjoint", root, odeop.Adjoint{}, []float64{1, 2, 0, 3, 4, 5}, row},
		{"a row of the interpolated adjoint", root, odeop.InterpolatedAdjoint{}, []float64{1, 2, 0, 3, 4, 5}, row},
		{"a row of the Gauss adjoint", root, odeop.GaussAdjoint{}, []float64{1, 2, 0, 3, 4, 5}, row},
		{"a row of checkpoints", root, odeop.Backprop{Checkpoints: 2}, []float64{1, 2, 0, 3, 4, 5}, row},
		{"a row of the reversible", root, odeop.Reversible{}, []float64{1, 2, 0, 3, 4, 5}, row},
		{"a row of the sensitivities", root, odeop.Forward{}, []float64{1, 2, 0, 3, 4, 5}, row},
		{"a time", late, odeop.Backprop{}, []float64{1, 2, 3, 4, 5, 6}, time},
	} {
		g := G.NewGraph()
		y0 := matrix(g, c.y0...)
		y, err := odeop.SolveAt(c.field, y0, G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{0, 1})),
			G.WithName("times")),
			append(quarters(), odeop.Gradient(c.mode))...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := G.Grad(G.Must(G.Sum(y)), y0); err != nil {
			t.Fatal(err)
		}
		fails(t, c.name, g, c.want...)
	}
}

// TestNonFiniteBackwardOfRows: the row is that of the batch, whose own times and args the field saw, also where only
// the sum over the rows, a gradient by what they share, is not finite.
func TestNonFiniteBackwardOfRows(t *testing.T) {
	shared, err := graph.NewParam("shared", graph.Values([]float64{0, 0}), tensor.Float64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	// y' = u √|shared + v|, u and v the row's: by shared infinite where v is zero.
	byShared := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
		s := G.Must(G.Sqrt(G.Must(G.Abs(G.Must(G.BroadcastAdd(args[0], shared.In(y.Graph()), nil, []byte{0}))))))
		return G.Add(y, s)
	}
	for _, c := range []struct {
		name  string
		field odeop.Field
		want  []string
	}{
		{"a row", root, []string{"row 2", "at t=1", "derivative of sqrt", "[0 1]", "backward"}},
		{"a sum", byShared, []string{"row 1", "at t=1", "derivative of sqrt", "backward"}},
	} {
		g := G.NewGraph()
		y0 := matrix(g, 1, 2, 3, 4, 1, 0)
		v := G.NodeFromAny(g, tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, 0, 3, 4, 5})), G.WithName("v"))
		y, err := odeop.SolveFinal(c.field, y0, []float64{0, 1}, append(quarters(), odeop.PerRow(), odeop.RowArgs(v))...)
		if err != nil {
			t.Fatal(err)
		}
		wrt := y0
		if c.name == "a sum" {
			wrt = shared.In(g)
		}
		if _, err := G.Grad(G.Must(G.Sum(y)), wrt); err != nil {
			t.Fatal(err)
		}
		fails(t, c.name, g, c.want...)
	}
}

// TestNonFiniteBackwardOfEvents: it may be the field, the function of an event or its map.
func TestNonFiniteBackwardOfEvents(t *testing.T) {
	decay := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	half := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sub(t, G.NewConstant(0.375)) }
	zeroed := func(y *G.Node) *G.Node { return G.Must(G.Sub(y, y)) } // its derivative by y is zero times what follows
	for _, c := range []struct {
		name  string
		field odeop.Field
		event odeop.Event
		want  []string
	}{
		{"field", root, odeop.Event{When: half}, []string{"at t=", "row 1", "derivative of sqrt"}},
		{"when", decay, odeop.Event{Name: "level", When: func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Add(G.Must(half(t, y)), G.Must(G.Sum(G.Must(G.Sqrt(zeroed(y))))))
		}}, []string{"at t=0.375", `event "level": when: `, "derivative of sqrt", "[0 0]"}},
		{"map", decay, odeop.Event{When: half, Map: func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Add(y, G.Must(G.Sqrt(zeroed(y))))
		}}, []string{"at t=0.375", "event 0: map: ", "derivative of sqrt"}},
	} {
		g := G.NewGraph()
		y0 := matrix(g, 1, 2, 0, 3)
		sol, err := odeop.SolveEvents(c.field, y0, []float64{0, 1}, []odeop.Event{c.event}, quarters()...)
		if err != nil {
			t.Fatal(err)
		}
		loss := G.Must(G.Add(G.Must(G.Sum(G.Must(sol.Final()))), G.Must(G.Sum(G.Must(sol.Times())))))
		if _, err := G.Grad(loss, y0); err != nil {
			t.Fatal(err)
		}
		fails(t, c.name, g, append(c.want, "backward")...)
	}
}

// TestNonFiniteBackwardOfCosts: the Op is one of the field or of the running cost, and the row one of y's.
func TestNonFiniteBackwardOfCosts(t *testing.T) {
	decay := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	roots := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Sum(G.Must(G.Sqrt(G.Must(G.Abs(y)))))
	}
	for _, c := range []struct {
		name string
		f, g odeop.Field
		opts []odeop.Option
		want string
	}{
		{"field", root, sum, nil, "[2 1]"},
		{"cost", decay, roots, nil, "[2 1]"},
		{"field per row", root, sum, []odeop.Option{odeop.PerRow()}, "[0 1]"},
		{"cost per row", decay, roots, []odeop.Option{odeop.PerRow()}, "[0 1]"},
	} {
		g := G.NewGraph()
		y0 := matrix(g, 1, 2, 3, 4, 5, 0)
		sol, err := odeop.SolveWithCost(c.f, c.g, y0, []float64{0, 1}, append(c.opts, quarters()...)...)
		if err != nil {
			t.Fatal(err)
		}
		loss := G.Must(sol.Cost())
		if loss.Dims() > 0 {
			loss = G.Must(G.Sum(loss))
		}
		if _, err := G.Grad(loss, y0); err != nil {
			t.Fatal(err)
		}
		fails(t, c.name, g, "at t=1", "row 2", "derivative of sqrt", c.want)
	}
}

// TestNonFiniteSecondDerivative: that of √y at y = 1e-220, 1e330/4, is beyond float64, and its first derivative is not.
func TestNonFiniteSecondDerivative(t *testing.T) {
	for _, method := range []solvers.Method{solvers.RK4{}, solvers.Dopri5{}} {
		g := G.NewGraph()
		y0 := matrix(g, 1, 2, 0.5, 3, 4, 1e-220)
		y, err := odeop.SolveFinal(root, y0, []float64{0, 1}, odeop.Method(method), odeop.Step(0.25))
		if err != nil {
			t.Fatal(err)
		}
		first, err := graph.Grad(G.Must(G.Sum(y)), y0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := G.Grad(G.Must(G.Sum(first[0])), y0); err != nil {
			t.Fatal(err)
		}
		fails(t, method.Name(), g, "tangent", "at t=", "row 2", "derivative of ")
	}
}

// TestNonFiniteForward: where a solve ends because the field is not finite, the error says which Op makes it so, at
// which time and in which row; where an event's function is not, which event.
func TestNonFiniteForward(t *testing.T) {
	times := []float64{0, 1}
	var none []odeop.Option
	perRow := []odeop.Option{odeop.PerRow()}
	final := func(f odeop.Field, opts []odeop.Option) func(y0 *G.Node) (*G.Node, error) {
		return func(y0 *G.Node) (*G.Node, error) { return odeop.SolveFinal(f, y0, times, opts...) }
	}
	events := func(f, when odeop.Field, opts []odeop.Option) func(y0 *G.Node) (*G.Node, error) {
		return func(y0 *G.Node) (*G.Node, error) {
			sol, err := odeop.SolveEvents(f, y0, times, []odeop.Event{{Name: "level", When: when}}, opts...)
			if err != nil {
				return nil, err
			}
			return sol.Final()
		}
	}
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	rootOfTime := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Sqrt(G.Must(G.Sub(G.NewConstant(0.5), t)))
	}
	for i, c := range []struct {
		of   func(y0 *G.Node) (*G.Node, error)
		y0   []float64
		want []string
	}{
		{final(undefined, quarters()), []float64{1, 2, 3, 4}, []string{"at t=0.625", "sqrt is NaN"}},
		{final(undefined, none), []float64{1, 2, 3, 4}, []string{"at t=0.5", "sqrt is NaN"}},
		{final(undefined, []odeop.Option{odeop.Method(solvers.Radau{})}), []float64{1, 2, 3, 4},
			[]string{"at t=0.5", "sqrt is NaN"}},
		{final(negative, none), []float64{1, 2, -3, 4}, []string{"at t=0, row 1", "log of shape (2, 2) is NaN at [1 0]"}},
		{final(negative, quarters()), []float64{1e3, 2e3, 3e3, 0.2}, []string{"at t=0.125, row 1", "is NaN at [1 1]"}},
		{final(negative, perRow), []float64{1e3, 2e3, 3e3, -4}, []string{"at t=0, row 1", "is NaN at [0 1]"}},
		{final(undefined, append(quarters(), perRow...)), []float64{1, 2, 3, 4}, []string{"at t=0.625, row 0", "sqrt is NaN"}},
		{events(undefined, sum, quarters()), []float64{1, 2, 3, 4}, []string{"at t=0.625", "sqrt is NaN"}},
		{events(sink, rootOfTime, quarters()), []float64{1, 2, 3, 4}, []string{"at t=0.75", `event "level": when: sqrt is NaN`}},
		{func(y0 *G.Node) (*G.Node, error) {
			sol, err := odeop.SolveWithCost(sink, rootOfTime, y0, times, quarters()...)
			if err != nil {
				return nil, err
			}
			return sol.Cost()
		}, []float64{1, 2, 3, 4}, []string{"at t=0.625", "sqrt is NaN", "the running cost"}},
	} {
		g := G.NewGraph()
		if _, err := c.of(matrix(g, c.y0...)); err != nil {
			t.Fatal(err)
		}
		fails(t, fmt.Sprint("case ", i), g, c.want...)
	}
}

// sink is y' = −y.
func sink(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
