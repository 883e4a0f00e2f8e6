package sde

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/cde"
	"gorgonode/odeop/sdeop"
)

// GANConfig describes a Generator and a Discriminator. Channels and State must be given.
type GANConfig struct {
	Channels int   // of a path, without the time
	State    int   // of the generator's equation, and of the discriminator's
	Motions  int   // of the generator; 0 is 3
	Noise    int   // initial noise of the generator; 0 is 3
	Hidden   []int // hidden layers of all networks; nil is 16

	// Solve are options of the generator's solve, behind the default sdeop.Method(sdeop.ReversibleHeun{}) and
	// sdeop.Gradient(sdeop.Reversible{}); another method wants another gradient too. Steps, sdeop.Step, must be given. Args,
	// Seed and Path are the generator's own.
	Solve []sdeop.Option
	// FieldScale multiplies the weights that the generator's drift and diffusion begin with, so that first paths are no
	// longer than real ones; 0 is 1.
	FieldScale float64
	// Drive are options of the discriminator's equation, behind cde.WithSteps(1, solvers.Euler{}): H goes from a time of the
	// path to the next by F(H) ΔY, as Itô's sums do. Then the score depends on the squares of increments directly, by
	// ΔY² = Δ(Y²) − 2Y ΔY; by a method of higher order it is a smooth function of the line through the values, for which
	// these vanish, and tells rough from smooth by nothing but how fast H forgets.
	Drive []cde.Option
	Dtype tensor.Dtype // the zero value is float64
}

func (c GANConfig) withDefaults() GANConfig {
	c.Motions, c.Noise, c.FieldScale = cmp.Or(c.Motions, 3), cmp.Or(c.Noise, 3), cmp.Or(c.FieldScale, 1)
	if c.Hidden == nil {
		c.Hidden = []int{16}
	}
	if c.Dtype.Type == nil {
		c.Dtype = tensor.Float64
	}
	return c
}

func (c GANConfig) check(name string, rng *rand.Rand) error {
	switch {
	case name == "" || rng == nil:
		return errors.New("it needs a name and a random generator")
	case c.Channels < 1 || c.State < 1 || c.Motions < 1 || c.Noise < 1:
		return errors.Errorf("%d channels, %d states, %d motions, initial noise of %d: want at least 1",
			c.Channels, c.State, c.Motions, c.Noise)
	case !(c.FieldScale > 0) || math.IsInf(c.FieldScale, 0):
		return errors.Errorf("fields are scaled by %g: it must be positive and finite", c.FieldScale)
	case c.Dtype != tensor.Float64 && c.Dtype != tensor.Float32:
		return errors.Errorf("dtype %v is not supported, use float64 or float32", c.Dtype)
	}
	return nil
}

// mlp is a perceptron with LipSwish between its layers.
func (c GANConfig) mlp(rng *rand.Rand, name string, in, out int, final layers.Activation) (*layers.MLP, error) {
	return layers.NewMLP(rng, name, slices.Concat([]int{in}, c.Hidden, []int{out}),
		layers.WithActivation(layers.LipSwish()), layers.WithFinalActivation(final), layers.WithDtype(c.Dtype))
}

// Generator makes paths of noise (Kidger et al. 2021, Neural SDEs as infinite-dimensional GANs, section 3.1): with V of
// independent standard normal numbers and W a Brownian motion of m components,
//
//	X(t₀) = ζ(V),   dX = μ(t, X) dt + σ(t, X) ∘ dW,   Y = α X + β
//
// ζ, μ and σ, whose value is a matrix (State, Motions), are perceptrons; μ and σ end with tanh, which bounds them.
type Generator struct {
	name string
	GANConfig
	initial, drift, diffusion *layers.MLP
	readout                   *layers.Linear
}

// NewGenerator makes a generator. rng draws the weights.
func NewGenerator(rng *rand.Rand, name string, c GANConfig) (*Generator, error) {
	c = c.withDefaults()
	if err := c.check(name, rng); err != nil {
		return nil, errors.WithMessagef(err, "sde: generator %q", name)
	}
	m := &Generator{name: name, GANConfig: c}
	var err error
	for _, p := range []struct {
		to      **layers.MLP
		name    string
		in, out int
		final   layers.Activation
	}{
		{&m.initial, ".initial", c.Noise, c.State, layers.Identity()},
		{&m.drift, ".drift", c.State + 1, c.State, layers.Tanh()},
		{&m.diffusion, ".diffusion", c.State + 1, c.State * c.Motions, layers.Tanh()},
	} {
		if *p.to, err = c.mlp(rng, name+p.name, p.in, p.out, p.final); err != nil {
			return nil, errors.WithMessagef(err, "sde: generator %q", name)
		}
	}
	for _, p := range slices.Concat(m.drift.Params(), m.diffusion.Params()) {
		v := p.Float64s()
		for i := range v {
			v[i] *= c.FieldScale
		}
		if err := p.Set(v); err != nil {
			return nil, errors.WithMessagef(err, "sde: generator %q", name)
		}
	}
	m.readout, err = layers.NewLinear(rng, name+".readout", c.State, c.Channels, layers.WithDtype(c.Dtype))
	return m, errors.WithMessagef(err, "sde: generator %q", name)
}

// Params are the trainable parameters.
func (m *Generator) Params() []*graph.Param {
	return slices.Concat(m.initial.Params(), m.drift.Params(), m.diffusion.Params(), m.readout.Params())
}

// Paths draws n paths in the graph g: their values at two or more times, (len(times), n, Channels).
func (m *Generator) Paths(g *G.ExprGraph, n int, times []float64, d Draw) (*G.Node, error) {
	ys, err := m.paths(g, n, times, d)
	return ys, errors.WithMessagef(err, "sde: generator %q", m.name)
}

func (m *Generator) paths(g *G.ExprGraph, n int, times []float64, d Draw) (*G.Node, error) {
	if g == nil || n < 1 {
		return nil, errors.Errorf("%d paths: want at least one, and a graph", n)
	}
	v, err := d.normal(m.readout.Weight().In(g), n, m.Noise)
	if err != nil {
		return nil, err
	}
	x0, err := m.initial.Forward(v)
	if err != nil {
		return nil, err
	}
	model := sdeop.SDE{Noise: sdeop.General, Calculus: sdeop.Stratonovich}
	model.Drift = func(t, x *G.Node, _ ...*G.Node) (*G.Node, error) {
		f := formula.For(x)
		return f.Result(f.Apply(m.drift.Forward, withTime(f, t, x)))
	}
	model.Diffusion = func(t, x *G.Node, _ ...*G.Node) (*G.Node, error) {
		f := formula.For(x)
		return f.Result(f.Reshape(f.Apply(m.diffusion.Forward, withTime(f, t, x)), n, m.State, m.Motions))
	}
	opts := []sdeop.Option{sdeop.Name(m.name), sdeop.Method(sdeop.ReversibleHeun{}), sdeop.Gradient(sdeop.Reversible{})}
	xs, err := sdeop.Solve(model, x0, times, slices.Concat(opts, m.Solve, d.options(ofPath))...)
	if err != nil {
		return nil, err
	}
	return m.readout.Forward(xs)
}
