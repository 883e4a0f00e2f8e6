package sdeop

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/nodeop"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

func TestProblemsThatAreRefused(t *testing.T) {
	g := G.NewGraph()
	y0 := input(g, "y0", []float64{1, 2}, 1, 2)
	other := input(G.NewGraph(), "other", []float64{1}, 1)
	good := SDE{Drift: times(1), Diffusion: times(1), Calculus: Stratonovich}
	ito := SDE{Drift: times(1), Diffusion: times(1)}
	general := SDE{Drift: times(1), Diffusion: times(1), Noise: General}
	times01 := []float64{0, 1}
	for _, c := range []struct {
		want  string
		e     SDE
		y0    *G.Node
		times []float64
		opts  []Option
	}{
		{"a drift and a diffusion", SDE{}, y0, times01, nil},
		{"no node of a graph", good, nil, times01, nil},
		{"want (batch, components)", good, other, times01, nil},
		{"at least two", good, y0, []float64{0}, nil},
		{"must be finite and increase", good, y0, []float64{0, 0}, nil},
		{"must be finite and increase", good, y0, []float64{0, math.NaN()}, nil},
		{"calculus 7", SDE{times(1), times(1), Diagonal, 7}, y0, times01, nil},
		{"it cannot have", general, y0, times01, nil},
		{"neither constant steps", good, y0, times01, nil},
		{"arg 0 (\"other\") is in another graph", good, y0, times01, []Option{Args(other)}},
		{"the path (\"other\") is in another graph", good, y0, times01, []Option{Path(other)}},
		{"from times[0] = 0 on: the noise has a resolution of", good, y0, times01, []Option{Step(1e-7)}},
		{"option 0 is nil", good, y0, times01, []Option{nil}},
		{"no method", good, y0, times01, []Option{Method(nil)}},
		{"step -1", good, y0, times01, []Option{Step(-1)}},
		{"tolerance", good, y0, times01, []Option{Tolerance(0, 1)}},
		{"every -1th state", good, y0, times01, []Option{Step(1), Gradient(Backprop{Every: -1})}},
		{"does not estimate its error", ito, y0, times01, []Option{Tolerance(1, 1)}},
		{"cannot be undone", good, y0, times01, []Option{Step(1), Gradient(Reversible{})}},
		{"does not depend on y", ito, y0, times01, []Option{Step(1), Method(ShARK{})}},
		{"component 1 of the diffusion depends on another", SDE{Drift: times(1), Diffusion: swapped}, y0, times01,
			[]Option{Step(1), Method(Milstein{})}},
		{"does not solve Itô", ito, y0, times01, []Option{Step(1), Method(Heun{})}},
		{"does not solve Stratonovich", good, y0, times01, []Option{Step(1), Method(EulerMaruyama{})}},
		{"returned no node", SDE{Drift: times(1), Diffusion: func(_, _ *G.Node, _ ...*G.Node) (*G.Node, error) { return nil, nil }}, y0, times01, []Option{Step(1)}},
	} {
		if _, err := Solve(c.e, c.y0, c.times, c.opts...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error with %q, got %v", c.want, err)
		}
	}
	if _, err := Solve(ito, y0, times01, Step(1), Method(Heun{})); !errors.Is(err, solvers.ErrNotSupported) {
		t.Errorf("%v is not ErrNotSupported", err)
	}
}

// swapped is y with its two components exchanged.
func swapped(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
	return G.Mul(y, must(graph.Constant(y, []float64{0, 1, 1, 0}, 2, 2)))
}

// Which components depend on which is found whatever their numbers are, and noise that is each component's own passes.
func TestCoupledNoise(t *testing.T) {
	const d = 6
	for from := range d {
		for to := range d {
			mix := make([]float64, d*d)
			for i := range d {
				mix[i*d+i] = 1
			}
			mix[from*d+to] = 1
			g := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
				return G.Tanh(must(G.Mul(y, must(graph.Constant(y, mix, d, d)))))
			}
			_, err := Solve(SDE{Drift: times(1), Diffusion: g}, input(G.NewGraph(), "y0", make([]float64, 2*d), 2, d),
				[]float64{0, 1}, Step(1), Method(Milstein{}))
			if want := fmt.Sprintf("component %d of the diffusion", to); from == to && err != nil ||
				from != to && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("component %d depends on %d: %v", to, from, err)
			}
		}
	}
}

// What goes wrong in a run is told with its place.
func TestRunsThatFail(t *testing.T) {
	explode := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) { return G.Exp(must(G.HadamardProd(y, y))) }
	for name, c := range map[string]struct {
		drift odeop.Field
		want  error
		opts  []Option
	}{
		"constant steps": {explode, solvers.ErrNonFinite, []Option{Step(0.1)}},
		"error control":  {explode, solvers.ErrStepTooSmall, []Option{Tolerance(1e-3, 1e-3)}},
		"too many steps": {times(1), solvers.ErrMaxSteps, []Option{Step(0.01), MaxSteps(10)}},
	} {
		e := SDE{Drift: c.drift, Diffusion: byTime(1, 1), Calculus: Stratonovich}
		y, err := SolveFinal(e, input(G.NewGraph(), "y0", []float64{3}, 1, 1), []float64{0, 1}, c.opts...)
		if err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(y.Graph())
		err = nodeop.Cause(vm.RunAll())
		vm.Close()
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		// The noise of steps below its resolution would not be that of a Brownian motion.
		if at := new(solvers.Error); errors.As(err, &at) && at.Status == solvers.StepTooSmall && at.Step < resolution {
			t.Errorf("%s: a step of %g was tried", name, at.Step)
		}
	}
	short := SDE{Drift: times(1), Diffusion: byTime(1, 1)}
	if _, err := Solve(short, input(G.NewGraph(), "y0", []float64{3}, 1, 1), []float64{0, 0x1p-22, 1}, Step(0.5)); err != nil {
		t.Errorf("one short step to a time of the solve: %v", err)
	}
	g := G.NewGraph()
	half := G.NewScalar(g, tensor.Float64, G.WithName("path"), G.WithValue(0.5))
	y, err := SolveFinal(SDE{Drift: times(1), Diffusion: byTime(1, 1)}, input(g, "y0", []float64{3}, 1, 1), []float64{0, 1}, Step(1), Path(half))
	if err != nil {
		t.Fatal(err)
	}
	vm := G.NewTapeMachine(y.Graph())
	defer vm.Close()
	if err := vm.RunAll(); err == nil {
		t.Error("path 0.5: no error")
	}
}
