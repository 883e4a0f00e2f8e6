package odeop_test

import (
	"fmt"
	"log"
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// Learning the matrix of y' = y·A from the states at three times: the field, a loss, gorgonia.Grad, a machine and a
// solver, as for any other model.
func ExampleSolve() {
	a, err := graph.NewParam("A", graph.Values([]float64{0, 0, 0, 0}), tensor.Float64, 2, 2)
	if err != nil {
		log.Fatal(err)
	}
	field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return G.Mul(y, a.In(y.Graph()))
	}

	g := G.NewGraph()
	y0 := G.NewMatrix(g, G.Float64, G.WithName("y0"),
		G.WithValue(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, 0}))))
	times := []float64{0, 0.5, 1, 1.5}
	ys, err := odeop.Solve(field, y0, times)
	if err != nil {
		log.Fatal(err)
	}

	// The truth spirals inwards: e^(−t/2) (cos t, sin t).
	var truth []float64
	for _, t := range times {
		e := math.Exp(-t / 2)
		truth = append(truth, e*math.Cos(t), e*math.Sin(t))
	}
	target := G.NewTensor(g, G.Float64, 3, G.WithName("target"),
		G.WithValue(tensor.New(tensor.WithShape(4, 1, 2), tensor.WithBacking(truth))))
	loss := G.Must(G.Mean(G.Must(G.Square(G.Must(G.Sub(ys, target))))))

	weights := graph.ParamNodes(g, []*graph.Param{a})
	if _, err := G.Grad(loss, weights...); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	solver := G.NewAdamSolver(G.WithLearnRate(0.05))
	for range 500 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(odeop.Cause(err))
		}
		if err := solver.Step(G.NodesToValueGrads(weights)); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
	for _, v := range a.Float64s() {
		fmt.Printf("%.2f ", v)
	}
	// Output:
	// -0.50 1.00 -1.00 -0.50
}

// The last state alone, with a method and statistics of one's own. u, a node of the outer graph, is an arg of the field.
func ExampleSolveFinal() {
	g := G.NewGraph()
	y0 := G.NewVector(g, G.Float64, G.WithName("y0"), G.WithValue(tensor.New(tensor.WithBacking([]float64{1, 2}))))
	u := G.NewVector(g, G.Float64, G.WithName("u"), G.WithValue(tensor.New(tensor.WithBacking([]float64{0.5, -1}))))

	// y' = u ⊙ y
	field := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.HadamardProd(args[0], y) }
	var stats odeop.Stats
	y, err := odeop.SolveFinal(field, y0, []float64{0, 1},
		odeop.Args(u), odeop.Method(solvers.RK4{}), odeop.Step(0.1), odeop.Record(&stats))
	if err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(odeop.Cause(err))
	}
	fmt.Printf("y(1) = %.4f, exactly [%.4f %.4f]\n", y.Value().Data(), math.Exp(0.5), 2*math.Exp(-1))
	fmt.Println(stats.Forward().F, "evaluations in", stats.Forward().Steps, "steps")
	// Output:
	// y(1) = [1.6487 0.7358], exactly [1.6487 0.7358]
	// 40 evaluations in 10 steps
}

// Times that are a node have gradients: here of the sum of y' = −y's states at 0, 1 and 2, for y0 = 1.
func ExampleSolveAt() {
	g := G.NewGraph()
	y0 := G.NewVector(g, G.Float64, G.WithName("y0"), G.WithShape(1), G.WithInit(G.Ones()))
	times := G.NewVector(g, G.Float64, G.WithName("times"), G.WithValue(tensor.New(tensor.WithBacking([]float64{0, 1, 2}))))

	field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Neg(y) }
	ys, err := odeop.SolveAt(field, y0, times)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := G.Grad(G.Must(G.Sum(ys)), times); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(times))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		log.Fatal(odeop.Cause(err))
	}
	d, err := times.Grad()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", d.Data())
	fmt.Printf("exactly [%.4f %.4f %.4f]\n", math.Exp(-1)+math.Exp(-2), -math.Exp(-1), -math.Exp(-2))
	// Output:
	// [0.5032 -0.3679 -0.1353]
	// exactly [0.5032 -0.3679 -0.1353]
}

