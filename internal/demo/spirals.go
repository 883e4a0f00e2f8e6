package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/latent"
	"gorgonode/layers/recurrent"
	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

// Spirals trains latent ODEs on 1000 spirals, half of them clockwise, of which 30, 50 or 100 noisy points are seen, and
// predicts the next 100 times of 200 others (Chen et al. 2018, Neural ordinary differential equations, section 5.1 and table
// 2). The widths are the paper's: a recurrent encoder of 25 units, here gated, a latent state of 4, hidden layers of 20.
//
// Table 2 does not say whether its errors are against points with their noise; both are told here.
func Spirals(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "spirals"}
	published := map[int]string{30: "0.1642", 50: "0.1502", 100: "0.1346"}
	seen := []int{30, 50, 100}
	if o.Quick {
		seen = seen[:1]
	}
	for _, n := range seen {
		e := newSpiralExperiment(n, o)
		if err := e.run(ctx); err != nil {
			return r, errors.WithMessagef(err, "demo: spirals: %d points", n)
		}
		add := func(value float64, published, format string, args ...any) {
			name := fmt.Sprintf("%d points: RMSE ", n) + fmt.Sprintf(format, args...)
			r.Figures = append(r.Figures, Figure{Name: name, Value: value, Published: published})
		}
		add(e.behind, published[n]+", Chen et al. 2018", "of the next 100 times, against the truth")
		add(e.behindNoisy, "0.3, the noise, at least", "of the next 100 times, against noisy points")
		for k, kind := range []string{"clockwise", "counter-clockwise"} {
			add(e.behindOf[k], "", "of the next 100 times of %s spirals, against the truth", kind)
		}
		add(e.within, "", "within the window, against the truth")
		fig, err := e.picture()
		if err := o.picture(&r, fmt.Sprintf("spirals-%d", n), fig, err); err != nil {
			return r, err
		}
	}
	return r, nil
}

// spiralExperiment is one number of observed points.
type spiralExperiment struct {
	Options
	observed    int
	train, test []*spiral
	steps       int
	model       *latent.Model

	prediction          *latent.Prediction // of the test set, at all times of the windows and behind
	behind, behindNoisy float64
	behindOf            [2]float64
	within              float64
}

const spiralBatch = 100

// newSpiralExperiment has test windows that end 100 points before the curves do, so that what comes behind them is known;
// windows of other spirals that training sees reach to the end.
func newSpiralExperiment(observed int, o Options) *spiralExperiment {
	e := &spiralExperiment{Options: o, observed: observed, steps: 2000}
	train, test := 1000, 200
	if o.Quick {
		train, test, e.steps = 100, 20, 40
	}
	e.train = spirals(o.Seed, train, observed, spiralPoints-spiralWindow)
	e.test = spirals(o.Seed+1<<32, test, observed, spiralPoints-2*spiralWindow)
	return e
}

func (e *spiralExperiment) run(ctx context.Context) error {
	if err := e.build(); err != nil {
		return err
	}
	if err := e.fit(ctx); err != nil {
		return err
	}
	return e.judge()
}

func (e *spiralExperiment) build() error {
	const width = 4
	rng := rand.New(rand.NewPCG(e.Seed, 0x6c6f6465))
	cell, err := recurrent.NewGRU(rng, "gru", 2, 25, recurrent.WithElapsed())
	if err != nil {
		return err
	}
	encoder, err := latent.NewRecurrentEncoder(rng, "encoder", cell, width)
	if err != nil {
		return err
	}
	field, err := layers.NewMLP(rng, "field", []int{width, 20, 20, width}, layers.WithActivation(layers.ELU(1)))
	if err != nil {
		return err
	}
	output, err := layers.NewMLP(rng, "output", []int{width, 20, 2}, layers.WithActivation(layers.ReLU()))
	if err != nil {
		return err
	}
	e.model, err = latent.New("spirals", encoder, field, output, latent.WithSigma(spiralNoise))
	return err
}

