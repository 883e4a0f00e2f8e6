package graph

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// affine is x·w + b for two parameters, traced for two rows.
func affine(t *testing.T, w, b *Param) *Func {
	t.Helper()
	f, err := Trace(func(in ...*G.Node) (G.Nodes, error) {
		g := in[0].Graph()
		y, err := G.Mul(in[0], w.In(g))
		if err != nil {
			return nil, err
		}
		y, err = G.BroadcastAdd(y, b.In(g), nil, []byte{0})
		return G.Nodes{y}, err
	}, Input("x", tensor.Float64, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func param(t *testing.T, name string, v []float64, shape ...int) *Param {
	t.Helper()
	p, err := NewParam(name, Values(v), tensor.Float64, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFuncDescribesItself(t *testing.T) {
	w, b := param(t, "w", []float64{1, 2, 3, 4}, 2, 2), param(t, "b", []float64{10, 20}, 2)
	f := affine(t, w, b).Named("affine")
	if f.Name() != "affine" || f.Dtype() != tensor.Float64 {
		t.Errorf("%q of %v", f.Name(), f.Dtype())
	}
	if ps := f.Params(); len(ps) != 2 || ps[0] != w || ps[1] != b {
		t.Errorf("parameters %v", ps)
	}
	if !f.DependsOn(0) {
		t.Error("the function does not depend on its input")
	}
	l := f.Lift()
	if in := l.Inputs(); len(in) != 3 || in[1].Name != "w" || in[2].Name != "b" || len(l.Params()) != 0 {
		t.Errorf("lifted: inputs %v, parameters %v", in, l.Params())
	}
	if l.Lift() != l || f.Pure() != f {
		t.Error("there was nothing to lift or to purify")
	}
	ignores, err := Trace(func(in ...*G.Node) (G.Nodes, error) { return G.Nodes{in[1]}, nil },
		Input("t", tensor.Float64), Input("y", tensor.Float64, 3))
	if err != nil {
		t.Fatal(err)
	}
	if ignores.DependsOn(0) || !ignores.DependsOn(1) {
		t.Error("y depends on y alone")
	}
}

// Parameters are read where they are; lifted, they are what is passed.
func TestPlansReadParameters(t *testing.T) {
	w, b := param(t, "w", []float64{1, 2, 3, 4}, 2, 2), param(t, "b", []float64{10, 20}, 2)
	f := affine(t, w, b)
	plans, err := NewPlans[float64](f)
	if err != nil {
		t.Fatal(err)
	}
	x := []float64{1, 0, 0, 1}
	out := make([]float64, 4)
	if err := plans.Run([][]float64{x}, [][]float64{out}); err != nil {
		t.Fatal(err)
	}
	equalTo(t, "x·w + b", out, []float64{11, 22, 13, 24})
	if err := w.Set([]float64{0, 0, 0, 1}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			out := make([]float64, 4)
			if err := plans.Run([][]float64{x}, [][]float64{out}); err != nil {
				t.Error(err)
			}
			equalTo(t, "after Set", out, []float64{10, 20, 10, 21})
		})
	}
	wg.Wait()
	lifted, err := Compile[float64](f.Lift())
	if err != nil {
		t.Fatal(err)
	}
	if err := lifted.Run([][]float64{x, {1, 1, 1, 1}, {0, 0}}, [][]float64{out}); err != nil {
		t.Fatal(err)
	}
	equalTo(t, "lifted", out, []float64{1, 1, 1, 1})
}

// A call's gradient reaches its input and every parameter, under either machine.
func TestCallGradients(t *testing.T) {
	for _, lisp := range []bool{false, true} {
		w, b := param(t, "w", []float64{1, 2, 3, 4}, 2, 2), param(t, "b", []float64{10, 20}, 2)
		g := G.NewGraph()
		x := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 2), G.WithName("x"),
			G.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))))
		y, err := Call(affine(t, w, b), x)
		if err != nil {
			t.Fatal(err)
		}
		weights := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 2), G.WithName("c"),
			G.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 10, 100, 1000}))))
		cost := G.Must(G.Sum(G.Must(G.HadamardProd(y, weights))))
		wrt := append(G.Nodes{x}, ParamNodes(g, []*Param{w, b})...)
		var vm G.VM
		if lisp {
			vm = G.NewLispMachine(g)
		} else {
			if _, err := G.Grad(cost, wrt...); err != nil {
				t.Fatal(err)
			}
			vm = G.NewTapeMachine(g, G.BindDualValues(wrt...))
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]float64{
			{1*1 + 10*2, 1*3 + 10*4, 100*1 + 1000*2, 100*3 + 1000*4}, // c·wᵀ
			{301, 3010, 402, 4020}, // xᵀ·c
			{101, 1010},            // column sums of c
		} {
			d, err := wrt[i].Grad()
			if err != nil {
				t.Fatal(err)
			}
			equalTo(t, wrt[i].Name(), d.Data().([]float64), want)
		}
		vm.Close()
	}
}

