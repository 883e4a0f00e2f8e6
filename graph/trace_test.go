package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func one(n *G.Node, err error) (G.Nodes, error) { return G.Nodes{n}, err }

func zeroParam(t *testing.T, dt tensor.Dtype, d ...int) *Param {
	t.Helper()
	p, err := NewParam("w", func(s tensor.Shape) ([]float64, error) { return make([]float64, sizeOf(s)), nil }, dt, d...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTraceOutputs(t *testing.T) {
	w := zeroParam(t, tensor.Float64, 2)
	w.Set([]float64{3, 4})
	f := traced(t, func(in ...*G.Node) (G.Nodes, error) {
		y := G.Must(G.Add(in[0], in[1]))
		return G.Nodes{in[0], y, y, G.NewConstant(2.5), w.In(in[0].Graph())}, nil
	}, Input("a", tensor.Float64, 2), Input("b", tensor.Float64, 2))
	got := evaluate(f, [][]float64{{1, 2}, {10, 20}})
	for i, want := range [][]float64{{1, 2}, {11, 22}, {11, 22}, {2.5}, {3, 4}} {
		compare(t, fmt.Sprint("output ", i), got[i], want, 0)
	}
	if ps := f.Params(); len(ps) != 1 || ps[0] != w {
		t.Errorf("parameters %v", ps)
	}
	if f.DependsOn(1) != true || len(f.Inputs()) != 2 {
		t.Error("inputs")
	}
}

// Gorgonia merges inputs of equal name and shape; those of a trace differ, also from parameters of like names.
func TestTraceKeepsInputsApart(t *testing.T) {
	w := zeroParam(t, tensor.Float64, 2)
	w.Set([]float64{7, 7})
	name := fmt.Sprintf("w#%d", w.id)
	f := traced(t, func(in ...*G.Node) (G.Nodes, error) {
		return one(G.Sub(in[0], w.In(in[0].Graph())))
	}, Input(name, tensor.Float64, 2))
	compare(t, "value", evaluate(f, [][]float64{{1, 2}})[0], []float64{-6, -5}, 0)
}

func TestTraceErrors(t *testing.T) {
	x := Input("x", tensor.Float64, 3)
	m := Input("m", tensor.Float64, 4, 300)
	im := Input("im", tensor.Float64, 1, 1, 6, 6)
	id := func(in ...*G.Node) (G.Nodes, error) { return in, nil }
	other := G.NewVector(G.NewGraph(), tensor.Float64, G.WithShape(3), G.WithName("outside"))
	big := func(v float64) *G.Node {
		d := make([]float64, 20)
		d[10] = v
		return G.NewConstant(tensor.New(tensor.WithBacking(d)))
	}
	p32 := zeroParam(t, tensor.Float32, 3)
	for _, c := range []struct {
		name  string
		specs []Spec
		build Builder
		want  string
	}{
		{"no inputs", nil, id, "no inputs"},
		{"no builder", []Spec{x}, nil, "no builder"},
		{"no name", []Spec{Input("", tensor.Float64)}, id, "no name"},
		{"same names", []Spec{x, x}, id, `two inputs are named "x"`},
		{"dtype", []Spec{Input("x", tensor.Int)}, id, "use float64 or float32"},
		{"dtypes", []Spec{x, Input("y", tensor.Float32)}, id, "one dtype"},
		{"empty batch", []Spec{Input("x", tensor.Float64, 0, 3)}, id, "empty batch"},
		{"empty axis", []Spec{Input("x", tensor.Float64, 3, 0)}, id, "is empty"},
		{"negative axis", []Spec{Input("x", tensor.Float64, 3, -1)}, id, "is negative"},
		{"no outputs", []Spec{x}, func(...*G.Node) (G.Nodes, error) { return nil, nil }, "no outputs"},
		{"nil output", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) { return G.Nodes{in[0], nil}, nil }, "output 1 is nil"},
		{"foreign output", []Spec{x}, func(...*G.Node) (G.Nodes, error) {
			return G.Nodes{other}, nil
		}, `"outside" belongs to another graph: pass it as an argument`},
		{"foreign node", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(in[0], other))
		}, "pass it as an argument"},
		{"foreign node, Must", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Must(G.Add(in[0], other)), nil)
		}, "pass it as an argument"},
		{"error", []Spec{x}, func(...*G.Node) (G.Nodes, error) {
			return nil, errors.New("as you like")
		}, "the builder failed: as you like"},
		{"panic", []Spec{x}, func(...*G.Node) (G.Nodes, error) { panic("boo") }, "the builder panicked: boo"},
		{"index", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) { return in[5:6], nil }, "the builder panicked"},
		{"panic of Gorgonia", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Sum(in[0], -1))
		}, "the builder panicked"},
		{"new input with a value", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(in[0], G.NewVector(in[0].Graph(), tensor.Float64, G.WithName("v"), G.WithShape(3),
				G.WithInit(G.Zeroes()))))
		}, `"v" was made in the builder with a value: use graph.Constant for a constant, graph.NewParam`},
		{"new input", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(in[0], G.NewVector(in[0].Graph(), tensor.Float64, G.WithName("v"), G.WithShape(3))))
		}, `"v" was made in the builder and has no value: pass it as an argument`},
		{"parameter of another dtype", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return G.Nodes{in[0], p32.In(in[0].Graph())}, nil
		}, "float32"},
		{"bool", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Gt(in[0], G.NewConstant(0.0), false))
		}, "retSame"},
		{"conversion", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.ConvType(in[0], tensor.Float64, tensor.Int))
		}, "dtype int"},
		{"read", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			var v G.Value
			G.Read(in[0], &v)
			return in, nil
		}, "have no effect"},
		{"matrix · vector along the wrong axis", []Spec{x, Input("a", tensor.Float64, 3, 2)},
			func(in ...*G.Node) (G.Nodes, error) { return one(G.Mul(in[1], in[0])) }, "does not fit"},
		{"dropout", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) { return one(G.Dropout(in[0], 0.5)) }, "use graph.Dropout"},
		{"random", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(in[0], G.GaussianRandomNode(in[0].Graph(), tensor.Float64, 0, 1, 3)))
		}, "pass the noise as an argument"},
		{"window in the padding", []Spec{im}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.MaxPool2D(in[0], shape(2, 2), []int{2, 2}, []int{1, 1}))
		}, "wholly within the padding"},

		// Merges of different nodes.
		{"slices 256 apart", []Spec{m}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(G.Must(G.Slice(in[0], nil, G.S(0, 10))), G.Must(G.Slice(in[0], nil, G.S(256, 266)))))
		}, "use graph.Slice"},
		{"indices 256 apart", []Spec{m}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(G.Must(G.Slice(in[0], nil, G.S(3))), G.Must(G.Slice(in[0], nil, G.S(259)))))
		}, "use graph.Slice"},
		{"softmax and log softmax", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.HadamardProd(G.Must(G.SoftMax(in[0])), G.Must(G.LogSoftMax(in[0]))))
		}, "use graph.SoftMax"},
		{"p log p turns p into its logarithm", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			p := G.Must(G.SoftMax(in[0]))
			return one(G.HadamardProd(p, G.Must(G.Log(p))))
		}, "use graph.LogSoftMax"},
		{"p and log p as outputs", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			p := G.Must(G.SoftMax(in[0]))
			return G.Nodes{p, G.Must(G.Log(p))}, nil
		}, "use graph.LogSoftMax"},
		{"sparsemax along two axes", []Spec{Input("a", tensor.Float64, 3, 3)}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Add(G.Must(G.Sparsemax(in[0], 0)), G.Must(G.Sparsemax(in[0], 1))))
		}, "no axis"},
		{"convolutions of two dilations", []Spec{Input("im", tensor.Float64, 1, 1, 7, 7),
			Input("k", tensor.Float64, 1, 1, 2, 2)}, func(in ...*G.Node) (G.Nodes, error) {
			conv := func(d int) *G.Node {
				return G.Must(G.Conv2d(in[0], in[1], shape(2, 2), []int{0, 0}, []int{2, 2}, []int{d, d}))
			}
			return one(G.Sub(conv(1), conv(2)))
		}, "no dilation"},
		{"two batch normalisations", []Spec{Input("b", tensor.Float64, 4, 3), Input("s", tensor.Float64, 1, 3)},
			func(in ...*G.Node) (G.Nodes, error) {
				a, _, _, _, _ := G.BatchNorm(in[0], in[1], in[1], 0.1, 1e-5)
				b, _, _, _, err := G.BatchNorm(in[0], in[1], in[1], 0.12, 1e-3)
				return G.Nodes{a, b}, err
			}, "share their statistics"},
		{"two group normalisations", []Spec{im, Input("s", tensor.Float64, 1, 1, 1, 1)}, func(in ...*G.Node) (G.Nodes, error) {
			a := G.Must(G.GroupNorm(in[0], in[1], in[1], 1, 1, 1e-5))
			b, err := G.GroupNorm(in[0], in[1], in[1], 1, 1, 1)
			return G.Nodes{a, b}, err
		}, "no ε"},
		{"large constants", []Spec{Input("v", tensor.Float64, 20)}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.Sub(G.Must(G.HadamardProd(in[0], big(1))), G.Must(G.HadamardProd(in[0], big(2)))))
		}, "use graph.Constant"},
		{"constants of one name", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			a, b := G.NewConstant(2.0, G.WithName("c")), G.NewConstant(3.0, G.WithName("c"))
			return one(G.Sub(G.Must(G.HadamardProd(in[0], a)), G.Must(G.HadamardProd(in[0], b))))
		}, "leave the name out"},
		{"long indices", []Spec{Input("v", tensor.Float64, 20)}, func(in ...*G.Node) (G.Nodes, error) {
			pick := func(at int) *G.Node {
				i := make([]int, 20)
				i[10] = at
				return G.Must(G.ByIndices(in[0], G.NewConstant(tensor.New(tensor.WithBacking(i))), 0))
			}
			return one(G.Add(pick(1), G.Must(G.Tanh(pick(2)))))
		}, "shortened text"},
		{"indices as nodes of one name", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			pick := func(at int) *G.Node {
				i := G.NewVector(in[0].Graph(), tensor.Int, G.WithShape(2), G.WithName("i"),
					G.WithValue(tensor.New(tensor.WithBacking([]int{0, at}))))
				return G.Must(G.ByIndices(in[0], i, 0))
			}
			return one(G.Add(pick(1), G.Must(G.Tanh(pick(2)))))
		}, "use gorgonia.NewConstant"},
		{"index out of range", []Spec{x}, func(in ...*G.Node) (G.Nodes, error) {
			return one(G.ByIndices(in[0], G.NewConstant(tensor.New(tensor.WithBacking([]int{0, 3}))), 0))
		}, "index 3 of axis 0"},
		{"merges hidden by Grad", []Spec{m}, func(in ...*G.Node) (G.Nodes, error) {
			a, b := G.Must(G.Slice(in[0], nil, G.S(0, 10))), G.Must(G.Slice(in[0], nil, G.S(256, 266)))
			return G.Grad(G.Must(G.Sum(G.Must(G.HadamardProd(a, b)))), in[0])
		}, "gorgonia.Grad hides"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Trace(c.build, c.specs...)
			if err == nil || f != nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "graph: ") {
				t.Errorf("error %q, want %q in it", err, c.want)
			}
		})
	}
}

