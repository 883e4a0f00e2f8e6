package graph

import (
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// foreign is somebody else's Op: a ⊙ sin b.
type foreign struct {
	fails, panics, returnsInput bool
	wrt                         []bool
}

func (o *foreign) Arity() int { return 2 }
func (o *foreign) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(a, a, a)
}
func (o *foreign) InferShape(s ...G.DimSizer) (tensor.Shape, error) {
	return s[0].(tensor.Shape).Clone(), nil
}
func (o *foreign) ReturnsPtr() bool      { return true }
func (o *foreign) CallsExtern() bool     { return false }
func (o *foreign) OverwritesInput() int  { return -1 }
func (o *foreign) WriteHash(h hash.Hash) { fmt.Fprintf(h, "foreign %p", o) }
func (o *foreign) Hashcode() uint32      { return 12345 }
func (o *foreign) String() string        { return "foreign" }

func (o *foreign) Do(v ...G.Value) (G.Value, error) {
	switch {
	case o.fails:
		return nil, errors.New("no")
	case o.panics:
		panic("oh no")
	case o.returnsInput:
		return v[0], nil
	}
	a, err := numbers(v[0])
	if err != nil {
		return nil, err
	}
	b, err := numbers(v[1])
	if err != nil {
		return nil, err
	}
	for i := range a {
		a[i] *= math.Sin(b[i])
	}
	if _, ok := v[0].(*G.F64); ok {
		return G.NewF64(a[0]), nil
	}
	if v[0].Dtype() == tensor.Float32 {
		c := make([]float32, len(a))
		transfer(c, a)
		return tensor.New(tensor.WithShape(v[0].Shape()...), tensor.WithBacking(c)), nil
	}
	return tensor.New(tensor.WithShape(v[0].Shape()...), tensor.WithBacking(a)), nil
}

// differentiable adds what Gorgonia asks of an Op with a symbolic gradient.
type differentiable struct{ foreign }

func (o *differentiable) DiffWRT(int) []bool {
	if o.wrt != nil {
		return o.wrt
	}
	return []bool{true, true}
}

func (o *differentiable) SymDiff(in G.Nodes, out, w *G.Node) (G.Nodes, error) {
	if o.panics {
		panic("oh no")
	}
	da := G.Must(G.HadamardProd(w, G.Must(G.Sin(in[1]))))
	db := G.Must(G.HadamardProd(w, G.Must(G.HadamardProd(in[0], G.Must(G.Cos(in[1]))))))
	return G.Nodes{da, db}, nil
}

func apply2(op G.Op) func(a, b *G.Node) (*G.Node, error) {
	return func(a, b *G.Node) (*G.Node, error) { return G.ApplyOp(op, a, b) }
}

func TestLowerOpaque(t *testing.T) {
	testLowerings(t, []lowering{
		binaryCase("an Op of somebody else", apply2(&differentiable{}), shape(2, 3), shape(2, 3)),
		binaryCase("twice", func(a, b *G.Node) (*G.Node, error) {
			op := &differentiable{}
			return G.ApplyOp(op, G.Must(G.ApplyOp(op, a, b)), G.Must(G.Tanh(a)))
		}, shape(2, 3), shape(2, 3)),
	})
}

func TestOpaqueNumbers(t *testing.T) {
	f := traced(t, func(x ...*G.Node) (G.Nodes, error) {
		n, err := G.ApplyOp(&differentiable{}, x...)
		return G.Nodes{n}, err
	}, Input("a", tensor.Float64), Input("b", tensor.Float64))
	compare(t, "value", evaluate(f, [][]float64{{2}, {0.5}})[0], []float64{2 * math.Sin(0.5)}, 1e-15)
	checkDerivatives(t, f, [][]float64{{2}, {0.5}}, rand.New(rand.NewPCG(1, 2)), 1e-6)
}

