package generative

import (
	"context"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/layers/latent"
	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
	"gorgonode/training/seriesfit"
)

// Options is what happens beside the training. The zero value is silent.
type Options struct {
	// Valid and Test are parts of their own, in place of those that Config.Valid and Config.Test take from the set.
	Valid, Test *series.Set
	// Metrics gets a record an epoch: the mean "loss" of its steps, and of the validation part "valid_loss" and what Metrics
	// lists of bounds and classes.
	Metrics  *training.MetricsWriter
	Progress io.Writer // where progress is shown; nil is nowhere
	Bar      training.BarMode
}

// Fitted is a trained model. It is for one goroutine at a time.
type Fitted struct {
	Config    Config // as it was used: nothing is left to a default
	Scaling   *seriesdata.Scaling
	Channels  []string
	Classes   []string           // nil if none were learned
	Epochs    int                // of training
	BestEpoch int                // after which the weights were kept
	Metrics   map[string]Metrics // of "valid" and "test", as far as there are such parts; of "train" if there is neither
	// EpochSeconds is the least time that an epoch took, without the look at the validation part. Save does not keep it.
	EpochSeconds float64
	History      []training.Record // what Options.Metrics got; likewise
	Test         *series.Set       // the series of the test, or those that Metrics are of, as they were given; likewise

	model model
	head  *head
}

// Fit trains a model on the series of a set. But for the time its result is a function of its arguments.
func Fit(ctx context.Context, set *series.Set, c Config, o Options) (*Fitted, error) {
	f, err := fit(ctx, set, c, o)
	return f, errors.WithMessage(err, "generative")
}

func fit(ctx context.Context, set *series.Set, c Config, o Options) (*Fitted, error) {
	c, err := c.forSet(set)
	if err != nil {
		return nil, err
	}
	columns := []seriesfit.Columns{seriesfit.Channels, seriesfit.Statics, seriesfit.Targets}
	if c.classifies(set) {
		columns = append(columns, seriesfit.Classes)
	}
	given := seriesfit.Parts{Valid: o.Valid, Test: o.Test}
	p, err := seriesfit.Deal(set, c.Seed, c.Valid, c.Test, given, columns...)
	if err != nil {
		return nil, err
	}
	f := &Fitted{Channels: set.Channels, Metrics: map[string]Metrics{}, Test: p.Train}
	for _, part := range []*series.Set{p.Valid, p.Test} {
		if part != nil {
			f.Test = part
		}
	}
	if err := p.Change(func(_ string, part *series.Set) (*series.Set, error) { return c.clock(part) }); err != nil {
		return nil, err
	}
	if f.Config, err = c.complete(p.Train); err != nil {
		return nil, err
	}
	if f.Classes = p.Train.Classes; f.Classes != nil {
		if f.Config.ClassWeights, err = seriesfit.ClassWeights(p.Train, c.ClassWeights, c.Balance); err != nil {
			return nil, err
		}
		f.Config.Balance = false
	}
	scaling := seriesdata.ScalingOptions{Method: c.Scaling, TimeUnit: f.Config.TimeUnit}
	f.Scaling, err = seriesdata.FitScaling(p.Train, scaling)
	if err != nil {
		return nil, err
	}
	if err := f.build(); err != nil {
		return nil, err
	}
	scale := func(_ string, part *series.Set) (*series.Set, error) { return f.Scaling.Forward(part) }
	if err := p.Change(scale); err != nil {
		return nil, err
	}
	if err := f.train(ctx, p, o); err != nil {
		return nil, err
	}
	return f, p.Named(func(name string, part *series.Set) error {
		if name == "train" && (p.Valid != nil || p.Test != nil) {
			return nil
		}
		f.Metrics[name], err = f.evaluate(ctx, part)
		return errors.WithMessagef(err, "the part %q", name)
	})
}

// build makes the model of the Config.
func (f *Fitted) build() error {
	newModel, ok := models[f.Config.Model]
	if !ok {
		return errors.Errorf("there is no model %q; there are %q", f.Config.Model, Models())
	}
	var err error
	if f.model, err = newModel(f.Config, len(f.Channels)); err != nil {
		return err
	}
	f.head, err = newHead(f.Config, len(f.Classes))
	return err
}

func (f *Fitted) params() []*graph.Param {
	params := f.model.params()
	if f.head != nil {
		params = graph.JoinParams(params, f.head.Params())
	}
	return params
}

// train takes the steps, on parts in the scale of training.
func (f *Fitted) train(ctx context.Context, parts *seriesfit.Parts, o Options) error {
	c := f.Config
	deal := seriesdata.LoaderOptions{Batch: min(c.Batch, len(parts.Train.Series)), Seed: c.Seed}
	p, err := newPairs(parts.Train, c, c.exercise(), deal)
	if err != nil {
		return err
	}
	values := valuesOf(parts.Train, p.split)
	if values == 0 {
		return errors.Errorf("no series to learn from has a value behind the split at %g", c.Split)
	}
	b, err := f.model.bound(p, boundOptions{samples: c.Samples, importance: c.Samples > 1})
	if err != nil {
		return err
	}
	cost, err := f.head.cost(b, values)
	if err != nil {
		return err
	}
	decayed := slices.DeleteFunc(f.params(), func(p *graph.Param) bool { return slices.Contains(b.undecayed, p) })
	batches := p.encoded.Batches()
	annealing := f.annealing(c.Epochs * batches)
	e := seriesfit.Epochs{
		Loop: training.Loop{
			Cost: cost, Params: f.params(), ClipNorm: math.Max(c.ClipNorm, 0), Decay: c.Decay, Decayed: decayed,
			Feed: func(step int) error {
				encoded, decoded, err := p.batch(step)
				if err != nil {
					return err
				}
				return b.feed(step, annealing(step), encoded, decoded)
			},
		},
		Rate: c.LearnRate, Batches: batches, Epochs: c.Epochs, Patience: c.Patience,
		Metrics: o.Metrics, Label: c.Model, Progress: o.Progress, Bar: o.Bar,
	}
	if parts.Valid != nil {
		look, err := f.newBoundEvaluator(parts.Valid, boundOptions{samples: c.Samples, importance: c.Samples > 1})
		if err != nil {
			return err
		}
		defer look.close()
		e.Look = func(ctx context.Context) (map[string]float64, float64, error) {
			m, err := look.measure(ctx)
			return m, m["loss"], err
		}
	}
	done, err := e.Run(ctx)
	if err != nil {
		return err
	}
	f.Epochs, f.BestEpoch, f.EpochSeconds, f.History = done.Epochs, done.BestEpoch, done.Seconds, done.History
	return nil
}

// annealing is the weight of the divergence from the prior at a step of n.
func (f *Fitted) annealing(n int) func(step int) float64 {
	rise := f.Config.Annealing * float64(n)
	if !(rise >= 1) {
		return func(int) float64 { return 1 }
	}
	return latent.KLAnnealing(0, math.Pow(0.01, 1/rise))
}
