package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"gorgonia.org/tensor"
)

// Plans are checked against evaluate, for float64 and float32.

// filled makes inputs for f whose numbers are drawn by draw.
func filled(f *Func, draw func() float64) [][]float64 {
	in := make([][]float64, len(f.inputs))
	for i, e := range f.inputs {
		in[i] = make([]float64, e.size())
		for j := range in[i] {
			in[i][j] = draw()
		}
	}
	return in
}

func asType[T Float](in [][]float64) [][]T {
	out := make([][]T, len(in))
	for i, x := range in {
		out[i] = make([]T, len(x))
		for j, v := range x {
			out[i][j] = T(v)
		}
	}
	return out
}

func outputsFor[T Float](f *Func) [][]T {
	out := make([][]T, len(f.outputs))
	for i, e := range f.outputs {
		out[i] = make([]T, e.size())
		for j := range out[i] {
			out[i][j] = T(math.NaN())
		}
	}
	return out
}

// agree runs f compiled and compares with evaluate: |difference| ≤ tol·(1 + |value|) + slack·(what a relative change of
// 16 tol in the inputs does).
func agree[T Float](t *testing.T, f *Func, in [][]float64, tol float64) {
	t.Helper()
	x := asType[T](in)
	exact := asType[float64](nil)
	for _, v := range x {
		w := make([]float64, len(v))
		for j := range v {
			w[j] = float64(v[j])
		}
		exact = append(exact, w)
	}
	want := evaluate(f, exact)
	p, err := Compile[T](f)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	got := outputsFor[T](f)
	if err := p.Run(x, got); err != nil {
		t.Fatalf("Run: %v", err)
	}
	bent := evaluate(f, scaled(exact, 1+16*tol))
	for i := range want {
		for j, w := range want[i] {
			g := float64(got[i][j])
			if math.IsNaN(w) && math.IsNaN(g) || w == g || math.Float64bits(float64(T(w))) == math.Float64bits(g) {
				continue
			}
			bound := tol*(1+math.Abs(w)) + 64*math.Abs(bent[i][j]-w)
			if !(math.Abs(g-w) <= bound) {
				t.Fatalf("output %d %v, element %d: %v, want %v\n%s", i, f.outputs[i], j, g, w, listing(f))
			}
		}
	}
	again := outputsFor[T](f)
	if err := p.Run(x, again); err != nil {
		t.Fatalf("second Run: %v", err)
	}
	for i := range got {
		for j := range got[i] {
			if math.Float64bits(float64(got[i][j])) != math.Float64bits(float64(again[i][j])) {
				t.Fatalf("output %d, element %d: %v in the first run, %v in the second", i, j, got[i][j], again[i][j])
			}
		}
	}
}

func scaled(in [][]float64, c float64) [][]float64 {
	out := make([][]float64, len(in))
	for i, x := range in {
		out[i] = make([]float64, len(x))
		for j, v := range x {
			out[i][j] = c * v
		}
	}
	return out
}

// listing prints the expressions of a function for a failed test.
func listing(f *Func) string {
	s := ""
	name := map[*expr]int{}
	for i, e := range topological(f.outputs) {
		name[e] = i
		s += fmt.Sprintf("%%%d = %v", i, e)
		for _, a := range e.args {
			s += fmt.Sprintf(" %%%d", name[a])
		}
		s += fmt.Sprintf(" %v\n", e.ints)
	}
	for _, o := range f.outputs {
		s += fmt.Sprintf("out %%%d\n", name[o])
	}
	return s
}

// check is agree for both dtypes; build writes the function with a builder of the dtype.
func checkPlan(t *testing.T, draw func() float64, build func(b *builder) ([]*expr, []*expr)) {
	t.Helper()
	checkPlanWithin(t, draw, 1e-13, 4e-6, build)
}

// checkPlanWithin is checkPlan with other tolerances in float64 and float32.
func checkPlanWithin(t *testing.T, draw func() float64, tol64, tol32 float64, build func(b *builder) ([]*expr, []*expr)) {
	t.Helper()
	f64 := buildFunc(tensor.Float64, build)
	agree[float64](t, f64, filled(f64, draw), tol64)
	f32 := buildFunc(tensor.Float32, build)
	agree[float32](t, f32, filled(f32, draw), tol32)
}

