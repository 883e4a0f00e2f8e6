package odeop

import (
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// robertson is Robertson's reaction with its three rates times an arg (1, 1, 1), and the scarce b in units of 10⁻⁴:
//
//	a' = −0.04 a + b c,   b' = 10⁴ (0.04 a − b c − 0.3 b²),   c' = 0.3 b².
func robertson(times ...float64) *stiffField {
	return &stiffField{name: "Robertson", y0: []float64{1, 0, 0}, arg: []float64{1, 1, 1}, times: times, atol: 1e-2,
		field: func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
			a, b, c := element(y, 0), element(y, 1), element(y, 2)
			r1 := scaled(0.04, must(G.HadamardProd(element(args[0], 0), a)))
			r2 := scaled(0.3, must(G.HadamardProd(element(args[0], 1), must(G.Square(b)))))
			r3 := must(G.HadamardProd(element(args[0], 2), must(G.HadamardProd(b, c))))
			da := must(G.Sub(r3, r1))
			return G.Concat(0, da, scaled(-1e4, must(G.Add(da, r2))), r2)
		}}
}

// oscillator is Van der Pol's, x' = v, v' = μ(1−x²)v − x, with μ = 50 times an arg.
func oscillator(times ...float64) *stiffField {
	return &stiffField{name: "Van der Pol", y0: []float64{2, 0}, arg: []float64{1}, times: times, atol: 1,
		field: func(_, y *G.Node, args ...*G.Node) (*G.Node, error) {
			x, v := element(y, 0), element(y, 1)
			damp := must(G.HadamardProd(must(G.Sub(G.NewConstant(1.0), must(G.Square(x)))), v))
			mu := scaled(50, must(G.Reshape(args[0], tensor.Shape{1})))
			return G.Concat(0, v, must(G.Sub(must(G.HadamardProd(mu, damp)), x)))
		}}
}

// element is the i-th of a vector, as a vector of one.
func element(y *G.Node, i int) *G.Node { return must(graph.Slice(y, G.S(i, i+1))) }

type stiffField struct {
	name    string
	y0, arg []float64
	times   []float64
	atol    float64 // in units of the relative tolerance
	field   Field
}

// gradients are those of Σ sin(j)·y_j by y0 and the arg.
func (f *stiffField) gradients(t *testing.T, opts ...Option) (o outcome, err error) {
	t.Helper()
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{len(f.y0)}, f.y0)
	arg := newNode(g, tensor.Float64, "arg", []int{len(f.arg)}, f.arg)
	ys, err := Solve(f.field, y0, f.times, append(opts, Args(arg))...)
	if err != nil {
		t.Fatal(err)
	}
	loss := weighted(g, ys)
	if _, err := G.Grad(loss, y0, arg); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(y0, arg))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return o, Cause(err)
	}
	o = outcome{loss: numbers(loss.Value())[0], grads: map[string][]float64{}}
	for _, n := range []*G.Node{y0, arg} {
		d, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		o.grads[n.Name()] = numbers(d)
	}
	return o, nil
}

