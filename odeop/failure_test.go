package odeop

import (
	"hash"
	"hash/fnv"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// What goes wrong while solving is an error of RunAll; Cause finds the solver's in it.
func TestRunTimeErrors(t *testing.T) {
	// y' = 1/(1 − t)² ⊙ y is infinite at t = 1, and NaN nowhere.
	pole := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		d := must(G.Sub(G.NewConstant(1.0), t))
		return G.HadamardProd(y, must(G.Inverse(must(G.Square(d)))))
	}
	// y' = √(½ − t)·y is NaN after t = ½.
	root := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.HadamardProd(y, must(G.Sqrt(must(G.Sub(G.NewConstant(0.5), t)))))
	}
	// y' = y², to infinity at t = 1/y0
	square := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }
	for _, c := range []struct {
		name   string
		field  Field
		y0     []float64
		opts   []Option
		want   []string // parts of the message
		is     error
		status solvers.Status
		time   float64 // last good
		within float64
	}{
		{"NaN in y0", square, []float64{1, 2, math.NaN(), 4}, nil, []string{"y0[1 0] is NaN"}, solvers.ErrBadInput,
			solvers.BadInput, 0, 0},
		{"Inf in y0", square, []float64{1, 2, 3, math.Inf(-1)}, nil, []string{"y0[1 1] is -Inf"}, solvers.ErrBadInput,
			solvers.BadInput, 0, 0},
		{"too many steps", square, []float64{1, 0, 0, 0}, []Option{MaxSteps(4)}, []string{"too many steps", "t=", "MaxSteps"},
			solvers.ErrMaxSteps, solvers.MaxStepsReached, 0.5, 0.5},
		{"blow-up", square, []float64{0, 0, 1, 0}, nil, []string{"y[1 0]", "step size too small at t="}, solvers.ErrStepTooSmall,
			solvers.StepTooSmall, 1, 1e-3},
		{"NaN after a time", root, []float64{1, 1, 1, 1}, nil, []string{"at t=0."}, solvers.ErrStepTooSmall,
			solvers.StepTooSmall, 0.5, 1e-6},
		{"NaN with constant steps", root, []float64{1, 1, 1, 1}, []Option{Step(0.125)},
			[]string{"y[0 0]", "non-finite values at t=0.5"},
			solvers.ErrNonFinite, solvers.NonFinite, 0.5, 0.126},
		{"pole", pole, []float64{1, 1, 1, 1}, []Option{Method(solvers.RK4{}), Step(0.25)}, []string{"non-finite values at t=0.75"},
			solvers.ErrNonFinite, solvers.NonFinite, 0.75, 0},
	} {
		for _, mode := range []GradientMode{Backprop{}, Adjoint{}, InterpolatedAdjoint{}, GaussAdjoint{Every: 5}, Forward{}} {
			for _, differentiate := range []bool{false, true} {
				g := G.NewGraph()
				y0 := newNode(g, tensor.Float64, "y0", []int{2, 2}, c.y0)
				y, err := SolveFinal(c.field, y0, []float64{0, 2}, append(c.opts, Gradient(mode))...)
				if err != nil {
					t.Fatal(err)
				}
				if differentiate {
					if _, err := G.Grad(G.Must(G.Sum(y)), y0); err != nil {
						t.Fatal(err)
					}
				}
				vm := G.NewTapeMachine(g)
				err = vm.RunAll()
				_ = vm.Close()
				if err == nil {
					t.Errorf("%s: no error", c.name)
					continue
				}
				err = Cause(err)
				var e *solvers.Error
				if !errors.As(err, &e) || !errors.Is(err, c.is) {
					t.Errorf("%s: cause %v is no *solvers.Error of %v", c.name, err, c.is)
					continue
				}
				if e.Status != c.status || !(math.Abs(e.T-c.time) <= c.within) {
					t.Errorf("%s: %v at %g", c.name, e.Status, e.T)
				}
				for _, w := range append(c.want, "odeop: solve: ") {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%s: %q, want %q in it", c.name, err, w)
					}
				}
			}
		}
	}
}

func TestTimesAreCheckedWhenTheGraphRuns(t *testing.T) {
	for _, c := range []struct {
		times []float64
		want  string
	}{
		{[]float64{0, 1, 0.5}, "times[2] = 0.5 turns back"},
		{[]float64{0, 0, 1}, "times[0] and times[1] are both 0"},
		{[]float64{0, math.NaN(), 1}, "times[1] is NaN"},
	} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{1})
		at := newNode(g, tensor.Float64, "times", []int{3}, c.times)
		_, err := SolveAt(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return y, nil }, y0, at)
		if err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(g)
		if err = vm.RunAll(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.times, err, c.want)
		}
		_ = vm.Close()
	}
}

// The backward solve can fail where the forward one did not; the error says that it was that one.
func TestErrorOfTheBackwardPass(t *testing.T) {
	w := newParam(t, "w", tensor.Float64, squareWeights, 2, 2)
	for _, lisp := range []bool{false, true} {
		g := G.NewGraph()
		y0 := newNode(g, tensor.Float64, "y0", []int{1, 2}, []float64{1, 2})
		y, err := SolveFinal(tanhField(w), y0, []float64{0, 3}, Tolerance(1e-3, 1e-3), MaxSteps(20),
			Gradient(Adjoint{RTol: 1e-13, ATol: 1e-13}))
		if err != nil {
			t.Fatal(err)
		}
		loss := G.Must(G.Sum(y))
		var vm G.VM
		if lisp {
			vm = G.NewLispMachine(g)
		} else {
			if _, err := G.Grad(loss, y0); err != nil {
				t.Fatal(err)
			}
			vm = G.NewTapeMachine(g)
		}
		err = Cause(vm.RunAll())
		_ = vm.Close()
		if !errors.Is(err, solvers.ErrMaxSteps) || !strings.Contains(err.Error(), "backward: adjoint: ") {
			t.Errorf("lisp %v: %v", lisp, err)
		}
	}
}

