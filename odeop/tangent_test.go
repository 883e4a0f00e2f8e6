package odeop_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// twice is a model with a cost L = Σ c∘y(tᵢ) of a solve of y' = tanh(y W + a sin t) − y/4, its gradient with respect to
// (y0, W, a), and the gradient of Σ v∘∂L with respect to all three, v being a direction: the Hessian–vector product.
type twice struct {
	y0, w, a *tensor.Dense
	v        [3]*tensor.Dense
	options  []odeop.Option
	final    bool
}

func newTwice(opts ...odeop.Option) *twice {
	rng := rand.New(rand.NewPCG(5, 6))
	random := func(shape ...int) *tensor.Dense {
		d := make([]float64, tensor.Shape(shape).TotalSize())
		for i := range d {
			d[i] = rng.NormFloat64()
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(d))
	}
	m := &twice{y0: random(2, 3), w: random(3, 3), a: random(2, 3), options: opts}
	m.v = [3]*tensor.Dense{random(2, 3), random(3, 3), random(2, 3)}
	return m
}

// run returns ∂L and, with second, the Hessian–vector product, both as one list.
func (m *twice) run(t *testing.T, second bool) []float64 {
	t.Helper()
	g := G.NewGraph()
	y0 := G.NodeFromAny(g, m.y0.Clone().(*tensor.Dense), G.WithName("y0"))
	w := G.NodeFromAny(g, m.w.Clone().(*tensor.Dense), G.WithName("w"))
	a := G.NodeFromAny(g, m.a.Clone().(*tensor.Dense), G.WithName("a"))
	field := func(time, y *G.Node, args ...*G.Node) (*G.Node, error) {
		pre := G.Must(G.Mul(y, args[0]))
		drive := G.Must(G.HadamardProd(args[1], G.Must(G.Sin(time))))
		return G.Sub(G.Must(G.Tanh(G.Must(G.Add(pre, drive)))), G.Must(G.Div(y, G.NewConstant(4.0))))
	}
	opts := append([]odeop.Option{odeop.Args(w, a)}, m.options...)
	var ys *G.Node
	var err error
	if m.final {
		ys, err = odeop.SolveFinal(field, y0, []float64{0, 0.7, 1.5}, opts...)
	} else {
		ys, err = odeop.Solve(field, y0, []float64{0, 0.7, 1.5}, opts...)
	}
	if err != nil {
		t.Fatal(err)
	}
	weights := make([]float64, ys.Shape().TotalSize())
	for i := range weights {
		weights[i] = math.Cos(float64(3 * i))
	}
	c, err := graph.Constant(ys, weights, ys.Shape()...)
	if err != nil {
		t.Fatal(err)
	}
	cost := G.Must(G.Sum(G.Must(G.HadamardProd(c, G.Must(G.Square(ys))))))
	leaves := G.Nodes{y0, w, a}
	out, err := graph.Grad(cost, leaves...)
	if err != nil {
		t.Fatal(err)
	}
	if second {
		var inner *G.Node
		for i, d := range out {
			v := G.NodeFromAny(g, m.v[i], G.WithName("v"+leaves[i].Name()))
			s := G.Must(G.Sum(G.Must(G.HadamardProd(d, v))))
			if inner == nil {
				inner = s
			} else {
				inner = G.Must(G.Add(inner, s))
			}
		}
		if out, err = G.Grad(inner, leaves...); err != nil {
			t.Fatal(err)
		}
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	var all []float64
	for _, d := range out {
		all = append(all, d.Value().Data().([]float64)...)
	}
	return all
}

// moved is the model at its place plus e times the direction.
func (m *twice) moved(e float64) *twice {
	n := *m
	for i, p := range []**tensor.Dense{&n.y0, &n.w, &n.a} {
		d := (*p).Clone().(*tensor.Dense)
		for j, v := range m.v[i].Float64s() {
			d.Float64s()[j] += e * v
		}
		*p = d
	}
	return &n
}

// TestHessianVectorProduct differentiates the gradient of a solve, that of graph.Grad with gorgonia.Grad, and compares
// with central differences of the gradient. Constant steps: then the differences are of the same steps.
func TestHessianVectorProduct(t *testing.T) {
	for _, m := range []solvers.Method{
		solvers.Euler{}, solvers.RK4{}, solvers.Dopri5{}, solvers.DOP853{}, solvers.AdamsMoulton{}, solvers.Radau{}, solvers.BDF{},
		solvers.Kvaerno5{}, solvers.Reversible{},
	} {
		for _, final := range []bool{false, true} {
			model := newTwice(odeop.Method(m), odeop.Step(0.25))
			model.final = final
			got := model.run(t, true)
			const eps = 1e-5
			plus, minus := model.moved(eps).run(t, false), model.moved(-eps).run(t, false)
			for i, v := range got {
				want := (plus[i] - minus[i]) / (2 * eps)
				if e := math.Abs(v - want); !(e <= 2e-8*math.Max(1, math.Abs(want))) {
					t.Errorf("%s: element %d of the Hessian–vector product is %.12g, by differences %.12g", m.Name(), i, v, want)
				}
			}
		}
	}
}

// TestHessianAdaptive has steps under error control, whose second derivative holds the grid as the first does; the
// Hessian is then near that of the exact solution, to the tolerance.
func TestHessianAdaptive(t *testing.T) {
	want := newTwice(odeop.Method(solvers.Vern9{}), odeop.Tolerance(1e-13, 1e-13)).run(t, true)
	for _, m := range []solvers.Method{solvers.Dopri5{}, solvers.Adams{}, solvers.Radau{}, solvers.BDF{}} {
		got := newTwice(odeop.Method(m), odeop.Tolerance(1e-8, 1e-8)).run(t, true)
		for i, v := range got {
			if e := math.Abs(v - want[i]); !(e <= 1e-5*math.Max(1, math.Abs(want[i]))) {
				t.Errorf("%s: element %d of the Hessian–vector product is %.10g, want %.10g", m.Name(), i, v, want[i])
			}
		}
	}
}

// TestThirdDerivative is of y' = −y²/2 through y(0) = x: y(1) = x/(1 + x/2), with derivatives 1/(1+x/2)², −1/(1+x/2)³ and
// (3/2)/(1+x/2)⁴.
func TestThirdDerivative(t *testing.T) {
	g := G.NewGraph()
	x := G.NewScalar(g, G.Float64, G.WithName("x"), G.WithValue(0.6))
	d, err := odeop.SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.HadamardProd(G.Must(G.Square(y)), G.NewConstant(-0.5))
	}, x, []float64{0, 1}, odeop.Method(solvers.Vern9{}), odeop.Tolerance(1e-12, 1e-12))
	if err != nil {
		t.Fatal(err)
	}
	derivatives := G.Nodes{d}
	for range 3 {
		grads, err := G.Grad(d, x)
		if err != nil {
			t.Fatal(err)
		}
		d = grads[0]
		derivatives = append(derivatives, d)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	p := 1.3
	for i, want := range []float64{0.6 / p, 1 / (p * p), -1 / (p * p * p), 1.5 / (p * p * p * p)} {
		if got := derivatives[i].Value().Data().(float64); !(math.Abs(got-want) <= 1e-10) {
			t.Errorf("derivative %d is %.14g, want %.14g", i, got, want)
		}
	}
}

