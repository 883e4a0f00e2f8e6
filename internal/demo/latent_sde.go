package demo

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/latent"
	"gorgonode/layers/sde"
	"gorgonode/layers/series"
	"gorgonode/odeop/sdeop"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

// LatentSDE trains a latent SDE on noisy observations of an Ornstein–Uhlenbeck process at times of each series' own, and
// holds the law that it has learned against that of the process, which is known in closed form. Drift and diffusion are
// networks that are told nothing of it.
func LatentSDE(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "latent-sde"}
	e := &latentSDE{Options: o}
	if err := e.run(ctx); err != nil {
		return r, errors.WithMessage(err, "demo: latent-sde")
	}
	r.Figures = e.figures
	for _, p := range []struct {
		name string
		draw func() (*training.Figure, error)
	}{
		{"latent-sde-posterior", e.posteriorPicture}, {"latent-sde-paths", e.pathsPicture}, {"latent-sde-law", e.lawPicture},
	} {
		fig, err := p.draw()
		if err := o.picture(&r, p.name, fig, err); err != nil {
			return r, err
		}
	}
	return r, nil
}

type latentSDE struct {
	Options
	train, test []ouPath
	steps       int
	batch       int
	paths       int // drawn of the learned prior
	model       *sde.Latent
	prediction  *latent.Prediction // of the test series, on the grid
	prior       [][][]float64      // [path][time][0], on the grid
	law         pathMoments
	figures     []Figure
}

const ouEnd = 8 // of forecasts and of prior paths, twice the window

func (e *latentSDE) run(ctx context.Context) error {
	train, test := 8192, 200
	e.steps, e.batch, e.paths = 1500, 64, 4000
	if e.Quick {
		train, test, e.steps, e.batch, e.paths = 64, 16, 20, 16, 200
	}
	e.train, e.test = ouPaths(e.Seed, train, ouWindow), ouPaths(e.Seed+1<<32, test, ouEnd)
	if err := e.build(); err != nil {
		return err
	}
	if err := e.fit(ctx); err != nil {
		return err
	}
	return e.judge()
}

// build has the state be the process itself: an observation is the state and noise of known size. Heun's method, that of
// Stratonovich equations, sees both ends of a step, and so takes back noise that Euler's leaves.
func (e *latentSDE) build() (err error) {
	rng := rand.New(rand.NewPCG(e.Seed, 0x736465))
	e.model, err = sde.NewLatent(rng, "latent", sde.LatentConfig{
		Channels: 1, State: 1, Decoder: layers.Identity(), Scale: ouNoise, FixedScale: true,
		Calculus: sdeop.Stratonovich, Substeps: 8, Longest: 0.25,
	})
	return err
}

func (e *latentSDE) fit(ctx context.Context) error {
	loader, err := seriesdata.NewLoader(ouSet(e.train), seriesdata.LoaderOptions{Batch: e.batch, Seed: e.Seed})
	if err != nil {
		return err
	}
	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, loader.Shapes()[0])
	if err != nil {
		return err
	}
	path := G.NewScalar(g, tensor.Float64, G.WithName("path"), G.WithValue(0.))
	weight := G.NewScalar(g, tensor.Float64, G.WithName("kl weight"), G.WithValue(1.))
	terms, err := e.model.Loss(sde.From(in), sde.Draw{Seed: e.Seed, Path: path}, weight)
	if err != nil {
		return err
	}
	progress := progressOf(e.Options, "latent SDE", e.steps)
	defer progress.Finish()
	loop := training.Loop{
		Cost: terms.Loss, Params: e.model.Params(), LearnRate: training.Cosine(0.02, 1e-4, e.steps), ClipNorm: 100,
		Feed: func(step int) error {
			batch, err := loader.Batch(step)
			if err != nil {
				return err
			}
			return firstError(in.Feed(batch), G.Let(path, float64(step)), G.Let(weight, sde.KLAnnealing(step, e.steps/5)))
		},
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the bound or its gradient is not finite", s.Step)
			}
			progress.Step(s.Step+1, s.Cost, 0)
			return false, nil
		},
	}
	return loop.Run(ctx, 0, e.steps)
}

