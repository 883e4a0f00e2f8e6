package layers

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

func newBlock(t testing.TB, f Layer, times []float64, opts ...odeop.Option) *ODEBlock {
	t.Helper()
	b, err := NewODEBlock(f, times, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// timeField is a small network of (t, y).
func timeField(t testing.TB, seed uint64, d int, opts ...Option) TimeLayer {
	return Sequential(ConcatTime(), newMLP(t, seed, "field", []int{d + 1, 5, d}, opts...))
}

// decay is dy/dt = −y.
var decay = FieldFunc(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) })

func TestODEBlockSolves(t *testing.T) {
	tight := odeop.Tolerance(1e-10, 1e-12)
	for _, shape := range [][]int{{3}, {2, 3}, {2, 1, 3}, {1, 1}} {
		x := draw(newRand(1), tensor.Shape(shape).TotalSize())
		want := make([]float64, len(x))
		for i, v := range x {
			want[i] = v * math.Exp(-1)
		}
		near(t, "0 to 1", valueOf(t, newBlock(t, decay, nil, tight), tensor.Float64, x, shape...), want, 1e-9)
		for i, v := range x {
			want[i] = v * math.Exp(2)
		}
		near(t, "1 to -1", valueOf(t, newBlock(t, decay, []float64{1, -1}, tight), tensor.Float64, x, shape...), want, 1e-9)
	}

	// dy/dt = 2t
	quadratic := FieldFunc(func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		zero, err := G.Sub(y, y)
		if err != nil {
			return nil, err
		}
		return G.Add(zero, G.Must(G.Mul(t, G.NewConstant(2.))))
	})
	near(t, "t²", valueOf(t, newBlock(t, quadratic, []float64{1, 3}), tensor.Float64, []float64{5}, 1), []float64{13}, 1e-12)
	near(t, "float32", valueOf(t, newBlock(t, decay, nil), tensor.Float32, []float64{1}, 1), []float64{math.Exp(-1)}, 1e-4)
}

func TestODEBlockTrajectory(t *testing.T) {
	b := newBlock(t, decay, nil, odeop.Tolerance(1e-10, 1e-12))
	x := []float64{1, 2}
	y, err := b.Trajectory(node(G.NewGraph(), tensor.Float64, "x", x, 1, 2), []float64{0, 0.5, 2})
	if err != nil {
		t.Fatal(err)
	}
	if !y.Shape().Eq(tensor.Shape{3, 1, 2}) {
		t.Errorf("shape %v", y.Shape())
	}
	v, _, err := onTape(y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "y", v, []float64{1, 2, math.Exp(-0.5), 2 * math.Exp(-0.5), math.Exp(-2), 2 * math.Exp(-2)}, 1e-9)
	if b.Stats().Forward().Accepted == 0 || b.Stats().Status() != solvers.Success {
		t.Errorf("statistics: %+v, %v", b.Stats().Forward(), b.Stats().Status())
	}
}

func TestODEBlockGradients(t *testing.T) {
	for _, shape := range [][]int{{2}, {3, 2}, {2, 1, 2}} {
		for _, opts := range [][]odeop.Option{
			nil,
			{odeop.Method(solvers.RK4{}), odeop.Step(0.25)},
			{odeop.Method(solvers.Euler{}), odeop.Step(0.5), odeop.Gradient(odeop.Unrolled{})},
		} {
			b := newBlock(t, timeField(t, 3, 2), nil, opts...)
			checkGradients(t, b, draw(newRand(4), tensor.Shape(shape).TotalSize()), shape...)
		}
	}
	checkGradients(t, newBlock(t, decay, nil), []float64{1, 2}, 2)
}

// A model that holds a block can itself be traced, and called as one Op.
func TestODEBlockInsideATracedFunction(t *testing.T) {
	model := concentric(t, tensor.Float64)
	x := draw(newRand(4), 6)
	traced := Func(func(x *G.Node) (*G.Node, error) {
		fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
			y, err := model.Forward(in[0])
			return G.Nodes{y}, err
		}, graph.Input("x", tensor.Float64, x.Shape()...))
		if err != nil {
			return nil, err
		}
		return graph.Call(fn, x)
	}, model.Params()...)
	near(t, "y", valueOf(t, traced, tensor.Float64, x, 3, 2), valueOf(t, model, tensor.Float64, x, 3, 2), 0)
	checkGradients(t, traced, x, 3, 2)
}

