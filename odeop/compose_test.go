package odeop

import (
	"math"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

func newParam(t testing.TB, name string, dt tensor.Dtype, v []float64, shape ...int) *graph.Param {
	t.Helper()
	p, err := graph.NewParam(name, graph.Values(v), dt, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tanhField is y' = tanh(y·w).
func tanhField(w *graph.Param) Field {
	return func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Tanh(must(G.Mul(y, w.In(y.Graph()))))
	}
}

var squareWeights = []float64{0.3, -1, 0.8, 0.2}

// One block after another, with one field: the constant steps are those of a single block, and so is the gradient.
func TestBlocksInSequenceEqualOne(t *testing.T) {
	outcomeOf := func(intervals ...[]float64) outcome {
		w := newParam(t, "w", tensor.Float64, squareWeights, 2, 2)
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, []float64{1, 0.5, -0.3, 2})
		y := y0
		f := tanhField(w)
		for _, times := range intervals {
			var err error
			if y, err = SolveFinal(f, y, times, Method(solvers.RK4{}), Step(0.25)); err != nil {
				t.Fatal(err)
			}
		}
		return run(t, g, weighted(g, y), []input{{"y0", y0}, {"w", w.In(g)}}, false)
	}
	one := outcomeOf([]float64{0, 2})
	two := outcomeOf([]float64{0, 1}, []float64{1, 2})
	if d := two.difference(t, one); !(d <= 1e-14) {
		t.Errorf("two blocks differ from one by %g", d)
	}
}

// Side by side the gradients of the shared parameters add.
func TestSharedFieldGradientsAdd(t *testing.T) {
	outcomeOf := func(first, second bool) outcome {
		w := newParam(t, "w", tensor.Float64, squareWeights, 2, 2)
		g := G.NewGraph()
		f := tanhField(w)
		var loss *G.Node
		for i, use := range []bool{first, second} {
			if !use {
				continue
			}
			x := newNode(g, tensor.Float64, []string{"x", "z"}[i], []int{2, 2}, []float64{1, 0.5, float64(i), 2})
			ys, err := Solve(f, x, []float64{0, 1, float64(2 + i)})
			if err != nil {
				t.Fatal(err)
			}
			l := weighted(g, ys)
			if loss != nil {
				l = G.Must(G.Add(loss, l))
			}
			loss = l
		}
		return run(t, g, loss, []input{{"w", w.In(g)}}, false)
	}
	a, b, both := outcomeOf(true, false), outcomeOf(false, true), outcomeOf(true, true)
	sum := make([]float64, 4)
	for i := range sum {
		sum[i] = a.grads["w"][i] + b.grads["w"][i]
	}
	if d := relative(both.grads["w"], sum); !(d <= 1e-14) {
		t.Errorf("gradients of both %v, of each %v and %v", both.grads["w"], a.grads["w"], b.grads["w"])
	}
}

// Two solves of the same y0 with the same field are two nodes unless they are the same solve.
func TestSolvesOfOneStateAreNotMerged(t *testing.T) {
	w := newParam(t, "w", tensor.Float64, squareWeights, 2, 2)
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, []float64{1, 0.5, -0.3, 2})
	f := tanhField(w)
	var ys [2]*G.Node
	var stats [2]Stats
	for i, tol := range []float64{1e-2, 1e-10} {
		var err error
		if ys[i], err = SolveFinal(f, y0, []float64{0, 2}, Tolerance(tol, tol), Record(&stats[i])); err != nil {
			t.Fatal(err)
		}
	}
	if ys[0] == ys[1] {
		t.Fatal("one node")
	}
	evaluated(t, G.Must(G.Sub(ys[0], ys[1])))
	if a, b := stats[0].Forward().Steps, stats[1].Forward().Steps; a*2 > b {
		t.Errorf("%d and %d steps", a, b)
	}
}

// A model in a traced function: its layers, a solve and more layers, as nodes of the outer graph and as one Op.
func TestSolveInsideOfCall(t *testing.T) {
	for _, opts := range [][]Option{{}, {Method(solvers.RK4{}), Step(0.1)}, {Gradient(Adjoint{})}} {
		for _, lisp := range []bool{false, true} {
			outcomeOf := func(call bool) outcome {
				a := newParam(t, "a", tensor.Float64, []float64{0.2, -0.4, 0.7, 0.1, 0.5, -0.6}, 3, 2)
				w := newParam(t, "w", tensor.Float64, squareWeights, 2, 2)
				b := newParam(t, "b", tensor.Float64, []float64{1, -2}, 2, 1)
				model := func(in ...*G.Node) (G.Nodes, error) {
					g := in[0].Graph()
					y := must(G.Mul(in[0], a.In(g)))
					ys, err := SolveFinal(tanhField(w), y, []float64{0, 0.5, 1.5}, opts...)
					if err != nil {
						return nil, err
					}
					return G.Nodes{must(G.Tanh(must(G.Mul(ys, b.In(g)))))}, nil
				}
				g := G.NewGraph()
				x := newNode(g, tensor.Float64, "x", []int{4, 3}, []float64{1, 2, 3, -1, 0.5, 0, 0.3, 0.2, 0.1, 2, -2, 1})
				var out *G.Node
				if call {
					fn, err := graph.Trace(model, graph.Input("x", tensor.Float64, 4, 3))
					if err != nil {
						t.Fatal(err)
					}
					if out, err = graph.Call(fn, x); err != nil {
						t.Fatal(err)
					}
				} else {
					outs, err := model(x)
					if err != nil {
						t.Fatal(err)
					}
					out = outs[0]
				}
				return run(t, g, weighted(g, out), []input{{"x", x}, {"a", a.In(g)}, {"w", w.In(g)}, {"b", b.In(g)}}, lisp)
			}
			if d := outcomeOf(true).difference(t, outcomeOf(false)); !(d <= 1e-12) {
				t.Errorf("%d options, lisp %v: a call differs by %g", len(opts), lisp, d)
			}
		}
	}
}

