package nodeop

import (
	"fmt"
	"hash"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/gorgonia/encoding/dot"
	"gorgonia.org/tensor"
)

func TestApplyRefuses(t *testing.T) {
	g, other := gorgonia.NewGraph(), gorgonia.NewGraph()
	x := input(g, "x", numbers[float64](6, 1), 2, 3)
	s := input(g, "s", []float64{1})
	fn := func(change func(*toy[float64])) Function[float64] {
		f := newSum[float64](nil, tensor.Shape{2, 3}, nil)
		change(f)
		return f
	}
	same := func(*toy[float64]) {}
	for _, c := range []struct {
		name   string
		fn     Function[float64]
		inputs gorgonia.Nodes
		want   string
	}{
		{"no function", nil, gorgonia.Nodes{x, s}, "nodeop: no function"},
		{"few inputs", fn(same), gorgonia.Nodes{x}, "sum: got 1 inputs, want 2"},
		{"nil input", fn(same), gorgonia.Nodes{x, nil}, "sum: input 1 is nil"},
		{"numbers", fn(same), gorgonia.Nodes{x, input(g, "s32", []float32{1})},
			"sum: input 1 has numbers of type float32, want float64"},
		{"shape", fn(same), gorgonia.Nodes{input(g, "y", numbers[float64](6, 1), 3, 2), s},
			"sum: input 0 has shape (3, 2), want (2, 3)"},
		{"vector", fn(same), gorgonia.Nodes{x, input(g, "s1", []float64{1}, 1)}, "sum: input 1 has shape (1), want ()"},
		{"graphs", fn(same), gorgonia.Nodes{x, input(other, "s", []float64{1})}, "sum: Not all children have the same graph"},
		{"gradients", fn(func(f *toy[float64]) {
			f.wrt = f.wrt[:1]
		}), gorgonia.Nodes{x, s}, "sum: the function has 2 inputs but says of 1"},
		{"no inputs", fn(func(f *toy[float64]) { f.in, f.wrt = nil, nil }), nil, "sum: a function without inputs"},
		{"empty input", fn(func(f *toy[float64]) {
			f.in[0] = tensor.Shape{0, 3}
		}), gorgonia.Nodes{x, s}, "sum: input 0 of shape (0, 3) has no elements"},
		{"empty output", fn(func(f *toy[float64]) {
			f.out = tensor.Shape{0}
		}), gorgonia.Nodes{x, s}, "sum: an output of shape (0) has no elements"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := Apply(c.fn, c.inputs...)
			if err == nil {
				t.Fatalf("no error; node %v", n)
			}
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %q, want %q", err, c.want)
			}
		})
	}
	// And where a graph is rebuilt from Ops, Gorgonia's type system and InferShape are asked.
	op := mustApply(t, fn(same), x, s).Op()
	for _, inputs := range []gorgonia.Nodes{
		{x, input(g, "t32", []float32{1})},
		{x, input(g, "t1", []float64{1}, 1)},
		{input(g, "z", numbers[float64](6, 1), 3, 2), s},
		{x, s, s},
	} {
		if _, err := gorgonia.ApplyOp(op, inputs...); err == nil {
			t.Errorf("ApplyOp took %v", inputs)
		}
	}
}

func TestMerging(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", numbers[float64](3, 1), 3)
	y := input(g, "y", numbers[float64](3, 2), 3)
	fn, other := newSquare[float64](tensor.Shape{3}), newSquare[float64](tensor.Shape{3})
	first := mustApply(t, fn, x)
	if mustApply(t, fn, x) != first {
		t.Error("the same function of the same node is another node")
	}
	if mustApply(t, fn, y) == first || mustApply(t, other, x) == first {
		t.Error("another node, or another function, is the same node")
	}
	// Merged nodes have one Op, which is the one that is differentiated.
	z := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(first, mustApply(t, fn, x)))))
	if _, err := gorgonia.Grad(z, x); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
	defer vm.Close()
	mustRun(t, vm)
	if f, b, r := fn.runs(); f != 2 || b != 1 || r != 0 { // of x and of y, and of x backwards
		t.Errorf("%d forward and %d backward passes, %d without a state", f, b, r)
	}
}

