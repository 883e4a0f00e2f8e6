package layers

import (
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// withTime is a time layer at a fixed time, as a plain layer.
func withTime(l TimeLayer, time float64) Layer {
	return Func(func(x *G.Node) (*G.Node, error) {
		t, err := graph.Constant(x, []float64{time})
		if err != nil {
			return nil, err
		}
		return l.ForwardTime(t, x)
	}, l.Params()...)
}

func TestShapesOfLayers(t *testing.T) {
	id := Func(func(x *G.Node) (*G.Node, error) { return x, nil })
	for _, c := range []struct {
		name  string
		l     Layer
		shape []int
		want  []int
		value []float64 // of 1, 2, 3, …
	}{
		{"flatten", Flatten(), []int{2, 1, 3}, []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}},
		{"flatten of a matrix", Flatten(), []int{2, 2}, []int{2, 2}, []float64{1, 2, 3, 4}},
		{"augment a vector", Augment(2), []int{2}, []int{4}, []float64{1, 2, 0, 0}},
		{"augment a matrix", Augment(1), []int{2, 2}, []int{2, 3}, []float64{1, 2, 0, 3, 4, 0}},
		{"augment rank 3", Augment(1), []int{2, 1, 2}, []int{2, 1, 3}, []float64{1, 2, 0, 3, 4, 0}},
		{"augment one", Augment(1), []int{1, 1}, []int{1, 2}, []float64{1, 0}},
		{"project a vector", Project(1), []int{3}, []int{1}, []float64{1}},
		{"project a matrix", Project(2), []int{2, 3}, []int{2, 2}, []float64{1, 2, 4, 5}},
		{"project rank 3", Project(1), []int{2, 1, 2}, []int{2, 1, 1}, []float64{1, 3}},
		{"project all", Project(2), []int{1, 2}, []int{1, 2}, []float64{1, 2}},
		{"back from augment", Sequential(Augment(3), Project(2)), []int{2, 2}, []int{2, 2}, []float64{1, 2, 3, 4}},
		{"time on a vector", withTime(ConcatTime(), 9), []int{2}, []int{3}, []float64{1, 2, 9}},
		{"time on a matrix", withTime(ConcatTime(), 9), []int{2, 2}, []int{2, 3}, []float64{1, 2, 9, 3, 4, 9}},
		{"time on rank 3", withTime(ConcatTime(), 9), []int{2, 1, 1}, []int{2, 1, 2}, []float64{1, 9, 2, 9}},
		{"time on one", withTime(ConcatTime(), 9), []int{1, 1}, []int{1, 2}, []float64{1, 9}},
		{"residual", Residual(Square()), []int{3}, []int{3}, []float64{2, 6, 12}},
		{"residual of a time layer", withTime(Residual(Sequential(ConcatTime(), Project(2))), 9), []int{1, 2}, []int{1, 2},
			[]float64{2, 4}},
		{"sequential", Sequential(Square(), Residual(id)), []int{3}, []int{3}, []float64{2, 8, 18}},
		{"nested sequential", withTime(Sequential(Sequential(ConcatTime()), Sequential()), 9), []int{1}, []int{2},
			[]float64{1, 9}},
	} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			x := make([]float64, tensor.Shape(c.shape).TotalSize())
			for i := range x {
				x[i] = float64(i + 1)
			}
			y, err := c.l.Forward(node(G.NewGraph(), dt, "x", x, c.shape...))
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if !y.Shape().Eq(tensor.Shape(c.want)) {
				t.Errorf("%s: shape %v, want %v", c.name, y.Shape(), c.want)
			}
			v, _, err := onTape(y)
			if err != nil {
				t.Fatal(err)
			}
			near(t, c.name, v, c.value, 0)
		}
		if c.name != "flatten of a matrix" && c.name != "project all" {
			checkGradients(t, c.l, draw(newRand(1), tensor.Shape(c.shape).TotalSize()), c.shape...)
		}
	}
}

