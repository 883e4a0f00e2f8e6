package sde

import (
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/layers"
	"gorgonode/layers/cde"
	"gorgonode/odeop/sdeop"
	"gorgonode/solvers"
)

func tinyGAN(opts ...sdeop.Option) GANConfig {
	return GANConfig{Channels: 2, State: 2, Motions: 2, Noise: 2, Hidden: []int{3},
		Solve: append([]sdeop.Option{sdeop.Step(0.15)}, opts...)}
}

func newGAN(t *testing.T, c GANConfig) (*Generator, *Discriminator) {
	t.Helper()
	gen, err := NewGenerator(source(2), "gen", c)
	if err != nil {
		t.Fatal(err)
	}
	disc, err := NewDiscriminator(source(3), "disc", c)
	if err != nil {
		t.Fatal(err)
	}
	return gen, disc
}

// wasserstein is the loss of the discriminator on three generated paths and two real ones.
func wasserstein(t *testing.T, gen *Generator, disc *Discriminator, d Draw, g *G.ExprGraph) *G.Node {
	t.Helper()
	times := []float64{0, 0.3, 0.5}
	fake, err := gen.Paths(g, 3, times, d)
	if err != nil {
		t.Fatal(err)
	}
	score := func(x *G.Node) *G.Node { return must(disc.Score(x, times)) }
	return must(DiscriminatorLoss(score(input(g, "real", wave(12, 0.4), 3, 2, 2)), score(fake)))
}

// Derivatives through discriminator, path and generator, by all parameters of both.
func TestGradientsOfTheWassersteinLoss(t *testing.T) {
	for name, opts := range map[string][]sdeop.Option{
		"reversible": nil,
		"heun":       {sdeop.Method(sdeop.Heun{}), sdeop.Gradient(sdeop.Backprop{})},
	} {
		t.Run(name, func(t *testing.T) {
			gen, disc := newGAN(t, tinyGAN(opts...))
			// What both score alike, the bias of the score, has the derivative 0.
			checkGradients(t, slices.Concat(gen.Params(), disc.Params()), func() *G.Node {
				g := G.NewGraph()
				return wasserstein(t, gen, disc, Draw{Seed: 6, Path: number(g, "path", 2)}, g)
			})
		})
	}
}

func TestGeneratedPaths(t *testing.T) {
	gen, disc := newGAN(t, tinyGAN())
	run := func(seed uint64, path float64) []float64 {
		g := G.NewGraph()
		ys, err := gen.Paths(g, 3, []float64{0, 0.3, 0.5}, Draw{Seed: seed, Path: number(g, "path", path)})
		if err != nil {
			t.Fatal(err)
		}
		return values(t, ys)[0]
	}
	first := run(1, 0)
	if len(first) != 3*3*2 || !slices.Equal(first, run(1, 0)) {
		t.Errorf("%d values, want 18, the same each time", len(first))
	}
	for k, other := range [][]float64{run(1, 1), run(2, 0)} {
		for i, v := range first {
			if v == other[i] {
				t.Errorf("draw %d: value %d is %g too", k, i, v)
			}
		}
	}
	if first[0] == first[2] || first[2] == first[4] {
		t.Error("two paths are one")
	}
	// The losses are means of scores.
	g := G.NewGraph()
	loss := wasserstein(t, gen, disc, Draw{Seed: 1}, g)
	fake := must(gen.Paths(g, 3, []float64{0, 0.3, 0.5}, Draw{Seed: 1}))
	s := must(disc.Score(fake, []float64{0, 0.3, 0.5}))
	r := must(disc.Score(input(g, "again", wave(12, 0.4), 3, 2, 2), []float64{0, 0.3, 0.5}))
	v := values(t, loss, must(GeneratorLoss(s)), s, r)
	want := (v[2][0]+v[2][1]+v[2][2])/3 - (v[3][0]+v[3][1])/2
	if math.Abs(v[0][0]-want) > 1e-14 || math.Abs(v[1][0]+(v[2][0]+v[2][1]+v[2][2])/3) > 1e-14 {
		t.Errorf("losses %g and %g of scores %v and %v", v[0][0], v[1][0], v[2], v[3])
	}
}