func TestHashes(t *testing.T) {
	seen := map[string]string{}
	add := func(what string, op gorgonia.Op) {
		t.Helper()
		var text textHash
		op.WriteHash(&text)
		if was, ok := seen[text.String()]; ok {
			t.Errorf("%s and %s have the same hash", was, what)
		}
		seen[text.String()] = what
		if op.Hashcode() == 0 {
			t.Errorf("%s: the hash is zero", what)
		}
	}
	fn := newSum[float64](nil, tensor.Shape{2}, tensor.Shape{2})
	sig, _ := newSignature(fn)
	f := &forward[float64]{signature: sig}
	add("forward", f)
	add("gradient", &gradient[float64]{sig, f, nil})
	add("gradient (1)", &gradient[float64]{sig, f, tensor.Shape{1}})
	add("part 0", &part[float64]{sig, 0})
	add("part 1", &part[float64]{sig, 1})
	fn.in = []tensor.Shape{{2}, {3}}
	sig, _ = newSignature(fn)
	add("other shape", &forward[float64]{signature: sig})
	add("other shape's part 1", &part[float64]{sig, 1})
	fn.wrt = []bool{false, true}
	sig, _ = newSignature(fn)
	add("other gradients", &forward[float64]{signature: sig})
	add("other gradients' part 1", &part[float64]{sig, 1})
}

// textHash shows what is hashed.
type textHash struct {
	hash.Hash
	strings.Builder
}

func (h *textHash) Write(p []byte) (int, error) { return h.Builder.Write(p) }
func (h *textHash) Reset()                      { h.Builder.Reset() }

// TestLayouts feeds inputs whose memory is not in row-major order, and wants them untouched.
func TestLayouts(t *testing.T) {
	t.Run("float32", testLayouts[float32])
	t.Run("float64", testLayouts[float64])
}

func testLayouts[T Float](t *testing.T) {
	dense := func(shape ...int) *tensor.Dense {
		return valueOf(numbers[T](size(shape), 1), shape).(*tensor.Dense)
	}
	transposed := func(d *tensor.Dense, axes ...int) *tensor.Dense {
		if err := d.T(axes...); err != nil {
			t.Fatal(err)
		}
		return d
	}
	sliced := func(d *tensor.Dense, slices ...tensor.Slice) *tensor.Dense {
		v, err := d.Slice(slices...)
		if err != nil {
			t.Fatal(err)
		}
		return v.(*tensor.Dense)
	}
	columns := func(shape ...int) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.AsFortran(numbers[T](size(shape), 1)))
	}
	for _, c := range []struct {
		name string
		d    *tensor.Dense
	}{
		{"row-major", dense(3, 4)},
		{"transposed", transposed(dense(3, 4))},
		{"transposed row", transposed(dense(1, 4))},
		{"transposed column", transposed(dense(4, 1))},
		{"permuted", transposed(dense(2, 3, 4), 2, 0, 1)},
		{"rows", sliced(dense(5, 4), gorgonia.S(1, 4))},
		{"columns", sliced(dense(4, 5), nil, gorgonia.S(1, 4))},
		{"column", sliced(dense(4, 5), nil, gorgonia.S(2))},
		{"every other row", sliced(dense(6, 5), gorgonia.S(0, 6, 2))},
		{"transposed columns", transposed(sliced(dense(4, 5), nil, gorgonia.S(1, 4)))},
		{"column-major", columns(3, 4)},
		{"column-major 3", columns(2, 3, 4)},
		{"column-major vector", columns(4)},
		{"column-major column", columns(4, 1)},
		{"column-major row", columns(1, 4)},
		{"column-major one", columns(1, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			shape := c.d.Shape().Clone()
			var want []T
			for i := range size(shape) {
				at := make([]int, len(shape))
				for axis, rest := len(shape)-1, i; axis >= 0; axis-- {
					at[axis], rest = rest%shape[axis], rest/shape[axis]
				}
				v, err := c.d.At(at...)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, v.(T))
			}
			before := fmt.Sprint(c.d.Strides(), c.d.Data())

			g := gorgonia.NewGraph()
			x := gorgonia.NewTensor(g, dtypeOf[T](), len(shape), gorgonia.WithName("x"), gorgonia.WithShape(shape...),
				gorgonia.WithValue(c.d))
			fn := newSquare[T](shape)
			y := mustApply(t, fn, x)
			var out gorgonia.Value
			gorgonia.Read(y, &out)
			gorgonia.Must(gorgonia.Sum(y))
			vm := gorgonia.NewLispMachine(g)
			defer vm.Close()
			mustRun(t, vm)
			wantRuns(t, fn, 1, 1, 0)
			if after := fmt.Sprint(c.d.Strides(), c.d.Data()); after != before {
				t.Errorf("the input was\n%s and is\n%s", before, after)
			}
			got := read[T](t, out, shape)
			grad := gradOf[T](t, x) // in the layout of x
			for i, v := range want {
				if got[i] != v*v {
					t.Errorf("[%d] is %v, want %v", i, got[i], v*v)
				}
				if grad[i] != 2*v {
					t.Errorf("the gradient [%d] is %v, want %v", i, grad[i], 2*v)
				}
			}
		})
	}
}

