package graph

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// lowering is one entry of the table: a function written with Gorgonia's operations, whose value is compared with
// Gorgonia's machine or with want, and whose derivatives with differences.
type lowering struct {
	name     string
	in       []tensor.Shape
	build    func(x ...*G.Node) *G.Node
	positive bool                                 // arguments in (0.3, 1.8) rather than (−1.5, 1.5)
	want     func(x [][]float64) []float64        // where Gorgonia's own value is wrong
	first    bool                                 // no second derivatives: kinks, or an Op without them
	at       func(r *rand.Rand, i, j int) float64 // arguments of its own
	tol      float64                              // of the comparison of values, 1e-12 by default
}

func shape(d ...int) tensor.Shape { return tensor.Shape(d) }

func shapes(s ...tensor.Shape) []tensor.Shape { return s }

func (c *lowering) builder() Builder {
	return func(in ...*G.Node) (G.Nodes, error) { return G.Nodes{c.build(in...)}, nil }
}

func (c *lowering) specs(dt tensor.Dtype) []Spec {
	s := make([]Spec, len(c.in))
	for i, shape := range c.in {
		s[i] = Input(string(rune('a'+i)), dt, shape...)
	}
	return s
}

func (c *lowering) arguments(r *rand.Rand) [][]float64 {
	x := make([][]float64, len(c.in))
	for i, s := range c.in {
		x[i] = make([]float64, sizeOf(s))
		for j := range x[i] {
			switch {
			case c.at != nil:
				x[i][j] = c.at(r, i, j)
			case c.positive:
				x[i][j] = 0.3 + 1.5*r.Float64()
			default:
				x[i][j] = 3*r.Float64() - 1.5
			}
			x[i][j] = float64(float32(x[i][j]))
		}
	}
	return x
}

