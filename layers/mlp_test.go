package layers

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

func newMLP(t testing.TB, seed uint64, name string, sizes []int, opts ...Option) *MLP {
	t.Helper()
	m, err := NewMLP(newRand(seed), name, sizes, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMLPIsItsLinears(t *testing.T) {
	m := newMLP(t, 1, "net", []int{3, 5, 4, 2}, WithActivation(SiLU()), WithFinalActivation(Sigmoid()),
		WithBiasInit(graph.Normal(newRand(2), 0, 1)))
	if s := m.String(); s != `mlp "net" (3 → 5 → 4 → 2)` {
		t.Error(s)
	}
	x := draw(newRand(3), 12)
	var ls []Layer
	for _, l := range m.Layers() {
		ls = append(ls, l)
	}
	near(t, "y", valueOf(t, m, tensor.Float64, x, 4, 3), valueOf(t, Sequential(ls...), tensor.Float64, x, 4, 3), 1e-15)
	names := make([]string, 0, 6)
	for _, p := range m.Params() {
		names = append(names, p.Name())
	}
	if got := strings.Join(names, " "); got != "net.0.weight net.0.bias net.1.weight net.1.bias net.2.weight net.2.bias" {
		t.Error(got)
	}
	if err := graph.UniqueNames(m.Params()); err != nil {
		t.Error(err)
	}
}

func TestMLPGradients(t *testing.T) {
	for _, shape := range [][]int{{3}, {2, 3}, {2, 2, 3}} {
		m := newMLP(t, 1, "net", []int{3, 4, 2}, WithActivation(GELU()), WithFinalActivation(Softmax(-1)),
			WithBiasInit(graph.Fill(0.1)))
		checkGradients(t, m, draw(newRand(3), tensor.Shape(shape).TotalSize()), shape...)
	}
}

func TestMLPByActivationName(t *testing.T) {
	for _, name := range ActivationNames() {
		a, err := ActivationByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			m := newMLP(t, 1, "net", []int{2, 8, 2}, WithActivation(a), WithDtype(dt))
			for _, v := range valueOf(t, m, dt, []float64{1, 2, 3, 4}, 2, 2) {
				if math.IsNaN(v) {
					t.Errorf("%s: NaN", name)
				}
			}
		}
	}
}

func TestMLPSeed(t *testing.T) {
	a, b, c := newMLP(t, 7, "n", []int{2, 9, 1}), newMLP(t, 7, "n", []int{2, 9, 1}), newMLP(t, 8, "n", []int{2, 9, 1})
	same, other := true, true
	for i, p := range a.Params() {
		pa, pb, pc := p.Float64s(), b.Params()[i].Float64s(), c.Params()[i].Float64s()
		for j := range pa {
			same = same && pa[j] == pb[j]
			other = other && pa[j] == pc[j]
		}
	}
	if !same || other {
		t.Errorf("same seed, same weights: %v; other seed, same weights: %v", same, other)
	}
}

// The default initializer follows the activation.
func TestDefaultInit(t *testing.T) {
	const in, out = 200, 300
	for _, c := range []struct {
		a        Activation
		variance float64
	}{
		{Tanh(), 2. / (in + out)},
		{Identity(), 2. / (in + out)},
		{ReLU(), 2. / in},
		{LeakyReLU(0.1), 2. / in},
		{GELU(), 2. / in},
		{SELU(), 1. / in},
	} {
		l, err := NewLinear(newRand(1), "l", in, out, WithActivation(c.a))
		if err != nil {
			t.Fatal(err)
		}
		var s float64
		for _, v := range l.Weight().Float64s() {
			s += v * v
		}
		if s /= in * out; math.Abs(s/c.variance-1) > 0.03 {
			t.Errorf("%v: variance %g, want %g", c.a, s, c.variance)
		}
		for _, v := range l.Bias().Float64s() {
			if v != 0 {
				t.Errorf("%v: bias %g", c.a, v)
			}
		}
	}
}

func TestMLPErrors(t *testing.T) {
	for _, c := range []struct {
		want  string
		name  string
		sizes []int
		opts  []Option
	}{
		{"layers: an mlp needs a name", "", []int{1, 1}, nil},
		{`layers: mlp "m": sizes [], want at least`, "m", nil, nil},
		{`layers: mlp "m": sizes [3], want at least`, "m", []int{3}, nil},
		{`layers: linear "m.1": widths 3 and 0`, "m", []int{2, 3, 0}, nil},
		{`layers: linear "m.0": activation elu(NaN): its alpha must be finite`, "m", []int{2, 3, 1},
			[]Option{WithActivation(ELU(math.NaN()))}},
	} {
		if _, err := NewMLP(newRand(1), c.name, c.sizes, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	m := newMLP(t, 1, "m", []int{2, 3, 1})
	x := node(G.NewGraph(), tensor.Float64, "x", make([]float64, 6), 2, 3)
	if _, err := m.Forward(x); err == nil ||
		err.Error() != `layers: linear "m.0" (2 → 3): the input has shape (2, 3), want (…, 2)` {
		t.Error(err)
	}
}

// A training graph and an evaluation graph of another batch size share the weights.
func TestGraphsShareWeights(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		m := newMLP(t, 1, "net", []int{2, 6, 1}, WithDtype(dt))
		xs := draw(newRand(2), 16)
		target := make([]float64, 8)
		for i := range target {
			target[i] = xs[2*i] * xs[2*i+1]
		}

		eval := G.NewGraph()
		one := node(eval, dt, "x", []float64{0.5, -1}, 1, 2)
		y1, err := m.Forward(one)
		if err != nil {
			t.Fatal(err)
		}
		var seen G.Value
		G.Read(y1, &seen)
		evalVM := G.NewTapeMachine(eval)
		defer evalVM.Close()
		evaluate := func() float64 {
			evalVM.Reset()
			if err := evalVM.RunAll(); err != nil {
				t.Fatal(err)
			}
			return floats(seen)[0]
		}
		before := evaluate()

		losses := fit(t, m, dt, 60, 0.05, xs, []int{8, 2}, target, []int{8, 1})
		if last := losses[len(losses)-1]; !(last < losses[0]/4) {
			t.Errorf("%v: the loss went from %g to %g", dt, losses[0], last)
		}
		after := evaluate()
		if before == after {
			t.Errorf("%v: training changed nothing in the evaluation graph", dt)
		}
		near(t, "after training", []float64{after}, valueOf(t, m, dt, []float64{0.5, -1}, 1, 2), 0)
	}
}

// fit trains a layer with gorgonia.Grad, a TapeMachine and Adam, and gives the mean square error of every step.
func fit(t testing.TB, l Layer, dt tensor.Dtype, steps int, rate float64, x []float64, xShape []int, target []float64,
	yShape []int) []float64 {
	t.Helper()
	g := G.NewGraph()
	y, err := l.Forward(node(g, dt, "x", x, xShape...))
	if err != nil {
		t.Fatal(err)
	}
	loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(y, node(g, dt, "target", target, yShape...)))))))
	var value G.Value
	G.Read(loss, &value)
	weights := graph.ParamNodes(g, l.Params())
	if _, err := G.Grad(loss, weights...); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	solver := G.NewAdamSolver(G.WithLearnRate(rate))
	losses := make([]float64, steps)
	for i := range losses {
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		losses[i] = floats(value)[0]
		if err := solver.Step(G.NodesToValueGrads(weights)); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
	}
	return losses
}