// A field's gradient in a test of it: in func TestField(t *testing.T), err would go to t.Fatal.
func ExampleCheckGradient() {
	w, err := graph.NewParam("w", graph.Values([]float64{0.3, -1, 0.8, 0.2}), tensor.Float64, 2, 2)
	if err != nil {
		log.Fatal(err)
	}
	field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		z, err := G.Mul(y, w.In(y.Graph()))
		if err != nil {
			return nil, err
		}
		return G.Tanh(z)
	}
	y0 := G.NewMatrix(G.NewGraph(), G.Float64, G.WithName("y0"),
		G.WithValue(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, -0.5}))))
	check, err := odeop.CheckGradient(field, y0, []float64{0, 0.5, 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range check.Parts {
		fmt.Printf("%s: %d elements, good to 1e-7: %t\n", p.Name, p.Size, p.Error < 1e-7)
	}
	fmt.Println("error:", check.Err(1e-7))
	// Output:
	// y0: 2 elements, good to 1e-7: true
	// times: 3 elements, good to 1e-7: true
	// w: 4 elements, good to 1e-7: true
	// error: <nil>
}

// The continuous adjoint, with a tighter tolerance backwards than forwards. For y' = −k y it approximates
// ∂y(2)/∂k = −2 y0 e^(−2k); Backprop gives the derivative of the number that was computed, to rounding.
func ExampleAdjoint() {
	for _, mode := range []odeop.GradientMode{odeop.Adjoint{RTol: 1e-8, ATol: 1e-8}, odeop.Backprop{}} {
		k, err := graph.NewParam("k", graph.Values([]float64{0.5}), tensor.Float64, 1)
		if err != nil {
			log.Fatal(err)
		}
		field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) {
			ky, err := G.HadamardProd(k.In(y.Graph()), y)
			if err != nil {
				return nil, err
			}
			return G.Neg(ky)
		}
		g := G.NewGraph()
		y0 := G.NewVector(g, G.Float64, G.WithName("y0"), G.WithShape(1), G.WithInit(G.Ones()))
		y, err := odeop.SolveFinal(field, y0, []float64{0, 2}, odeop.Tolerance(1e-6, 1e-6), odeop.Gradient(mode))
		if err != nil {
			log.Fatal(err)
		}
		if _, err := G.Grad(G.Must(G.Sum(y)), k.In(g)); err != nil {
			log.Fatal(err)
		}
		vm := G.NewTapeMachine(g, G.BindDualValues(k.In(g)))
		if err := vm.RunAll(); err != nil {
			log.Fatal(odeop.Cause(err))
		}
		d, err := k.In(g).Grad()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%T: %.4f\n", mode, d.Data())
		if err := vm.Close(); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("exactly: %.4f\n", -2*math.Exp(-1))
	// Output:
	// odeop.Adjoint: [-0.7358]
	// odeop.Backprop: [-0.7358]
	// exactly: -0.7358
}

// A solution that reaches infinity before the last time: the machine's error, and what the solver says in it.
func ExampleCause() {
	g := G.NewGraph()
	y0 := G.NewVector(g, G.Float64, G.WithName("y0"), G.WithValue(tensor.New(tensor.WithBacking([]float64{0.1, 1}))))
	field := func(t, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Square(y) }
	if _, err := odeop.SolveFinal(field, y0, []float64{0, 2}); err != nil {
		log.Fatal(err)
	}
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	err := vm.RunAll()
	var e *solvers.Error
	if errors.As(odeop.Cause(err), &e) {
		fmt.Printf("%v at t = %.2f, element %d\n", e.Status, e.T, e.Component)
	}
	// Output:
	// StepTooSmall at t = 1.00, element 1
}