// y' = −z(1) with z' = −k z, z(0) = y is y' = −e^(−k) y, whose end is y0 exp(−e^(−k)); its derivative with respect to k is
// that times e^(−k).
func TestSolveInsideOfField(t *testing.T) {
	k := newParam(t, "k", tensor.Float64, []float64{0.7}, 1)
	decay := func(_, z *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Neg(must(G.HadamardProd(z, k.In(z.Graph()))))
	}
	field := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		z, err := SolveFinal(decay, y, []float64{0, 1}, Tolerance(1e-11, 1e-11))
		if err != nil {
			return nil, err
		}
		return G.Neg(z)
	}
	for _, mode := range []GradientMode{Backprop{}, Adjoint{}} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{2})
		y, err := SolveFinal(field, y0, []float64{0, 1}, Tolerance(1e-10, 1e-10), Gradient(mode))
		if err != nil {
			t.Fatal(err)
		}
		o := run(t, g, G.Must(G.Sum(y)), []input{{"y0", y0}, {"k", k.In(g)}}, false)
		rate := math.Exp(-0.7)
		end := math.Exp(-rate)
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"y(1)", o.loss, 2 * end},
			{"∂y(1)/∂y0", o.grads["y0"][0], end},
			{"∂y(1)/∂k", o.grads["k"][0], 2 * end * rate},
		} {
			if !(math.Abs(c.got-c.want) <= 1e-8) {
				t.Errorf("%T: %s = %.12g, want %.12g", mode, c.name, c.got, c.want)
			}
		}
	}
}

// Clones of a graph share the Ops. Each has values of its own.
func TestClonesRunAtOnce(t *testing.T) {
	w := newParam(t, "w", tensor.Float64, squareWeights, 2, 2)
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{0, 0})
	var stats Stats
	ys, err := Solve(tanhField(w), y0, []float64{0, 0.7, 2}, Record(&stats))
	if err != nil {
		t.Fatal(err)
	}
	loss := weighted(g, ys)
	if _, err := G.Grad(loss, y0, w.In(g)); err != nil {
		t.Fatal(err)
	}
	inputs := []string{y0.Name(), w.In(g).Name()}
	runIn := func(g *G.ExprGraph, v []float64) ([][]float64, error) {
		var nodes G.Nodes
		for _, name := range inputs {
			nodes = append(nodes, g.ByName(name)[0])
		}
		if err := G.Let(nodes[0], tensor.New(tensor.WithShape(1, 2),
			tensor.WithBacking(append([]float64(nil), v...)))); err != nil {
			return nil, err
		}
		vm := G.NewTapeMachine(g, G.BindDualValues(nodes...))
		defer vm.Close()
		if err := vm.RunAll(); err != nil {
			return nil, err
		}
		var out [][]float64
		for _, n := range nodes {
			d, err := n.Grad()
			if err != nil {
				return nil, err
			}
			out = append(out, numbers(d))
		}
		return out, nil
	}
	const clones = 6
	var graphs [clones]*G.ExprGraph
	var got [clones][][]float64
	var errs [clones]error
	start := func(i int) []float64 { return []float64{float64(i), 1 - 0.3*float64(i)} }
	for i := range graphs {
		graphs[i] = g.Clone().(*G.ExprGraph)
	}
	var wg sync.WaitGroup
	for i := range graphs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 3 {
				got[i], errs[i] = runIn(graphs[i].Clone().(*G.ExprGraph), start(i))
				stats.Forward()
			}
		}()
	}
	wg.Wait()
	for i := range graphs {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		want, err := runIn(g.Clone().(*G.ExprGraph), start(i))
		if err != nil {
			t.Fatal(err)
		}
		for j := range want {
			if relative(got[i][j], want[j]) != 0 {
				t.Errorf("clone %d: gradient of %s is %v, want %v", i, inputs[j], got[i][j], want[j])
			}
		}
	}
}

// Names of nodes are the user's: they may be alike, or t and y.
func TestArgsMayHaveAnyNames(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y", []int{2}, []float64{1, 2})
	u := newNode(g, tensor.Float64, "t", []int{2}, []float64{0.5, -0.5})
	y, err := SolveFinal(func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
		return G.Add(must(G.HadamardProd(args[0], args[1])), must(G.Sub(args[2], y)))
	}, y0, []float64{0, 1}, Args(u, u, y0))
	if err != nil {
		t.Fatal(err)
	}
	// y' = u² + y0 − y has the solution y0 + u² (1 − e^(−t)).
	e := 1 - math.Exp(-1)
	o := run(t, g, G.Must(G.Sum(y)), []input{{"y", y0}, {"u", u}}, false)
	if d := math.Abs(o.loss - (3 + 0.5*e)); !(d <= 1e-6) {
		t.Errorf("sum %g, off by %g", o.loss, d)
	}
	if d := relative(o.grads["y"], []float64{1, 1}); !(d <= 1e-6) {
		t.Errorf("gradient of y0 %v", o.grads["y"])
	}
	if d := relative(o.grads["u"], []float64{e, -e}); !(d <= 1e-6) {
		t.Errorf("gradient of the arg %v", o.grads["u"])
	}
}
