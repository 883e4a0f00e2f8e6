package graph

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// workbench is a graph with inputs that have values.
type workbench struct {
	t *testing.T
	g *G.ExprGraph
}

func newWorkbench(t *testing.T) *workbench { return &workbench{t, G.NewGraph()} }

func (o *workbench) input(name string, v []float64, shape ...int) *G.Node {
	return G.NewTensor(o.g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
}

func (o *workbench) must(n *G.Node, err error) *G.Node {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// run evaluates y, and the gradient of Σ y² with respect to x.
func (o *workbench) run(y, x *G.Node) (value, grad []float64) {
	o.t.Helper()
	var v G.Value
	G.Read(y, &v)
	if _, err := G.Grad(o.must(G.Sum(o.must(G.Square(y)))), x); err != nil {
		o.t.Fatal(err)
	}
	vm := G.NewTapeMachine(o.g, G.BindDualValues(x))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		o.t.Fatal(err)
	}
	d, err := x.Grad()
	if err != nil {
		o.t.Fatal(err)
	}
	return v.Data().([]float64), d.Data().([]float64)
}

func sequence(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i)
	}
	return v
}

func equalTo(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-14*math.Max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
}

// Two slices of an axis longer than 255 that agree in the lowest byte of their bounds are one node of gorgonia.Slice.
func TestSliceOfALongAxis(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", sequence(600), 600)
	a := o.must(Slice(x, G.S(0, 3)))
	b := o.must(Slice(x, G.S(256, 262, 2)))
	v, d := o.run(o.must(Stack(a, b)), x)
	equalTo(t, "slices", v, []float64{0, 1, 2, 256, 258, 260})
	want := make([]float64, 600)
	for _, i := range []int{1, 2, 256, 258, 260} {
		want[i] = 2 * float64(i)
	}
	equalTo(t, "gradient", d, want)
}

func TestSliceKeepsEveryAxis(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", sequence(6), 2, 3)
	y := o.must(Slice(x, G.S(1), G.S(0, 2)))
	if !sameShape(y.Shape(), tensor.Shape{1, 2}) {
		t.Errorf("shape %v", y.Shape())
	}
	v, _ := o.run(y, x)
	equalTo(t, "slice", v, []float64{3, 4})
}

// gorgonia.Reshape hands its input's memory to the operation behind it, which overwrites it.
func TestReshapeDoesNotAlias(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", []float64{1, 2, 3, 4}, 4)
	w := o.input("w", []float64{5, 6, 7, 8}, 2, 2)
	y := o.must(G.HadamardProd(o.must(Reshape(x, 2, 2)), w))
	v, d := o.run(y, x)
	equalTo(t, "product", v, []float64{5, 12, 21, 32})
	equalTo(t, "gradient", d, []float64{2 * 25, 2 * 2 * 36, 2 * 3 * 49, 2 * 4 * 64})
	equalTo(t, "x afterwards", x.Value().Data().([]float64), []float64{1, 2, 3, 4})
}

// Gorgonia's SoftMax overflows in rows after the first, and its node is that of LogSoftMax.
func TestSoftMaxAndLogSoftMaxOfOneNode(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", []float64{0, 0, 1000, 0}, 2, 2)
	v, _ := o.run(o.must(Stack(o.must(SoftMax(x, -1)), o.must(LogSoftMax(x, 1)))), x)
	half := -math.Ln2
	equalTo(t, "softmax and its logarithm", v, []float64{0.5, 0.5, 1, 0, half, half, 0, -1000})
}

func TestWhere(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", []float64{4, -1, -2, 9}, 4)
	positive := o.must(G.Gt(x, G.NewConstant(0.0), true))
	// ln x is NaN where it is not chosen
	v, d := o.run(o.must(Where(positive, o.must(G.Log(x)), o.must(G.Neg(x)))), x)
	equalTo(t, "where", v, []float64{math.Log(4), 1, 2, math.Log(9)})
	equalTo(t, "gradient", d, []float64{2 * math.Log(4) / 4, -2, -4, 2 * math.Log(9) / 9})
}