func TestOpaqueErrors(t *testing.T) {
	trace := func(op G.Op) *Func {
		return traced(t, func(x ...*G.Node) (G.Nodes, error) {
			n, err := G.ApplyOp(op, x...)
			return G.Nodes{n}, err
		}, Input("a", tensor.Float64, 2), Input("b", tensor.Float64, 2))
	}
	x := [][]float64{{1, 2}, {3, 4}}
	run := func(f *Func) error {
		p, err := Compile[float64](f)
		if err != nil {
			t.Fatal(err)
		}
		return p.Run(x, [][]float64{make([]float64, 2)})
	}
	wants := func(err error, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if err == nil || !strings.Contains(err.Error(), p) {
				t.Fatalf("error %v, want %q in it", err, p)
			}
		}
	}
	wants(run(trace(&foreign{panics: true})), "foreign", "oh no")
	wants(run(trace(&foreign{fails: true})), "foreign", "no")

	for _, d := range []func(*Func) (*Func, error){(*Func).VJP, func(f *Func) (*Func, error) { return f.JVP() }} {
		_, err := d(trace(&foreign{}))
		wants(err, "foreign", "cannot be differentiated")
		_, err = d(trace(&differentiable{foreign{panics: true}}))
		wants(err, "foreign", "oh no")
		_, err = d(trace(&differentiable{foreign{wrt: []bool{true, false}}}))
		wants(err, "foreign", "argument 1")
	}
	// An argument that a gradient cannot be asked of may be as it likes.
	f := traced(t, func(x ...*G.Node) (G.Nodes, error) {
		n, err := G.ApplyOp(&differentiable{foreign{wrt: []bool{true, false}}}, x[0],
			G.NewConstant(tensor.New(tensor.WithBacking([]float64{1, 2}))))
		return G.Nodes{n}, err
	}, Input("a", tensor.Float64, 2))
	checkDerivatives(t, f, [][]float64{{1, 2}}, rand.New(rand.NewPCG(1, 2)), 1e-6)

	// An Op that hands its input on must not make out alias in.
	f = trace(&foreign{returnsInput: true})
	got := evaluate(f, x)
	if &got[0][0] == &x[0][0] {
		t.Error("the output aliases the input")
	}
}

// remembering is a square whose derivative uses what the last Do saw.
type remembering struct {
	foreign
	saw []float64
}

func (o *remembering) Arity() int { return 1 }
func (o *remembering) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(a, a)
}
func (o *remembering) DiffWRT(int) []bool { return []bool{true} }

func (o *remembering) Do(v ...G.Value) (G.Value, error) {
	x, err := numbers(v[0])
	o.saw = append([]float64(nil), x...)
	for i := range x {
		x[i] *= x[i]
	}
	return tensor.New(tensor.WithBacking(x)), err
}

func (o *remembering) SymDiff(in G.Nodes, out, w *G.Node) (G.Nodes, error) {
	n, err := G.ApplyOp(&remembered{remembering{}, o}, w)
	return G.Nodes{n}, err
}

type remembered struct {
	remembering
	of *remembering
}

func (o *remembered) Do(v ...G.Value) (G.Value, error) {
	w, err := numbers(v[0])
	for i := range w {
		w[i] *= 2 * o.of.saw[i]
	}
	return tensor.New(tensor.WithBacking(w)), err
}

func TestOpaqueState(t *testing.T) {
	f := traced(t, func(x ...*G.Node) (G.Nodes, error) {
		n, err := G.ApplyOp(&remembering{}, x...)
		return G.Nodes{n}, err
	}, Input("a", tensor.Float64, 2))
	vjp, err := f.VJP()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{3, 5} {
		compare(t, "gradient", runOnce[float64](t, vjp, [][]float64{{x, 1}, {1, 10}}), []float64{2 * x, 20}, 1e-15)
	}
}

// CTCLoss takes integers, which must be known when the function is traced, and its derivative needs its value's work.
func TestOpaqueIntegers(t *testing.T) {
	ints := func(g *G.ExprGraph, name string, s tensor.Shape, v ...int) *G.Node {
		return G.NewTensor(g, tensor.Int, len(s), G.WithName(name), G.WithShape(s...),
			G.WithValue(tensor.New(tensor.WithShape(s...), tensor.WithBacking(v))))
	}
	c := shaped("ctc loss", shape(4, 2, 3), func(x *G.Node) (*G.Node, error) {
		g := x.Graph()
		y := G.Must(G.LogSoftMax(x, 2))
		return G.CTCLoss(y, ints(g, "targets", shape(2, 2), 1, 2, 2, 1), ints(g, "in", shape(2), 4, 4),
			ints(g, "out", shape(2), 2, 2), G.ReductionSum)
	})
	f := traced(t, c.builder(), c.specs(tensor.Float64)...)
	x := c.arguments(newRand(1))
	want, err := onTape(t, c.builder(), c.specs(tensor.Float64), x)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "value", evaluate(f, x)[0], want[0], 1e-12)
	vjp, err := f.VJP()
	if err != nil {
		t.Fatal(err)
	}
	grad := evaluate(vjp, append(x, []float64{1}))
	for i := range x[0] {
		dx := make([]float64, len(x[0]))
		dx[i] = 1
		compare(t, "gradient", grad[0][i:i+1], differences(f, x[:1], [][]float64{dx}, 1e-5)[0], 1e-6)
	}
}