// What Gorgonia merges rightly stays allowed.
func TestTraceAllowsRepetition(t *testing.T) {
	half := func() *G.Node { return G.NewConstant(0.5) }
	f := traced(t, func(in ...*G.Node) (G.Nodes, error) {
		x, m, im, k := in[0], in[1], in[2], in[3]
		small := G.NewConstant(tensor.New(tensor.WithBacking([]float64{1, 2.5, 3})))
		a := G.Must(G.Add(G.Must(G.HadamardProd(x, half())), small))
		a = G.Must(G.Add(a, G.Must(G.HadamardProd(small, G.Must(G.HadamardProd(x, half()))))))
		s := G.Must(G.Sub(G.Must(G.Slice(m, G.S(0, 3))), G.Must(G.Slice(m, G.S(0, 3)))))
		long := G.Must(G.Add(G.Must(G.Slice(m, nil, G.S(100, 200))), G.Must(G.Slice(m, nil, G.S(100, 200)))))
		c := func() *G.Node {
			return G.Must(G.Conv2d(im, k, shape(2, 2), []int{1, 1}, []int{1, 1}, []int{2, 2}))
		}
		return G.Nodes{a, s, long, G.Must(G.Sub(c(), G.Must(G.Tanh(c()))))}, nil
	}, Input("x", tensor.Float64, 3), Input("m", tensor.Float64, 4, 300), Input("im", tensor.Float64, 1, 1, 5, 5),
		Input("k", tensor.Float64, 1, 1, 2, 2))
	if len(f.outputs) != 4 {
		t.Fatal("outputs")
	}
}

