package odeop

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// rowChecks are the checks of a model's rows: at times for all, at times of their own, of which some have fewer, and
// with a cost.
func (m *rowModel) check(kind string, opts ...Option) (*Check, error) {
	y0, u, v, _ := m.nodes(G.NewGraph())
	opts = append([]Option{Args(v), RowArgs(u), PerRow()}, opts...)
	switch kind {
	case "rows":
		times := slices.Clone(m.times)
		times[1], times[2] = times[1][:2], times[2][:1]
		return CheckRowsGradient(m.field, y0, times, opts...)
	case "cost":
		return CheckCostGradient(m.field, rowCost, y0, []float64{0, 0.4, 1.1}, opts...)
	}
	return CheckGradient(m.field, y0, []float64{0, 0.4, 1.1}, opts...)
}

func rowCost(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
	return G.HadamardProd(must(G.Square(y)), must(G.HadamardProd(args[1], must(G.Cos(t)))))
}

// With the steps of each row held, its differences are those of the numbers computed at any tolerance.
func TestCheckGradientPerRow(t *testing.T) {
	const rows = 4
	for _, kind := range []string{"one", "rows", "cost"} {
		for name, opts := range map[string][]Option{
			"controlled": {Tolerance(1e-3, 1e-3)},
			"constant":   {Method(solvers.RK4{}), Step(0.15)},
			"implicit":   {Method(solvers.Radau{}), Tolerance(1e-4, 1e-6)},
			"multistep":  {Method(solvers.Adams{}), Tolerance(1e-4, 1e-4)},
			"checkpoint": {Gradient(Backprop{Checkpoints: 3}), Tolerance(1e-5, 1e-5)},
		} {
			c, err := newRowModel(t, tensor.Float64, rows).check(kind, opts...)
			if err != nil {
				t.Fatalf("%s, %s: %v", kind, name, err)
			}
			if err := c.Err(2e-8); err != nil {
				t.Errorf("%s, %s: %v\n%v", kind, name, err, c)
			}
			var names []string
			for _, p := range c.Parts {
				names = append(names, fmt.Sprint(p.Name, " ", p.Size))
			}
			times := map[string]int{"one": 3, "rows": 4 * rows, "cost": 3}[kind]
			want := []string{"y0 8", fmt.Sprint("times ", times), "arg 0 (v) 2", "row arg 0 (u) 8", "w 4", "b 2"}
			if !slices.Equal(names, want) {
				t.Errorf("%s: parts %q, want %q", kind, names, want)
			}
		}
	}
}

// A row that failed has no gradient, and no difference.
func TestCheckGradientOfFailedRows(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 1}, []float64{2, 0.3}) // y' = y² ends at t = 1/y0
	c, err := CheckGradient(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }, y0, []float64{0, 0.4, 1},
		PerRow(), AllowFailedRows())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Err(1e-8); err != nil {
		t.Errorf("%v\n%v", err, c)
	}
}

// The events happen in the same steps, at times that are found again.
func TestCheckEventsGradient(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		for name, opts := range map[string][]Option{
			"controlled": {Tolerance(1e-4, 1e-4)},
			"constant":   {Method(solvers.RK4{}), Step(0.21)},
			"one room":   {Occurrences(1), Gradient(Backprop{Checkpoints: 3})},
			"implicit":   {Method(solvers.Radau{}), Tolerance(1e-5, 1e-5)},
		} {
			s := newSwitched(t, tensor.Float64)
			c, err := CheckEventsGradient(s.field(s.ps), s.y0, s.when, s.events(terminal, 0), append(opts, Args(s.nodes...))...)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := c.Err(1e-7); err != nil {
				t.Errorf("%s, terminal %t: %v\n%v", name, terminal, err, c)
			}
			if want := 2 + 1 + len(s.ps) + 2; len(c.Parts) != want {
				t.Errorf("%d parts, want %d\n%v", len(c.Parts), want, c)
			}
		}
	}
}