func TestValuesRefused(t *testing.T) {
	short := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(numbers[float64](6, 1)))
	masked := tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{1, 2}, []bool{true, false}))
	for _, c := range []struct {
		name string
		v    gorgonia.Value
		n    int
		want string
	}{
		{"nothing", nil, 1, "no value"},
		{"scalar", gorgonia.NewF32(1), 1, "a scalar of type float32, want float64"},
		{"one for two", gorgonia.NewF64(1), 2, "a scalar, want 2 elements"},
		{"integer", gorgonia.NewI(1), 1, "cannot read a value of type *gorgonia.I"},
		{"numbers", tensor.New(tensor.WithBacking([]float32{1})), 1, "a tensor of float32, want float64"},
		{"elements", short, 5, "a tensor of shape (2, 3), want 5 elements"},
		{"masked", masked, 2, "a masked tensor"},
	} {
		if _, err := flat[float64](c.v, c.n); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if c.v != nil {
			if err := add(c.v, make([]float64, c.n)); err == nil {
				t.Errorf("%s: added", c.name)
			}
		}
	}
	if err := eachOffset(tensor.Shape{2, 3}, []int{3, 1}, 5, func(int) {}); err == nil {
		t.Error("read beyond the end")
	}
	if err := eachOffset(tensor.Shape{2, 3}, []int{1}, 6, func(int) {}); err == nil {
		t.Error("a stride too few")
	}
}

var errToy = errors.New("the toy broke")

// TestFailures has errors and panics come out of RunAll of both machines, and the next run work.
func TestFailures(t *testing.T) {
	fail := map[string]func() error{
		"error":         func() error { return errToy },
		"named error":   func() error { return errors.Wrap(errToy, "square") },
		"panic":         func() error { panic("the toy broke") },
		"panic error":   func() error { panic(errToy) },
		"runtime panic": func() error { var x []int; return errors.Errorf("%d", x[len(x)]) },
	}
	for name, broken := range fail {
		for _, pass := range []string{"forward", "backward"} {
			for _, lisp := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/lisp=%v", name, pass, lisp), func(t *testing.T) {
					g := gorgonia.NewGraph()
					x := input(g, "x", []float64{1, 2, 3}, 3)
					fn := newSquare[float64](tensor.Shape{3})
					f, df := fn.f, fn.df
					if pass == "forward" {
						fn.f = func([][]float64, []float64) error { return broken() }
					} else {
						fn.df = func([][]float64, []float64, [][]float64) error { return broken() }
					}
					z := gorgonia.Must(gorgonia.Sum(mustApply(t, fn, x)))
					var vm gorgonia.VM
					switch {
					case lisp && pass == "forward":
						// A LispMachine that fails goes on to the backward pass while RunAll returns: a data race
						// within Gorgonia.
						vm = gorgonia.NewLispMachine(g, gorgonia.ExecuteFwdOnly())
					case lisp:
						vm = gorgonia.NewLispMachine(g)
					default:
						if _, err := gorgonia.Grad(z, x); err != nil {
							t.Fatal(err)
						}
						vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
					}
					err := vm.RunAll()
					if err == nil {
						t.Fatal("no error")
					}
					cause := Cause(err)
					text := strings.TrimPrefix(cause.Error(), "RunAll: Failed to differentiate square: ") // a LispMachine's
					if !strings.Contains(text, "square: ") || strings.Contains(text, "square: square: ") {
						t.Errorf("the function's name is missing, or twice: %v", cause)
					}
					if strings.Contains(name, "panic") && !strings.Contains(err.Error(), "square: panic in the "+pass+" pass: ") {
						t.Errorf("the place is missing: %v", err)
					}
					if strings.HasSuffix(name, "error") && !errors.Is(cause, errToy) {
						t.Errorf("the error is lost in %v", err)
					}

					fn.f, fn.df = f, df
					if lisp {
						vm = gorgonia.NewLispMachine(g)
					} else {
						vm.Reset()
					}
					defer vm.Close()
					mustRun(t, vm)
					wantClose(t, "x", gradOf[float64](t, x), []float64{2, 4, 6}, 0)
				})
			}
		}
	}
}

