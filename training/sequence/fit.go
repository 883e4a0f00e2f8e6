package sequence

import (
	"context"
	"io"
	"math"
	"slices"
	"time"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

// Options is what happens beside the training. The zero value is silent.
type Options struct {
	// Valid and Test are parts of their own, in place of those that Config.Valid and Config.Test take from the set.
	Valid, Test *series.Set
	// Metrics gets a record an epoch: the mean "loss" of its steps, and of the validation part "valid_loss" and the figures that
	// Metrics lists.
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

	network *network
}

// Fit trains a model on the series of a set. But for the time its result is a function of its arguments.
func Fit(ctx context.Context, set *series.Set, c Config, o Options) (*Fitted, error) {
	c, err := c.forSet(set)
	if err != nil {
		return nil, err
	}
	for _, other := range []*series.Set{o.Valid, o.Test} {
		if other == nil {
			continue
		}
		if err := other.Validate(); err != nil {
			return nil, errors.WithMessage(err, "sequence")
		}
		if err := same(set, other, c.Task); err != nil {
			return nil, err
		}
	}
	f, err := fit(ctx, set, c, o)
	return f, errors.WithMessage(err, "sequence")
}

func fit(ctx context.Context, set *series.Set, c Config, o Options) (*Fitted, error) {
	if c.Task == Forecast && !slices.ContainsFunc(set.Series, func(s *series.Series) bool { return s.Len() > 1 }) {
		return nil, errors.Errorf("none of the %d series has a second row to forecast: is the right column the series' id?", len(set.Series))
	}
	p, err := split(set, c, o)
	if err != nil {
		return nil, err
	}
	if c.Patience > 0 && p.valid == nil {
		return nil, errors.New("patience needs a validation part to look at")
	}
	if c, err = c.complete(p.train); err != nil {
		return nil, err
	}
	for _, part := range []**series.Set{&p.train, &p.valid, &p.test} {
		if *part != nil {
			*part = ready(*part, c.Task)
		}
	}
	f := &Fitted{Config: c, Channels: p.train.Channels, Statics: p.train.Statics, Targets: p.train.Targets, Classes: p.train.Classes,
		Metrics: map[string]Metrics{}}
	f.Scaling, err = seriesdata.FitScaling(p.train,
		seriesdata.ScalingOptions{Method: c.Scaling, TimeUnit: c.TimeUnit, Targets: c.Task != Classify && !c.RawTargets})
	if err != nil {
		return nil, err
	}
	if f.network, err = newNetwork(c, p.train.Widths(), f.outputs()); err != nil {
		return nil, err
	}
	for _, part := range []**series.Set{&p.train, &p.valid, &p.test} {
		if *part == nil {
			continue
		}
		if *part, err = f.Scaling.Forward(*part); err != nil {
			return nil, err
		}
	}
	t := &trainer{Fitted: f, options: o, valid: p.valid, least: math.Inf(1)}
	if err := t.run(ctx, p.train); err != nil {
		return nil, err
	}
	f.EpochSeconds = t.least
	for name, part := range map[string]*series.Set{"train": p.train, "valid": p.valid, "test": p.test} {
		if part == nil {
			continue
		}
		if f.Metrics[name], err = f.evaluate(ctx, part); err != nil {
			return nil, err
		}
	}
	return f, nil
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

// trainer is a Fit on its way.
type trainer struct {
	*Fitted
	options Options
	valid   *series.Set
	looker  *evaluator // of the validation part

	batches  int // of an epoch
	stopping training.EarlyStopping
	kept     [][]float64
	sum      float64 // of the costs of the epoch
	began    time.Time
	least    float64 // seconds of an epoch
	progress *training.Progress
}

func (t *trainer) run(ctx context.Context, train *series.Set) error {
	c := t.Config
	loader, err := seriesdata.NewLoader(train, seriesdata.LoaderOptions{Batch: min(c.Batch, len(train.Series)), Seed: c.Seed})
	if err != nil {
		return err
	}
	w, cost, err := t.network.cost(loader.Shapes()[0])
	if err != nil {
		return err
	}
	if t.valid != nil {
		if t.looker, err = newEvaluator(t.network, t.network.shapeOf(t.valid)); err != nil {
			return err
		}
		defer t.looker.vm.Close()
	}
	t.batches = loader.Batches()
	steps := c.Epochs * t.batches
	if t.options.Progress != nil {
		t.progress = training.NewProgress(steps, training.ProgressOptions{Label: c.Model, Writer: t.options.Progress, Bar: t.options.Bar})
		defer t.progress.Finish()
	}
	t.stopping = training.EarlyStopping{Patience: c.Patience}
	t.began = time.Now()
	loop := training.Loop{
		Cost: cost, Params: t.network.params(), ClipNorm: math.Max(c.ClipNorm, 0), Decay: c.Decay,
		LearnRate: training.Cosine(c.LearnRate, c.LearnRate/100, steps),
		Feed: func(step int) error {
			b, err := loader.Batch(step)
			if err != nil {
				return err
			}
			return w.feed(b)
		},
		Observe: func(s training.LoopStep) (bool, error) { return t.observe(ctx, s) },
	}
	if err := loop.Run(ctx, 0, steps); err != nil {
		return err
	}
	if t.Epochs*t.batches < steps && t.stopping.Waited >= c.Patience && c.Patience > 0 {
		return t.restore()
	}
	if _, err := t.look(ctx, c.Epochs); err != nil {
		return err
	}
	return t.restore()
}

// observe looks at the weights after each epoch, which is before the first step of the next.
func (t *trainer) observe(ctx context.Context, s training.LoopStep) (stop bool, err error) {
	if s.Step > 0 && s.Step%t.batches == 0 {
		if stop, err = t.look(ctx, s.Step/t.batches); stop || err != nil {
			return true, err
		}
	}
	t.sum += s.Cost
	if t.progress != nil {
		t.progress.Step(s.Step+1, s.Cost, 0)
	}
	return false, nil
}

// look ends an epoch.
func (t *trainer) look(ctx context.Context, epoch int) (stop bool, err error) {
	t.least = math.Min(t.least, time.Since(t.began).Seconds())
	mean := t.sum / float64(t.batches)
	t.Epochs, t.sum = epoch, 0
	values := map[string]float64{"loss": mean}
	judged := mean
	if t.valid != nil {
		a, err := t.looker.ask(ctx, t.valid, t.outputs())
		if err != nil {
			return true, err
		}
		m := t.network.measure(a, t.valid, t.Scaling)
		for name, v := range m {
			values["valid_"+name] = v
		}
		if len(m) == 0 {
			return true, errors.New("the validation part has nothing to compare with")
		}
		judged = m["loss"]
	}
	improved, stop, err := t.stopping.Observe(epoch, judged)
	if improved && t.valid != nil {
		t.keep()
	}
	record := training.Record{Step: epoch, Values: values}
	t.History = append(t.History, record)
	if err == nil && t.options.Metrics != nil {
		err = t.options.Metrics.Write(record)
	}
	t.began = time.Now()
	return stop, err
}

func (t *trainer) keep() {
	t.kept, t.BestEpoch = t.kept[:0], t.Epochs
	for _, p := range t.network.params() {
		t.kept = append(t.kept, p.Float64s())
	}
}

// restore brings back the weights that were best on the validation part; without one the last ones stay.
func (t *trainer) restore() error {
	if t.kept == nil {
		t.BestEpoch = t.Epochs
		return nil
	}
	for i, p := range t.network.params() {
		if err := p.Set(t.kept[i]); err != nil {
			return err
		}
	}
	return nil
}
