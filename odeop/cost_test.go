package odeop

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// effort is a running cost of two numbers with a parameter of its own: (Σ y², w·Σ t y).
func effort(w *graph.Param) Field {
	return func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		a := must(graph.Reshape(must(G.Sum(must(G.Square(y)))), 1))
		b := must(graph.Reshape(must(G.Sum(must(G.HadamardProd(y, t)))), 1))
		return G.Concat(0, a, must(G.HadamardProd(b, w.In(y.Graph()))))
	}
}

func costModel(t *testing.T, at bool, opts ...Option) gradientModel {
	f := testFields()[0]
	m := f.in(t, tensor.Float64)
	w, err := graph.NewParam("cost weight", graph.Values([]float64{0.7}), tensor.Float64, 1)
	if err != nil {
		t.Fatal(err)
	}
	return func(g *G.ExprGraph) (*G.Node, []input) {
		y0 := newNode(g, tensor.Float64, "y0", f.y, numbers(m.y0.Value()))
		u := newNode(g, tensor.Float64, "u0", f.args[0], numbers(m.nodes[0].Value()))
		inputs := []input{{"y0", y0}, {"u0", u}, {"cost weight", w.In(g)}}
		for _, p := range m.ps {
			inputs = append(inputs, input{p.Name(), p.In(g)})
		}
		var sol *CostSolution
		all := append([]Option{Args(u)}, opts...)
		if at {
			times := newNode(g, tensor.Float64, "times", []int{len(m.when)}, m.when)
			inputs = append(inputs, input{"times", times})
			sol, err = SolveAtWithCost(f.field(m.ps), effort(w), y0, times, all...)
		} else {
			sol, err = SolveWithCost(f.field(m.ps), effort(w), y0, m.when, all...)
		}
		if err != nil {
			t.Fatal(err)
		}
		return weightedSum(g, must(sol.States()), must(sol.Costs()), must(sol.Cost()), must(sol.Final())), inputs
	}
}

// With constant steps the numbers computed are a smooth function of everything, times included.
func TestCostGradientsAreDifferences(t *testing.T) {
	for _, m := range []solvers.Method{solvers.RK4{}, solvers.Dopri5{}} {
		checkDifferences(t, m.Name(), costModel(t, true, Method(m), Step(0.2)), 1e-3, 1e-9)
	}
	// Under error control with a tight tolerance, they are so to that tolerance.
	checkDifferences(t, "controlled", costModel(t, true, Tolerance(1e-12, 1e-12)), 1e-3, 1e-8)
	checkDifferences(t, "cost controlled", costModel(t, true, Tolerance(1e-12, 1e-12), CostErrorControl()), 1e-3, 1e-8)
}

func TestCostGradientsOfAllModesAgree(t *testing.T) {
	gradients := func(lisp bool, opts ...Option) outcome {
		g := G.NewGraph()
		loss, inputs := costModel(t, false, opts...)(g)
		return run(t, g, loss, inputs, lisp)
	}
	constant := []Option{Method(solvers.RK4{}), Step(0.1)}
	back := gradients(false, constant...)
	unrolled := gradients(false, append(constant, Gradient(Unrolled{}))...)
	if d := back.difference(t, unrolled); !(d <= 1e-12) {
		t.Errorf("Backprop and Unrolled: difference %g", d)
	}
	if d := back.difference(t, gradients(true, constant...)); !(d <= 1e-13) {
		t.Errorf("TapeMachine and LispMachine: difference %g", d)
	}
	tight := Tolerance(1e-11, 1e-11)
	exact := gradients(false, tight)
	for _, mode := range []GradientMode{Adjoint{}, InterpolatedAdjoint{}, GaussAdjoint{}, Forward{}} {
		if d := exact.difference(t, gradients(false, tight, Gradient(mode))); !(d <= 1e-8) {
			t.Errorf("Backprop and %T: difference %g", mode, d)
		}
	}
}