// The gradient of an energy, taken with gorgonia.Grad inside of the function.
func TestTraceGrad(t *testing.T) {
	w := zeroParam(t, tensor.Float64, 3, 4)
	for i, v := 0, w.Value().Data().([]float64); i < len(v); i++ {
		v[i] = 0.1 * float64(i%5)
	}
	energy := func(x *G.Node) *G.Node {
		h := G.Must(G.Tanh(G.Must(G.Mul(x, w.In(x.Graph())))))
		left, right := G.Must(G.Slice(h, nil, G.S(0, 2))), G.Must(G.Slice(h, nil, G.S(2, 4)))
		return G.Must(G.Sum(G.Must(G.Concat(1, G.Must(G.Square(left)), G.Must(G.Exp(right))))))
	}
	e := traced(t, func(in ...*G.Node) (G.Nodes, error) {
		return G.Nodes{energy(in[0])}, nil
	}, Input("x", tensor.Float64, 2, 3))
	force := traced(t, func(in ...*G.Node) (G.Nodes, error) {
		return G.Grad(energy(in[0]), in[0])
	}, Input("x", tensor.Float64, 2, 3))
	vjp, err := e.VJP()
	if err != nil {
		t.Fatal(err)
	}
	x := []float64{0.1, -0.4, 0.7, 1, 0.2, -0.3}
	compare(t, "force", evaluate(force, [][]float64{x})[0], evaluate(vjp, [][]float64{x, {1}})[0], 1e-12)
	checkDerivatives(t, force, [][]float64{x}, newRand(5), 1e-6)
}