func TestODEBlockFields(t *testing.T) {
	m := newMLP(t, 1, "m", []int{2, 4, 2})
	raw := odeop.Field(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return m.Forward(y) })
	x := []float64{1, -0.5}
	want := valueOf(t, newBlock(t, m, nil), tensor.Float64, x, 1, 2)
	near(t, "raw field", valueOf(t, newBlock(t, FieldFunc(raw, m.Params()...), nil), tensor.Float64, x, 1, 2), want, 0)

	solved, err := odeop.SolveFinal(Field(m), node(G.NewGraph(), tensor.Float64, "x", x, 1, 2), []float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := onTape(solved)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "odeop.SolveFinal", v, want, 0)
}

func TestODEBlockErrors(t *testing.T) {
	m := newMLP(t, 1, "m", []int{2, 4, 2})
	for _, c := range []struct {
		want  string
		f     Layer
		times []float64
		opts  []odeop.Option
	}{
		{"layers: ode block: the field is nil", nil, nil, nil},
		{"layers: ode block: odeop: ", m, []float64{0}, nil},
		{"layers: ode block: odeop: ", m, []float64{}, nil},
		{"layers: ode block: odeop: ", m, []float64{0, math.NaN()}, nil},
		{"layers: ode block: odeop: ", m, []float64{0, 1, 1}, nil},
		{"layers: ode block: option 1 is nil", m, nil, []odeop.Option{odeop.Step(1), nil}},
	} {
		if _, err := NewODEBlock(c.f, c.times, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}

	forgotten := Func(func(x *G.Node) (*G.Node, error) { return m.Forward(x) })
	for _, c := range []struct {
		want string
		f    Layer
		dt   tensor.Dtype
		d    int
		opts []odeop.Option
	}{
		{"layers: ode block: odeop: tolerance", m, tensor.Float64, 2, []odeop.Option{odeop.Tolerance(-1, 1)}},
		{"layers: ode block: odeop: unrolled", m, tensor.Float64, 2, []odeop.Option{odeop.Gradient(odeop.Unrolled{})}},
		{"layers: ode block: odeop: solve: verlet: the field is not separable", m, tensor.Float64, 2,
			[]odeop.Option{odeop.Method(solvers.Verlet{}), odeop.Step(0.1)}},
		{"in another graph", m, tensor.Float64, 2, []odeop.Option{odeop.Args(node(G.NewGraph(), tensor.Float64, "a",
			[]float64{1}))}},
		{"the field uses the parameter m.0.weight(2, 4) float64, which its Params do not list", forgotten, tensor.Float64, 2, nil},
		{`linear "m.0" (2 → 4): the input has shape (1, 3), want (…, 2)`, m, tensor.Float64, 3, nil},
		{`the input is float32, and the weights are float64`, m, tensor.Float32, 2, nil},
		{"the field returned shape (1, 3), and y has shape (1, 2)", Augment(1), tensor.Float64, 2, nil},
	} {
		x := node(G.NewGraph(), c.dt, "x", make([]float64, c.d), 1, c.d)
		b := newBlock(t, c.f, nil, c.opts...)
		if _, err := b.Forward(x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if _, err := b.Trajectory(x, []float64{0, 1}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := newBlock(t, m, nil).Forward(nil); err == nil {
		t.Error("no error for no node")
	}
	x := node(G.NewGraph(), tensor.Float64, "x", []float64{1, 2}, 1, 2)
	if _, err := odeop.SolveFinal(Field(m), x, []float64{0, 1}, odeop.Args(x)); err == nil ||
		!strings.Contains(err.Error(), "1 args, and a layer takes none") {
		t.Error(err)
	}
	if _, err := odeop.SolveFinal(Field(nil), x, []float64{0, 1}); err == nil ||
		!strings.Contains(err.Error(), "the layer is nil") {
		t.Error(err)
	}
}

// circles are points within and around a circle, with targets +1 and −1.
func circles(n int) (x, target []float64) {
	rng := newRand(11)
	for i := range n {
		r, y := 0.5*rng.Float64(), 1.0
		if i%2 == 1 {
			r, y = 1+0.5*rng.Float64(), -1
		}
		a := 2 * math.Pi * rng.Float64()
		x = append(x, r*math.Cos(a), r*math.Sin(a))
		target = append(target, y)
	}
	return x, target
}

// concentric is the augmented model of the concentric classes, with a block between two Linear layers.
func concentric(t testing.TB, dt tensor.Dtype) Layer {
	in, err := NewLinear(newRand(1), "in", 2, 3, WithDtype(dt))
	if err != nil {
		t.Fatal(err)
	}
	out, err := NewLinear(newRand(2), "out", 4, 1, WithDtype(dt))
	if err != nil {
		t.Fatal(err)
	}
	field := Sequential(ConcatTime(), newMLP(t, 3, "field", []int{5, 8, 4}, WithDtype(dt)))
	return Sequential(in, Augment(1), newBlock(t, field, nil), out)
}

func TestODEBlockTrains(t *testing.T) {
	const n = 24
	x, target := circles(n)
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		losses := fit(t, concentric(t, dt), dt, 120, 0.03, x, []int{n, 2}, target, []int{n, 1})
		if last := losses[len(losses)-1]; !(last < 0.2*losses[0]) {
			t.Errorf("%v: the loss went from %g to %g", dt, losses[0], last)
		}
	}
}

func TestODEBlockTrainsUnderLisp(t *testing.T) {
	const n, steps = 24, 60
	x, target := circles(n)
	l := concentric(t, tensor.Float64)
	g := G.NewGraph()
	y, err := l.Forward(node(g, tensor.Float64, "x", x, n, 2))
	if err != nil {
		t.Fatal(err)
	}
	loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(y, node(g, tensor.Float64, "target", target, n, 1)))))))
	var value G.Value
	G.Read(loss, &value)
	weights := graph.ParamNodes(g, l.Params())
	solver := G.NewAdamSolver(G.WithLearnRate(0.03))
	losses := make([]float64, steps)
	for i := range losses {
		vm := G.NewLispMachine(g)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		losses[i] = floats(value)[0]
		if err := solver.Step(G.NodesToValueGrads(weights)); err != nil {
			t.Fatal(err)
		}
		vm.Close()
	}
	tape := fit(t, concentric(t, tensor.Float64), tensor.Float64, steps, 0.03, x, []int{n, 2}, target, []int{n, 1})
	near(t, "loss", losses, tape, 1e-9)
}