// solveCost runs y' = f with a running cost and returns the states, the costs and the statistics.
func solveCost(t *testing.T, f, g Field, y0 []float64, times []float64, opts ...Option) (ys, costs []float64,
	w solvers.Stats) {
	t.Helper()
	gr := G.NewGraph()
	var stats Stats
	n := newNode(gr, tensor.Float64, "y0", []int{len(y0)}, y0)
	sol, err := SolveWithCost(f, g, n, times, append([]Option{Record(&stats)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	a, b := must(sol.States()), must(sol.Costs())
	vm := G.NewTapeMachine(gr)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return numbers(a.Value()), numbers(b.Value()), stats.Forward()
}

// The states are those of Solve to the last digit, unless the cost is to count; it is quick here, cos 40 t.
func TestCostLeavesTheStatesAlone(t *testing.T) {
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	quick := func(t, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Cos(scaled(40, t)) }
	y0, times := []float64{1, -2}, []float64{0, 1, 2.5}

	g := G.NewGraph()
	var stats Stats
	ys := must(Solve(field, newNode(g, tensor.Float64, "y0", []int{2}, y0), times, Record(&stats)))
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []solvers.Settings{{}, {Norm: solvers.RMS{}},
		{RTols: []float64{1e-6, 1e-6}, ATols: []float64{1e-8, 1e-8}}} {
		got, _, w := solveCost(t, field, quick, y0, times, Settings(s))
		if !slices.Equal(got, numbers(ys.Value())) || w.Steps != stats.Forward().Steps {
			t.Errorf("%+v: states %v in %d steps, without a cost %v in %d", s, got, w.Steps, ys.Value(), stats.Forward().Steps)
		}
		_, costs, w := solveCost(t, field, quick, y0, times, Settings(s), CostErrorControl())
		for i, at := range times {
			if want := math.Sin(40*at) / 40; math.Abs(costs[i]-want) > 1e-5 {
				t.Errorf("%+v: cost at %g is %g, want %g", s, at, costs[i], want)
			}
		}
		if w.Steps < 2*stats.Forward().Steps {
			t.Errorf("%+v: %d steps where the cost counts, %d where it doesn't", s, w.Steps, stats.Forward().Steps)
		}
	}
}

func TestCostShapes(t *testing.T) {
	for _, f := range testFields() {
		m := f.in(t, tensor.Float32)
		squares := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			if y.IsScalar() {
				return G.Square(y)
			}
			return G.Sum(must(G.Square(y)))
		}
		sol, err := SolveWithCost(m.field(m.ps), squares, m.y0, m.when, Args(m.nodes...))
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		n := len(m.when)
		for _, c := range []struct {
			of   func() (*G.Node, error)
			want []int
		}{
			{sol.States, append([]int{n}, f.y...)},
			{sol.Final, f.y},
			{sol.Costs, []int{n}},
			{sol.Cost, nil},
		} {
			a, err := c.of()
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			if b, _ := c.of(); b != a {
				t.Errorf("%s: two nodes for one part", f.name)
			}
			if !slices.Equal(a.Shape(), c.want) {
				t.Errorf("%s: shape %v, want %v", f.name, a.Shape(), c.want)
			}
		}
	}
}

func TestCostErrors(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{1, 2})
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	times := []float64{0, 1}
	for _, c := range []struct {
		f, g Field
		opts []Option
		want string
	}{
		{nil, sum, nil, "no field"},
		{field, nil, nil, "no running cost"},
		{field, func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return nil, nil }, nil, "the running cost returned no node"},
		{field, func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return y0, nil }, nil, "running cost"},
		{sum, sum, nil, "the field returned shape"},
		{field, sum, []Option{Settings(solvers.Settings{RTols: []float64{1}})}, "tolerances of 1 components"},
	} {
		if _, err := SolveWithCost(c.f, c.g, y0, times, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, err := SolveAtWithCost(field, sum, y0, nil); err == nil {
		t.Error("no times were taken")
	}
	// What happens while solving names the element, of y or of the cost.
	for _, c := range []struct {
		f, g Field
		want string
	}{
		{func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }, sum, "y[0 1]"},
		{field, func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Log(must(G.Sub(G.NewConstant(0.5), t)))
		}, "the running cost"},
	} {
		g := G.NewGraph()
		sol, err := SolveWithCost(c.f, c.g, newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{1, 2}), times)
		if err != nil {
			t.Fatal(err)
		}
		must(sol.Cost())
		vm := G.NewTapeMachine(g)
		err = Cause(vm.RunAll())
		var e *solvers.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		vm.Close()
	}
}

// Forward.WRT names the caller's y0, also where it is an arg as well, and what is left out has no columns.
func TestForwardOfY0WithCost(t *testing.T) {
	field := func(_, y *G.Node, a ...*G.Node) (*G.Node, error) { return G.HadamardProd(a[0], G.Must(G.Neg(y))) }
	square := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }
	gradient := func(arg, at bool, opts ...Option) []float64 {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 0.5})
		u := newNode(g, tensor.Float64, "u", []int{2}, []float64{0.7, 1.1})
		if arg {
			u = y0
		}
		opts = append(opts, Args(u), Method(solvers.RK4{}), Step(0.1))
		if opts[0] == nil {
			opts[0] = Gradient(Forward{WRT: G.Nodes{y0}})
		}
		var sol *CostSolution
		var err error
		if times := []float64{0, 1}; at {
			sol, err = SolveAtWithCost(field, square, y0, newNode(g, tensor.Float64, "times", []int{2}, times), opts...)
		} else {
			sol, err = SolveWithCost(field, square, y0, times, opts...)
		}
		if err != nil {
			t.Fatal(err)
		}
		return run(t, g, weighted(g, must(sol.Costs())), []input{{"y0", y0}}, false).grads["y0"]
	}
	for _, arg := range []bool{false, true} {
		for _, at := range []bool{false, true} {
			// Both are exact for the numbers computed.
			if d := relative(gradient(arg, at, nil), gradient(arg, at, Gradient(Backprop{}))); !(d <= 1e-13) {
				t.Errorf("y0 as an arg: %v, SolveAt: %v: difference %g", arg, at, d)
			}
		}
	}
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 0.5})
	other := newNode(g, tensor.Float64, "other", []int{2}, []float64{1, 1})
	_, err := SolveWithCost(field, square, y0, []float64{0, 1}, Args(y0), Gradient(Forward{WRT: G.Nodes{other}}))
	if err == nil || !strings.Contains(err.Error(), "no input of the solve") {
		t.Errorf("another node: error %v", err)
	}
}