func TestCause(t *testing.T) {
	plain := errors.Wrap(errToy, "plain")
	if Cause(plain) != plain || Cause(nil) != nil {
		t.Error("an error that is not a machine's is not returned as it is")
	}
}

// TestFailingRunsLeaveNothing counts goroutines, and the states of runs that never came to their backward pass.
func TestFailingRunsLeaveNothing(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{1, 2, 3}, 3)
	fn := newSquare[float64](tensor.Shape{3})
	y := mustApply(t, fn, x)
	bad := newSquare[float64](tensor.Shape{3})
	bad.f = func([][]float64, []float64) error { return errToy }
	z := gorgonia.Must(gorgonia.Sum(mustApply(t, bad, y)))
	if _, err := gorgonia.Grad(z, x); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	before := runtime.NumGoroutine()
	for range 50 {
		if err := vm.RunAll(); err == nil {
			t.Fatal("no error")
		}
		vm.Reset()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, were %d", after, before)
	}
	if n := len(y.Op().(*forward[float64]).states.entries); n > remembered {
		t.Errorf("%d states are kept", n)
	}
}

func TestStates(t *testing.T) {
	var s states
	out := make([]*float64, 2*remembered)
	for i := range out {
		out[i] = new(float64)
		s.put(out[i], i)
	}
	if len(s.entries) != 1 || s.take(out[len(out)-1]) != len(out)-1 || len(s.entries) != 0 {
		t.Error("before a gradient is asked for, the newest state alone is kept")
	}
	s.want()
	for i := range out {
		s.put(out[i], i)
	}
	s.put(nil, 1)
	s.put(new(float64), nil)
	for i := range out {
		var want any
		if i >= len(out)-remembered {
			want = i
		}
		if got := s.take(out[i]); got != want {
			t.Errorf("output %d: state %v, want %v", i, got, want)
		}
		if s.take(out[i]) != nil {
			t.Errorf("the state of output %d was there twice", i)
		}
	}
	s.want() // a second gradient Op may come for the same state
	s.put(out[0], 7)
	for range 2 {
		if s.take(out[0]) != 7 {
			t.Error("two gradient Ops did not get the same state")
		}
	}
}

// evaluator is a toy with a cheaper pass for when no gradient is wanted.
type evaluator struct {
	*toy[float64]
	evaluations int
}

func (e *evaluator) Evaluate(in [][]float64, out []float64) error {
	e.evaluations++
	return e.f(in, out)
}

func TestEvaluator(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{3})
	fn := &evaluator{toy: newSquare[float64](nil)}
	z := mustApply[float64](t, fn, x)
	vm := gorgonia.NewTapeMachine(g)
	mustRun(t, vm)
	vm.Close()
	wantClose(t, "z", read[float64](t, z.Value(), nil), []float64{9}, 0)
	if f, _, _ := fn.runs(); f != 0 || fn.evaluations != 1 {
		t.Errorf("%d forward passes and %d evaluations, want an evaluation", f, fn.evaluations)
	}
	if _, err := gorgonia.Grad(z, x); err != nil {
		t.Fatal(err)
	}
	vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
	mustRun(t, vm)
	vm.Close()
	wantRuns(t, fn.toy, 1, 1, 0)
	wantClose(t, "x", gradOf[float64](t, x), []float64{6}, 0)

	// A LispMachine asks for its first gradient only when the output is there already.
	g = gorgonia.NewGraph()
	x = input(g, "x", []float64{3})
	fn = &evaluator{toy: newSquare[float64](nil)}
	mustApply[float64](t, fn, x)
	for range 3 {
		lisp := gorgonia.NewLispMachine(g)
		mustRun(t, lisp)
		lisp.Close()
	}
	wantRuns(t, fn.toy, 2, 3, 1)
	wantClose(t, "x", gradOf[float64](t, x), []float64{18}, 0)
}