func TestDropout(t *testing.T) {
	const n, drop = 4000, 0.3
	mask := func(step float64, seed uint64) (v, d []float64) {
		o := newWorkbench(t)
		ones := make([]float64, n)
		for i := range ones {
			ones[i] = 1
		}
		x := o.input("x", ones, n)
		s := G.NewScalar(o.g, tensor.Float64, G.WithName("step"), G.WithValue(step))
		return o.run(o.must(Dropout(x, s, drop, seed)), x)
	}
	v, d := mask(3, 7)
	kept := 0
	for i, y := range v {
		if y != 0 {
			kept++
			equalTo(t, "kept", v[i:i+1], []float64{1 / (1 - drop)})
		}
		// the backward pass sees the mask of the forward pass: d(y²)/dx = 2y·y/x
		equalTo(t, "gradient", d[i:i+1], []float64{2 * y * y})
	}
	// 4 standard deviations of a binomial count
	if dev := math.Abs(float64(kept) - n*(1-drop)); dev > 4*math.Sqrt(n*drop*(1-drop)) {
		t.Errorf("%d of %d kept with probability %g", kept, n, 1-drop)
	}
	again, _ := mask(3, 7)
	equalTo(t, "the same step and seed", again, v)
	for _, other := range [][2]float64{{4, 7}, {3, 8}} {
		w, _ := mask(other[0], uint64(other[1]))
		same := 0
		for i := range w {
			if w[i] == v[i] {
				same++
			}
		}
		if same == n {
			t.Errorf("step %g and seed %g give the same mask", other[0], other[1])
		}
	}
	v, _ = mask(-1, 7)
	for _, y := range v {
		if y != 1 {
			t.Fatalf("evaluation changed 1 to %g", y)
		}
	}
}

func TestConstantsWithEqualPrints(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", []float64{1}, 1)
	a, b := sequence(2000), sequence(2000)
	b[1000] = -1
	ca, cb := o.must(Constant(x, a, 2000)), o.must(Constant(x, b, 2000))
	diff := o.must(Reshape(o.must(G.Sum(o.must(G.Sub(ca, cb)))), 1))
	v, _ := o.run(o.must(G.Add(diff, x)), x)
	equalTo(t, "difference", v, []float64{1002})
}

func TestCallAll(t *testing.T) {
	f, err := Trace(func(in ...*G.Node) (G.Nodes, error) {
		s, err := G.Sum(in[0])
		if err != nil {
			return nil, err
		}
		sq, err := G.Square(in[0])
		return G.Nodes{s, sq}, err
	}, Input("x", tensor.Float64, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	o := newWorkbench(t)
	x := o.input("x", []float64{1, 2, 3, 4}, 2, 2)
	if _, err := Call(f, x); err == nil || !strings.Contains(err.Error(), "CallAll") {
		t.Errorf("Call of two outputs: %v", err)
	}
	outs, err := CallAll(f, x)
	if err != nil {
		t.Fatal(err)
	}
	if len(outs) != 2 || len(outs[0].Shape()) != 0 || !sameShape(outs[1].Shape(), tensor.Shape{2, 2}) {
		t.Fatalf("outputs %v", outs)
	}
	y := o.must(G.HadamardProd(outs[1], outs[0])) // 10·x², and Σx has a gradient too
	v, d := o.run(y, x)
	equalTo(t, "values", v, []float64{10, 40, 90, 160})
	// L = s²·Σx⁴: ∂L/∂x = 2s·Σx⁴ + s²·4x³, with s = 10 and Σx⁴ = 354
	equalTo(t, "gradient", d, []float64{7080 + 400, 7080 + 3200, 7080 + 10800, 7080 + 25600})
}

func TestReplacementsRefuse(t *testing.T) {
	o := newWorkbench(t)
	x := o.input("x", sequence(6), 2, 3)
	other := o.input("y", sequence(6), 3, 2)
	whole := G.NewVector(o.g, tensor.Int, G.WithShape(2), G.WithName("whole"))
	step := G.NewScalar(o.g, tensor.Float64, G.WithName("step"))
	for want, try := range map[string]func() (*G.Node, error){
		"no range [2, 9)":      func() (*G.Node, error) { return Slice(x, G.S(2, 9)) },
		"3 ranges":             func() (*G.Node, error) { return Slice(x, nil, nil, nil) },
		"do not fit":           func() (*G.Node, error) { return Reshape(x, 4) },
		"no shape":             func() (*G.Node, error) { return Reshape(x, -2, -3) },
		"no axis 2":            func() (*G.Node, error) { return SoftMax(x, 2) },
		"no axis -3":           func() (*G.Node, error) { return LogSoftMax(x, -3) },
		"dtype int":            func() (*G.Node, error) { return Slice(whole) },
		"of no node":           func() (*G.Node, error) { return Reshape(nil, 1) },
		"no probability 1":     func() (*G.Node, error) { return Dropout(x, step, 1, 0) },
		"no probability NaN":   func() (*G.Node, error) { return Dropout(x, step, math.NaN(), 0) },
		"want a number":        func() (*G.Node, error) { return Dropout(x, x, 0.5, 0) },
		"2 values for shape":   func() (*G.Node, error) { return Constant(x, []float64{1, 2}, 3) },
		"stack of no nodes":    func() (*G.Node, error) { return Stack() },
		"stack: node 1 is":     func() (*G.Node, error) { return Stack(x, other) },
		"there is no element":  func() (*G.Node, error) { return Element(x, 6) },
		"where: node 2 is":     func() (*G.Node, error) { return Where(x, x, other) },
		"where: node 1 is nil": func() (*G.Node, error) { return Where(x, nil, x) },
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
