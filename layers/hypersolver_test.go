package layers

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/odeop"
	"gorgonode/solvers"
)

// nothing is g = 0.
func nothing(t testing.TB, d int) Layer { return linearMap(t, "g", 2*d, d, make([]float64, 2*d*d)...) }

// Without a correction the hypersolvers are Euler's and Heun's methods.
func TestHypersolverWithoutCorrection(t *testing.T) {
	field := timeField(t, 1, 2)
	x := draw(newRand(2), 6)
	for _, c := range []struct {
		make func(f, g Layer, t0, t1 float64, steps int) (*Hypersolver, error)
		m    solvers.Method
	}{{NewHyperEuler, solvers.Euler{}}, {NewHyperHeun, solvers.Heun{}}} {
		h, err := c.make(field, nothing(t, 2), 0.5, 2, 5)
		if err != nil {
			t.Fatal(err)
		}
		b := newBlock(t, field, []float64{0.5, 2}, odeop.Method(c.m), odeop.Step(0.3))
		near(t, c.m.Name(), valueOf(t, h, tensor.Float64, x, 3, 2), valueOf(t, b, tensor.Float64, x, 3, 2), 1e-13)
	}
}

// For y′ = −y the scaled local errors of the methods are, with their limits ½ and −1/6,
//
//	R = (e⁻ʰ − 1 + h)/h² y   and   (e⁻ʰ − 1 + h − h²/2)/h³ y.
//
// With g = R the hypersolver is exact and the loss is zero; without g the loss is the mean square of R.
func TestHypersolverWithTheExactCorrection(t *testing.T) {
	const h, steps = 0.25, 4
	x := []float64{1, -2, 0.5, 3}
	var squares float64 // Σ over examples and steps of y²
	for _, v := range x {
		for k := range steps {
			squares += v * v * math.Exp(-2*h*float64(k))
		}
	}
	for _, c := range []struct {
		make func(f, g Layer, t0, t1 float64, steps int) (*Hypersolver, error)
		r    float64
	}{
		{NewHyperEuler, (math.Exp(-h) - 1 + h) / (h * h)},
		{NewHyperHeun, (math.Exp(-h) - 1 + h - h*h/2) / (h * h * h)},
	} {
		exact := linearMap(t, "g", 4, 2, c.r, 0, 0, c.r, 0, 0, 0, 0)
		for _, g := range []struct {
			layer Layer
			loss  float64
		}{{exact, 0}, {nothing(t, 2), c.r * c.r * squares / (2 * steps)}} {
			solver, err := c.make(decay, g.layer, 0, 1, steps)
			if err != nil {
				t.Fatal(err)
			}
			if g.loss == 0 {
				want := make([]float64, len(x))
				for i, v := range x {
					want[i] = v / math.E
				}
				near(t, "y(1)", valueOf(t, solver, tensor.Float64, x, 2, 2), want, 1e-13)
			}
			loss, err := solver.ResidualLoss(node(G.NewGraph(), tensor.Float64, "x", x, 2, 2), odeop.Tolerance(1e-11, 1e-12))
			if err != nil {
				t.Fatal(err)
			}
			v, _, err := onTape(loss)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "loss", v, []float64{g.loss}, 1e-7)
		}
	}
}

func TestHypersolverGradients(t *testing.T) {
	field, g := timeField(t, 1, 2), Sequential(ConcatTime(), newMLP(t, 4, "g", []int{5, 4, 2}))
	x := draw(newRand(2), 4)
	for _, make := range []func(f, g Layer, t0, t1 float64, steps int) (*Hypersolver, error){NewHyperEuler, NewHyperHeun} {
		h, err := make(field, g, 0, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		checkGradients(t, h, x, 2, 2)
		checkGradients(t, Func(func(x *G.Node) (*G.Node, error) {
			return h.ResidualLoss(x, odeop.Step(0.2))
		}, h.Params()...), x, 2, 2)
	}
}

// Training the correction alone takes most of the error away from Euler's method.
func TestHypersolverLearns(t *testing.T) {
	turn := linearField(t, 2, 0, 1, -1, 0)
	g, err := NewLinear(newRand(1), "g", 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHyperEuler(turn, g, 0, 2, 8)
	if err != nil {
		t.Fatal(err)
	}
	x := draw(newRand(2), 20)
	reference := valueOf(t, newBlock(t, turn, []float64{0, 2}, odeop.Tolerance(1e-9, 1e-9)), tensor.Float64, x, 10, 2)
	worst := func(l Layer) (d float64) {
		for i, v := range valueOf(t, l, tensor.Float64, x, 10, 2) {
			d = max(d, math.Abs(v-reference[i]))
		}
		return d
	}
	euler := newBlock(t, turn, []float64{0, 2}, odeop.Method(solvers.Euler{}), odeop.Step(0.25))
	loss, err := h.ResidualLoss(node(G.NewGraph(), tensor.Float64, "x", x, 10, 2))
	if err != nil {
		t.Fatal(err)
	}
	weights := G.Nodes{g.Weight().In(loss.Graph()), g.Bias().In(loss.Graph())}
	if _, err := G.Grad(loss, weights...); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(loss.Graph(), G.BindDualValues(weights...))
	defer vm.Close()
	adam := G.NewAdamSolver(G.WithLearnRate(0.05))
	for range 200 {
		if err := vm.RunAll(); err != nil {
			t.Fatal(odeop.Cause(err))
		}
		if err := adam.Step(G.NodesToValueGrads(weights)); err != nil {
			t.Fatal(err)
		}
		vm.Reset()
	}
	if a, b := worst(h), worst(euler); !(a < b/20) {
		t.Errorf("off by %g, euler by %g", a, b)
	}
}

func TestHypersolverErrors(t *testing.T) {
	g := nothing(t, 2)
	for _, c := range []struct {
		want   string
		f, g   Layer
		t0, t1 float64
		steps  int
	}{
		{"layers: hypersolver of order 1 in 1 steps: a layer is nil", nil, g, 0, 1, 1},
		{"a layer is nil", decay, nil, 0, 1, 1},
		{"in 0 steps: want at least 1", decay, g, 0, 1, 0},
		{"from 1 to 1, want two finite times", decay, g, 1, 1, 1},
		{"from 0 to NaN", decay, g, 0, math.NaN(), 1},
	} {
		if _, err := NewHyperEuler(c.f, c.g, c.t0, c.t1, c.steps); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{1, 2}, 1, 2)
	for _, c := range []struct {
		want string
		f, g Layer
	}{
		{"the correction makes shape (1, 4) of (1, 4), want (1, 2)", decay, Tanh()},
		{"the field returned shape (1, 3), and y has shape (1, 2)", Augment(1), g},
	} {
		h, err := NewHyperHeun(c.f, c.g, 0, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Forward(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