// bound is the mean over the test series of the evidence lower bound, on eight paths for each.
func (e *latentSDE) bound() (float64, error) {
	batch, err := ouBatch(e.test)
	if err != nil {
		return 0, err
	}
	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, batch.Shape)
	if err != nil {
		return 0, err
	}
	path := G.NewScalar(g, tensor.Float64, G.WithName("path"), G.WithValue(0.))
	terms, err := e.model.Loss(sde.From(in), sde.Draw{Seed: e.Seed + 1, Path: path}, nil)
	if err != nil {
		return 0, err
	}
	var loss G.Value
	G.Read(terms.Loss, &loss)
	vm := G.NewTapeMachine(g)
	defer vm.Close()
	sum := 0.0
	const draws = 8
	for k := range draws {
		if err := firstError(in.Feed(batch), G.Let(path, float64(k)), vm.RunAll()); err != nil {
			return 0, err
		}
		sum -= loss.Data().(float64) / draws
		vm.Reset()
	}
	return sum, nil
}

func ouBatch(all []ouPath) (*series.Batch, error) {
	set := ouSet(all)
	return series.NewBatch(set.Series, series.Shape{Widths: set.Widths()})
}

// judge compares laws, and what is expected of test series.
func (e *latentSDE) judge() error {
	var grid []float64
	for i := 0; ouGrid(i) <= ouEnd; i++ {
		grid = append(grid, ouGrid(i))
	}
	batch, err := ouBatch(e.test)
	if err != nil {
		return err
	}
	times := make([][]float64, len(e.test))
	for b := range times {
		times[b] = grid
	}
	samples := 100
	if e.Quick {
		samples = 20
	}
	e.prediction, err = e.model.Predict(batch, times,
		latent.PredictOptions{Samples: samples, Seed: e.Seed, Quantiles: []float64{0.05, 0.95}})
	if err != nil {
		return err
	}
	if e.prior, err = e.model.Generate(e.paths, grid, e.Seed); err != nil {
		return err
	}
	e.law = momentsOf(e.prior)
	bound, err := e.bound()
	if err != nil {
		return err
	}
	e.report(bound)
	return nil
}

func (e *latentSDE) report(bound float64) {
	add := func(name string, value, truth float64, note string) {
		e.figures = append(e.figures, Figure{Name: name, Value: value, Published: formatted(truth) + note})
	}
	last := len(e.law.deviation) - 1
	add("standard deviation of the learned law, at time 8", e.law.deviation[last], ouDeviation, ", closed form")
	add("its mean", e.law.mean[last], ouMean, ", closed form")
	add("its correlation time, −1/ln ρ(1)", -1/math.Log(e.law.correlation[ouPerUnit]), 1/ouRate, ", closed form")
	exact := 0.0
	var filter, learned rootMeanSquare
	inside, known := 0, 0
	const ahead = ouWindow + 0.5
	at := int(ahead * ouPerUnit)
	for b, p := range e.test {
		likelihood, mean, _ := ouFilter(p.series, ahead)
		exact += likelihood / float64(len(e.test))
		truth := [2]float64{p.z[at]}
		filter.add([]float64{mean}, truth)
		learned.add(e.prediction.Mean[b][at], truth)
		for i, z := range p.z[:ouWindow*ouPerUnit] {
			known++
			if e.prediction.Quantiles[0][b][i][0] <= z && z <= e.prediction.Quantiles[1][b][i][0] {
				inside++
			}
		}
	}
	add("evidence lower bound of a test series", bound, exact, ", its log-likelihood by the true law, exact")
	add("forecast 0.5 behind the window, RMSE", learned.value(), filter.value(), ", the Kalman filter's")
	add("part of the hidden path within the 5 % and 95 % quantiles", float64(inside)/float64(known), 0.9, "")
}
