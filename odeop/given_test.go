package odeop_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// A NaN among the args and the parameters is named, and not the first f that it makes NaN alone.
func TestNonFiniteGiven(t *testing.T) {
	weight, err := graph.NewParam("w", graph.Values([]float64{1, math.Inf(1)}), tensor.Float64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	byWeight := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.BroadcastHadamardProd(y, weight.In(y.Graph()), nil, []byte{0})
	}
	byArg := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.HadamardProd(y, args[0]) }
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	byArgSum := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.Sum(G.Must(G.Add(y, args[0]))) }
	type opts = []odeop.Option
	solve := func(f odeop.Field, o ...odeop.Option) func(y0, u *G.Node) (*G.Node, error) {
		return func(y0, u *G.Node) (*G.Node, error) {
			return odeop.SolveFinal(f, y0, []float64{0, 1}, append(opts{odeop.Args(u)}, o...)...)
		}
	}
	events := func(f, when odeop.Field) func(y0, u *G.Node) (*G.Node, error) {
		return func(y0, u *G.Node) (*G.Node, error) {
			sol, err := odeop.SolveEvents(f, y0, []float64{0, 1}, []odeop.Event{{When: when}}, odeop.Args(u))
			if err != nil {
				return nil, err
			}
			return sol.Final()
		}
	}
	for i, c := range []struct {
		of   func(y0, u *G.Node) (*G.Node, error)
		want string
	}{
		{solve(byWeight), "w[0 1] is +Inf: "},
		{solve(byArg), "arg 0 (u)[1 0] is NaN: "},
		{solve(byArg, odeop.Method(solvers.RK4{}), odeop.Step(0.5)), "arg 0 (u)[1 0] is NaN: "},
		{solve(byArg, odeop.Method(solvers.Radau{})), "arg 0 (u)[1 0] is NaN: "},
		{solve(byWeight, odeop.PerRow()), "w[0 1] is +Inf: "},
		{func(y0, u *G.Node) (*G.Node, error) {
			return odeop.SolveFinal(byArg, y0, []float64{0, 1}, odeop.PerRow(), odeop.RowArgs(u))
		}, "row arg 0 (u)[1 0] is NaN: "},
		{events(byArg, sum), "arg 0 (u)[1 0] is NaN: "},
		{events(sink, byArgSum), "arg 0 (u)[1 0] is NaN: "},
		{func(y0, u *G.Node) (*G.Node, error) {
			sol, err := odeop.SolveWithCost(sink, byArgSum, y0, []float64{0, 1}, odeop.Args(u))
			if err != nil {
				return nil, err
			}
			return sol.Cost()
		}, "arg 0 (u)[1 0] is NaN: "},
	} {
		g := G.NewGraph()
		u := G.NodeFromAny(g, tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 1, math.NaN(), 1})),
			G.WithName("u"))
		if _, err := c.of(matrix(g, 1, 2, 3, 4), u); err != nil {
			t.Fatal(err)
		}
		fails(t, fmt.Sprint("case ", i), g, c.want)
	}
}

// An arg with a part for each row is one for RowArgs, where the field of one row cannot make sense of it.
func TestArgOfRowsIsForRowArgs(t *testing.T) {
	field := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.HadamardProd(y, args[0]) }
	g := G.NewGraph()
	y0, u := matrix(g, 1, 2, 3, 4), matrix(g, 1, 2, 3, 4)
	_, err := odeop.SolveFinal(field, y0, []float64{0, 1}, odeop.PerRow(), odeop.Args(u))
	if err == nil || !strings.Contains(err.Error(), "of shape (2, 2) is handed whole to each row") ||
		!strings.Contains(err.Error(), "RowArgs") {
		t.Errorf("error %v", err)
	}
	if _, err := odeop.SolveFinal(field, y0, []float64{0, 1}, odeop.PerRow(), odeop.RowArgs(u)); err != nil {
		t.Error(err)
	}
}

// A norm of more components than there are is an error of Solve: of y, and with PerRow of a row.
func TestNormIsLookedAtBeforeTheRun(t *testing.T) {
	for _, c := range []struct {
		first int
		opts  []odeop.Option
		fine  bool
	}{
		{4, nil, true}, {5, nil, false}, {2, []odeop.Option{odeop.PerRow()}, true}, {3, []odeop.Option{odeop.PerRow()}, false},
		{5, []odeop.Option{odeop.Method(solvers.Radau{})}, false},
	} {
		for _, norm := range []solvers.Norm{solvers.RMS{First: c.first}, solvers.Max{First: c.first}} {
			_, err := odeop.Solve(sink, matrix(G.NewGraph(), 1, 2, 3, 4), []float64{0, 1},
				append(c.opts, odeop.Settings(solvers.Settings{Norm: norm}))...)
			if (err == nil) != c.fine {
				t.Errorf("%#v: error %v", norm, err)
			}
		}
	}
	_, err := odeop.Solve(sink, matrix(G.NewGraph(), 1, 2), []float64{0, 1},
		odeop.Settings(solvers.Settings{Norm: solvers.NormFunc(nil)}))
	if err == nil {
		t.Error("a nil NormFunc is taken")
	}
}
