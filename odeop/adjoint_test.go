package odeop

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// The global error of a solve is the tolerance times a constant of the problem, small here.
func TestAdjointConvergesToBackprop(t *testing.T) {
	for _, f := range testFields() {
		exact := f.in(t, tensor.Float64).gradients(how{at: true, opts: []Option{Tolerance(1e-13, 1e-13)}}, true)
		for _, full := range []bool{false, true} {
			for _, tol := range []float64{1e-4, 1e-6, 1e-8, 1e-10} {
				o := f.in(t, tensor.Float64).gradients(how{at: true, opts: []Option{
					Tolerance(tol, tol), Gradient(Adjoint{FullNorm: full})}}, true)
				if d := o.difference(t, exact); !(d <= 100*tol) {
					t.Errorf("%s, full norm %v, tolerance %g: difference %g", f.name, full, tol, d)
				}
			}
		}
	}
}

// Its own tolerance and method act on the backward solve alone.
func TestAdjointHasItsOwnToleranceAndMethod(t *testing.T) {
	f := testFields()[0]
	work := func(a Adjoint, opts ...Option) (forward, backward solvers.Stats) {
		var s Stats
		f.in(t, tensor.Float64).gradients(how{opts: append(opts, Gradient(a), Record(&s))}, true)
		return s.Forward(), s.Backward()
	}
	f1, b1 := work(Adjoint{})
	f2, b2 := work(Adjoint{RTol: 1e-11, ATol: 1e-11})
	if f1 != f2 {
		t.Errorf("forward %+v, and with a backward tolerance %+v", f1, f2)
	}
	if b2.VJP < 2*b1.VJP {
		t.Errorf("%d evaluations backwards, and %d with a tolerance of 1e-11", b1.VJP, b2.VJP)
	}
	_, b3 := work(Adjoint{Method: solvers.RK4{}}, Step(0.05))
	// 7 + 9 + 6 steps of 4 stages
	if b3.VJP != 4*22 || b3.Steps != 22 {
		t.Errorf("RK4 with steps of 0.05 backwards: %+v", b3)
	}
}

// Where the times have no gradient f is evaluated at none of them, and beyond the first interval no first step is
// chosen: the backward pass is products alone, for the same gradients to the tolerance.
func TestAdjointEvaluatesForWhatIsWanted(t *testing.T) {
	for _, mode := range []GradientMode{Adjoint{}, InterpolatedAdjoint{}, GaussAdjoint{}} {
		for _, opts := range [][]Option{{Method(solvers.RK4{}), Step(0.05)}, {Tolerance(1e-9, 1e-9)}} {
			work := func(at bool) (solvers.Stats, outcome) {
				var s Stats
				o := testFields()[0].in(t, tensor.Float64).gradients(how{at: at, opts: append(opts, Gradient(mode), Record(&s))}, true)
				return s.Backward(), o
			}
			with, exact := work(true)
			without, o := work(false)
			if with.F != 4 || without.F != 0 || with.VJP != without.VJP { // four times
				t.Errorf("%T: %d and %d evaluations, without the gradients of the times %d and %d", mode, with.F, with.VJP, without.F,
					without.VJP)
			}
			for name, g := range o.grads {
				if d := relative(g, exact.grads[name]); d != 0 {
					t.Errorf("%T: the gradient by %s differs by %g", mode, name, d)
				}
			}
		}
	}
}

// pushed is y' = −y + w·cos 50t.
func pushed(w *graph.Param) Field {
	return func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		push := must(G.HadamardProd(w.In(y.Graph()), must(G.Cos(scaled(50, t)))))
		return G.Sub(push, y)
	}
}

// pushedGradient is ∂y(2)/∂w = ∫₀² e^(t−2) cos 50t dt.
var pushedGradient = (math.Cos(100) + 50*math.Sin(100) - math.Exp(-2)) / 2501

// y' = −y + w·cos 50t with w = 0: y and a are smooth, and the sum of w's gradient is not. Only the full norm follows that.
func TestSeminormNeedsFewerEvaluations(t *testing.T) {
	work := func(norm solvers.Norm, full bool) (evaluations int, gradient float64) {
		w := newParam(t, "w", tensor.Float64, []float64{0}, 1)
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{1})
		var s Stats
		y, err := SolveFinal(pushed(w), y0, []float64{0, 2}, Gradient(Adjoint{FullNorm: full}), Record(&s),
			Settings(solvers.Settings{Norm: norm}))
		if err != nil {
			t.Fatal(err)
		}
		o := run(t, g, G.Must(G.Sum(y)), []input{{"w", w.In(g)}}, false)
		return s.Backward().VJP, o.grads["w"][0]
	}
	for _, norm := range []solvers.Norm{nil, solvers.Max{}} {
		semi, _ := work(norm, false)
		full, gradient := work(norm, true)
		if full < 2*semi {
			t.Errorf("norm %v: %d evaluations with the seminorm, %d with the full norm", norm, semi, full)
		}
		if !(math.Abs(gradient-pushedGradient) <= 1e-6) {
			t.Errorf("norm %v: gradient with the full norm %.9g, want %.9g", norm, gradient, pushedGradient)
		}
	}
}

// y' = −5 y from 0: nothing moves but the adjoint, and a norm of y alone would let it go wrong.
func TestAdjointWithANormControlsTheAdjoint(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{0})
	y, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return scaled(-5, y), nil },
		y0, []float64{0, 1}, Tolerance(1e-8, 1e-8), Settings(solvers.Settings{Norm: solvers.Max{}}), Gradient(Adjoint{}))
	if err != nil {
		t.Fatal(err)
	}
	o := run(t, g, G.Must(G.Sum(y)), []input{{"y0", y0}}, false)
	if got, want := o.grads["y0"][0], math.Exp(-5); !(math.Abs(got-want) <= 1e-7) {
		t.Errorf("gradient %.10g, want %.10g", got, want)
	}
}

// An adjoint in single precision, to its tolerance.
func TestAdjointInFloat32(t *testing.T) {
	for _, f := range testFields() {
		exact := f.in(t, tensor.Float64).gradients(how{at: true}, true)
		o := f.in(t, tensor.Float32).gradients(how{at: true, opts: []Option{Gradient(Adjoint{})}}, true)
		if d := o.difference(t, exact); !(d <= 1e-3) {
			t.Errorf("%s: difference %g", f.name, d)
		}
	}
}

// With a norm of the user's, which knows a state of y's size, y and a are measured apart.
func TestAdjointWithANorm(t *testing.T) {
	f := testFields()[0]
	exact := f.in(t, tensor.Float64).gradients(how{opts: []Option{Tolerance(1e-13, 1e-13)}}, true)
	picky := solvers.NormFunc(func(e []float64) float64 {
		if len(e) != 6 {
			panic("a norm of 6 components")
		}
		return math.Max(math.Abs(e[0]), solvers.Max{}.Norm(e[1:]))
	})
	for _, n := range []solvers.Norm{solvers.Max{}, solvers.RMS{First: 6}, picky} {
		for _, full := range []bool{false, true} {
			o := f.in(t, tensor.Float64).gradients(how{opts: []Option{
				Settings(solvers.Settings{Norm: n}), Tolerance(1e-8, 1e-8), Gradient(Adjoint{FullNorm: full})}}, true)
			if d := o.difference(t, exact); !(d <= 1e-6) {
				t.Errorf("%T, full norm %v: difference %g", n, full, d)
			}
		}
	}
}