func TestCompositionErrors(t *testing.T) {
	g := G.NewGraph()
	vector, matrix := node(g, tensor.Float64, "v", []float64{1, 2}, 2), node(g, tensor.Float64, "m", []float64{1, 2}, 1, 2)
	number := node(g, tensor.Float64, "s", []float64{1})
	single := node(g, tensor.Float32, "f", []float64{1})
	broken := errors.New("broken")
	for _, c := range []struct {
		want string
		l    Layer
		x    *G.Node
	}{
		{"layers: flatten: the input has shape (2), want at least 2 axes", Flatten(), vector},
		{"layers: augment by 0: want at least 1", Augment(0), vector},
		{"layers: augment by 1: the input has shape (), want at least 1 axes", Augment(1), number},
		{"layers: project to 3: the input has shape (1, 2)", Project(3), matrix},
		{"layers: project to 0: the input has shape (1, 2)", Project(0), matrix},
		{"layers: concat time needs a time", ConcatTime(), vector},
		{"layers: concat time needs a time", Sequential(Tanh(), ConcatTime()), vector},
		{"layers: concat time needs a time", Residual(ConcatTime()), vector},
		{"layers: field func needs a time", FieldFunc(nil), vector},
		{"layers: field func: the field is nil", withTime(FieldFunc(nil), 1), vector},
		{"layers: sequential: layer 1 of 2 is nil", Sequential(Tanh(), nil), vector},
		{"layers: residual: the layer is nil", Residual(nil), vector},
		{"layers: residual: the layer makes float64 of shape (3) out of float64 of shape (2)", Residual(Augment(1)), vector},
		{"layers: func: the function is nil", Func(nil), vector},
		{"layers: func: it returned no node", Func(func(*G.Node) (*G.Node, error) { return nil, nil }), vector},
		{"layers: func: broken", Func(func(*G.Node) (*G.Node, error) { return nil, broken }), vector},
		{"layers: sequential: the input is no node of a graph", Sequential(), nil},
		{"layers: residual: the input is no node of a graph", Residual(Tanh()), nil},
		{"layers: func: the input is no node of a graph", Func(func(x *G.Node) (*G.Node, error) { return x, nil }), nil},
		{"layers: euler net of 0 blocks: want at least 1", EulerNet(Tanh(), 0), vector},
		{"layers: euler net of 2 blocks: the field is nil", EulerNet(nil, 2), vector},
		{"layers: euler net of 2 blocks: the layer makes", EulerNet(Augment(1), 2), vector},
	} {
		_, err := c.l.Forward(c.x)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if err != nil && strings.Count(err.Error(), "layers: ") != 1 && !strings.Contains(c.want, "field func") {
			t.Errorf("%v: prefixed twice", err)
		}
		c.l.Params() // does not panic either
	}
	if _, err := Func(func(*G.Node) (*G.Node, error) { return nil, broken }).Forward(vector); !errors.Is(err, broken) {
		t.Errorf("the cause of %v is lost", err)
	}
	for _, time := range []*G.Node{vector, single} {
		if _, err := ConcatTime().ForwardTime(time, vector); err == nil ||
			!strings.Contains(err.Error(), "want a number of the input's dtype float64") {
			t.Errorf("time of shape %v: %v", time.Shape(), err)
		}
	}
}

// The time has a gradient too: the sum of the cotangents of the column that it fills.
func TestConcatTimeGradient(t *testing.T) {
	for _, m := range machines {
		g := G.NewGraph()
		x, time := node(g, tensor.Float64, "x", []float64{1, 2}, 2, 1), node(g, tensor.Float64, "t", []float64{3})
		y, err := ConcatTime().ForwardTime(time, x)
		if err != nil {
			t.Fatal(err)
		}
		v, grads, err := m.run(y, x, time)
		if err != nil {
			t.Fatal(err)
		}
		w := cotangent(4)
		near(t, m.name+" y", v, []float64{1, 3, 2, 3}, 0)
		near(t, m.name+" dx", grads[0], []float64{w[0], w[2]}, 1e-15)
		near(t, m.name+" dt", grads[1], []float64{w[1] + w[3]}, 1e-15)
	}
}

func TestParamsAreListedOnce(t *testing.T) {
	a, b := newMLP(t, 1, "a", []int{2, 2}), newMLP(t, 2, "b", []int{2, 2}, WithoutBias())
	got := Sequential(a, Residual(b), Sequential(b, a), Tanh()).Params()
	want := append(a.Params(), b.Params()...)
	if len(got) != 3 {
		t.Fatalf("%d parameters", len(got))
	}
	for i, p := range want {
		if got[i] != p {
			t.Errorf("parameter %d is %v, want %v", i, got[i], p)
		}
	}
	if ps := Sequential(Tanh(), Flatten(), Augment(1), ConcatTime()).Params(); len(ps) != 0 {
		t.Errorf("layers without parameters have %v", ps)
	}
}

// A layer has the same value, to the last bit, in a graph and inside of a traced function.
func TestLayersInsideAFieldEqualLayersOutside(t *testing.T) {
	shape := []int{3, 2}
	x := draw(newRand(1), 6)
	for _, c := range []struct {
		name string
		l    Layer
	}{
		{"mlp", newMLP(t, 1, "n", []int{2, 8, 2}, WithActivation(SELU()))},
		{"sequential", Sequential(newMLP(t, 1, "n", []int{2, 8, 2}), ReLU(),
			Residual(newMLP(t, 2, "m", []int{2, 3, 2}, WithActivation(GELU()))))},
		{"augmented", Sequential(Augment(2), newMLP(t, 1, "n", []int{4, 4}), Softmax(-1), Project(2))},
	} {
		fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
			y, err := c.l.Forward(in[0])
			return G.Nodes{y}, err
		}, graph.Input("x", tensor.Float64, shape...))
		if err != nil {
			t.Fatal(err)
		}
		if len(fn.Params()) != len(c.l.Params()) {
			t.Errorf("%s: the trace found %v, the layer has %v", c.name, fn.Params(), c.l.Params())
		}
		y, err := graph.Call(fn, node(G.NewGraph(), tensor.Float64, "x", x, shape...))
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := onTape(y)
		if err != nil {
			t.Fatal(err)
		}
		near(t, c.name, v, valueOf(t, c.l, tensor.Float64, x, shape...), 0)
	}
}