// A residual network of n blocks is Euler's method with n steps, exactly.
func TestEulerNetIsEuler(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 8, 10} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			for _, c := range []struct {
				name  string
				f     Layer
				shape []int
			}{
				{"autonomous", newMLP(t, 5, "f", []int{2, 6, 2}, WithDtype(dt)), []int{4, 2}},
				{"in time", timeField(t, 6, 2, WithDtype(dt)), []int{4, 2}},
				{"in time, of a vector", timeField(t, 6, 2, WithDtype(dt), WithActivation(GELU())), []int{2}},
			} {
				name := fmt.Sprintf("%d blocks, %v, %s", n, dt, c.name)
				x := draw(newRand(7), tensor.Shape(c.shape).TotalSize())
				run := func(l Layer) ([]float64, [][]float64) {
					g := G.NewGraph()
					in := node(g, dt, "x", x, c.shape...)
					y, err := l.Forward(in)
					if err != nil {
						t.Fatal(err)
					}
					v, grads, err := onTape(y, append(G.Nodes{in}, graph.ParamNodes(g, l.Params())...)...)
					if err != nil {
						t.Fatal(err)
					}
					return v, grads
				}
				v, grads := run(EulerNet(c.f, n))
				w, want := run(newBlock(t, c.f, nil, odeop.Method(solvers.Euler{}), odeop.Step(1/float64(n))))
				near(t, name, v, w, 0)
				tol := 1e-12
				if dt == tensor.Float32 {
					tol = 1e-5
				}
				for i := range grads {
					near(t, fmt.Sprintf("%s: gradient %d", name, i), grads[i], want[i], tol)
				}
			}
		}
	}
}

func TestEulerNetIsResidualBlocks(t *testing.T) {
	f := newMLP(t, 5, "f", []int{2, 6, 2})
	x := draw(newRand(7), 6)
	near(t, "one block", valueOf(t, EulerNet(f, 1), tensor.Float64, x, 3, 2),
		valueOf(t, Residual(f), tensor.Float64, x, 3, 2), 0)
	half := Func(func(x *G.Node) (*G.Node, error) {
		y, err := f.Forward(x)
		if err != nil {
			return nil, err
		}
		return G.Mul(y, G.NewConstant(0.5))
	}, f.Params()...)
	near(t, "two blocks", valueOf(t, EulerNet(f, 2), tensor.Float64, x, 3, 2),
		valueOf(t, Sequential(Residual(half), Residual(half)), tensor.Float64, x, 3, 2), 0)
}
