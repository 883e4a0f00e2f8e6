package training

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

func param(t *testing.T, name string, dt tensor.Dtype, values ...float64) *graph.Param {
	t.Helper()
	p, err := graph.NewParam(name, graph.Values(values), dt, len(values))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// squares is the cost Σ wᵢ² of a parameter in a new graph.
func squares(p *graph.Param) *G.Node { return G.Must(G.Sum(G.Must(G.Square(p.In(G.NewGraph()))))) }

func TestLoopRefuses(t *testing.T) {
	p, other := param(t, "w", tensor.Float64, 1, 2), param(t, "v", tensor.Float64, 3)
	constant := func(int) float64 { return 0.1 }
	cost := squares(p)
	ps := []*graph.Param{p}
	for _, c := range []struct {
		name string
		loop Loop
		want string
	}{
		{"no cost", Loop{Params: ps}, "no cost"},
		{"cost not a number", Loop{Cost: G.Must(G.Square(p.In(G.NewGraph()))), Params: ps}, "shape (2)"},
		{"no parameters", Loop{Cost: cost}, "no parameters"},
		{"nil parameter", Loop{Cost: cost, Params: []*graph.Param{p, nil}}, "parameter 1 of 2 is nil"},
		{"parameter twice", Loop{Cost: cost, Params: []*graph.Param{p, p}}, `"w" is given twice`},
		{"parameter without a part", Loop{Cost: cost, Params: []*graph.Param{p, other}}, "does not depend on v:"},
		{"decay without rate", Loop{Cost: cost, Params: ps, Decay: 1}, "decay needs"},
		{"negative decay", Loop{Cost: cost, Params: ps, Decay: -1, LearnRate: constant}, "negative"},
		{"clip norm NaN", Loop{Cost: cost, Params: ps, ClipNorm: math.NaN()}, "clip norm"},
		{"rate of AdaGrad", Loop{Cost: cost, Params: ps, Solver: G.NewAdaGradSolver(), LearnRate: constant}, "AdaGrad"},
		{"rate NaN", Loop{Cost: squares(p), Params: ps, LearnRate: func(int) float64 {
			return math.NaN()
		}}, "learning rate of NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantError(t, c.loop.Run(t.Context(), 0, 1), "training: ", c.want)
		})
	}
	if diff := cmp.Diff([]float64{1, 2}, p.Float64s()); diff != "" {
		t.Error(diff)
	}
	l := Loop{Cost: squares(p), Params: ps}
	if err := l.Run(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	wantError(t, l.Run(t.Context(), 1, 1), "has run")
}

// The loop does what one would write by hand.
func TestLoopIsGorgonia(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		p := param(t, "w", dt, 1, -2, 3)
		loop := Loop{Cost: squares(p), Params: []*graph.Param{p}, Solver: G.NewAdamSolver(G.WithLearnRate(0.1))}
		if err := loop.Run(t.Context(), 0, 25); err != nil {
			t.Fatal(err)
		}

		q := param(t, "w", dt, 1, -2, 3)
		cost := squares(q)
		n := q.In(cost.Graph())
		if _, err := G.Grad(cost, n); err != nil {
			t.Fatal(err)
		}
		vm := G.NewTapeMachine(cost.Graph(), G.BindDualValues(n))
		defer vm.Close()
		solver := G.NewAdamSolver(G.WithLearnRate(0.1))
		for range 25 {
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			if err := solver.Step(G.NodesToValueGrads(G.Nodes{n})); err != nil {
				t.Fatal(err)
			}
			vm.Reset()
		}
		if diff := cmp.Diff(q.Float64s(), p.Float64s()); diff != "" {
			t.Errorf("%v: %s", dt, diff)
		}
		if math.Abs(p.Float64s()[0]) > 0.5 {
			t.Errorf("%v: nothing was learned: %v", dt, p.Float64s())
		}
	}
}

// Plain gradient descent makes each part of a step visible: the gradient of Σ wᵢ² is 2w.
func TestLoopStep(t *testing.T) {
	rate := func(step int) float64 { return 0.1 / float64(step-4) } // 0.1, 0.05 from step 5 on
	for _, c := range []struct {
		name string
		loop Loop
		want []float64 // of (3, 4) after two steps
	}{
		{"rate", Loop{LearnRate: rate}, []float64{3 * 0.8 * 0.9, 4 * 0.8 * 0.9}},
		// The gradient (6, 8) has norm 10, clipped to (0.6, 0.8): w = (2.94, 3.92); then again.
		{"clip", Loop{LearnRate: rate, ClipNorm: 1}, []float64{2.94 - 0.05*0.6, 3.92 - 0.05*0.8}},
		{"no need to clip", Loop{LearnRate: rate, ClipNorm: 11}, []float64{3 * 0.8 * 0.9, 4 * 0.8 * 0.9}},
		// w(1 − rate·decay) − rate·2w
		{"decay", Loop{LearnRate: rate, Decay: 2}, []float64{3 * (1 - 0.2 - 0.2) * (1 - 0.1 - 0.1), 4 * 0.6 * 0.8}},
		{"decay of others", Loop{LearnRate: rate, Decay: 2, Decayed: []*graph.Param{}}, []float64{3 * 0.8 * 0.9, 4 * 0.8 * 0.9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := param(t, "w", tensor.Float64, 3, 4)
			l := c.loop
			l.Cost, l.Params, l.Solver = squares(p), []*graph.Param{p}, G.NewVanillaSolver()
			var seen []LoopStep
			l.Observe = func(s LoopStep) (bool, error) { seen = append(seen, s); return false, nil }
			if err := l.Run(t.Context(), 5, 2); err != nil {
				t.Fatal(err)
			}
			for i, v := range p.Float64s() {
				if math.Abs(v-c.want[i]) > 1e-12 {
					t.Errorf("w[%d] = %.15g, want %.15g", i, v, c.want[i])
				}
			}
			if first := (LoopStep{Step: 5, Cost: 25, GradNorm: 10}); len(seen) != 2 || seen[0] != first || seen[1].Step != 6 {
				t.Errorf("observed %v", seen)
			}
		})
	}
}