// What is stiff forwards explodes backwards. Backprop and the modes that never integrate y backwards are right: to ten
// times what the discretisation itself changes in the gradient, or a thousand tolerances. Adjoint says what happened.
func TestStiffGradients(t *testing.T) {
	const rtol = 1e-7
	for _, f := range []*stiffField{robertson(0, 0.4, 40), oscillator(0, 10, 60)} {
		tol := func(r float64) Option { return Tolerance(r, r*f.atol) }
		exact, err := f.gradients(t, Method(solvers.Radau{Stages: 7}), tol(1e-12))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []solvers.Method{solvers.Radau{}, solvers.BDF{}} {
			discrete, err := f.gradients(t, Method(m), tol(rtol))
			if err != nil {
				t.Fatal(err)
			}
			own := discrete.difference(t, exact)
			for _, mode := range []GradientMode{InterpolatedAdjoint{}, GaussAdjoint{}, Forward{}, InterpolatedAdjoint{Every: 10}} {
				o, err := f.gradients(t, Method(m), tol(rtol), Gradient(mode))
				if err != nil {
					t.Errorf("%s, %s, %T: %v", f.name, m.Name(), mode, err)
					continue
				}
				d := o.difference(t, exact)
				t.Logf("%s, %s: difference from the exact solution's gradient: Backprop %.1e, %T %.1e", f.name, m.Name(), own, mode, d)
				if !(d <= max(10*own, 1000*rtol)) {
					t.Errorf("%s, %s, %T: difference %g, Backprop's %g", f.name, m.Name(), mode, d, own)
				}
			}
			_, err = f.gradients(t, Method(m), tol(rtol), Gradient(Adjoint{}))
			var e *UnstableBacksolve
			var cause *solvers.Error
			if !errors.Is(err, ErrUnstableBacksolve) || !errors.As(err, &e) ||
				!strings.Contains(err.Error(), "take InterpolatedAdjoint") {
				t.Errorf("%s, %s: a backward solve of y gave the error %v", f.name, m.Name(), err)
			} else if e.From != f.times[2] || e.To != f.times[1] || !errors.As(err, &cause) || cause.Status != solvers.StepTooSmall {
				t.Errorf("%s, %s: %v from %g to %g", f.name, m.Name(), cause, e.From, e.To)
			}
		}
	}
}

// Backprop through Radau and BDF on stiff problems, against central differences.
func TestStiffBackprop(t *testing.T) {
	for _, f := range []*stiffField{robertson(0, 0.4, 40), oscillator(0, 10, 30)} {
		for _, m := range []solvers.Method{solvers.Radau{}, solvers.BDF{}} {
			g := G.NewGraph()
			y0 := newNode(g, tensor.Float64, "y0", []int{len(f.y0)}, f.y0)
			arg := newNode(g, tensor.Float64, "arg", []int{len(f.arg)}, f.arg)
			c, err := CheckGradient(f.field, y0, f.times, Args(arg), Method(m), Tolerance(1e-5, 1e-5*f.atol))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Err(1e-6); err != nil {
				t.Errorf("%s, %s: %v\n%v", f.name, m.Name(), err, c)
			}
		}
	}
}

// x' = −30 w tanh(x − sin t), z' = x²: backwards an error of the last x grows by e³⁰ until the tanh bounds it, and
// every step of it is accurate. Without a look at the saved states the gradient is silently wrong, as elsewhere.
func TestDriftIsNoticed(t *testing.T) {
	field := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		x := element(y, 0)
		pull := must(G.Tanh(must(G.Sub(x, must(G.Reshape(must(G.Sin(t)), tensor.Shape{1}))))))
		return G.Concat(0, scaled(-30, must(G.HadamardProd(args[0], pull))), must(G.Square(x)))
	}
	f := &stiffField{y0: []float64{0.5, 0}, arg: []float64{1}, times: []float64{0, 0.05, 1}, field: field}
	for _, opts := range [][]Option{{Tolerance(1e-6, 1e-8)}, {Method(solvers.RK4{}), Step(0.04)}, {Method(solvers.Radau{})}} {
		exact, err := f.gradients(t, Tolerance(1e-10, 1e-12))
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := f.gradients(t, append(opts, Gradient(Adjoint{MaxDrift: math.Inf(1)}))...)
		if err != nil {
			t.Fatal(err)
		}
		if d := wrong.difference(t, exact); !(d > 1) {
			t.Errorf("unchecked the gradient is off by %g; this test is for a wrong one", d)
		}
		_, err = f.gradients(t, append(opts, Gradient(Adjoint{}))...)
		var e *UnstableBacksolve
		if !errors.As(err, &e) || e.From != 1 || e.To != 0.05 || !(e.Drift > e.Limit) || e.Err != nil {
			t.Errorf("error %v", err)
		}
		for _, mode := range []GradientMode{InterpolatedAdjoint{}, GaussAdjoint{}, InterpolatedAdjoint{Every: 3}} {
			o, err := f.gradients(t, append(opts, Gradient(mode))...)
			if d := o.difference(t, exact); err != nil || !(d <= 1e-3) {
				t.Errorf("%T: difference %g, error %v", mode, d, err)
			}
		}
	}
}