func TestCallRefuses(t *testing.T) {
	f := affine(t, param(t, "w", []float64{1, 2, 3, 4}, 2, 2), param(t, "b", []float64{10, 20}, 2))
	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 2), G.WithName("x"))
	small := G.NewMatrix(g, tensor.Float64, G.WithShape(1, 2), G.WithName("small"))
	single := G.NewMatrix(g, tensor.Float32, G.WithShape(2, 2), G.WithName("single"))
	for want, in := range map[string]G.Nodes{
		"2 inputs, want 1": {x, x},
		"is no node":       {nil},
		"(1, 2)":           {small},
		"float32":          {single},
	} {
		if _, err := Call(f, in...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestNilFunctionsAreRefused(t *testing.T) {
	x := G.NewVector(G.NewGraph(), tensor.Float64, G.WithShape(2), G.WithName("x"))
	if _, err := Call(nil, x); err == nil {
		t.Error("Call took no function")
	}
	if _, err := CallAll(nil, x); err == nil {
		t.Error("CallAll took no function")
	}
	if _, err := NewPlans[float64](nil); err == nil {
		t.Error("NewPlans took no function")
	}
}

func TestNewParamRefuses(t *testing.T) {
	for want, try := range map[string]func() (*Param, error){
		"needs a name":      func() (*Param, error) { return NewParam("", Zeros(), tensor.Float64, 1) },
		"dtype":             func() (*Param, error) { return NewParam("w", Zeros(), tensor.Int, 1) },
		"needs a shape":     func() (*Param, error) { return NewParam("w", Zeros(), tensor.Float64) },
		"is empty":          func() (*Param, error) { return NewParam("w", Zeros(), tensor.Float64, 2, 0) },
		"no initializer":    func() (*Param, error) { return NewParam("w", nil, tensor.Float64, 2) },
		"3 values":          func() (*Param, error) { return NewParam("w", Values([]float64{1, 2, 3}), tensor.Float64, 2) },
		"no matrix":         func() (*Param, error) { return NewParam("w", Orthogonal(nil, 1), tensor.Float64, 2) },
		"no random numbers": func() (*Param, error) { return NewParam("w", Glorot(nil), tensor.Float64, 2, 2) },
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	a, b := param(t, "w", []float64{1}, 1), param(t, "w", []float64{1}, 1)
	if err := UniqueNames([]*Param{a, b}); err == nil || !strings.Contains(err.Error(), "named w") {
		t.Errorf("two parameters of one name: %v", err)
	}
	if err := a.Set([]float64{1, 2}); err == nil {
		t.Error("two values were set to one")
	}
	if got := JoinParams([]*Param{b}, nil, []*Param{a, b}, []*Param{a}); !slices.Equal(got, []*Param{b, a}) {
		t.Errorf("joined: %v, want each once", got)
	}
}

func TestInitializersInFloat32(t *testing.T) {
	p, err := NewParam("w", Fill(math.Pi), tensor.Float32, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range p.Float64s() {
		if v != float64(float32(math.Pi)) {
			t.Errorf("%v", v)
		}
	}
}

// A function of some of the outputs doesn't compute the others, nor ask for their parameters.
func TestSelect(t *testing.T) {
	w := param(t, "w", []float64{2}, 1)
	f, err := Trace(func(in ...*G.Node) (G.Nodes, error) {
		x := in[0]
		return G.Nodes{G.Must(G.HadamardProd(x, w.In(x.Graph()))), G.Must(G.Square(x)), G.Must(G.Neg(x))}, nil
	}, Input("x", tensor.Float64, 1))
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Select(2, 1)
	if err != nil || len(s.Outputs()) != 2 || len(s.Params()) != 0 || len(f.Outputs()) != 3 {
		t.Fatalf("%v, %v", s, err)
	}
	plan, err := Compile[float64](s)
	if err != nil {
		t.Fatal(err)
	}
	minus, square := make([]float64, 1), make([]float64, 1)
	if err := plan.Run([][]float64{{3}}, [][]float64{minus, square}); err != nil || minus[0] != -3 || square[0] != 9 {
		t.Errorf("%v, %v, %v", minus, square, err)
	}
	for _, outputs := range [][]int{{3}, {0, -1}, {}} {
		if _, err := f.Select(outputs...); err == nil {
			t.Errorf("Select%v", outputs)
		}
	}
}