func TestLoopOneElement(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		p := param(t, "w", dt, 3)
		l := Loop{Cost: squares(p), Params: []*graph.Param{p}, Solver: G.NewVanillaSolver(),
			LearnRate: func(int) float64 { return 0.25 }, ClipNorm: 100, Decay: 0.5}
		if err := l.Run(t.Context(), 0, 1); err != nil {
			t.Fatal(err)
		}
		if v := p.Float64s()[0]; v != 3*(1-0.125)-0.25*6 {
			t.Errorf("%v: w = %g", dt, v)
		}
	}
}

// Σ x·w² with x fed: where x is NaN or infinite, neither the parameters nor what the solver remembers may change.
func TestLoopNotFinite(t *testing.T) {
	run := func(feed []float64, stop func(LoopStep) (bool, error)) ([]float64, error) {
		p := param(t, "w", tensor.Float64, 1, 2)
		g := G.NewGraph()
		x := G.NewVector(g, tensor.Float64, G.WithShape(2), G.WithName("x"))
		l := Loop{
			Cost: G.Must(G.Sum(G.Must(G.HadamardProd(x, G.Must(G.Square(p.In(g))))))), Params: []*graph.Param{p},
			LearnRate: func(int) float64 { return 0.1 }, Decay: 1, Observe: stop,
			Feed: func(step int) error {
				return G.Let(x, tensor.New(tensor.WithBacking([]float64{1, feed[step]})))
			},
		}
		err := l.Run(t.Context(), 0, len(feed))
		return p.Float64s(), err
	}
	want, err := run([]float64{1, 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		got, err := run([]float64{1, bad, 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("a step of %g left a trace: %s", bad, diff)
		}
	}
	var stopping EarlyStopping
	got, err := run(nil, nil)
	if err != nil || got[0] != 1 {
		t.Errorf("no steps: %v, %v", got, err)
	}
	nan := math.NaN()
	_, err = run([]float64{1, nan, nan, nan, nan, nan, nan, nan}, func(s LoopStep) (bool, error) {
		_, stop, err := stopping.Observe(s.Step, s.Cost)
		return stop, err
	})
	wantError(t, err, "step 5", "NaN")
}

func TestLoopStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := param(t, "w", tensor.Float64, 1)
	steps := 0
	l := Loop{Cost: squares(p), Params: []*graph.Param{p}, Observe: func(s LoopStep) (bool, error) {
		if steps++; s.Step == 12 {
			cancel()
		}
		return false, nil
	}}
	err := l.Run(ctx, 10, 1000)
	wantError(t, err, "stopped before step 13")
	if !errors.Is(err, context.Canceled) || steps != 3 {
		t.Errorf("%d steps, %v", steps, err)
	}

	before := 0.0
	l = Loop{Cost: squares(p), Params: []*graph.Param{p}, Observe: func(s LoopStep) (bool, error) {
		before = p.Float64s()[0]
		return s.Step == 3, nil
	}}
	if err := l.Run(t.Context(), 0, 1000); err != nil || p.Float64s()[0] != before {
		t.Errorf("%g after the stop, %g before; %v", p.Float64s()[0], before, err)
	}

	broken := errors.New("broken")
	for name, l := range map[string]*Loop{
		"feed":    {Feed: func(int) error { return broken }},
		"observe": {Observe: func(LoopStep) (bool, error) { return false, broken }},
	} {
		l.Cost, l.Params = squares(p), []*graph.Param{p}
		if err := l.Run(t.Context(), 0, 1); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCosine(t *testing.T) {
	rate := Cosine(1, 0.1, 11)
	for step, want := range map[int]float64{0: 1, 5: 0.55, 10: 0.1, 99: 0.1} {
		if got := rate(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("step %d: %g, want %g", step, got, want)
		}
	}
	if got := Cosine(1, 0.1, 1)(0); got != 1 {
		t.Errorf("a single step: %g", got)
	}
}