func buildFunc(dt tensor.Dtype, build func(b *builder) (in, out []*expr)) *Func {
	in, out := build(newBuilder(dt))
	return finish(&Func{name: "test", dtype: dt, inputs: in, outputs: out})
}

func normal() func() float64 {
	r := rand.New(rand.NewPCG(1, 2))
	return func() float64 { return 2 * r.NormFloat64() }
}

func TestPlanSources(t *testing.T) {
	w, err := NewParam("w", func(s tensor.Shape) ([]float64, error) {
		return []float64{1, 2, 3, 4, 5, 6}, nil
	}, tensor.Float64, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	flagValue := 1.0
	l := &live{name: "flag", read64: func(dst []float64) { dst[0] = flagValue }}
	var stored []float64
	b := newBuilder(tensor.Float64)
	x := b.input("x", tensor.Shape{2, 3})
	step := b.input("step", tensor.Shape{})
	flagged := b.spread(b.live(l, tensor.Shape{}), x.shape)
	mask := b.mask(step, x.shape, &bernoulli{seed: 3, keep: 0.5})
	out := b.add(b.mul(b.param(w), flagged), b.mul(mask, x))
	f := finish(&Func{name: "sources", dtype: tensor.Float64, inputs: []*expr{x, step}, outputs: []*expr{out, b.param(w)},
		updates: []update{{b.add(x, flagged), func(v any) {
			stored = append([]float64(nil), v.([]float64)...)
		}}, {x, func(any) {}}}})
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		flagValue = float64(round)
		w.Value().Data().([]float64)[1] = float64(10 * round)
		in := [][]float64{{1, 2, 3, 4, 5, 6}, {float64(round - 1)}}
		got := outputsFor[float64](f)
		if err := p.Run(in, got); err != nil {
			t.Fatal(err)
		}
		all := evaluateAll(f, in)
		for i, o := range f.outputs {
			for j, v := range all[o] {
				if got[i][j] != v {
					t.Errorf("round %d: output %d is %v, want %v", round, i, got[i], all[o])
					break
				}
			}
		}
		if fmt.Sprint(stored) != fmt.Sprint(all[f.updates[0].value]) {
			t.Errorf("round %d: update stored %v, want %v", round, stored, all[f.updates[0].value])
		}
	}
	f.dtype = tensor.Float32
	if _, err := Compile[float32](f); err == nil {
		t.Error("a parameter and a source of another dtype went through")
	}
}

// doubling is an external that counts its instances.
type doubling struct {
	external
	instances int
	fail      error
}

func (d *doubling) name() string { return "doubling" }

func (d *doubling) runner64() runner[float64] {
	d.instances++
	return doublingRunner{d}
}

type doublingRunner struct{ *doubling }

func (d doublingRunner) run(in [][]float64, out []float64) error {
	for i, v := range in[0] {
		out[i] = 2 * v
	}
	return d.fail
}

func TestPlanExternal(t *testing.T) {
	d := &doubling{}
	build := func(b *builder) ([]*expr, []*expr) {
		x := b.input("x", tensor.Shape{2, 3})
		return []*expr{x}, []*expr{b.neg(b.external(d, tensor.Shape{3, 2}, b.transpose(x, []int{1, 0})))}
	}
	f := buildFunc(tensor.Float64, build)
	agree[float64](t, f, filled(f, normal()), 0)
	before := d.instances
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	p.Clone()
	if d.instances != before+2 {
		t.Errorf("%d instances for a plan and its clone", d.instances-before)
	}
	d.fail = fmt.Errorf("no luck")
	if err := p.Run(asType[float64](filled(f, normal())), outputsFor[float64](f)); err == nil ||
		err.Error() != "graph: test: doubling: no luck" {
		t.Errorf("error of an external: %v", err)
	}
	if _, err := Compile[float32](buildFunc(tensor.Float32, build)); err == nil {
		t.Error("an external without float32 compiled")
	}
}