// TestTracing recognises the nodes of a differentiated graph, and rebuilds them in another.
func TestTracing(t *testing.T) {
	g := gorgonia.NewGraph()
	x, s := input(g, "x", []float64{2, 3}, 2), input(g, "s", []float64{5})
	fn := newSum[float64](nil, tensor.Shape{2}, nil)
	z := mustApply(t, fn, x, s)
	grads, err := gorgonia.Grad(z, x, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := FunctionOf(z.Op()); !ok || got.(Function[float64]) != Function[float64](fn) {
		t.Errorf("the function is %v", got)
	}
	if offset, shape, ok := PartOf(grads[1].Op()); !ok || offset != 2 || !slices.Equal(shape, tensor.Shape{}) {
		t.Errorf("the part at %d of shape %v", offset, shape)
	}
	packed := g.From(grads[1].ID())
	packed.Next()
	gradient := packed.Node().(*gorgonia.Node)
	if got, ok := GradientOf(gradient.Op()); !ok || got.(Function[float64]) != Function[float64](fn) {
		t.Errorf("the gradient's function is %v", got)
	}
	for _, op := range []gorgonia.Op{gradient.Op(), grads[0].Op(), x.Op()} {
		if _, ok := FunctionOf(op); ok {
			t.Errorf("%v is no function", op)
		}
	}
	for _, op := range []gorgonia.Op{z.Op(), grads[0].Op(), x.Op()} {
		if _, ok := GradientOf(op); ok {
			t.Errorf("%v is no gradient", op)
		}
	}
	for _, op := range []gorgonia.Op{z.Op(), gradient.Op(), x.Op()} {
		if _, _, ok := PartOf(op); ok {
			t.Errorf("%v is no part", op)
		}
	}
	for op, want := range map[gorgonia.Op]string{z.Op(): "sum", gradient.Op(): "sum gradient",
		grads[1].Op(): "sum gradient part 1"} {
		if op.String() != want {
			t.Errorf("got %q, want %q", op, want)
		}
	}
	if picture, err := dot.Marshal(g); err != nil || !strings.Contains(string(picture), "sum gradient part 1") {
		t.Errorf("the picture lacks the Ops: %v", err)
	}

	g2 := gorgonia.NewGraph()
	x2, s2 := input(g2, "x", []float64{2, 3}, 2), input(g2, "s", []float64{5})
	z2 := gorgonia.Must(gorgonia.ApplyOp(z.Op(), x2, s2))
	if _, err := gorgonia.Grad(z2, x2, s2); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g2, gorgonia.BindDualValues(x2, s2))
	defer vm.Close()
	mustRun(t, vm)
	wantRuns(t, fn, 1, 1, 0)
	wantClose(t, "s", gradOf[float64](t, s2), []float64{2}, 0)
}

// TestDoAlone calls Ops without a machine.
func TestDoAlone(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{2, 3}, 2)
	fn := newSquare[float64](tensor.Shape{2})
	y := mustApply(t, fn, x)
	v, err := y.Op().Do(x.Value())
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, "y", read[float64](t, v, y.Shape()), []float64{4, 9}, 0)
	if v == x.Value() {
		t.Error("the output is the input")
	}
	for _, inputs := range [][]gorgonia.Value{nil, {x.Value(), x.Value()}, {nil}, {gorgonia.NewF64(1)}} {
		if v, err := y.Op().Do(inputs...); err == nil || v != nil {
			t.Errorf("Do(%v) gave %v and %v", inputs, v, err)
		}
	}
}