// TestSecondDerivativeInTrace differentiates a traced cost with a solve in it twice, forward over reverse.
func TestSecondDerivativeInTrace(t *testing.T) {
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := odeop.SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.HadamardProd(G.Must(G.Square(y)), G.NewConstant(-0.5))
		}, in[0], []float64{0, 1}, odeop.Method(solvers.Vern9{}), odeop.Tolerance(1e-12, 1e-12))
		return G.Nodes{y}, err
	}, graph.Input("x", tensor.Float64))
	if err != nil {
		t.Fatal(err)
	}
	p := 1.3
	for _, c := range []struct {
		name  string
		build func() (*graph.Func, error)
		in    [][]float64 // x, then directions and cotangents
		out   int
		want  float64
	}{
		{"jvp", func() (*graph.Func, error) { return fn.JVP() }, [][]float64{{0.6}, {2}}, 1, 2 / (p * p)},
		{"jvp of vjp", func() (*graph.Func, error) {
			v, err := fn.VJP()
			if err != nil {
				return nil, err
			}
			return v.JVP(0)
		}, [][]float64{{0.6}, {1}, {2}}, 1, -2 / (p * p * p)},
		{"vjp of vjp", func() (*graph.Func, error) {
			v, err := fn.VJP()
			if err != nil {
				return nil, err
			}
			return v.VJP()
		}, [][]float64{{0.6}, {1}, {2}}, 0, -2 / (p * p * p)},
		{"vjp of jvp", func() (*graph.Func, error) {
			v, err := fn.JVP()
			if err != nil {
				return nil, err
			}
			return v.VJP()
		}, [][]float64{{0.6}, {2}, {0}, {1}}, 0, -2 / (p * p * p)},
	} {
		d, err := c.build()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		plan, err := graph.Compile[float64](d)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		out := make([][]float64, len(d.Outputs()))
		for i, s := range d.Outputs() {
			out[i] = make([]float64, max(1, s.TotalSize()))
		}
		if err := plan.Run(c.in, out); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := out[c.out][0]; !(math.Abs(got-c.want) <= 1e-10) {
			t.Errorf("%s is %.14g, want %.14g", c.name, got, c.want)
		}
	}
}

// TestNoSecondDerivative says why there is none.
func TestNoSecondDerivative(t *testing.T) {
	for _, c := range []struct {
		at   bool
		mode odeop.GradientMode
		want string
	}{
		{false, odeop.Adjoint{}, "Adjoint has no second derivative"},
		{true, odeop.Backprop{}, "times that are a node"},
	} {
		g := G.NewGraph()
		y0 := G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{1, 2})), G.WithName("y0"))
		times := G.NodeFromAny(g, tensor.New(tensor.WithBacking([]float64{0, 1})), G.WithName("times"))
		field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Sin(y) }
		var ys *G.Node
		var err error
		if c.at {
			ys, err = odeop.SolveAt(field, y0, times, odeop.Gradient(c.mode))
		} else {
			ys, err = odeop.Solve(field, y0, []float64{0, 1}, odeop.Gradient(c.mode))
		}
		if err != nil {
			t.Fatal(err)
		}
		first, err := G.Grad(G.Must(G.Sum(ys)), y0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = G.Grad(G.Must(G.Sum(first[0])), y0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: %v", c.mode, err)
		}
	}
}
