package sdeop

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// example is an equation with parameters in its drift and its diffusion and an arg in its drift.
func example(t *testing.T, noise Noise, additive bool) (SDE, []*graph.Param) {
	t.Helper()
	rng := rand.New(rand.NewPCG(4, 5))
	w := param(t, rng, "w", 2, 2)
	ps := []*graph.Param{w}
	drift := func(tm, y *G.Node, args ...*G.Node) (*G.Node, error) {
		return G.Add(must(network(w)(tm, y)), args[0])
	}
	var diffusion odeop.Field
	switch {
	case additive:
		scale := param(t, rng, "scale", 2, 2)
		ps = append(ps, scale)
		diffusion = func(tm, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			return G.HadamardProd(scale.In(y.Graph()), must(G.Add(tm, must(graph.Constant(y, []float64{1})))))
		}
	case noise == General:
		v := param(t, rng, "v", 2, 6)
		ps, diffusion = append(ps, v), matrix(v)
	default:
		v := param(t, rng, "v", 2)
		ps, diffusion = append(ps, v), perComponent(v)
	}
	return SDE{drift, diffusion, noise, Stratonovich}, ps
}

// Every method, kind of noise and mode has the gradient by y0, arg and parameters that central differences on the same
// path have. These err by h² and by ε/h, some 1e-9 for h = 1e-5 and numbers of order one.
func TestGradients(t *testing.T) {
	for _, m := range Methods() {
		info := m.Info()
		for _, noise := range []Noise{Diagonal, Scalar, General} {
			additive := info.Strong == 0
			if additive && noise != Diagonal || noise == General && info.StrongGeneral == 0 {
				continue
			}
			e, ps := example(t, noise, additive)
			if !info.Stratonovich {
				e.Calculus = Ito
			}
			modes := map[string][]Option{"backprop": {Step(0.17)}, "every third": {Step(0.1), Gradient(Backprop{Every: 3})}}
			if info.Adaptive {
				// The steps that the tolerance chooses change with the input, a little; that the gradient leaves out. A
				// tolerance that all first tries meet holds them.
				modes["adaptive"] = []Option{Tolerance(1e3, 1e3), Step(0.1)}
			}
			if info.Reversible {
				modes["reversible"] = []Option{Step(0.1), Gradient(Reversible{})}
			}
			for name, opts := range modes {
				t.Run(m.Name()+"/"+noise.String()+"/"+name, func(t *testing.T) {
					checkGradient(t, e, ps, append(opts, Method(m), Seed(11)))
				})
			}
		}
	}
}

func checkGradient(t *testing.T, e SDE, params []*graph.Param, opts []Option) {
	y0, arg := []float64{0.3, -0.4, 1.1, 0.2}, []float64{0.1, 0.2, -0.3, 0.4}
	build := func() (cost *G.Node, wrt G.Nodes) {
		g := G.NewGraph()
		y, a := input(g, "y0", y0, 2, 2), input(g, "a", arg, 2, 2)
		ys, err := Solve(e, y, []float64{0, 0.4, 0.5, 1}, append(opts, Args(a))...)
		if err != nil {
			t.Fatal(err)
		}
		w := make([]float64, ys.Shape().TotalSize())
		for i := range w {
			w[i] = math.Cos(float64(i))
		}
		c := must(G.Sum(must(G.HadamardProd(ys, must(graph.Constant(ys, w, ys.Shape()...))))))
		return c, append(G.Nodes{y, a}, graph.ParamNodes(g, params)...)
	}
	value := func() float64 {
		c, _ := build()
		return values1(t, c)
	}
	cost, wrt := build()
	ds, err := G.Grad(cost, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	grads := values(t, ds...)
	const h = 1e-5
	for i, a := range append([][]float64{y0, arg}, data(params)...) {
		for j := range a {
			if j > 1 && j < len(a)-1 {
				continue
			}
			old := a[j]
			a[j] = old + h
			up := value()
			a[j] = old - h
			down := value()
			a[j] = old
			if want := (up - down) / (2 * h); math.Abs(grads[i][j]-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("input %d, element %d: %.10g, by differences %.10g", i, j, grads[i][j], want)
			}
		}
	}
}

func data(params []*graph.Param) (all [][]float64) {
	for _, p := range params {
		all = append(all, p.Value().Data().([]float64))
	}
	return all
}

func values1(t *testing.T, n *G.Node) float64 {
	t.Helper()
	var v G.Value
	G.Read(n, &v)
	vm := G.NewTapeMachine(n.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return v.Data().(float64)
}

// The way back by Reversible meets the states of the way there to rounding, so both modes have the same gradient.
func TestReversibleIsBackprop(t *testing.T) {
	e, ps := example(t, General, false)
	var all [2][][]float64
	for i, mode := range []GradientMode{Backprop{}, Reversible{}} {
		g := G.NewGraph()
		y, a := input(g, "y0", []float64{0.3, -0.4}, 1, 2), input(g, "a", []float64{0.1, 0.2}, 1, 2)
		z, err := SolveFinal(e, y, []float64{0, 2}, Method(ReversibleHeun{}), Step(0.01), Args(a), Gradient(mode))
		if err != nil {
			t.Fatal(err)
		}
		ds, err := G.Grad(must(G.Sum(z)), append(G.Nodes{y, a}, graph.ParamNodes(g, ps)...)...)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = values(t, ds...)
	}
	for i := range all[0] {
		for j, want := range all[0][i] {
			if math.Abs(all[1][i][j]-want) > 1e-10*(1+math.Abs(want)) {
				t.Errorf("input %d, element %d: %.15g, %.15g", i, j, all[1][i][j], want)
			}
		}
	}
}

// A path is the seed's and the number's: the same for other steps, another for another number, and single precision
// sees it too.
func TestPaths(t *testing.T) {
	e := SDE{Drift: times(0), Diffusion: byTime(1, 1), Noise: Diagonal}
	solve := func(seed uint64, path, h float64) float64 {
		g := G.NewGraph()
		n := G.NewScalar(g, tensor.Float64, G.WithName("path"), G.WithValue(path))
		y, err := SolveFinal(e, input(g, "y0", []float64{1}, 1, 1), []float64{0, 1}, Method(SRA1{}), Step(h), Seed(seed), Path(n))
		if err != nil {
			t.Fatal(err)
		}
		return values(t, y)[0][0]
	}
	a := solve(1, 0, 1./512)
	// The stochastic integral of a smooth function is right to O(h²) by the straight line that the method takes it for.
	if b := solve(1, 0, 1./64); math.Abs(a-b) > 1e-3 {
		t.Errorf("%g by small steps, %g by larger ones", a, b)
	}
	if b, c := solve(1, 1, 1./512), solve(2, 0, 1./512); a == b || a == c {
		t.Errorf("paths 0 and 1: %g and %g; of another seed: %g", a, b, c)
	}
	if a != solve(1, 0, 1./512) {
		t.Error("the same path twice is not the same")
	}
}