// fit raises the evidence lower bound of what was observed, with a sample of z₀ for each spiral and step. The weight of the
// KL divergence comes in over the first steps.
func (e *spiralExperiment) fit(ctx context.Context) error {
	loader, err := seriesdata.NewLoader(spiralSet(e.train), seriesdata.LoaderOptions{Batch: spiralBatch, Seed: e.Seed})
	if err != nil {
		return err
	}
	g := G.NewGraph()
	in, err := series.NewInputs(g, tensor.Float64, loader.Shapes()[0])
	if err != nil {
		return err
	}
	_, width := e.model.Sizes()
	noise, err := latent.NewNoise(g, tensor.Float64, 1, spiralBatch, width, e.Seed)
	if err != nil {
		return err
	}
	weight, err := latent.NewKLWeight(g, tensor.Float64)
	if err != nil {
		return err
	}
	seen := latent.From(in)
	bound, err := e.model.Bound(seen, seen, noise.Node(), latent.Objective{KLWeight: weight.Node()})
	if err != nil {
		return err
	}
	progress := progressOf(e.Options, fmt.Sprintf("spirals: %d points", e.observed), e.steps)
	defer progress.Finish()
	annealing := latent.KLAnnealing(0, 0.99)
	loop := training.Loop{
		Cost: bound.Cost, Params: e.model.Params(), LearnRate: training.Cosine(0.02, 1e-4, e.steps), ClipNorm: 1000,
		Feed: func(step int) error {
			batch, err := loader.Batch(step)
			if err != nil {
				return err
			}
			noise.Draw(step)
			return errors.WithMessage(firstError(weight.Set(annealing(step)), in.Feed(batch)), "feed")
		},
		Observe: func(s training.LoopStep) (bool, error) {
			if !s.Finite() {
				return false, errors.Errorf("step %d: the bound or its gradient is not finite", s.Step)
			}
			progress.Step(s.Step+1, s.Cost, 4*e.observed)
			return false, nil
		},
	}
	return loop.Run(ctx, 0, e.steps)
}

// judge predicts the test set by the mean over 20 samples.
func (e *spiralExperiment) judge() error {
	set := spiralSet(e.test)
	batch, err := series.NewBatch(set.Series, series.Shape{Widths: set.Widths()})
	if err != nil {
		return err
	}
	var times []float64
	for i := range 2 * spiralWindow {
		times = append(times, spiralTime(i))
	}
	all := slices.Repeat([][]float64{times}, len(e.test))
	e.prediction, err = e.model.Predict(batch, all, latent.PredictOptions{Samples: 20, Seed: e.Seed})
	if err != nil {
		return err
	}
	var within, behind, noisy rootMeanSquare
	var of [2]rootMeanSquare
	for k, s := range e.test {
		for i, x := range e.prediction.Mean[k] {
			truth := s.truth(i)
			if i < spiralWindow {
				within.add(x, truth)
				continue
			}
			behind.add(x, truth)
			of[k%2].add(x, truth)
			noisy.add(x, s.noisy[i])
		}
	}
	e.within, e.behind, e.behindNoisy = within.value(), behind.value(), noisy.value()
	e.behindOf = [2]float64{of[0].value(), of[1].value()}
	return nil
}

// rootMeanSquare is over coordinates.
type rootMeanSquare struct {
	sum float64
	n   int
}

func (r *rootMeanSquare) add(x []float64, want [2]float64) {
	for j, v := range x {
		r.sum += (v - want[j]) * (v - want[j])
		r.n++
	}
}

func (r *rootMeanSquare) value() float64 { return math.Sqrt(r.sum / float64(r.n)) }

// picture shows a spiral of each kind.
func (e *spiralExperiment) picture() (*training.Figure, error) {
	p := training.CurvesPlot{
		Title:  fmt.Sprintf("two test spirals, %d noisy points of each seen", e.observed),
		XLabel: "x", YLabel: "y", Width: 9, Height: 5,
		Curves: []training.Curve{
			{Name: "learned, window seen"}, {Name: "learned, beyond it"},
			{Name: "seen", Points: true}, {Name: "truth", Dashed: true},
		},
	}
	point := func(c *training.Curve, x, y float64) { c.X, c.Y = append(c.X, x), append(c.Y, y) }
	for k, s := range e.test[:2] {
		for i, x := range e.prediction.Mean[k] {
			point(&p.Curves[i/spiralWindow], x[0], x[1])
			if i == spiralWindow-1 { // where one curve ends the other begins
				point(&p.Curves[1], x[0], x[1])
			}
			truth := s.truth(i)
			point(&p.Curves[3], truth[0], truth[1])
		}
		for _, i := range s.observed {
			point(&p.Curves[2], s.noisy[i][0], s.noisy[i][1])
		}
		for _, c := range []int{0, 1, 3} { // a gap between the two
			point(&p.Curves[c], math.NaN(), math.NaN())
		}
	}
	return p.Figure()
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