// Along a path that goes to and fro by a, in next to no time, a driven equation comes back to where it was; Euler's method
// does not, since h + F(h) a − F(h + F(h) a) a = h − F′(h) F(h) a² + O(a³). So n times to and fro, of the quadratic
// variation 2na², change its score in proportion to n but for a relative O(na²), and that of RK4 by its error, O(na⁵).
func TestTheScoreSeesQuadraticVariation(t *testing.T) {
	const a = 0.02
	c := GANConfig{Channels: 1, State: 4}
	change := func(n int, drive ...cde.Option) float64 {
		c.Drive = drive
		disc := must(NewDiscriminator(source(3), "disc", c))
		for _, p := range disc.Params() { // biases begin with 0, and F(0) with them
			if len(p.Shape()) == 1 {
				must(0, p.Set(wave(p.Size(), 0.4)))
			}
		}
		score := func(a float64) float64 {
			path, times := make([]float64, 2*n+1), make([]float64, 2*n+1)
			for i := range path {
				path[i], times[i] = a*float64(i%2), 1e-9*float64(i)
			}
			return values(t, must(disc.Score(input(G.NewGraph(), "path", path, 2*n+1, 1, 1), times)))[0][0]
		}
		return score(a) - score(0)
	}
	once, twice := change(8), change(16)
	if math.Abs(twice/once-2) > 16*2*a*a {
		t.Errorf("twice the variation changes the score by %g, once by %g", twice, once)
	}
	smooth := change(8, cde.WithSteps(1, solvers.RK4{}))
	if math.Abs(smooth) > 8*math.Pow(a, 5) || math.Abs(once) < 1000*math.Abs(smooth) {
		t.Errorf("by Euler's method the score changes by %g, by RK4 by %g", once, smooth)
	}
}

func TestFieldsAreScaled(t *testing.T) {
	c := tinyGAN()
	plain := must(NewGenerator(source(2), "gen", c))
	c.FieldScale = 0.25
	scaled := must(NewGenerator(source(2), "gen", c))
	for i, p := range scaled.Params() {
		by := 1.0
		if name := p.Name(); strings.Contains(name, "drift") || strings.Contains(name, "diffusion") {
			by = 0.25
		}
		for k, v := range plain.Params()[i].Float64s() {
			if got := p.Float64s()[k]; got != by*v {
				t.Errorf("%s[%d] is %g, and %g without a scale", p.Name(), k, got, v)
			}
		}
	}
}

// A clipped perceptron is contracting in the norm of the largest element, also with the largest weights that there may be.
func TestClipping(t *testing.T) {
	mlp, err := layers.NewMLP(source(1), "mlp", []int{3, 5, 2}, layers.WithActivation(layers.LipSwish()),
		layers.WithInit(graph.Normal(source(4), 0, 100)), layers.WithBiasInit(graph.Fill(7)))
	if err != nil {
		t.Fatal(err)
	}
	if err := ClipLipschitz(mlp.Params()...); err != nil {
		t.Fatal(err)
	}
	for _, p := range mlp.Params() {
		s, most := p.Shape(), 0.0
		for _, v := range p.Float64s() {
			most = max(most, math.Abs(v))
		}
		want := 7.0
		if len(s) == 2 {
			want = 1 / float64(s[0])
		}
		if most != want {
			t.Errorf("%s of shape %v: the largest element is %g, want %g", p.Name(), s, most, want)
		}
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := mlp.Forward(in[0])
		return G.Nodes{y}, err
	}, graph.Input("x", tensor.Float64, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	plan := must(graph.Compile[float64](fn))
	rng, x, y := source(8), make([]float64, 6), make([]float64, 4)
	for range 1000 {
		for i := range x {
			x[i] = 4 * rng.NormFloat64()
		}
		must(0, plan.Run([][]float64{x}, [][]float64{y}))
		apart := func(a, b []float64) (m float64) {
			for i := range a {
				m = max(m, math.Abs(a[i]-b[i]))
			}
			return m
		}
		if in, out := apart(x[:3], x[3:]), apart(y[:2], y[2:]); out > in*(1+1e-12) {
			t.Fatalf("inputs %g apart, outputs %g", in, out)
		}
	}
	// Small elements stay, and what cannot be clipped changes nothing.
	small := must(graph.NewParam("small", graph.Values([]float64{0.1, -0.5, 0.6, -2}), tensor.Float64, 2, 2))
	kernel := must(graph.NewParam("kernel", graph.Fill(3), tensor.Float64, 1, 2, 2))
	if err := ClipLipschitz(small, kernel); err == nil || small.Float64s()[3] != -2 {
		t.Errorf("%v, %v", err, small.Float64s())
	}
	if err := ClipLipschitz(nil); err == nil {
		t.Error("a parameter that is nil")
	}
	if err := ClipLipschitz(small); err != nil || !slices.Equal(small.Float64s(), []float64{0.1, -0.5, 0.5, -0.5}) {
		t.Errorf("%v, %v", err, small.Float64s())
	}
}

// The slope of LipSwish is at most 1, and somewhere close to it.
func TestLipSwishSlope(t *testing.T) {
	const n, h = 4001, 0.005
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		y, err := layers.LipSwish().Forward(in[0])
		return G.Nodes{y}, err
	}, graph.Input("x", tensor.Float64, n))
	if err != nil {
		t.Fatal(err)
	}
	x, y, most := make([]float64, n), make([]float64, n), 0.0
	for i := range x {
		x[i] = h * float64(i-n/2)
	}
	must(0, must(graph.Compile[float64](fn)).Run([][]float64{x}, [][]float64{y}))
	for i := range n - 1 {
		most = max(most, math.Abs(y[i+1]-y[i])/h)
	}
	if most > 1 || most < 0.999 {
		t.Errorf("the largest slope is %g", most)
	}
}