// Every mode that CheckGradient takes, with a cost; nothing is added to the caller's graph.
func TestCheckCostGradient(t *testing.T) {
	for name, opts := range map[string][]Option{
		"controlled": {Tolerance(1e-3, 1e-3)},
		"counted":    {Tolerance(1e-3, 1e-3), CostErrorControl()},
		"constant":   {Method(solvers.RK4{}), Step(0.15)},
		"reversible": {Method(solvers.RK4{}), Step(0.1), Gradient(Reversible{})},
		"forward":    {Tolerance(1e-4, 1e-4), Gradient(Forward{})},
		"adjoint":    {Tolerance(1e-11, 1e-11), Gradient(Adjoint{})},
		"tolerances": {Settings(solvers.Settings{RTols: []float64{1e-3, 1e-4, 1e-5, 1e-3, 1e-4, 1e-5}})},
	} {
		m := testFields()[0].in(t, tensor.Float64)
		w, err := graph.NewParam("cost weight", graph.Values([]float64{0.7}), tensor.Float64, 1)
		if err != nil {
			t.Fatal(err)
		}
		before := len(m.g.AllNodes())
		c, err := CheckCostGradient(m.field(m.ps), effort(w), m.y0, m.when, append(opts, Args(m.nodes...))...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := c.Err(3e-8); err != nil {
			t.Errorf("%s: %v\n%v", name, err, c)
		}
		if want := 2 + 1 + len(m.ps) + 1; len(c.Parts) != want || c.Parts[0].Size != 6 {
			t.Errorf("%d parts, want %d\n%v", len(c.Parts), want, c)
		}
		if n := len(m.g.AllNodes()); n != before {
			t.Errorf("%s: %d nodes, %d before", name, n, before)
		}
	}
}

// lopsided is the Op x³ whose author took 2x² for its derivative.
type lopsided struct{ steep }

func (lopsided) Arity() int { return 1 }
func (lopsided) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(a, a)
}
func (lopsided) Do(in ...G.Value) (G.Value, error) {
	x := numbers(in[0])
	for i, v := range x {
		x[i] = v * v * v
	}
	if len(in[0].Shape()) == 0 {
		return G.NewF64(x[0]), nil
	}
	return tensor.New(tensor.WithShape(in[0].Shape()...), tensor.WithBacking(x)), nil
}
func (lopsided) WriteHash(h hash.Hash) { _, _ = h.Write([]byte("lopsided")) }
func (lopsided) Hashcode() uint32 {
	h := fnv.New32a()
	lopsided{}.WriteHash(h)
	return h.Sum32()
}
func (lopsided) String() string            { return "lopsided" }
func (lopsided) DiffWRT(inputs int) []bool { return slices.Repeat([]bool{true}, inputs) }
func (lopsided) SymDiff(inputs G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.HadamardProd(must(G.Square(inputs[0])), grad)
	if err != nil {
		return nil, err
	}
	return G.Nodes{scaled(2, d)}, nil
}

// A wrong derivative is found wherever the solve uses it; the error has the element that it is worst for, with both values.
func TestChecksFindAWrongDerivative(t *testing.T) {
	still := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	cubed := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.ApplyOp(lopsided{}, y) }
	fading := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(must(cubed(t, y))) }
	// Of y only the last element is cubed.
	last := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Sum(must(G.ApplyOp(lopsided{}, must(graph.Slice(y, G.S(2, 3))))))
	}
	event := func(e Event) func(y0 *G.Node, times []float64) (*Check, error) {
		return func(y0 *G.Node, times []float64) (*Check, error) {
			return CheckEventsGradient(still, y0, times, []Event{e})
		}
	}
	drops := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { // at y₂ = 0.9
		return G.Sub(must(graph.Element(y, 2)), G.NewConstant(0.9))
	}
	for _, c := range []struct {
		name  string
		check func(y0 *G.Node, times []float64) (*Check, error)
	}{
		{"field", func(y0 *G.Node, times []float64) (*Check, error) { return CheckGradient(fading, y0, times) }},
		{"cost", func(y0 *G.Node, times []float64) (*Check, error) { return CheckCostGradient(still, last, y0, times) }},
		{"event", event(Event{When: func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.Sub(must(G.Add(must(last(nil, y)), must(graph.Element(y, 1)))), G.NewConstant(0.8))
		}})},
		{"map", event(Event{When: drops, Map: cubed})},
	} {
		y0 := newNode(G.NewGraph(), tensor.Float64, "y0", []int{3}, []float64{0.1, 0.2, 1.1})
		check, err := c.check(y0, []float64{0, 0.3, 0.6})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		err = check.Err(1e-6)
		w := check.Worst()
		if err == nil || !(check.Parts[0].Error > 1e-4) {
			t.Errorf("%s: error %v\n%v", c.name, err, check)
			continue
		}
		for _, part := range []string{fmt.Sprint(w.Name, " at ", w.Index), fmt.Sprintf("%.10g", w.Gradient),
			fmt.Sprintf("%.10g", w.Difference)} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not in: %v", c.name, part, err)
			}
		}
	}
}

