package odeop

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// rotation is q' = p, p' = −q for rows (q, p): y·J.
func rotation(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.Mul(y, must(graph.Constant(y, []float64{0, -1, 1, 0}, 2, 2)))
}

// halvesOf is q' = p, p' = −q for a state (2, …) of positions and then momenta.
func halvesOf(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.Mul(must(graph.Constant(y, []float64{0, 1, -1, 0}, 2, 2)), y)
}

func decaying(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }

// A symplectic method is refused where the halves of the flattened state are not positions and momenta: two rows of
// (q, p), whose first half is a whole row, and y' = −y, in all ways to solve.
func TestSymplecticMethodsWantSeparableFields(t *testing.T) {
	gentle := []Option{Method(solvers.Yoshida4{}), Step(0.25)}
	for _, c := range []struct {
		name  string
		field Field
		shape []int
		dtype tensor.Dtype
		opts  []Option
		want  string // empty: it is solved
	}{
		{"rows of (q, p)", rotation, []int{2, 2}, tensor.Float64, gentle,
			"the derivative of the position y[0 0] depends on the positions"},
		{"float32", rotation, []int{2, 2}, tensor.Float32, gentle, "of shape (2, rows, d), or rows (q, p) and PerRow"},
		{"rows on their own", rotation, []int{2, 2}, tensor.Float64, append(gentle, PerRow()), ""},
		{"halves", halvesOf, []int{2, 3}, tensor.Float64, gentle, ""},
		{"halves in float32", halvesOf, []int{2, 3}, tensor.Float32, gentle, ""},
		{"decay", decaying, []int{2}, tensor.Float64, gentle, "y[0]"},
		{"decay of rows", decaying, []int{2, 2}, tensor.Float64, append(gentle, PerRow()), "that is within a row"},
		{"unrolled", decaying, []int{2}, tensor.Float64, append(gentle, Gradient(Unrolled{})), "not separable"},
		{"unrolled in float32", rotation, []int{2, 2}, tensor.Float32, append(gentle, Gradient(Unrolled{})), "not separable"},
		{"doubled steps", decaying, []int{2}, tensor.Float64, []Option{Method(solvers.StepDoubling{Method: solvers.Verlet{}})},
			"odeop: solve: doubling: the field is not separable"},
		{"a pointer", decaying, []int{2}, tensor.Float64, []Option{Method(&solvers.Verlet{})}, "not separable"},
		{"one position of two", rotation, []int{1, 2}, tensor.Float64, []Option{Method(solvers.Verlet{Positions: 1})}, ""},
		{"another division", halvesOf, []int{2, 2}, tensor.Float64, []Option{Method(solvers.Verlet{Positions: 3})},
			"the first 3"},
	} {
		g := G.NewGraph()
		y0 := newNode(g, c.dtype, "y0", c.shape, []float64{1, 0, 2, 0, 0.5, 0.5}[:tensor.Shape(c.shape).TotalSize()])
		_, err := SolveFinal(c.field, y0, []float64{0, 1}, c.opts...)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 0})
	when := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return graph.Element(y, 0) }
	if _, err := SolveEvents(decaying, y0, []float64{0, 1}, []Event{{When: when}}, gentle...); err == nil {
		t.Error("a solve with events takes it")
	}
	squares := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }
	if _, err := SolveWithCost(halvesOf, squares, y0, []float64{0, 1}, gentle...); err == nil ||
		!strings.Contains(err.Error(), "not separable") {
		t.Errorf("two costs as momenta of two positions: %v", err)
	}
	if _, err := CheckGradient(decaying, y0, []float64{0, 1}, gentle...); err == nil {
		t.Error("CheckGradient takes it")
	}
}

// The layouts that are taken come to the rotation of each row, to the order of the method: by t = 5 the phase is off
// by some h⁴.
func TestSymplecticLayoutsOfABatch(t *testing.T) {
	sin, cos := math.Sincos(5)
	want := []float64{cos, -sin, 2 * cos, -2 * sin} // of the rows (1, 0) and (2, 0)
	for _, c := range []struct {
		name  string
		field Field
		y0    []float64
		at    []int // where what is wanted stands
		opts  []Option
	}{
		{"positions, then momenta", halvesOf, []float64{1, 2, 0, 0}, []int{0, 2, 1, 3}, nil},
		{"rows on their own", rotation, []float64{1, 0, 2, 0}, []int{0, 1, 2, 3}, []Option{PerRow()}},
	} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, c.y0)
		y, err := SolveFinal(c.field, y0, []float64{0, 5}, append(c.opts, Method(solvers.Yoshida4{}), Step(0.1))...)
		if err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(g)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		got := numbers(y.Value())
		for i, k := range c.at {
			if !(math.Abs(got[k]-want[i]) <= 2*5*1e-4) {
				t.Errorf("%s: %v, want %v at %v", c.name, got, want, c.at)
				break
			}
		}
		vm.Close()
	}
}
