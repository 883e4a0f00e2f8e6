package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// node is an input of the given values and shape; a shape () is a number.
func node(g *G.ExprGraph, dt tensor.Dtype, name string, values []float64, shape ...int) *G.Node {
	if len(shape) == 0 {
		var v any = values[0]
		if dt == tensor.Float32 {
			v = float32(values[0])
		}
		return G.NewScalar(g, dt, G.WithName(name), G.WithValue(v))
	}
	return G.NewTensor(g, dt, len(shape), G.WithShape(shape...), G.WithName(name), G.WithValue(dense(dt, values, shape...)))
}

func dense(dt tensor.Dtype, values []float64, shape ...int) *tensor.Dense {
	if dt == tensor.Float32 {
		single := make([]float32, len(values))
		for i, v := range values {
			single[i] = float32(v)
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(single))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), values...)))
}

func floats(v G.Value) []float64 {
	switch d := v.Data().(type) {
	case []float64:
		return append([]float64(nil), d...)
	case []float32:
		out := make([]float64, len(d))
		for i, x := range d {
			out[i] = float64(x)
		}
		return out
	case float64:
		return []float64{d}
	case float32:
		return []float64{float64(d)}
	}
	panic(fmt.Sprintf("values of type %T", v.Data()))
}

// draw gives numbers that float32 holds exactly.
func draw(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(4*rng.Float64() - 2))
	}
	return v
}

// cotangent is a fixed weight for every element of an output.
func cotangent(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = float64(float32(math.Cos(float64(3*i + 1))))
	}
	return w
}

// machine runs out, and gives its value and the gradients of Σ cotangent·out with respect to the nodes.
type machine struct {
	name string
	run  func(out *G.Node, wrt ...*G.Node) ([]float64, [][]float64, error)
}

var machines = []machine{{"tape", onTape}, {"lisp", onLisp}}

func cost(out *G.Node) *G.Node {
	n := out.Shape().TotalSize()
	if out.IsScalar() {
		return out
	}
	w := node(out.Graph(), out.Dtype(), "cotangent", cotangent(n), out.Shape()...)
	return G.Must(G.Sum(G.Must(G.HadamardProd(out, w))))
}

func onTape(out *G.Node, wrt ...*G.Node) ([]float64, [][]float64, error) {
	var value G.Value
	G.Read(out, &value)
	var opts []G.VMOpt
	if len(wrt) > 0 {
		if _, err := G.Grad(cost(out), wrt...); err != nil {
			return nil, nil, err
		}
		opts = append(opts, G.BindDualValues(wrt...))
	}
	vm := G.NewTapeMachine(out.Graph(), opts...)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, nil, err
	}
	grads, err := gradients(wrt)
	return floats(value), grads, err
}

func onLisp(out *G.Node, wrt ...*G.Node) ([]float64, [][]float64, error) {
	var value G.Value
	G.Read(out, &value)
	opts := []G.VMOpt{G.ExecuteFwdOnly()}
	if len(wrt) > 0 {
		cost(out)
		opts = nil
	}
	vm := G.NewLispMachine(out.Graph(), opts...)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, nil, err
	}
	grads, err := gradients(wrt)
	return floats(value), grads, err
}

func gradients(wrt G.Nodes) ([][]float64, error) {
	grads := make([][]float64, len(wrt))
	for i, n := range wrt {
		g, err := n.Grad()
		if err != nil {
			return nil, err
		}
		grads[i] = floats(g)
	}
	return grads, nil
}

// valueOf runs a layer alone.
func valueOf(t testing.TB, l Layer, dt tensor.Dtype, x []float64, shape ...int) []float64 {
	t.Helper()
	y, err := l.Forward(node(G.NewGraph(), dt, "x", x, shape...))
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := onTape(y)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkGradients compares the gradients of a layer with central differences, for its input and every parameter, on both
// machines.
func checkGradients(t *testing.T, l Layer, x []float64, shape ...int) {
	t.Helper()
	if len(shape) == 0 {
		t.Fatal("not for numbers")
	}
	for _, m := range machines {
		g := G.NewGraph()
		in := node(g, tensor.Float64, "x", x, shape...)
		y, err := l.Forward(in)
		if err != nil {
			t.Fatal(err)
		}
		wrt := append(G.Nodes{in}, graph.ParamNodes(g, l.Params())...)
		_, grads, err := m.run(y, wrt...)
		if err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		plain, data, done := rerun(t, l, x, shape...)
		defer done()
		total := func() float64 {
			v := plain()
			w := cotangent(len(v))
			if y.IsScalar() {
				w = []float64{1}
			}
			var s float64
			for i := range v {
				s += w[i] * v[i]
			}
			return s
		}
		targets := [][]float64{data}
		names := []string{"x"}
		for _, p := range l.Params() {
			targets = append(targets, p.Value().Data().([]float64))
			names = append(names, p.Name())
		}
		for k, v := range targets {
			for i := range v {
				old, h := v[i], 1e-5
				v[i] = old + h
				up := total()
				v[i] = old - h
				down := total()
				v[i] = old
				want := (up - down) / (2 * h)
				if got := grads[k][i]; math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
					t.Errorf("%s: d/d%s[%d] = %g, differences give %g", m.name, names[k], i, got, want)
				}
			}
		}
	}
}

// rerun builds a layer at x once. Each call of value runs it at what is in data, where x is now, and in the parameters.
func rerun(t testing.TB, l Layer, x []float64, shape ...int) (value func() []float64, data []float64, done func()) {
	t.Helper()
	g := G.NewGraph()
	in := node(g, tensor.Float64, "x", x, shape...)
	y, err := l.Forward(in)
	if err != nil {
		t.Fatal(err)
	}
	var out G.Value
	G.Read(y, &out)
	vm := G.NewTapeMachine(g)
	value = func() []float64 {
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		return floats(out)
	}
	return value, in.Value().Data().([]float64), func() { vm.Close() }
}

func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*(1+math.Abs(want[i]))) {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}
