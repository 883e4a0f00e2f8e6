package sde

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/odeop/sdeop"
)

var obsTimes = []float64{0.1, 0.2, 0.45, 0.7}

func tiny() LatentConfig {
	return LatentConfig{Channels: 2, State: 2, Context: 2, Encoder: 3, Hidden: []int{3}, DiffusionHidden: 2,
		Solve: []sdeop.Option{sdeop.Step(0.1)}}
}

func newLatent(t *testing.T, c LatentConfig) *Latent {
	t.Helper()
	m, err := NewLatent(source(1), "m", c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// observed are two series of two channels, with gaps.
func observed(g *G.ExprGraph, missing float64) Observations {
	const rows, channels = 2, 2
	n := rows * len(obsTimes) * channels
	x, mask := wave(n, 0.3), make([]float64, n)
	for i := range x {
		if i%5 == 1 {
			x[i] = missing
		} else {
			mask[i] = 1
		}
	}
	shape := []int{rows, len(obsTimes), channels}
	return Observations{Times: obsTimes, Values: input(g, "x", x, shape...), Mask: input(g, "mask", mask, shape...)}
}

func TestGradientsOfTheBound(t *testing.T) {
	for name, change := range map[string]func(*LatentConfig){
		"ito":     func(c *LatentConfig) {},
		"laplace": func(c *LatentConfig) { c.Likelihood = Laplace },
		"reversible heun": func(c *LatentConfig) {
			c.Calculus = sdeop.Stratonovich
			c.Solve = []sdeop.Option{sdeop.Step(0.1), sdeop.Method(sdeop.ReversibleHeun{}), sdeop.Gradient(sdeop.Reversible{})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := tiny()
			change(&c)
			m := newLatent(t, c)
			checkGradients(t, m.Params(), func() *G.Node {
				g := G.NewGraph()
				terms, err := m.Loss(observed(g, 0), Draw{Seed: 4, Path: number(g, "path", 7)}, number(g, "weight", 0.6))
				if err != nil {
					t.Fatal(err)
				}
				return terms.Loss
			})
		})
	}
}

// The bound is the sum of its parts, weighted, and what is missing has no say in it.
func TestPartsOfTheBound(t *testing.T) {
	m := newLatent(t, tiny())
	run := func(missing, weight float64, o func(Observations) Observations) []float64 {
		g := G.NewGraph()
		terms, err := m.Loss(o(observed(g, missing)), Draw{Seed: 4}, number(g, "weight", weight))
		if err != nil {
			t.Fatal(err)
		}
		v := values(t, terms.Loss, terms.NLL, terms.PathKL, terms.InitialKL)
		return slices.Concat(v...)
	}
	same := func(o Observations) Observations { return o }
	v := run(0, 0.25, same)
	if want := v[1] + 0.25*(v[2]+v[3]); math.Abs(v[0]-want) > 1e-13*math.Abs(want) {
		t.Errorf("the loss is %g, its parts %v", v[0], v[1:])
	}
	if v[2] <= 0 || v[3] <= 0 {
		t.Errorf("the divergences are %v", v[2:])
	}
	if w := run(math.NaN(), 0.25, same); !slices.Equal(v, w) {
		t.Errorf("with NaN where nothing was observed: %v, with 0: %v", w, v)
	}
	if w := run(0, 0.25, func(o Observations) Observations { o.Mask = nil; return o }); slices.Equal(v, w) {
		t.Error("the mask changes nothing")
	}
}

// With the posterior's drift and first state those of the prior, no divergence is left, and the likelihood is that of the
// decoder.
func TestBoundOfThePriorItself(t *testing.T) {
	c := tiny()
	c.Channels, c.State, c.Scale, c.Diffusion = 1, 1, 0.5, layers.FieldFunc(constant(1e-9))
	c.Prior, c.Decoder = layers.FieldFunc(constant(0)), layers.Identity()
	for _, l := range []Likelihood{Gaussian, Laplace} {
		c.Likelihood = l
		m := newLatent(t, c)
		for _, p := range m.Params() { // zero weights: c = 0, μ = 0, ln σ² = 0, f = 0
			if p != m.scale {
				must(0, p.Set(make([]float64, p.Size())))
			}
		}
		g := G.NewGraph()
		o := Observations{Times: []float64{0, 1}, Values: input(g, "x", []float64{0.3, -0.2}, 1, 2, 1)}
		terms, err := m.Loss(o, Draw{Seed: 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := values(t, terms.NLL, terms.PathKL, terms.InitialKL, terms.States)
		want := 0.0
		for i, x := range []float64{0.3, -0.2} {
			u := (x - v[3][i]) / 0.5
			if l == Gaussian {
				want += u*u/2 + math.Log(0.5*math.Sqrt(2*math.Pi))
			} else {
				want += math.Abs(u) + math.Log(2*0.5)
			}
		}
		if math.Abs(v[0][0]-want) > 1e-13*math.Abs(want) || v[1][0] != 0 || v[2][0] != 0 {
			t.Errorf("%v: %v, want −ln p = %g and no divergence", l, v, want)
		}
	}
}

// A seed and a path say what is drawn; another of either draws something else.
func TestDraws(t *testing.T) {
	m := newLatent(t, tiny())
	build := func(seed uint64) (path, states, loss *G.Node) {
		g := G.NewGraph()
		path = number(g, "path", 0)
		d := Draw{Seed: seed, Path: path}
		terms, err := m.Loss(observed(g, 0), d, nil)
		if err != nil {
			t.Fatal(err)
		}
		states, err = m.PriorStates(g, 3, []float64{0, 0.5, 1}, d)
		if err != nil {
			t.Fatal(err)
		}
		return path, states, terms.Loss
	}
	run := func(seed uint64, number float64) []float64 {
		path, states, loss := build(seed)
		path.Value().Data().([]float64)[0] = number
		return slices.Concat(values(t, states, loss)...)
	}
	first := run(1, 0)
	if !slices.Equal(first, run(1, 0)) {
		t.Error("the same seed and path draw something else")
	}
	for i, other := range [][]float64{run(1, 1), run(2, 0)} {
		for k, v := range first {
			if v == other[k] {
				t.Errorf("%d: number %d of another draw is %g too", i, k, v)
			}
		}
	}
	path, _, loss := build(1)
	var read G.Value
	G.Read(loss, &read)
	vm := G.NewTapeMachine(loss.Graph())
	defer vm.Close()
	seen := map[float64]bool{}
	for k := range 3 {
		path.Value().Data().([]float64)[0] = float64(k)
		must(0, vm.RunAll())
		vm.Reset()
		seen[read.Data().(float64)] = true
	}
	if len(seen) != 3 || !seen[first[len(first)-1]] {
		t.Errorf("steps of a loop see %v", seen)
	}
}

// The first states of the prior have the mean and the deviation of the model's own: of 20000 numbers the mean is off by
// 4/√20000 deviations at most, and the deviation by 4/√40000 of itself.
func TestFirstStates(t *testing.T) {
	c := tiny()
	c.State, c.Channels = 1, 1
	m := newLatent(t, c)
	must(0, m.startMean.Set([]float64{0.4}))
	must(0, m.startLogVar.Set([]float64{2 * math.Log(0.3)}))
	const n = 20000
	zs, err := m.PriorStates(G.NewGraph(), n, []float64{0, 1e-3}, Draw{Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	var mean, square float64
	for _, v := range values(t, zs)[0][:n] {
		mean, square = mean+v/n, square+v*v/n
	}
	if sd := math.Sqrt(square - mean*mean); math.Abs(mean-0.4) > 4*0.3/math.Sqrt(n) || math.Abs(sd-0.3) > 4*0.3/math.Sqrt(2*n) {
		t.Errorf("mean %g and deviation %g, want 0.4 and 0.3", mean, sd)
	}
}

// Times asked for are solved between the observations, and behind them by the prior; what comes before does not depend on
// that.
func TestPosteriorStates(t *testing.T) {
	m := newLatent(t, tiny())
	run := func(times ...float64) []float64 {
		zs, err := m.PosteriorStates(observed(G.NewGraph(), 0), times, Draw{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if s := zs.Shape(); s[0] != len(times) || s[1] != 2 || s[2] != 2 {
			t.Fatalf("shape %v for times %v", s, times)
		}
		return values(t, zs)[0]
	}
	all := run(0.1, 0.2, 0.45, 0.7, 1.2, 1.5)
	for _, c := range []struct {
		times []float64
		from  int
	}{
		{[]float64{0.1, 0.2, 0.45, 0.7}, 0}, {[]float64{0.2, 0.45, 0.7}, 1}, {[]float64{0.7}, 3},
		{[]float64{1.2, 1.5}, 4}, {[]float64{0.7, 1.2, 1.5}, 3},
	} {
		if got, want := run(c.times...), all[4*c.from:4*(c.from+len(c.times))]; !slices.Equal(got, want) {
			t.Errorf("at %v: %v, want %v", c.times, got, want)
		}
	}
}

// Between two times the context is that of the later one, and the time until then is known.
func TestContextOfThePosterior(t *testing.T) {
	m := newLatent(t, tiny())
	m.posterior = layers.Func(func(x *G.Node) (*G.Node, error) { // f = (c₀, τ) of (z, c, τ)
		f := formula.For(x)
		return f.Result(f.Concat(f.Columns(x, 2, 3), f.Columns(x, 4, 5), f.Fill(x, 0, 1, 6)))
	})
	g := G.NewGraph()
	contexts := input(g, "c", []float64{1, 2, 6, 10, 0, 7}, 3, 1, 2)
	drift, opt, err := m.onCommonTimes(contexts, []float64{0, 1, 3}, []float64{0, 1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	e := sdeop.SDE{Drift: drift, Diffusion: constant(0), Calculus: sdeop.Stratonovich}
	zs, err := sdeop.Solve(e, input(g, "z0", []float64{0, 0}, 1, 2), []float64{0, 1, 2, 3}, sdeop.Steps(2), opt)
	if err != nil {
		t.Fatal(err)
	}
	// ∫ c₀ and ∫ τ, which Heun's method has without error.
	if got, want := values(t, zs)[0], []float64{0, 0, 6, 0.5, 6, 2, 6, 2.5}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAnnealing(t *testing.T) {
	for k, want := range map[int]float64{-1: 0, 0: 0, 1: 0.25, 4: 1, 9: 1} {
		if got := KLAnnealing(k, 4); got != want {
			t.Errorf("step %d: %g, want %g", k, got, want)
		}
	}
	if KLAnnealing(0, 0) != 1 {
		t.Error("without steps the weight is not 1")
	}
}