func TestPlanErrors(t *testing.T) {
	f := buildFunc(tensor.Float64, func(b *builder) ([]*expr, []*expr) {
		x, y := b.input("x", tensor.Shape{}), b.input("y", tensor.Shape{20, 2})
		return []*expr{x, y}, []*expr{b.add(b.spread(x, y.shape), y)}
	})
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float64, 1), make([]float64, 40)
	for _, c := range []struct {
		in, out [][]float64
		want    string
	}{
		{[][]float64{x}, [][]float64{y}, "graph: test: 1 inputs, want 2"},
		{[][]float64{x, y}, nil, "graph: test: 0 outputs, want 1"},
		{[][]float64{x, y[:39]}, [][]float64{y}, `graph: test: input 1 ("y"): 39 elements, want (20, 2)`},
		{[][]float64{x, y}, [][]float64{x}, "graph: test: output 0: 1 element, want (20, 2)"},
		{[][]float64{nil, y}, [][]float64{y}, `graph: test: input 0 ("x"): 0 elements, want ()`},
	} {
		if err := p.Run(c.in, c.out); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := Compile[float32](f); err == nil {
		t.Error("a float64 function compiled for float32")
	}
	if _, err := Compile[float64](nil); err == nil {
		t.Error("nil compiled")
	}
}

func TestPlanOverlap(t *testing.T) {
	f := buildFunc(tensor.Float64, func(b *builder) ([]*expr, []*expr) {
		x, y := b.input("x", tensor.Shape{3, 3}), b.input("y", tensor.Shape{3, 3})
		return []*expr{x, y}, []*expr{b.matmul(x, y, false, false), b.add(x, b.transpose(y, []int{1, 0}))}
	})
	in := filled(f, normal())
	want := evaluate(f, in)
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(in, in); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		for j := range want[i] {
			if w := want[i][j]; !(math.Abs(in[i][j]-w) <= 1e-14*(1+math.Abs(w))) {
				t.Fatalf("output %d: %v, want %v", i, in[i], want[i])
			}
		}
	}
}

func TestPlanClones(t *testing.T) {
	f := randomFunc(rand.New(rand.NewPCG(5, 5)), tensor.Float64, 60)
	in := filled(f, normal())
	p, err := Compile[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	want := outputsFor[float64](f)
	if err := p.Run(in, want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := p.Clone()
			got := outputsFor[float64](f)
			for range 20 {
				if err := c.Run(in, got); err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					for j := range got[i] {
						if math.Float64bits(got[i][j]) != math.Float64bits(want[i][j]) {
							t.Errorf("a clone computes %v, want %v", got[i][j], want[i][j])
							return
						}
					}
				}
			}
		}()
	}
	wg.Wait()
}

func TestPlanAllocatesNothing(t *testing.T) {
	allocations[float64](t, tensor.Float64)
	allocations[float32](t, tensor.Float32)
}

func allocations[T Float](t *testing.T, dt tensor.Dtype) {
	t.Helper()
	w, err := NewParam("w", func(s tensor.Shape) ([]float64, error) {
		return make([]float64, s.TotalSize()), nil
	}, dt, 200, 200)
	if err != nil {
		t.Fatal(err)
	}
	big := buildFunc(dt, func(b *builder) ([]*expr, []*expr) {
		x := b.input("x", tensor.Shape{300, 200})
		y := b.unary(kindTanh, b.matmul(x, b.param(w), false, false))
		all := []*expr{y, b.matmul(y, x, true, false), b.sum(y, []int{0, 1}), b.max(y, []int{1}), b.transpose(y, []int{1, 0})}
		for k := kindNeg; k <= kindStop; k++ {
			all = append(all, b.unary(k, x))
		}
		for k := kindAdd; k <= kindNe; k++ {
			all = append(all, b.binary(k, x, y))
		}
		return []*expr{x}, all
	})
	big.updates = []update{{big.outputs[2], func(any) {}}}
	funcs := []*Func{big}
	for seed := range 8 {
		funcs = append(funcs, randomFunc(rand.New(rand.NewPCG(uint64(seed), 9)), dt, 60))
	}
	for _, f := range funcs {
		p, err := Compile[T](f)
		if err != nil {
			t.Fatal(err)
		}
		in, out := asType[T](filled(f, normal())), outputsFor[T](f)
		if n := testing.AllocsPerRun(5, func() {
			if err := p.Run(in, out); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations a run\n%s", dt, n, listing(f))
		}
	}
}
