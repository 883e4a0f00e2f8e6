package nodeop

import (
	"fmt"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const (
	batch  = 5
	dim    = 3
	hidden = 4
)

// model is mean((layer(x) − target)²), with our layer or with Gorgonia's.
type model[T Float] struct {
	g      *gorgonia.ExprGraph
	params gorgonia.Nodes // x, w, b, s
	loss   *gorgonia.Node
	value  gorgonia.Value // of the loss, once it is read
}

// read has the runs store the loss. Clones of the graph would all store it in the same place.
func (m *model[T]) read() *model[T] {
	gorgonia.Read(m.loss, &m.value)
	return m
}

func newModel[T Float](t *testing.T, fn Function[T]) *model[T] {
	t.Helper()
	g := gorgonia.NewGraph()
	m := &model[T]{g: g, params: gorgonia.Nodes{
		input(g, "x", numbers[T](batch*dim, 1), batch, dim),
		input(g, "w", numbers[T](dim*hidden, 2), dim, hidden),
		input(g, "b", numbers[T](hidden, 3), 1, hidden),
		input(g, "s", []T{1.5}),
	}}
	var y *gorgonia.Node
	if fn == nil {
		y = builtinLayer(m.params[0], m.params[1], m.params[2], m.params[3])
	} else {
		y = mustApply(t, fn, m.params...)
	}
	target := input(g, "target", numbers[T](batch*hidden, 4), batch, hidden)
	m.loss = gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(y, target))))))
	return m
}

func tolerance[T Float]() float64 {
	if dtypeOf[T]() == tensor.Float32 {
		return 2e-5
	}
	return 1e-12
}

// TestTrainingEqualsBuiltin trains the same model made of our Op and of Gorgonia's Ops.
func TestTrainingEqualsBuiltin(t *testing.T) {
	t.Run("float32", testTraining[float32])
	t.Run("float64", testTraining[float64])
}

func testTraining[T Float](t *testing.T) {
	const steps = 60
	train := func(fn Function[T]) (losses []T, params [][]T) {
		m := newModel(t, fn).read()
		if _, err := gorgonia.Grad(m.loss, m.params[1:]...); err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(m.g, gorgonia.BindDualValues(m.params[1:]...))
		defer vm.Close()
		solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.02))
		for range steps {
			mustRun(t, vm)
			losses = append(losses, read[T](t, m.value, nil)...)
			if err := solver.Step(gorgonia.NodesToValueGrads(m.params[1:])); err != nil {
				t.Fatal(err)
			}
			vm.Reset()
		}
		for _, p := range m.params {
			params = append(params, read[T](t, p.Value(), p.Shape()))
		}
		return losses, params
	}
	fn := newLayer[T](batch, dim, hidden)
	losses, params := train(fn)
	wantLosses, wantParams := train(nil)
	wantRuns(t, fn, steps, steps, 0)
	tol := 100 * tolerance[T]()
	wantClose(t, "losses", losses, wantLosses, tol)
	for i := range params {
		wantClose(t, "parameters", params[i], wantParams[i], tol)
	}
	if losses[steps-1] > losses[0]/2 {
		t.Errorf("the loss went from %v to %v", losses[0], losses[steps-1])
	}
}

func TestLispMachineEqualsTapeMachine(t *testing.T) {
	t.Run("float32", testLisp[float32])
	t.Run("float64", testLisp[float64])
}

func testLisp[T Float](t *testing.T) {
	tape := newModel[T](t, nil).read()
	if _, err := gorgonia.Grad(tape.loss, tape.params...); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(tape.g, gorgonia.BindDualValues(tape.params...))
	defer vm.Close()
	mustRun(t, vm)

	fn := newLayer[T](batch, dim, hidden)
	m := newModel[T](t, fn).read()
	const runs = 3
	for range runs { // gradients add up from machine to machine
		lisp := gorgonia.NewLispMachine(m.g)
		mustRun(t, lisp)
		lisp.Close()
	}
	wantRuns(t, fn, runs, runs, 0)
	wantClose(t, "loss", read[T](t, m.value, nil), read[T](t, tape.value, nil), tolerance[T]())
	for i, p := range m.params {
		want := gradOf[T](t, tape.params[i])
		for j := range want {
			want[j] *= runs
		}
		wantClose(t, "gradient of "+p.Name(), gradOf[T](t, p), want, runs*tolerance[T]())
	}
}

// TestLispMachineAdds uses the inputs beside the Op too, before and after it.
func TestLispMachineAdds(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{2, 3}, 2)
	s := input(g, "s", []float64{5})
	fn := newSum[float64](nil, tensor.Shape{2}, nil, tensor.Shape{2}, nil)
	z := mustApply(t, fn, x, s, x, s) // 4Σx + 6s
	z = gorgonia.Must(gorgonia.Add(z, gorgonia.Must(gorgonia.Mul(s, s))))
	gorgonia.Must(gorgonia.Add(z, gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(x))))))
	vm := gorgonia.NewLispMachine(g)
	defer vm.Close()
	mustRun(t, vm)
	wantClose(t, "x", gradOf[float64](t, x), []float64{4 + 4, 4 + 6}, 0)
	wantClose(t, "s", gradOf[float64](t, s), []float64{6 + 10}, 0)
}

// TestSmallShapes has an output of one element in every shape that it can have, as the cost itself and inside.
func TestSmallShapes(t *testing.T) {
	for _, out := range []tensor.Shape{nil, {1}, {1, 1}} {
		for _, in := range []tensor.Shape{nil, {1}, {1, 1}} {
			for _, lisp := range []bool{false, true} {
				t.Run(fmt.Sprintf("in%vout%vlisp=%v", in, out, lisp), func(t *testing.T) {
					t.Run("float32", func(t *testing.T) { testSmallShape[float32](t, in, out, lisp) })
					t.Run("float64", func(t *testing.T) { testSmallShape[float64](t, in, out, lisp) })
				})
			}
		}
	}
}

func testSmallShape[T Float](t *testing.T, in, out tensor.Shape, lisp bool) {
	g := gorgonia.NewGraph()
	x, y := input(g, "x", []T{2}, in...), input(g, "y", []T{3}, in...)
	fn := newSum[T](out, in, in)
	z := mustApply(t, fn, x, y) // x + 2y = 8
	cost := z
	if !out.IsScalar() {
		cost = gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(z))))
	}
	var vm gorgonia.VM
	if lisp {
		vm = gorgonia.NewLispMachine(g)
	} else {
		if _, err := gorgonia.Grad(cost, x, y); err != nil {
			t.Fatal(err)
		}
		vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x, y))
	}
	defer vm.Close()
	mustRun(t, vm)
	wantRuns(t, fn, 1, 1, 0)
	want := T(1)
	if !out.IsScalar() {
		want = 16
	}
	wantClose(t, "x", gradOf[T](t, x), []T{want}, 0)
	wantClose(t, "y", gradOf[T](t, y), []T{2 * want}, 0)
	for _, n := range []*gorgonia.Node{x, y} {
		if d, _ := n.Grad(); gorgonia.TypeOf(d) != gorgonia.TypeOf(n.Value()) {
			t.Errorf("the gradient is a %v, the value a %v", gorgonia.TypeOf(d), gorgonia.TypeOf(n.Value()))
		}
	}
	if !lisp && z == cost {
		wantClose(t, "z", read[T](t, z.Value(), out), []T{8}, 0)
	}
}

// TestManyInputs has so many numbers that offsets need more than a byte.
func TestManyInputs(t *testing.T) {
	const inputs = 130
	shapes := make([]tensor.Shape, inputs)
	for i := range shapes {
		shapes[i] = tensor.Shape{16}
	}
	for _, lisp := range []bool{false, true} {
		g := gorgonia.NewGraph()
		nodes := make(gorgonia.Nodes, inputs)
		for i := range nodes {
			nodes[i] = input(g, fmt.Sprint("x", i), numbers[float64](16, i), 16)
		}
		fn := newSum[float64](nil, shapes...)
		z := mustApply(t, fn, nodes...)
		var vm gorgonia.VM
		if lisp {
			vm = gorgonia.NewLispMachine(g)
		} else {
			if _, err := gorgonia.Grad(z, nodes...); err != nil {
				t.Fatal(err)
			}
			vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(nodes...))
		}
		mustRun(t, vm)
		vm.Close()
		wantRuns(t, fn, 1, 1, 0)
		for i, n := range nodes {
			want := make([]float64, 16)
			for j := range want {
				want[j] = float64(i + 1)
			}
			wantClose(t, n.Name(), gradOf[float64](t, n), want, 0)
		}
	}
}

// TestOneNodeTwice gives a node to two inputs: the gradients add.
func TestOneNodeTwice(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{2, 3}, 2)
	fn := newSum[float64](nil, tensor.Shape{2}, tensor.Shape{2}, tensor.Shape{2})
	z := mustApply(t, fn, x, x, x)
	if _, err := gorgonia.Grad(z, x); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
	defer vm.Close()
	mustRun(t, vm)
	wantClose(t, "x", gradOf[float64](t, x), []float64{6, 6}, 0)
	wantRuns(t, fn, 1, 1, 0)
}

// TestWithoutGradients has inputs that the Function has no gradient for, and constants.
func TestWithoutGradients(t *testing.T) {
	for _, lisp := range []bool{false, true} {
		g := gorgonia.NewGraph()
		x, y := input(g, "x", []float64{2, 3}, 2), input(g, "y", []float64{4})
		fn := newSum[float64](nil, tensor.Shape{2}, nil, nil, tensor.Shape{2})
		fn.wrt = []bool{true, false, true, true}
		none := newSum[float64](nil, nil)
		none.wrt = []bool{false}
		constant := g.AddNode(gorgonia.NewConstant(7.0))
		vector := g.AddNode(gorgonia.NewConstant(tensor.New(tensor.WithBacking([]float64{1, 1}))))
		z := gorgonia.Must(gorgonia.Add(mustApply(t, fn, x, y, constant, vector), mustApply(t, none, y)))
		var vm gorgonia.VM
		if lisp {
			vm = gorgonia.NewLispMachine(g)
		} else {
			if _, err := gorgonia.Grad(z, x); err != nil {
				t.Fatal(err)
			}
			vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
		}
		mustRun(t, vm)
		vm.Close()
		wantClose(t, "x", gradOf[float64](t, x), []float64{1, 1}, 0)
		wantRuns(t, fn, 1, 1, 0)
		wantRuns(t, none, 1, 0, 0)
		if lisp {
			wantClose(t, "y", gradOf[float64](t, y), []float64{0}, 0)
			wantClose(t, "the constant", read[float64](t, constant.Value(), nil), []float64{7}, 0)
		} else if _, err := gorgonia.Grad(z, y); err == nil {
			t.Error("a gradient where there is none")
		}
	}
}

// TestInPlaceOperations follows the Op with operations that Gorgonia lets write over their operand: neither the input
// nor the gradient may notice.
func TestInPlaceOperations(t *testing.T) {
	for _, shape := range []tensor.Shape{nil, {3}} {
		g := gorgonia.NewGraph()
		x := input(g, "x", numbers[float64](size(shape), 1), shape...)
		b := input(g, "b", numbers[float64](size(shape), 2), shape...)
		fn := newSquare[float64](shape)
		y := mustApply(t, fn, x)
		z := gorgonia.Must(gorgonia.Add(gorgonia.Must(gorgonia.Add(y, b)), b))
		z = gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Neg(z)))) // (x² + 2b)²
		if !shape.IsScalar() {
			z = gorgonia.Must(gorgonia.Sum(z))
		}
		if _, err := gorgonia.Grad(z, x, b); err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x, b))
		mustRun(t, vm)
		vm.Close()
		wantRuns(t, fn, 1, 1, 0)
		wantClose(t, "x", read[float64](t, x.Value(), shape), numbers[float64](size(shape), 1), 0)
		want := numbers[float64](size(shape), 1)
		for i, c := range numbers[float64](size(shape), 2) {
			want[i] = 4 * want[i] * (want[i]*want[i] + 2*c)
		}
		wantClose(t, "gradient", gradOf[float64](t, x), want, 1e-14)
	}
}

// TestStacked has one Function applied again to its own result: two Ops, each with states of its own.
func TestStacked(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", []float64{1.5})
	fn := newSquare[float64](nil)
	z := mustApply(t, fn, mustApply(t, fn, mustApply(t, fn, x))) // x⁸
	if _, err := gorgonia.Grad(z, x); err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(x))
	defer vm.Close()
	mustRun(t, vm)
	wantRuns(t, fn, 3, 3, 0)
	wantClose(t, "x", gradOf[float64](t, x), []float64{8 * 1.5 * 1.5 * 1.5 * 1.5 * 1.5 * 1.5 * 1.5}, 1e-14)
}

// TestClonedGraphs runs clones, which share our Ops, in as many goroutines as outputs are remembered.
func TestClonedGraphs(t *testing.T) {
	fn := newLayer[float64](batch, dim, hidden)
	m := newModel[float64](t, fn)
	if _, err := gorgonia.Grad(m.loss, m.params[1:]...); err != nil {
		t.Fatal(err)
	}
	const runs = 20
	grads := make([][]float64, remembered)
	var wg sync.WaitGroup
	for k := range grads {
		g := m.g.Clone().(*gorgonia.ExprGraph)
		w := g.ByName("w")[0]
		data := numbers[float64](dim*hidden, 10+k)
		if err := gorgonia.Let(w, tensor.New(tensor.WithShape(dim, hidden), tensor.WithBacking(data))); err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w))
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer vm.Close()
			for range runs {
				if err := vm.RunAll(); err != nil {
					t.Error(err)
					return
				}
				vm.Reset()
			}
			grads[k] = gradOf[float64](t, w)
		}()
	}
	wg.Wait()
	wantRuns(t, fn, runs*remembered, runs*remembered, 0)
	for k := range grads {
		m := newModel[float64](t, nil)
		w := m.params[1]
		if err := gorgonia.Let(w, tensor.New(tensor.WithShape(dim, hidden),
			tensor.WithBacking(numbers[float64](dim*hidden, 10+k)))); err != nil {
			t.Fatal(err)
		}
		if _, err := gorgonia.Grad(m.loss, w); err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(m.g, gorgonia.BindDualValues(w))
		for range runs {
			mustRun(t, vm)
			vm.Reset()
		}
		vm.Close()
		wantClose(t, "w", grads[k], gradOf[float64](t, w), 1e-12)
	}
}

// TestSecondGrad differentiates a graph that already has a gradient Op in it.
func TestSecondGrad(t *testing.T) {
	g := gorgonia.NewGraph()
	x, v := input(g, "x", []float64{2, 3}, 2), input(g, "v", []float64{5, 7}, 2)
	fn := newSquare[float64](tensor.Shape{2})
	z := gorgonia.Must(gorgonia.Sum(mustApply(t, fn, x)))
	grads, err := gorgonia.Grad(z, x)
	if err != nil {
		t.Fatal(err)
	}
	inner := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(grads[0], v)))) // Σ 2xv
	dv, err := gorgonia.Grad(inner, v)
	if err != nil {
		t.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	mustRun(t, vm)
	wantClose(t, "v", read[float64](t, dv[0].Value(), v.Shape()), []float64{4, 6}, 0)
	if _, err := gorgonia.Grad(inner, x); err == nil {
		t.Error("a second derivative where there is none")
	}
}