// TestGradientAlone calls the Ops of the backward pass without a machine: an output that nobody remembers is computed
// again.
func TestGradientAlone(t *testing.T) {
	g := gorgonia.NewGraph()
	x, s := input(g, "x", []float64{2, 3}, 2), input(g, "s", []float64{5})
	fn := newSum[float64](nil, tensor.Shape{2}, nil)
	z := mustApply(t, fn, x, s)
	op := z.Op().(*forward[float64])
	w := input(g, "w", []float64{10})
	grads, err := op.SymDiff(gorgonia.Nodes{x, s}, z, w)
	if err != nil {
		t.Fatal(err)
	}
	children := g.From(grads[0].ID())
	children.Next()
	packed := children.Node().(*gorgonia.Node)
	v, err := packed.Op().Do(x.Value(), s.Value(), gorgonia.NewF64(15), w.Value())
	if err != nil {
		t.Fatal(err)
	}
	wantRuns(t, fn, 0, 1, 1)
	wantClose(t, "packed", read[float64](t, v, packed.Shape()), []float64{10, 10, 20}, 0)
	part, err := grads[1].Op().Do(v)
	if err != nil {
		t.Fatal(err)
	}
	if part, ok := part.(*gorgonia.F64); !ok || *part != 20 {
		t.Errorf("the gradient of s is %v", part)
	}

	one, none := gorgonia.Value(gorgonia.NewF64(1)), gorgonia.Value(nil)
	for _, inputs := range [][]gorgonia.Value{{}, {one, one, one, one}, {x.Value(), one, none, one},
		{x.Value(), one, one, none}} {
		if v, err := packed.Op().Do(inputs...); err == nil || v != nil {
			t.Errorf("the gradient of %v is %v", inputs, v)
		}
	}
	for _, inputs := range [][]gorgonia.Value{{}, {one}, {x.Value()}, {none}} {
		if v, err := grads[0].Op().Do(inputs...); err == nil || v != nil {
			t.Errorf("the part of %v is %v", inputs, v)
		}
	}
	if _, err := gorgonia.ApplyOp(packed.Op(), x, s, z, x); err == nil {
		t.Error("the gradient Op took a cotangent of another shape")
	}
	if _, err := gorgonia.ApplyOp(grads[0].Op(), x); err == nil {
		t.Error("the part Op took a vector of another length")
	}
	if _, err := op.SymDiff(gorgonia.Nodes{x, s}, z, x); err == nil {
		t.Error("SymDiff took a cotangent of another shape")
	}
	if _, err := packed.Op().(gorgonia.SDOp).SymDiff(nil, nil, nil); err == nil {
		t.Error("a second derivative of a function that has none")
	}
}

// TestDoDiffWithoutGradients has nodes whose values have no gradients beside them.
func TestDoDiffWithoutGradients(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{3})
	fn := newSquare[float64](nil)
	y := mustApply(t, fn, x)
	op := y.Op().(*forward[float64])
	if err := op.DoDiff(gorgonia.ExecutionContext{}, gorgonia.Nodes{x}, y); err != nil {
		t.Error(err)
	}
	wantRuns(t, fn, 0, 0, 0)
	if err := op.DoDiff(gorgonia.ExecutionContext{}, gorgonia.Nodes{x, x}, y); err == nil {
		t.Error("an input too many")
	}
	if err := op.DoDiff(gorgonia.ExecutionContext{}, gorgonia.Nodes{x}, nil); err == nil {
		t.Error("no output")
	}
}

func BenchmarkTrainingStep(b *testing.B) {
	g := gorgonia.NewGraph()
	x := input(g, "x", numbers[float64](1000, 1), 1000)
	fn := newSquare[float64](tensor.Shape{1000})
	y, err := Apply(fn, x)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := gorgonia.Grad(gorgonia.Must(gorgonia.Sum(y)), x); err != nil {
		b.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
	defer vm.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := vm.RunAll(); err != nil {
			b.Fatal(err)
		}
		vm.Reset()
	}
}

func BenchmarkForwardOp(b *testing.B) {
	g := gorgonia.NewGraph()
	x := input(g, "x", numbers[float64](8, 1), 8)
	fn := newSquare[float64](tensor.Shape{8})
	y, err := Apply(fn, x)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := y.Op().Do(x.Value()); err != nil {
			b.Fatal(err)
		}
	}
}
