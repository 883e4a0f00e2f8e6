package demo

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/sde"
	"gorgonode/odeop/sdeop"
	"gorgonode/training"
)

// SDEGAN trains an SDE-GAN on paths of an Ornstein–Uhlenbeck process whose drift grows in time, and holds the law that the
// generator makes against that of the process, which is known in closed form.
func SDEGAN(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "sde-gan"}
	e := &sdeGAN{Options: o}
	if err := e.run(ctx); err != nil {
		return r, errors.WithMessage(err, "demo: sde-gan")
	}
	r.Figures = e.figures
	for _, p := range []struct {
		name string
		draw func() (*training.Figure, error)
	}{
		{"sde-gan-paths", e.pathsPicture}, {"sde-gan-marginals", e.marginalsPicture}, {"sde-gan-law", e.lawPicture},
	} {
		fig, err := p.draw()
		if err := o.picture(&r, p.name, fig, err); err != nil {
			return r, err
		}
	}
	return r, nil
}

type sdeGAN struct {
	Options
	train, test, again [][]float64 // real paths, [path][time]; two test sets, to hold against each other
	steps, batch       int
	generator          *sde.Generator
	discriminator      *sde.Discriminator
	made               [][]float64 // generated paths, as many as test paths
	losses             []float64   // of the discriminator, at each step
	figures            []Figure
}

func (e *sdeGAN) run(ctx context.Context) error {
	train, test := 8192, 4000
	e.steps, e.batch = 5000, 128
	if e.Quick {
		train, test, e.steps, e.batch = 64, 200, 6, 16
	}
	e.train, e.test = driftingPaths(e.Seed, train), driftingPaths(e.Seed+1<<32, test)
	e.again = driftingPaths(e.Seed+2<<32, test)
	if err := e.build(); err != nil {
		return err
	}
	if err := e.fit(ctx); err != nil {
		return err
	}
	return e.judge()
}

// ganTime is a unit of the models' time. A discriminator forgets within one at the soonest, its field having the slope of 1
// at most: much longer ones blur what is rough, and within much shorter ones what it sums up runs away. It is a
// power of 2, so that the times are where the Brownian motion is halved.
const ganTime = 4.0

func (e *sdeGAN) build() (err error) {
	rng := rand.New(rand.NewPCG(e.Seed, 0x67616e))
	c := sde.GANConfig{
		Channels: 1, State: 16, Noise: 5, Dtype: tensor.Float32, FieldScale: 0.3,
		Solve: []sdeop.Option{sdeop.Step(1 / ganTime), sdeop.Method(sdeop.Heun{}), sdeop.Gradient(sdeop.Backprop{})},
	}
	if e.generator, err = sde.NewGenerator(rng, "generator", c); err != nil {
		return err
	}
	e.discriminator, err = sde.NewDiscriminator(rng, "discriminator", c)
	return err
}

// ganTimes are the whole times, for the models.
func ganTimes() (times []float64) {
	for k := range driftingEnd + 1 {
		times = append(times, float64(k)/ganTime)
	}
	return times
}

// fit has both sides move at once, by the gradients of one loss. Adam goes without a mean of gradients, which would carry on
// behind an opponent that has turned. The generator goes around the law, nearer as the rates fall; its weights in the end
// are the mean of those in the last part of the way.
func (e *sdeGAN) fit(ctx context.Context) error {
	g := G.NewGraph()
	times := ganTimes()
	path := G.NewScalar(g, tensor.Float32, G.WithName("path"), G.WithValue(float32(0)))
	fake, err := e.generator.Paths(g, e.batch, times, sde.Draw{Seed: e.Seed, Path: path})
	if err != nil {
		return err
	}
	backing := make([]float32, len(times)*e.batch)
	values := tensor.New(tensor.WithShape(len(times), e.batch, 1), tensor.WithBacking(backing))
	truth := G.NewTensor(g, tensor.Float32, 3, G.WithShape(values.Shape()...), G.WithName("real paths"), G.WithValue(values))
	ofReal, err := e.discriminator.Score(truth, times)
	if err != nil {
		return err
	}
	ofFake, err := e.discriminator.Score(fake, times)
	if err != nil {
		return err
	}
	loss, err := sde.DiscriminatorLoss(ofReal, ofFake)
	if err != nil {
		return err
	}
	adam := func() G.Solver { return G.NewAdamSolver(G.WithBeta1(0), G.WithBeta2(0.9)) }
	pick := rand.New(rand.NewPCG(e.Seed, 0x7061746873))
	var average training.Average
	progress := progressOf(e.Options, "SDE-GAN", e.steps)
	defer progress.Finish()
	loop := training.Loop{
		Cost: loss, Params: e.discriminator.Params(), Solver: adam(), LearnRate: training.Cosine(0.003, 0.00015, e.steps),
		Opponent: &training.Opponent{
			Params: e.generator.Params(), Solver: adam(), LearnRate: training.Cosine(0.0003, 0.000015, e.steps),
		},
		Feed: func(step int) error {
			for b := range e.batch {
				for k, y := range e.train[pick.IntN(len(e.train))] {
					backing[k*e.batch+b] = float32(y)
				}
			}
			return G.Let(path, float32(step))
		},
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the loss or its gradient is not finite", s.Step)
			}
			e.losses = append(e.losses, s.Cost)
			progress.Step(s.Step+1, s.Cost, 0)
			return false, nil
		},
		After: func(step int) error {
			if step >= e.steps*6/10 {
				if err := average.Add(e.generator.Params()); err != nil {
					return err
				}
			}
			return sde.ClipLipschitz(e.discriminator.Params()...)
		},
	}
	if err := loop.Run(ctx, 0, e.steps); err != nil {
		return err
	}
	return average.Set()
}

// generate draws n paths of the generator, [path][time], by noise that training has not seen.
func (e *sdeGAN) generate(n int) ([][]float64, error) {
	g := G.NewGraph()
	times := ganTimes()
	ys, err := e.generator.Paths(g, n, times, sde.Draw{Seed: e.Seed + 1})
	if err != nil {
		return nil, err
	}
	var read G.Value
	G.Read(ys, &read)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return nil, errors.WithStack(err)
	}
	paths := make([][]float64, n)
	for i, y := range read.Data().([]float32) {
		paths[i%n] = append(paths[i%n], float64(y))
	}
	return paths, nil
}

// judge compares laws.
func (e *sdeGAN) judge() (err error) {
	if e.made, err = e.generate(len(e.test)); err != nil {
		return err
	}
	add := func(name string, value, truth float64, note string) {
		e.figures = append(e.figures, Figure{Name: name, Value: value, Published: formatted(truth) + note})
	}
	for _, k := range marginalTimes {
		mean, deviation := momentsAt(e.made, k)
		at := "time " + formatted(float64(k))
		add("mean at "+at, mean, driftingMean(float64(k)), ", closed form")
		add("standard deviation at "+at, deviation, math.Sqrt(driftingVariance(float64(k))), ", closed form")
	}
	add("correlation of two times 10 apart, from time 8 on", correlationAt(e.made, 10), driftingCorrelation(10),
		", closed form")
	add("quadratic variation, Σ (y(k+1) − y(k))²", variationOf(e.made), driftingVariation(), ", its mean in closed form")
	add("Wasserstein distance of a marginal, mean over the times", marginalDistance(e.made, e.test),
		marginalDistance(e.again, e.test), ", of two real samples")
	add("sliced Wasserstein distance of paths", slicedDistance(e.Seed, e.made, e.test),
		slicedDistance(e.Seed, e.again, e.test), ", of two real samples")
	return nil
}
