package cde

import (
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

func TestModelsThatAreRefused(t *testing.T) {
	for want, opts := range map[string][]Option{
		"option 0 is nil":         {nil},
		"dtype int":               {WithDtype(tensor.Int)},
		"no widths":               {WithWidths()},
		"0 steps":                 {WithSteps(0, solvers.RK4{})},
		"no method":               {WithSteps(1, nil)},
		"explicit Runge–Kutta":    {WithSteps(1, solvers.Radau{})},
		"WithField of no layer":   {WithField(nil)},
		"WithInitial of no layer": {WithInitial(nil)},
		"widths 3 and 0":          {WithWidths(0)},
	} {
		_, err := New(rand.New(rand.NewPCG(1, 1)), "cde", 2, 3, opts...)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "cde: ") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := New(nil, "", 1, 1); err == nil {
		t.Error("a model without a name")
	}
	if _, err := New(nil, "cde", 0, 1); err == nil {
		t.Error("a model without channels")
	}
}

func TestInputsThatAreRefused(t *testing.T) {
	times, values := series(rand.New(rand.NewPCG(1, 2)), 3)
	c := stack(t, paths(t, Options{}, times, values), 0)
	g := G.NewGraph()
	x, err := c.Nodes(g, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	single, err := c.Nodes(g, tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	m := newModel(t, c.Channels())
	for name, x := range map[string]*Nodes{
		"nil": nil, "no slopes": {Start: x.Start}, "float32": single, "mixed up": {Start: x.Start, Slopes: G.Nodes{x.Start}},
	} {
		if _, err := m.Forward(x); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := newModel(t, 7).States(x); err == nil {
		t.Error("other channels: no error")
	}
	if _, err := c.Nodes(g, tensor.Int); err == nil {
		t.Error("nodes of integers: no error")
	}
	longer := stack(t, paths(t, Options{}, times, values), 5)
	if err := x.Let(longer); err == nil {
		t.Error("a longer control: no error")
	}
	straight := stack(t, paths(t, Options{Interpolation: Linear}, times, values), 0)
	if err := x.Let(straight); err == nil {
		t.Error("a linear control for cubic nodes: no error")
	}
	straight.Cubic()
	if err := x.Let(straight); err != nil {
		t.Error(err)
	}
	if _, err := FromStates(x.Start); err == nil {
		t.Error("states of rank 2: no error")
	}
}

// A path through the values of a node is that through the same numbers.
func TestFromStates(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	points := make([]float64, 4*2*3)
	for i := range points {
		points[i] = rng.NormFloat64()
	}
	var ps []*Path
	for b := range 2 {
		var rows [][]float64
		for k := range 4 {
			rows = append(rows, points[(k*2+b)*3:(k*2+b)*3+3])
		}
		ps = append(ps, straight(rows))
	}
	m := newModel(t, 3)
	want := run(t, m, stack(t, ps, 0))
	g := G.NewGraph()
	x, err := FromStates(G.NewTensor(g, tensor.Float64, 3, G.WithShape(4, 2, 3), G.WithName("xs"),
		G.WithValue(tensor.New(tensor.WithShape(4, 2, 3), tensor.WithBacking(points)))))
	if err != nil {
		t.Fatal(err)
	}
	z, err := m.States(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range evaluate(t, z)[0] {
		if v != want[i] {
			t.Fatalf("state %d: %g, want %g", i, v, want[i])
		}
	}
}