// The field of rows takes no such Op, so here an element of the gradient is changed: it is named by part, row and place.
func TestChecksNameTheElementOfARow(t *testing.T) {
	for _, c := range []struct {
		part  int
		at    int
		name  string
		index []int
	}{{0, 5, "y0", []int{2, 1}}, {1, 4*3 + 2, "times", []int{3, 2}}, {3, 1, "row arg 0 (u)", []int{0, 1}},
		{4, 2, "w", []int{1, 0}}} {
		m := newRowModel(t, tensor.Float64, 4)
		y0, u, v, _ := m.nodes(G.NewGraph())
		p, err := newRowsProblem(m.field, y0, m.times, nil, false, []Option{Args(v), RowArgs(u)})
		if err != nil {
			t.Fatal(err)
		}
		ch, err := newChecker(p)
		if err != nil {
			t.Fatal(err)
		}
		gradient := ch.gradient
		ch.gradient = func(w []float64) ([][]float64, error) {
			grads, err := gradient(w)
			grads[c.part][c.at] *= 1.001
			grads[c.part][c.at] += 0.001
			return grads, err
		}
		check, err := ch.run(nil)
		if err != nil {
			t.Fatal(err)
		}
		if w := check.Worst(); w.Name != c.name || !slices.Equal(w.Index, c.index) || check.Err(1e-7) == nil {
			t.Errorf("worst is %+v, want %s at %v", w, c.name, c.index)
		}
	}
}

func TestChecksRefuse(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, []float64{1, 2, 3, 4})
	single := newNode(g, tensor.Float32, "single", []int{2, 2}, []float64{1, 2, 3, 4})
	empty := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 2), G.WithName("empty"))
	bad := newNode(g, tensor.Float64, "bad", []int{2, 2}, []float64{1, math.NaN(), 3, 4})
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	sum := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sum(y) }
	times := []float64{0, 1}
	for _, c := range []struct {
		y0   *G.Node
		opts []Option
		want string
	}{
		{single, nil, "checked in float64"},
		{empty, nil, "y0 has no value"},
		{y0, []Option{Args(empty)}, "arg 0 (empty) has no value"},
		{y0, []Option{MaxSteps(1)}, "too many steps"},
		{bad, nil, "NaN"},
		{nil, nil, "no node"},
	} {
		for name, check := range map[string]func() (*Check, error){
			"CheckGradient": func() (*Check, error) { return CheckGradient(field, c.y0, times, append(c.opts, PerRow())...) },
			"CheckRowsGradient": func() (*Check, error) {
				return CheckRowsGradient(field, c.y0, [][]float64{times, times}, c.opts...)
			},
			"CheckEventsGradient": func() (*Check, error) {
				return CheckEventsGradient(field, c.y0, times, []Event{{When: sum}}, c.opts...)
			},
			"CheckCostGradient": func() (*Check, error) { return CheckCostGradient(field, sum, c.y0, times, c.opts...) },
		} {
			if _, err := check(); err == nil || !strings.HasPrefix(err.Error(), "odeop: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want one with %q", name, err, c.want)
			}
		}
	}
	for want, check := range map[string]func() (*Check, error){
		"no events":        func() (*Check, error) { return CheckEventsGradient(field, y0, times, nil) },
		"no running cost":  func() (*Check, error) { return CheckCostGradient(field, nil, y0, times) },
		"times for 1 rows": func() (*Check, error) { return CheckRowsGradient(field, y0, [][]float64{times}) },
		"gradient mode Backprop": func() (*Check, error) {
			return CheckEventsGradient(field, y0, times, []Event{{When: sum}}, Gradient(Adjoint{}))
		},
		"to Gorgonia": func() (*Check, error) { return CheckCostGradient(field, sum, y0, times, Gradient(Unrolled{}), Step(1)) },
		"no field":    func() (*Check, error) { return CheckCostGradient(nil, sum, y0, times) },
	} {
		if _, err := check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
