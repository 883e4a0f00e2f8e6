package sequence

import (
	"context"
	"io"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
	"gorgonode/training/seriesfit"
)

// Options is what happens beside the training. The zero value is silent.
type Options struct {
	// Valid and Test are parts of their own, in place of those that Config.Valid and Config.Test take from the set.
	Valid, Test *series.Set
	// Metrics gets a record an epoch: the mean "loss" of its steps, and of the validation part "valid_loss" and the figures
	// that Metrics lists.
	Metrics  *training.MetricsWriter
	Progress io.Writer // where progress is shown; nil is nowhere
	Bar      training.BarMode
}

// Fitted is a trained model.
type Fitted struct {
	Config    Config // as it was used: nothing is left to a default
	Scaling   *seriesdata.Scaling
	Channels  []string
	Statics   []string
	Targets   []string // what is predicted: of Forecast the channels
	Classes   []string
	Epochs    int                // of training
	BestEpoch int                // after which the weights were kept
	Metrics   map[string]Metrics // of "train", "valid" and "test", as far as there are such parts
	// EpochSeconds is the least time that an epoch took, without the look at the validation part. Save does not keep it.
	EpochSeconds float64
	History      []training.Record // what Options.Metrics got; likewise

	means   []float64 // of the channels in the scale of training; nil is 0
	network *network
}

// Fit trains a model on the series of a set. But for the time its result is a function of its arguments.
func Fit(ctx context.Context, set *series.Set, c Config, o Options) (*Fitted, error) {
	c, err := c.forSet(set)
	if err != nil {
		return nil, err
	}
	f, err := fit(ctx, set, c, o)
	return f, errors.WithMessage(err, "sequence")
}

func fit(ctx context.Context, set *series.Set, c Config, o Options) (*Fitted, error) {
	if c.Task == Forecast && !slices.ContainsFunc(set.Series, func(s *series.Series) bool { return s.Len() > 1 }) {
		return nil, errors.Errorf("none of the %d series has a second row to forecast: is the right column the series' id?",
			len(set.Series))
	}
	given := seriesfit.Parts{Valid: o.Valid, Test: o.Test}
	p, err := seriesfit.Deal(set, c.Seed, c.Valid, c.Test, given, columns(c.Task)...)
	if err != nil {
		return nil, err
	}
	if c, err = c.complete(p.Train); err != nil {
		return nil, err
	}
	if err := p.Change(func(_ string, set *series.Set) (*series.Set, error) { return ready(set, c.Task), nil }); err != nil {
		return nil, err
	}
	f := &Fitted{Config: c, Channels: p.Train.Channels, Statics: p.Train.Statics, Targets: p.Train.Targets,
		Classes: p.Train.Classes,
		Metrics: map[string]Metrics{}}
	f.Scaling, err = seriesdata.FitScaling(p.Train,
		seriesdata.ScalingOptions{Method: c.Scaling, TimeUnit: c.TimeUnit, Targets: c.Task != Classify && !c.RawTargets})
	if err != nil {
		return nil, err
	}
	if err := p.Change(func(_ string, set *series.Set) (*series.Set, error) { return f.Scaling.Forward(set) }); err != nil {
		return nil, err
	}
	if c.Scaling == seriesdata.MinMax {
		f.means = meansOf(p.Train)
	}
	if f.network, err = newNetwork(c, f.means, p.Train.Widths(), f.outputs()); err != nil {
		return nil, err
	}
	if err := f.train(ctx, p, o); err != nil {
		return nil, err
	}
	return f, p.Named(func(name string, part *series.Set) error {
		f.Metrics[name], err = f.evaluate(ctx, part)
		return err
	})
}

// meansOf are those of the observed values of each channel; 0 of one that is never observed.
func meansOf(set *series.Set) []float64 {
	means, counts := make([]float64, len(set.Channels)), make([]float64, len(set.Channels))
	for _, s := range set.Series {
		for _, row := range s.Values {
			for k, v := range row {
				if !math.IsNaN(v) {
					counts[k]++
					means[k] += (v - means[k]) / counts[k]
				}
			}
		}
	}
	return means
}

// outputs are C or k.
func (f *Fitted) outputs() int {
	if f.Config.Task == Classify {
		return len(f.Classes)
	}
	return len(f.Targets)
}

// evaluate measures a part in the scale of training.
func (f *Fitted) evaluate(ctx context.Context, part *series.Set) (Metrics, error) {
	e, err := newEvaluator(f.network, f.network.shapeOf(part))
	if err != nil {
		return nil, err
	}
	defer e.vm.Close()
	a, err := e.ask(ctx, part, f.outputs())
	if err != nil {
		return nil, err
	}
	return f.network.measure(a, part, f.Scaling), nil
}

// train takes the steps, on parts in the scale of training.
func (f *Fitted) train(ctx context.Context, p *seriesfit.Parts, o Options) error {
	c := f.Config
	loader, err := seriesdata.NewLoader(p.Train, seriesdata.LoaderOptions{Batch: min(c.Batch, len(p.Train.Series)),
		Seed: c.Seed})
	if err != nil {
		return err
	}
	w, cost, err := f.network.cost(loader.Shapes()[0])
	if err != nil {
		return err
	}
	e := seriesfit.Epochs{
		Loop: training.Loop{
			Cost: cost, Params: f.network.params(), ClipNorm: math.Max(c.ClipNorm, 0), Decay: c.Decay,
			Feed: func(step int) error {
				b, err := loader.Batch(step)
				if err != nil {
					return err
				}
				f.network.step.Set(step)
				return w.feed(b)
			},
		},
		Rate: c.LearnRate, Batches: loader.Batches(), Epochs: c.Epochs, Patience: c.Patience,
		Metrics: o.Metrics, Label: c.Model, Progress: o.Progress, Bar: o.Bar,
	}
	if p.Valid != nil {
		looker, err := newEvaluator(f.network, f.network.shapeOf(p.Valid))
		if err != nil {
			return err
		}
		defer looker.vm.Close()
		e.Look = func(ctx context.Context) (map[string]float64, float64, error) {
			a, err := looker.ask(ctx, p.Valid, f.outputs())
			if err != nil {
				return nil, 0, err
			}
			m := f.network.measure(a, p.Valid, f.Scaling)
			if len(m) == 0 {
				return nil, 0, errors.New("the validation part has nothing to compare with")
			}
			return m, m["loss"], nil
		}
	}
	done, err := e.Run(ctx)
	if err != nil {
		return err
	}
	f.Epochs, f.BestEpoch, f.EpochSeconds, f.History = done.Epochs, done.BestEpoch, done.Seconds, done.History
	return nil
}
