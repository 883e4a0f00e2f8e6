package training

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

// product is Σ pᵢ qᵢ in a new graph, which p lowers along −q and q raises along p.
func product(p, q *graph.Param) *G.Node {
	g := G.NewGraph()
	return G.Must(G.Sum(G.Must(G.HadamardProd(p.In(g), q.In(g)))))
}

// Plain descent and ascent at once, p ← p − r q and q ← q + s p, at rates r and s of their own.
func TestLoopOpponent(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		p, q := param(t, "p", dt, 3, -1), param(t, "q", dt, 2, 4)
		constant := func(r float64) func(int) float64 { return func(int) float64 { return r } }
		var after []int
		l := Loop{Cost: product(p, q), Params: []*graph.Param{p}, Solver: G.NewVanillaSolver(), LearnRate: constant(0.25),
			Opponent: &Opponent{Params: []*graph.Param{q}, Solver: G.NewVanillaSolver(), LearnRate: constant(0.5)},
			Observe: func(s LoopStep) (bool, error) {
				if s.Step == 4 && s.Cost != 3*2-4 {
					t.Errorf("%v: cost %g", dt, s.Cost)
				}
				return false, nil
			},
			After: func(step int) error {
				after = append(after, step)
				v := q.Float64s() // a bound, which the next step begins at
				return q.Set([]float64{v[0], math.Min(v[1], 3)})
			}}
		if err := l.Run(t.Context(), 4, 2); err != nil {
			t.Fatal(err)
		}
		// p: (3, −1) → (2.5, −2) → (1.625, −2.75); q: (2, 4) → (3.5, 3.5 held to 3) → (4.75, 2).
		for i, want := range []float64{1.625, -2.75, 4.75, 2} {
			if got := append(p.Float64s(), q.Float64s()...)[i]; got != want {
				t.Errorf("%v: parameter %d is %g, want %g", dt, i, got, want)
			}
		}
		if len(after) != 2 || after[0] != 4 || after[1] != 5 {
			t.Errorf("%v: after steps %v", dt, after)
		}
	}
}

// A step that changes nothing has no after, and an error there ends the loop.
func TestLoopAfter(t *testing.T) {
	p := param(t, "p", tensor.Float64, 1)
	g := G.NewGraph()
	l := Loop{Cost: G.Must(G.Sum(G.Must(G.Log(G.Must(G.Neg(p.In(g))))))), Params: []*graph.Param{p},
		After: func(int) error { t.Error("after a step that was not taken"); return nil }}
	if err := l.Run(t.Context(), 0, 1); err != nil {
		t.Fatal(err)
	}
	l = Loop{Cost: squares(p), Params: []*graph.Param{p}, After: func(int) error { return errors.New("enough") }}
	wantError(t, l.Run(t.Context(), 7, 3), "training: step 7", "enough")
}

func TestLoopRefusesOpponents(t *testing.T) {
	p, q, other := param(t, "p", tensor.Float64, 1), param(t, "q", tensor.Float64, 2), param(t, "o", tensor.Float64, 3)
	rate := func(int) float64 { return 0.1 }
	one := G.NewVanillaSolver()
	for name, c := range map[string]struct {
		solver   G.Solver
		opponent Opponent
		want     string
	}{
		"no parameters": {nil, Opponent{}, "without parameters"},
		"nil":           {nil, Opponent{Params: []*graph.Param{nil}}, "parameter 1 of 2 is nil"},
		"both sides":    {nil, Opponent{Params: []*graph.Param{q, p}}, `"p" is given twice`},
		"no part":       {nil, Opponent{Params: []*graph.Param{other}}, "does not depend on o:"},
		"one solver":    {one, Opponent{Params: []*graph.Param{q}, Solver: one}, "one solver"},
		"no rate": {nil, Opponent{Params: []*graph.Param{q}, Solver: G.NewAdaGradSolver(), LearnRate: rate},
			"AdaGrad"},
		"rate NaN": {nil, Opponent{Params: []*graph.Param{q}, LearnRate: func(int) float64 { return math.NaN() }},
			"learning rate of NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			l := Loop{Cost: product(p, q), Params: []*graph.Param{p}, Solver: c.solver, Opponent: &c.opponent}
			wantError(t, l.Run(t.Context(), 0, 1), "training: ", c.want)
		})
	}
}

func TestAverage(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		p, q := param(t, "p", dt, 0, 0), param(t, "q", dt, 0)
		all := []*graph.Param{p, q}
		var a Average
		wantError(t, a.Set(), "training: ", "no steps")
		for _, v := range []float64{1, 4, 7} {
			if err := firstOf(p.Set([]float64{v, -v}), q.Set([]float64{v * v}), a.Add(all)); err != nil {
				t.Fatal(err)
			}
		}
		wantError(t, a.Add(all[:1]), "training: ", "1 parameters, and before 2")
		wantError(t, a.Add([]*graph.Param{p, nil}), "training: ", "parameter 1 is nil")
		wantError(t, a.Add([]*graph.Param{p, param(t, "r", dt, 1)}), "training: ", `"r" was not`)
		if err := a.Set(); err != nil {
			t.Fatal(err)
		}
		if v, w := p.Float64s(), q.Float64s(); v[0] != 4 || v[1] != -4 || w[0] != 22 {
			t.Errorf("%v: means %v and %v", dt, v, w)
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