// y' = y·√w has an infinite derivative with respect to w at w = 0, and nothing else is wrong with it.
func TestInfiniteGradientIsAnError(t *testing.T) {
	for _, mode := range []GradientMode{Backprop{}, Adjoint{}} {
		for _, method := range []solvers.Method{solvers.RK4{}, solvers.Dopri5{}} {
			w := newParam(t, "w", tensor.Float64, []float64{1, 0}, 2)
			g := G.NewGraph()
			y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 2})
			y, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
				return G.HadamardProd(y, must(G.Sqrt(w.In(y.Graph()))))
			}, y0, []float64{0, 1}, Gradient(mode), Method(method))
			if err != nil {
				t.Fatal(err)
			}
			if got := evaluated(t, y); relative(got, []float64{math.E, 2}) > 0.01 {
				t.Errorf("%T, %s: y(1) = %v", mode, method.Name(), got)
			}
			if _, err := G.Grad(G.Must(G.Sum(y)), w.In(g)); err != nil {
				t.Fatal(err)
			}
			vm := G.NewTapeMachine(g)
			err = Cause(vm.RunAll())
			_ = vm.Close()
			if !errors.Is(err, solvers.ErrNonFinite) || !strings.Contains(err.Error(), "backward: ") ||
				!strings.Contains(err.Error(), "w[1]") {
				t.Errorf("%T, %s: %v", mode, method.Name(), err)
			}
		}
	}
}

// A component of (y, a, g) is an element of y, of its gradient or of a parameter's or arg's.
func TestAdjointErrorsNameTheirPart(t *testing.T) {
	m := testFields()[0].in(t, tensor.Float64)
	p, err := newProblem(m.field(m.ps), m.y0, m.when, nil, false, []Option{Args(m.nodes...)})
	if err != nil {
		t.Fatal(err)
	}
	fn, err := p.field.trace(p.name, p.dtype, m.y0.Shape(), p.args)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSolve(p, fn, Adjoint{}.double(), m.y0.Shape())
	if err != nil {
		t.Fatal(err)
	}
	// y (3, 2), u0 (3, 2), w0 (2, 2), w1 (3, 2)
	for component, want := range map[int]string{
		-1: "solvers: ",
		3:  "y[1 1]: ",
		6:  "gradient with respect to y[0 0]: ",
		11: "gradient with respect to y[2 1]: ",
		12: "gradient with respect to arg 0 (u0)[0 0]: ",
		20: "gradient with respect to w0[1 0]: ",
		22: "gradient with respect to w1[0 0]: ",
		27: "gradient with respect to w1[2 1]: ",
	} {
		e := &solvers.Error{Status: solvers.NonFinite, Component: component}
		if got := s.locatedIn(e, true).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("component %d: %q, want %q", component, got, want)
		}
	}
}

func TestFailureThenSuccess(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{1}, []float64{1})
	y, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }, y0, []float64{0, 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := G.Grad(G.Must(G.Sum(y)), y0); err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(y0))
	defer vm.Close()
	before := runtime.NumGoroutine()
	for range 20 {
		if err := vm.RunAll(); err == nil {
			t.Fatal("y' = y² passed its pole")
		}
		vm.Reset()
	}
	if err := G.Let(y0, tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{0.25}))); err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	// y(2) = y0/(1 − 2 y0), whose derivative is 1/(1 − 2 y0)².
	d, err := y0.Grad()
	if err != nil {
		t.Fatal(err)
	}
	if got, grad := numbers(y.Value())[0], numbers(d)[0]; !(math.Abs(got-0.5) <= 1e-6) || !(math.Abs(grad-4) <= 1e-4) {
		t.Errorf("y(2) = %g with derivative %g, want 0.5 and 4", got, grad)
	}
	// a machine's own goroutine may take a moment to end
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 100 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// steep is an Op that has no derivative.
type steep struct{}

func (steep) Arity() int { return 1 }
func (steep) Type() hm.Type {
	v := G.TensorType{Dims: 1, Of: tensor.Float64}
	return hm.NewFnType(v, v)
}
func (steep) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return in[0].(tensor.Shape), nil }
func (steep) Do(in ...G.Value) (G.Value, error) {
	x := numbers(in[0])
	for i, v := range x {
		x[i] = -math.Abs(v)
	}
	return tensor.New(tensor.WithBacking(x)), nil
}
func (steep) ReturnsPtr() bool      { return false }
func (steep) CallsExtern() bool     { return false }
func (steep) OverwritesInput() int  { return -1 }
func (steep) WriteHash(h hash.Hash) { _, _ = h.Write([]byte("steep")) }
func (steep) Hashcode() uint32 {
	h := fnv.New32a()
	steep{}.WriteHash(h)
	return h.Sum32()
}
func (steep) String() string { return "steep" }

func TestFieldWithoutDerivative(t *testing.T) {
	g := G.NewGraph()
	y0 := newNode(g, tensor.Float64, "y0", []int{2}, []float64{1, 2})
	y, err := SolveFinal(func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.ApplyOp(steep{}, y)
	}, y0, []float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := evaluated(t, y); relative(got, []float64{math.Exp(-1), 2 * math.Exp(-1)}) > 1e-6 {
		t.Errorf("y(1) = %v", got)
	}
	_, err = G.Grad(G.Must(G.Sum(y)), y0)
	if err == nil || !strings.Contains(err.Error(), "steep") || !strings.Contains(err.Error(), "odeop: solve") {
		t.Errorf("gradient: %v", err)
	}
}