// onTape is what Gorgonia's machine computes.
func onTape(t testing.TB, build Builder, specs []Spec, x [][]float64, mode ...G.VMOpt) (out [][]float64, err error) {
	t.Helper()
	g := G.NewGraph()
	nodes := make(G.Nodes, len(specs))
	for i, s := range specs {
		nodes[i] = G.NewTensor(g, s.Dtype, len(s.Shape), G.WithShape(s.Shape...), G.WithName(s.Name))
	}
	outs, err := build(nodes...)
	if err != nil {
		return nil, err
	}
	values := make([]G.Value, len(outs))
	for i, o := range outs {
		G.Read(o, &values[i])
	}
	for i, s := range specs {
		var v any = x[i][0]
		if len(s.Shape) > 0 {
			v = tensor.New(tensor.WithShape(s.Shape...), tensor.WithBacking(append([]float64(nil), x[i]...)))
		}
		if err := G.Let(nodes[i], v); err != nil {
			return nil, err
		}
	}
	m := G.NewTapeMachine(g, mode...)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		return nil, err
	}
	for _, v := range values {
		d, err := numbers(v)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func traced(t testing.TB, build Builder, specs ...Spec) *Func {
	t.Helper()
	f, err := Trace(build, specs...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return f
}

func near(a, b, tol float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	if math.IsInf(a, 0) || math.IsInf(b, 0) {
		return a == b
	}
	return a == b || math.Abs(a-b) <= tol*(1+math.Max(math.Abs(a), math.Abs(b)))
}

func compare(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !near(got[i], want[i], tol) {
			t.Fatalf("%s: element %d is %.10g, want %.10g\n got %.6g\nwant %.6g", what, i, got[i], want[i], got, want)
		}
	}
}

func gaussians(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// differences is the central difference of f along dx.
func differences(f *Func, x, dx [][]float64, h float64) [][]float64 {
	moved := func(s float64) [][]float64 {
		y := make([][]float64, len(x))
		for i := range x {
			y[i] = make([]float64, len(x[i]))
			for j := range x[i] {
				y[i][j] = x[i][j] + s*dx[i][j]
			}
		}
		return evaluate(f, y)
	}
	up, down := moved(h), moved(-h)
	slope := make([][]float64, len(up)) // outputs may share memory
	for i := range up {
		slope[i] = make([]float64, len(up[i]))
		for j := range up[i] {
			slope[i][j] = (up[i][j] - down[i][j]) / (2 * h)
		}
	}
	return slope
}

// checkDerivatives compares VJP and JVP with central differences along random directions, and with each other.
func checkDerivatives(t *testing.T, f *Func, x [][]float64, r *rand.Rand, tol float64) *Func {
	t.Helper()
	vjp, err := f.VJP()
	if err != nil {
		t.Fatalf("%v", err)
	}
	jvp, err := f.JVP()
	if err != nil {
		t.Fatalf("%v", err)
	}
	w := make([][]float64, len(f.outputs))
	for i, o := range f.outputs {
		w[i] = gaussians(r, o.size())
	}
	grads := evaluate(vjp, append(append([][]float64(nil), x...), w...))
	for try := 0; try < 3; try++ {
		dx := make([][]float64, len(x))
		for i := range x {
			dx[i] = gaussians(r, len(x[i]))
		}
		slope := differences(f, x, dx, 1e-5)
		got := evaluate(jvp, append(append([][]float64(nil), x...), dx...))
		for i := range slope {
			compare(t, "jvp", got[len(f.outputs)+i], slope[i], tol)
		}
		var left, right float64
		for i := range dx {
			for j := range dx[i] {
				left += grads[i][j] * dx[i][j]
			}
		}
		for i := range slope {
			for j := range slope[i] {
				right += slope[i][j] * w[i][j]
			}
		}
		if !near(left, right, 10*tol) {
			t.Fatalf("vjp: along a direction %.10g, by differences %.10g", left, right)
		}
	}
	return vjp
}

func testLowering(t *testing.T, c *lowering) {
	r := rand.New(rand.NewPCG(7, uint64(len(c.name))))
	tol := c.tol
	if tol == 0 {
		tol = 1e-12
	}
	f := traced(t, c.builder(), c.specs(tensor.Float64)...)
	x := c.arguments(r)
	got := evaluate(f, x)
	if c.want != nil {
		compare(t, "value", got[0], c.want(x), tol)
	} else {
		want, err := onTape(t, c.builder(), c.specs(tensor.Float64), x)
		if err != nil {
			t.Fatalf("Gorgonia: %v", err)
		}
		compare(t, "value", got[0], want[0], tol)
	}
	vjp := checkDerivatives(t, f, x, r, 1e-6)
	if !c.first {
		y := append(append([][]float64(nil), x...), gaussians(r, f.outputs[0].size()))
		checkDerivatives(t, vjp, y, r, 1e-5)
	}
	f32 := traced(t, c.builder(), c.specs(tensor.Float32)...)
	compare(t, "float32 trace", evaluate(f32, x)[0], got[0], 1e-4)

	// The plans of the function and of both of its derivatives, in both dtypes.
	run64(t, f, x, got)
	run32(t, f32, x, got)
	w := append(append([][]float64(nil), x...), gaussians(r, f.outputs[0].size()))
	run64(t, vjp, w, nil)
	vjp32, err := f32.VJP()
	if err != nil {
		t.Fatal(err)
	}
	run32(t, vjp32, w, evaluate(vjp, w))
	dx := append([][]float64(nil), x...)
	for _, v := range x {
		dx = append(dx, gaussians(r, len(v)))
	}
	jvp, err := f.JVP()
	if err != nil {
		t.Fatal(err)
	}
	run64(t, jvp, dx, nil)
	jvp32, err := f32.JVP()
	if err != nil {
		t.Fatal(err)
	}
	run32(t, jvp32, dx, evaluate(jvp, dx))
}

// run64 and run32 compare a plan with evaluate.
func run64(t *testing.T, f *Func, x, want [][]float64) {
	t.Helper()
	if want == nil {
		want = evaluate(f, x)
	}
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatalf("%v", err)
	}
	out := make([][]float64, len(f.outputs))
	for i, o := range f.outputs {
		out[i] = make([]float64, o.size())
	}
	if err := p.Run(x, out); err != nil {
		t.Fatalf("%v", err)
	}
	for i := range out {
		compare(t, "plan", out[i], want[i], 1e-10)
	}
}

func run32(t *testing.T, f *Func, x, want [][]float64) {
	t.Helper()
	p, err := Compile[float32](f)
	if err != nil {
		t.Fatalf("%v", err)
	}
	in, out := make([][]float32, len(x)), make([][]float32, len(f.outputs))
	for i := range x {
		in[i] = make([]float32, len(x[i]))
		for j, v := range x[i] {
			in[i][j] = float32(v)
		}
	}
	for i, o := range f.outputs {
		out[i] = make([]float32, o.size())
	}
	if err := p.Run(in, out); err != nil {
		t.Fatalf("%v", err)
	}
	for i := range out {
		compare(t, "float32 plan", converted64(out[i]), want[i], 2e-4)
	}
}

func converted64(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// num is a constant of the dtype of like.
func num(like *G.Node, v float64) *G.Node {
	if like.Dtype() == tensor.Float32 {
		return G.NewConstant(float32(v))
	}
	return G.NewConstant(v)
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }
