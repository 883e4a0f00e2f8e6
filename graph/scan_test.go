package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gated is the step of a gated recurrent unit with inputs h, x and then, for the update gate, the reset gate and the
// candidate, a weight of x and a weight of h.
func gated(in ...*G.Node) (G.Nodes, error) {
	h, x := in[0], in[1]
	of := func(i int) (a, b *G.Node) { return G.Must(G.Mul(x, in[i])), G.Must(G.Mul(h, in[i+1])) }
	za, zb := of(2)
	ra, rb := of(4)
	ca, cb := of(6)
	z, r := G.Must(G.Sigmoid(G.Must(G.Add(za, zb)))), G.Must(G.Sigmoid(G.Must(G.Add(ra, rb))))
	c := G.Must(G.Tanh(G.Must(G.Add(ca, G.Must(G.HadamardProd(r, cb))))))
	return one(G.Add(c, G.Must(G.HadamardProd(z, G.Must(G.Sub(h, c))))))
}

// gatedShapes are the inputs of a scan of gated: n steps, a batch, d numbers in, h units.
func gatedShapes(n, batch, d, h int) []tensor.Shape {
	w, u := shape(d, h), shape(h, h)
	return shapes(shape(batch, h), shape(n, batch, d), w, u, w, u, w, u)
}

// watched is gated with two outputs besides: a matrix and its rows' sums.
func watched(in ...*G.Node) (G.Nodes, error) {
	next, err := gated(in...)
	if err != nil {
		return nil, err
	}
	y := G.Must(G.Mul(next[0], in[8]))
	rows, err := G.Sum(G.Must(G.Sin(y)), 1)
	return append(next, y, rows), err
}

// damped has a number for its state, and numbers in its sequences.
func damped(in ...*G.Node) (G.Nodes, error) {
	h, x, y, a := in[0], in[1], in[2], in[3]
	return one(G.Add(G.Must(G.Mul(h, G.Must(G.Sin(x)))), G.Must(G.Mul(a, y))))
}

// recurrent is a recurrence, scanned and unrolled. Its inputs are the state, the sequences and the arguments.
type recurrent struct {
	name      string
	step      Builder
	in        []tensor.Shape
	seqs      int
	mask      []float64
	reverse   bool
	opts      []ScanOption
	final     bool
	everybody bool // all outputs, in one vector
}

func (c *recurrent) options(in G.Nodes) []ScanOption {
	opts := append([]ScanOption{ScanArgs(in[1+c.seqs:]...)}, c.opts...)
	if c.reverse {
		opts = append(opts, ScanReverse())
	}
	if c.mask != nil {
		m, err := Constant(in[0], c.mask, c.in[1][0], c.in[0][0])
		if err != nil {
			panic(err)
		}
		opts = append(opts, ScanMask(m))
	}
	return opts
}

func (c *recurrent) scanned(in ...*G.Node) (G.Nodes, error) {
	xs := G.Nodes(in[1 : 1+c.seqs])
	opts := c.options(in)
	if c.final {
		return one(ScanFinal(c.step, in[0], xs, opts...))
	}
	if !c.everybody {
		return one(Scan(c.step, in[0], xs, opts...))
	}
	states, outs, err := ScanAll(c.step, in[0], xs, opts...)
	if err != nil {
		return nil, err
	}
	return inOneVector(append(G.Nodes{states}, outs...))
}

// inOneVector is all elements of nodes in a vector.
func inOneVector(ns G.Nodes) (G.Nodes, error) {
	for i, n := range ns {
		flat, err := Reshape(n, n.Shape().TotalSize())
		if err != nil {
			return nil, err
		}
		ns[i] = flat
	}
	return one(G.Concat(0, ns...))
}

func (c *recurrent) unrolled(in ...*G.Node) (G.Nodes, error) {
	n := c.in[1][0]
	h := in[0]
	var all []G.Nodes // by output, then by step
	for j := range n {
		i := j
		if c.reverse {
			i = n - 1 - j
		}
		args := G.Nodes{h}
		for _, x := range in[1 : 1+c.seqs] {
			e, err := G.Slice(x, G.S(i))
			if err != nil {
				return nil, err
			}
			args = append(args, e)
		}
		outs, err := c.step(append(args, in[1+c.seqs:]...)...)
		if err != nil {
			return nil, err
		}
		if c.mask != nil {
			for k, o := range outs {
				var live []float64
				rows := o.Shape()[0]
				for e := range o.Shape().TotalSize() {
					live = append(live, c.mask[i*rows+e*rows/o.Shape().TotalSize()])
				}
				m := G.Must(Constant(o, live, o.Shape()...))
				other := h
				if k > 0 {
					other = G.Must(Constant(o, make([]float64, len(live)), o.Shape()...))
				}
				if outs[k], err = Where(m, o, other); err != nil {
					return nil, err
				}
			}
		}
		h = outs[0]
		for k, o := range outs {
			if j == 0 {
				all = append(all, make(G.Nodes, n))
			}
			all[k][i] = o
		}
	}
	if c.final {
		return G.Nodes{h}, nil
	}
	var stacks G.Nodes
	for _, o := range all {
		s, err := Stack(o...)
		if err != nil {
			return nil, err
		}
		stacks = append(stacks, s)
	}
	if !c.everybody {
		return stacks, nil
	}
	return inOneVector(stacks)
}

// ragged is a mask of three rows and five steps: 5, 2 and 4 long, the last of them from the second step on; at one step
// all rest.
var ragged = []float64{1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1}

func recurrents() []*recurrent {
	gru := gatedShapes(5, 3, 4, 2)
	more := append(slices.Clone(gru), shape(2, 3))
	number := shapes(shape(), shape(4), shape(4), shape())
	cs := []*recurrent{
		{name: "states", step: gated, in: gru},
		{name: "final", step: gated, in: gru, final: true},
		{name: "outputs", step: watched, in: more, everybody: true},
		{name: "one step", step: gated, in: gatedShapes(1, 1, 4, 2)},
		{name: "numbers", step: damped, in: number, seqs: 2},
		{name: "last number", step: damped, in: number, seqs: 2, final: true, reverse: true},
		{name: "masked", step: gated, in: gru, mask: ragged},
		{name: "masked final", step: gated, in: gru, mask: ragged, final: true, reverse: true},
		{name: "masked outputs", step: watched, in: more, mask: ragged, everybody: true},
		{name: "reverse", step: watched, in: more, reverse: true, everybody: true},
		{name: "checkpoints", step: watched, in: more, mask: ragged, everybody: true, opts: []ScanOption{ScanCheckpoints()}},
		{name: "checkpoints reverse", step: gated, in: gru, reverse: true, final: true, opts: []ScanOption{ScanCheckpoints()}},
	}
	for _, c := range cs {
		if c.seqs == 0 {
			c.seqs = 1
		}
	}
	return cs
}

// TestScan compares a scan with the unrolled recurrence, value and gradient, and its first and second derivatives with
// differences, in both dtypes.
func TestScan(t *testing.T) {
	for _, c := range recurrents() {
		t.Run(c.name, func(t *testing.T) {
			l := &lowering{name: c.name, in: c.in}
			r := newRand(3)
			x := l.arguments(r)
			f, u := traced(t, c.scanned, l.specs(tensor.Float64)...), traced(t, c.unrolled, l.specs(tensor.Float64)...)
			if !sameShape(f.Outputs()[0], u.Outputs()[0]) {
				t.Fatalf("shape %v, want %v", f.Outputs()[0], u.Outputs()[0])
			}
			got := runPlan(t, f, x)[0]
			compare(t, "value", got, runPlan(t, u, x)[0], 1e-13)
			w := append(slices.Clone(x), gaussians(r, len(got)))
			df, du := mustVJP(t, f), mustVJP(t, u)
			gf, gu := runPlan(t, df, w), runPlan(t, du, w)
			for i := range gf {
				compare(t, fmt.Sprint("gradient ", i), gf[i], gu[i], 1e-13)
			}
			checkDerivatives(t, f, x, r, 1e-6)
			second := checkDerivatives(t, df, w, r, 1e-5)
			w2 := slices.Clone(w)
			for _, x := range x {
				w2 = append(w2, gaussians(r, len(x)))
			}
			g2, u2 := runPlan(t, second, w2), runPlan(t, mustVJP(t, du), w2)
			for i := range g2 {
				compare(t, fmt.Sprint("second derivative ", i), g2[i], u2[i], 1e-12)
			}
			f32 := traced(t, c.scanned, l.specs(tensor.Float32)...)
			run32(t, f32, x, [][]float64{got})
			run32(t, mustVJP(t, f32), w, gf)
		})
	}
}

func mustVJP(t testing.TB, f *Func) *Func {
	t.Helper()
	g, err := f.VJP()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// gradientsOnTape is a function in an outer graph under a TapeMachine: its value and, with cotangent cos(i), the
// gradients of its inputs.
func gradientsOnTape(t testing.TB, build Builder, in []tensor.Shape, x [][]float64) (value []float64, grads [][]float64) {
	t.Helper()
	g := G.NewGraph()
	var nodes G.Nodes
	for i, s := range in {
		v := tensor.New(tensor.WithShape(s...), tensor.WithBacking(slices.Clone(x[i])))
		nodes = append(nodes, G.NewTensor(g, tensor.Float64, len(s), G.WithShape(s...), G.WithName(fmt.Sprint(i)), G.WithValue(v)))
	}
	ys, err := build(nodes...)
	if err != nil {
		t.Fatal(err)
	}
	var v G.Value
	G.Read(ys[0], &v)
	n := ys[0].Shape().TotalSize()
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = math.Cos(float64(i))
	}
	w := G.NewTensor(g, tensor.Float64, ys[0].Dims(), G.WithName("w"), G.WithShape(ys[0].Shape()...),
		G.WithValue(tensor.New(tensor.WithShape(ys[0].Shape()...), tensor.WithBacking(weights))))
	cost := G.Must(G.Sum(G.Must(G.HadamardProd(ys[0], w))))
	if _, err := G.Grad(cost, nodes...); err != nil {
		t.Fatal(err)
	}
	m := G.NewTapeMachine(g, G.BindDualValues(nodes...))
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		d, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		grads = append(grads, slices.Clone(d.Data().([]float64)))
	}
	return slices.Clone(v.Data().([]float64)), grads
}

// TestScanInOuterGraph takes gradients by gorgonia.Grad, of the scan and of Gorgonia's own nodes.
func TestScanInOuterGraph(t *testing.T) {
	for _, c := range recurrents() {
		if c.in[0].IsScalar() {
			continue
		}
		l := &lowering{in: c.in}
		x := l.arguments(newRand(5))
		value, grads := gradientsOnTape(t, c.scanned, c.in, x)
		want, wantGrads := gradientsOnTape(t, c.unrolled, c.in, x)
		compare(t, c.name, value, want, 1e-13)
		for i := range grads {
			compare(t, fmt.Sprint(c.name, ": gradient ", i), grads[i], wantGrads[i], 1e-13)
		}
	}
}

// TestScanParams has the weights of the step as parameters, and takes the gradient of the gradient by gorgonia.Grad.
func TestScanParams(t *testing.T) {
	a := param(t, "a", []float64{0.7}, 1)
	g := G.NewGraph()
	h0 := G.NewTensor(g, tensor.Float64, 1, G.WithShape(1), G.WithName("h0"),
		G.WithValue(tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{1.5}))))
	xs := G.NewTensor(g, tensor.Float64, 2, G.WithShape(6, 1), G.WithName("xs"),
		G.WithValue(tensor.New(tensor.WithShape(6, 1), tensor.WithBacking(make([]float64, 6)))))
	h, err := ScanFinal(func(in ...*G.Node) (G.Nodes, error) {
		return one(G.Add(G.Must(G.HadamardProd(in[0], a.In(in[0].Graph()))), in[1]))
	}, h0, G.Nodes{xs})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Grad(G.Must(G.Sum(h)), a.In(g)) // h0 a⁶, so 6 h0 a⁵
	if err != nil {
		t.Fatal(err)
	}
	dd, err := G.Grad(G.Must(G.Sum(d[0])), a.In(g), h0) // 30 h0 a⁴ and 6 a⁵
	if err != nil {
		t.Fatal(err)
	}
	m := G.NewTapeMachine(g)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{30 * 1.5 * math.Pow(0.7, 4), 6 * math.Pow(0.7, 5)} {
		compare(t, "second derivative", dd[i].Value().Data().([]float64), []float64{want}, 1e-14)
	}
}

// scanFunction is a scan of watched with its backward pass, as a machine calls it.
func scanFunction[T Float](t testing.TB, dt tensor.Dtype, n, rows int, mask bool, opts ...ScanOption) *scan[T] {
	t.Helper()
	g := G.NewGraph()
	in := G.Nodes{}
	for i, s := range append(gatedShapes(n, rows, 4, 2), shape(2, 3), shape(n, rows)) {
		in = append(in, G.NewTensor(g, dt, len(s), G.WithShape(s...), G.WithName(fmt.Sprint(i))))
	}
	opts = append(opts, ScanArgs(in[2:9]...))
	if mask {
		opts = append(opts, ScanMask(in[9]))
	}
	r, err := newRecurrence(watched, in[0], in[1:2], opts)
	if err != nil {
		t.Fatal(err)
	}
	return newScan[T](r)
}

func numbersFor[T Float](r *rand.Rand, shapes []tensor.Shape) [][]T {
	var xs [][]T
	for _, s := range shapes {
		x := make([]T, sizeOf(s))
		for i := range x {
			x[i] = T(r.NormFloat64())
		}
		xs = append(xs, x)
	}
	return xs
}

// both runs a forward and a backward pass; with forget the state between them is lost.
func both[T Float](t testing.TB, s *scan[T], in [][]T, w []T, forget bool) (out []T, grads [][]T) {
	t.Helper()
	out = make([]T, sizeOf(s.OutputShape()))
	state, err := s.Forward(in, out)
	if err != nil {
		t.Fatal(err)
	}
	if forget {
		state = nil
	}
	for i, x := range in {
		grads = append(grads, nil)
		if s.wrt[i] {
			grads[i] = make([]T, len(x))
		}
	}
	if err := s.Backward(in, nil, w, state, grads); err != nil {
		t.Fatal(err)
	}
	return out, grads
}

// TestScanCheckpoints: whatever is kept of a forward pass, also nothing, gradients are the same bit for bit.
func TestScanCheckpoints(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testCheckpoints[float64](t, tensor.Float64) })
	t.Run("float32", func(t *testing.T) { testCheckpoints[float32](t, tensor.Float32) })
}

func testCheckpoints[T Float](t *testing.T, dt tensor.Dtype) {
	for n := 1; n <= 17; n++ {
		for _, reverse := range [][]ScanOption{nil, {ScanReverse()}} {
			r := newRand(uint64(n))
			all := scanFunction[T](t, dt, n, 3, true, reverse...)
			some := scanFunction[T](t, dt, n, 3, true, append(slices.Clone(reverse), ScanCheckpoints())...)
			in := numbersFor[T](r, all.inputs)
			for i := range in[all.mask] {
				in[all.mask][i] = T(r.IntN(2))
			}
			w := numbersFor[T](r, []tensor.Shape{all.OutputShape()})[0]
			out, grads := both(t, all, in, w, false)
			for _, forget := range []bool{false, true} {
				o, g := both(t, some, in, w, forget)
				if !slices.Equal(o, out) || !slices.EqualFunc(g, grads, slices.Equal) {
					t.Fatalf("%d steps, state forgotten: %v: the passes differ", n, forget)
				}
			}
			kept, err := some.Forward(in, make([]T, len(out)))
			if err != nil {
				t.Fatal(err)
			}
			if held := len(kept.([]T))/6 + some.every - 1; held > 2*int(math.Ceil(math.Sqrt(float64(n)))) {
				t.Errorf("%d steps: %d states are held", n, held)
			}
		}
	}
}

// TestScanRagged: a row of a ragged batch has, bit for bit, the same states, outputs and gradients whatever the other
// rows are, at whatever place in the batch it stands and whatever its padding holds; and but for rounding those that it
// has alone and without a mask. The gradients of what rows share are sums over rows.
func TestScanRagged(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testRagged[float64](t, tensor.Float64, 1e-13) })
	t.Run("float32", func(t *testing.T) { testRagged[float32](t, tensor.Float32, 1e-5) })
}

func wide[T Float](x []T) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func testRagged[T Float](t *testing.T, dt tensor.Dtype, tol float64) {
	const n = 9
	lengths := []int{4, 9, 1, 0, 6}
	rows := len(lengths)
	batch := scanFunction[T](t, dt, n, rows, true)
	r := newRand(11)
	in := numbersFor[T](r, batch.inputs)
	w := numbersFor[T](r, []tensor.Shape{batch.OutputShape()})[0]
	for i := range n {
		for b, length := range lengths {
			m := T(0)
			if i < length {
				m = 1
			} else {
				for d := range 4 {
					in[1][(i*rows+b)*4+d] = T(math.NaN())
				}
			}
			in[batch.mask][i*rows+b] = m
		}
	}
	out, grads := both(t, batch, in, w, false)
	// states (n, rows, 2), outputs (n, rows, 3) and (n, rows)
	widths := []int{2, 3, 1}
	rowOf := func(x []T, b, rows, length int) []T {
		var y []T
		for _, width := range widths {
			for i := range length {
				y = append(y, x[(i*rows+b)*width:][:width]...)
			}
			x = x[n*rows*width:]
		}
		return y
	}
	shared := make([][]float64, len(in))
	for b, length := range lengths {
		if length == 0 {
			for i := range n {
				if !slices.Equal(out[(i*rows+b)*2:][:2], in[0][b*2:][:2]) {
					t.Fatalf("the empty row did not keep its state")
				}
			}
			continue
		}
		// Alone, and not masked, the row has the cotangents of its last state and of all copies of it.
		single := scanFunction[T](t, dt, length, 1, false)
		args := append([][]T{in[0][b*2:][:2], nil}, in[3:]...)
		for i := range length {
			args[1] = append(args[1], in[1][(i*rows+b)*4:][:4]...)
		}
		cot := rowOf(w, b, rows, length)
		last := cot[(length-1)*2:][:2]
		for d := range last {
			var sum T
			for i := n - 1; i >= length-1; i-- {
				sum += w[(i*rows+b)*2+d]
			}
			last[d] = sum
		}
		o, g := both(t, single, args, cot, false)
		compare(t, fmt.Sprintf("row %d alone", b), wide(o), wide(rowOf(out, b, rows, length)), tol)
		compare(t, fmt.Sprintf("row %d alone: gradient of the first state", b), wide(g[0]), wide(grads[0][b*2:][:2]), tol)
		for i := range length {
			compare(t, fmt.Sprintf("row %d alone: gradient of entry %d", b, i), wide(g[1][i*4:][:4]),
				wide(grads[1][(i*rows+b)*4:][:4]), tol)
		}

		// Among rows that are empty.
		only := slices.Clone(in)
		only[1], only[2] = slices.Clone(in[1]), slices.Clone(in[2])
		for at := range n * rows {
			if at%rows != b {
				only[2][at] = 0
				for d := range 4 {
					only[1][at*4+d] = T(math.NaN())
				}
			}
		}
		o, og := both(t, batch, only, w, false)
		if !slices.Equal(rowOf(o, b, rows, n), rowOf(out, b, rows, n)) {
			t.Errorf("row %d differs among empty rows", b)
		}
		if !slices.Equal(og[0][b*2:][:2], grads[0][b*2:][:2]) {
			t.Errorf("gradient of the first state of row %d differs among empty rows", b)
		}
		for i := range n {
			got := grads[1][(i*rows+b)*4:][:4]
			if !slices.Equal(og[1][(i*rows+b)*4:][:4], got) {
				t.Errorf("gradient of entry %d of row %d differs among empty rows", i, b)
			}
			if i >= length && !slices.Equal(got, make([]T, 4)) {
				t.Errorf("gradient of padding %d of row %d is %v", i, b, got)
			}
		}
		for k := 2; k < len(args); k++ {
			if shared[k] == nil {
				shared[k] = make([]float64, len(g[k]))
			}
			for i, v := range g[k] {
				shared[k][i] += float64(v)
			}
		}
	}
	for k := 2; k < len(in)-1; k++ {
		compare(t, fmt.Sprint("gradient of argument ", k-2), wide(grads[k+1]), shared[k], tol)
	}

	// Rows in another order.
	order := []int{3, 1, 4, 0, 2}
	moved := make([][]T, len(in))
	move := func(x []T, width int) []T {
		y := make([]T, 0, len(x))
		for at := 0; at < len(x); at += rows * width {
			for _, b := range order {
				y = append(y, x[at+b*width:][:width]...)
			}
		}
		return y
	}
	moveAll := func(x []T) []T {
		var y []T
		for _, width := range widths {
			y = append(y, move(x[:n*rows*width], width)...)
			x = x[n*rows*width:]
		}
		return y
	}
	copy(moved, in)
	moved[0], moved[1], moved[2] = move(in[0], 2), move(in[1], 4), move(in[2], 1)
	o, g := both(t, batch, moved, moveAll(w), false)
	if !slices.Equal(o, moveAll(out)) || !slices.Equal(g[0], move(grads[0], 2)) || !slices.Equal(g[1], move(grads[1], 4)) {
		t.Error("the order of the rows changes their numbers")
	}
}

// TestScanAtOnce: one scan in many goroutines, on any number of processors, computes the same bits.
func TestScanAtOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := scanFunction[float64](t, tensor.Float64, 20, 3, false, ScanCheckpoints())
	r := newRand(2)
	in := numbersFor[float64](r, s.inputs)
	w := numbersFor[float64](r, []tensor.Shape{s.OutputShape()})[0]
	out, grads := both(t, s, in, w, false)
	runtime.GOMAXPROCS(4)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			o, g := make([]float64, len(out)), make([][]float64, len(in))
			for i := range in {
				g[i] = make([]float64, len(in[i]))
			}
			state, err := s.Forward(in, o)
			if err == nil {
				err = s.Backward(in, nil, w, state, g)
			}
			if err != nil || !slices.Equal(o, out) || !slices.EqualFunc(g, grads, slices.Equal) {
				t.Errorf("another result in another goroutine (%v)", err)
			}
		})
	}
	wg.Wait()
}

// TestScanAllocations: a step of either pass allocates nothing.
func TestScanAllocations(t *testing.T) {
	count := func(n int, mask bool, opts ...ScanOption) float64 {
		s := scanFunction[float64](t, tensor.Float64, n, 3, mask, opts...)
		in := numbersFor[float64](newRand(1), s.inputs)
		out, w := make([]float64, sizeOf(s.OutputShape())), make([]float64, sizeOf(s.OutputShape()))
		grads := make([][]float64, len(in))
		for i := range in {
			if s.wrt[i] {
				grads[i] = make([]float64, len(in[i]))
			}
		}
		return testing.AllocsPerRun(10, func() {
			state, err := s.Forward(in, out)
			if err == nil {
				err = s.Backward(in, nil, w, state, grads)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	for name, c := range map[string]struct {
		mask bool
		opts []ScanOption
	}{"plain": {}, "masked": {mask: true}, "checkpoints": {opts: []ScanOption{ScanCheckpoints()}}} {
		// Plans come from a pool, which the race detector empties now and then.
		if few, many := count(10, c.mask, c.opts...), count(300, c.mask, c.opts...); many-few > 29 {
			t.Errorf("%s: %v allocations in 10 steps, %v in 300", name, few, many)
		}
	}
}

// TestScanUpdates: running statistics go on once a step in the forward pass alone, with checkpoints too.
func TestScanUpdates(t *testing.T) {
	run := func(opts ...ScanOption) (mean []float64) {
		var norm *G.BatchNormOp
		normed := func(in ...*G.Node) (G.Nodes, error) {
			y, _, _, op, err := G.BatchNorm(G.Must(G.Add(in[0], in[1])), in[2], in[3], 0.5, 1e-3)
			norm = op
			return G.Nodes{y}, err
		}
		g := G.NewGraph()
		h0 := G.NewTensor(g, tensor.Float64, 2, G.WithShape(3, 2), G.WithName("h0"))
		xs := G.NewTensor(g, tensor.Float64, 3, G.WithShape(6, 3, 2), G.WithName("xs"))
		one := G.NewTensor(g, tensor.Float64, 2, G.WithShape(1, 2), G.WithName("one"))
		r, err := newRecurrence(normed, h0, G.Nodes{xs}, append(opts, ScanArgs(one, one)))
		if err != nil {
			t.Fatal(err)
		}
		s := newScan[float64](r)
		in := numbersFor[float64](newRand(4), s.inputs)
		both(t, s, in, make([]float64, 36), false)
		mean, _ = stats(norm)
		return mean
	}
	want := run()
	if slices.Equal(want, make([]float64, len(want))) {
		t.Fatal("the statistics did not change")
	}
	if got := run(ScanCheckpoints()); !slices.Equal(got, want) {
		t.Errorf("with checkpoints the mean is %v, want %v", got, want)
	}
}

func TestScanErrors(t *testing.T) {
	g, other := G.NewGraph(), G.NewGraph()
	node := func(g *G.ExprGraph, name string, dt tensor.Dtype, d ...int) *G.Node {
		return G.NewTensor(g, dt, len(d), G.WithShape(d...), G.WithName(name))
	}
	f64 := tensor.Float64
	h, x, y := node(g, "h", f64, 3, 2), node(g, "x", f64, 5, 3, 2), node(g, "y", f64, 4, 3, 2)
	mask := node(g, "mask", f64, 5, 3)
	add := func(in ...*G.Node) (G.Nodes, error) { return one(G.Add(in[0], in[1])) }
	two := func(in ...*G.Node) (G.Nodes, error) { return in, nil }
	xs := func(n ...*G.Node) G.Nodes { return n }
	normed := func(in ...*G.Node) (G.Nodes, error) {
		y, _, _, _, err := G.BatchNorm(G.Must(G.Add(in[0], in[1])), in[2], in[2], 0.5, 1e-3)
		return G.Nodes{y}, err
	}
	scale, number := node(g, "scale", f64, 1, 2), G.NewScalar(g, f64, G.WithName("r"))
	total := func(in ...*G.Node) (G.Nodes, error) { return one(G.Sum(in[0])) }
	withTotal := func(in ...*G.Node) (G.Nodes, error) { return G.Nodes{in[0], G.Must(G.Sum(in[0]))}, nil }
	captured := func(in ...*G.Node) (G.Nodes, error) { return one(G.Add(in[0], h)) }
	for want, c := range map[string]struct {
		step Builder
		h    *G.Node
		xs   G.Nodes
		opts []ScanOption
	}{
		"no builder":                             {nil, h, xs(x), nil},
		"the first state is no node of a graph":  {add, nil, xs(x), nil},
		"no sequence, so no number of steps":     {add, h, nil, nil},
		"sequence 1 is no node of a graph":       {add, h, xs(x, nil), nil},
		"is in another graph":                    {add, h, xs(node(other, "x", f64, 5, 3, 2)), nil},
		"sequence 0 is float32":                  {add, h, xs(node(g, "x32", tensor.Float32, 5, 3, 2)), nil},
		"is a number, want (n, …)":               {add, h, xs(G.NewScalar(g, f64, G.WithName("s"))), nil},
		"sequence 0 is empty":                    {add, h, xs(node(g, "nothing", f64, 0, 3, 2)), nil},
		"sequence 1 has 4 entries":               {add, h, xs(x, y), nil},
		"argument 0 is no node":                  {add, h, xs(x), []ScanOption{ScanArgs(nil)}},
		"mask is no node":                        {add, h, xs(x), []ScanOption{ScanMask(nil)}},
		"the mask has shape (4, 3, 2)":           {add, h, xs(x), []ScanOption{ScanMask(y)}},
		"an option is nil":                       {add, h, xs(x), []ScanOption{nil}},
		"is for a state with rows":               {add, number, xs(node(g, "q", f64, 5)), []ScanOption{ScanMask(mask)}},
		"has the 3 rows of the state":            {add, h, xs(x, node(g, "z", f64, 5, 2)), []ScanOption{ScanMask(mask)}},
		"makes a state of shape":                 {total, h, xs(x), nil},
		"1 outputs besides the state":            {two, h, xs(x), nil},
		"node of another graph":                  {captured, h, xs(x), nil},
		"may not update running statistics":      {normed, h, xs(x), []ScanOption{ScanMask(mask), ScanArgs(scale)}},
		"output 1 of the step has shape (); und": {withTotal, h, xs(x), []ScanOption{ScanMask(mask)}},
	} {
		_, err := Scan(c.step, c.h, c.xs, c.opts...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "graph: ") {
			t.Errorf("%v: not prefixed", err)
		}
	}
	if _, err := Scan(captured, h, xs(x)); !errors.Is(err, ErrForeignNode) {
		t.Errorf("a captured node: %v", err)
	}
	// What has no gradient says so before anything runs.
	n, err := Scan(func(in ...*G.Node) (G.Nodes, error) { return one(apply2(&foreign{})(in[0], in[1])) }, h, xs(x))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := G.Grad(G.Must(G.Sum(n)), h); err == nil || !strings.Contains(err.Error(), "cannot be differentiated") {
		t.Errorf("gradient of a step without: %v", err)
	}
}

// BenchmarkScan runs a GRU of 32 units over 50 steps of a batch of 16, with the gradients of everything: as a Scan in a
// graph, and as Gorgonia's nodes, step by step.
func BenchmarkScan(b *testing.B) {
	in := gatedShapes(50, 16, 8, 32)
	for _, how := range []string{"scan", "checkpoints", "unrolled"} {
		b.Run(how, func(b *testing.B) {
			c := &recurrent{step: gated, in: in, seqs: 1, final: true}
			build := c.scanned
			switch how {
			case "checkpoints":
				c.opts = []ScanOption{ScanCheckpoints()}
			case "unrolled":
				build = c.unrolled
			}
			g := G.NewGraph()
			r := newRand(1)
			var nodes G.Nodes
			for i, s := range in {
				x := gaussians(r, sizeOf(s))
				for j := range x {
					x[j] *= 0.3
				}
				nodes = append(nodes, G.NewTensor(g, tensor.Float64, len(s), G.WithShape(s...), G.WithName(fmt.Sprint(i)),
					G.WithValue(tensor.New(tensor.WithShape(s...), tensor.WithBacking(x)))))
			}
			ys, err := build(nodes...)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := G.Grad(G.Must(G.Sum(ys[0])), nodes...); err != nil {
				b.Fatal(err)
			}
			m := G.NewTapeMachine(g, G.BindDualValues(nodes...))
			defer m.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := m.RunAll(); err != nil {
					b.Fatal(err)
				}
				m.Reset()
			}
		})
	}
}
