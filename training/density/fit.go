package density

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/layers/flow"
	"gorgonode/training"
)

// Options is what happens beside the training. The zero value is silent.
type Options struct {
	// Metrics gets a record a step, counted from 1: "loss" and "gradient_norm", and where the held-out rows were looked at
	// "held_out_nll", of the weights before the step.
	Metrics  *training.MetricsWriter
	Progress io.Writer // where progress is shown; nil is nowhere
	Bar      training.BarMode
}

// Fitted is a trained density.
type Fitted struct {
	Config   Config         // with its defaults filled in
	Flow     flow.Bijection // from the table's units to the base distribution
	Dim      int            // columns
	Columns  []string       // their names; x1, x2, … until Named gives others
	Steps    int            // of training
	BestStep int            // the number of steps after which the weights were kept
	// Means of −ln p in nats, in the table's units, by the exact trace: of the rows trained on, and of the others. HeldOut
	// is NaN where there are none.
	Train, HeldOut float64
}

// Fit trains a density on rows of equal length, without gaps. Its result is a function of rows and c.
func Fit(ctx context.Context, rows [][]float64, c Config, o Options) (*Fitted, error) {
	if err := c.Check(rows); err != nil {
		return nil, err
	}
	c = c.WithDefaults()
	d := len(rows[0])
	m, err := newModel(d, c)
	if err != nil {
		return nil, errors.WithMessage(err, "density")
	}
	train, held := split(rows, c.heldOut(len(rows)), c.Seed)
	t := &trainer{Config: c, Options: o, model: m, held: held}
	if err := t.run(ctx, train); err != nil {
		return nil, errors.WithMessage(err, "density")
	}
	f := &Fitted{Config: c, Flow: m.whole, Dim: d, Steps: t.steps, BestStep: t.best, HeldOut: math.NaN(), Columns: unnamed(d)}
	if f.Train, err = f.meanNLL(train); err == nil && len(held) > 0 {
		f.HeldOut, err = f.meanNLL(held)
	}
	return f, err
}

func unnamed(d int) []string {
	names := make([]string, d)
	for j := range names {
		names[j] = nameOf(nil, j)
	}
	return names
}

// nameOf is the name of column j, x1, x2, … where there are no names.
func nameOf(names []string, j int) string {
	if len(names) == 0 {
		return fmt.Sprintf("x%d", j+1)
	}
	return names[j]
}

// checkRows counts rows from 1, as a table's reader does.
func checkRows(rows [][]float64, columns ...string) error {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return errors.New("density: no data")
	}
	if len(columns) > 0 && len(columns) != len(rows[0]) {
		return errors.Errorf("density: %d names for %d columns", len(columns), len(rows[0]))
	}
	for i, r := range rows {
		if len(r) != len(rows[0]) {
			return errors.Errorf("density: row %d has %d numbers, and row 1 has %d", i+1, len(r), len(rows[0]))
		}
		for j, v := range r {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.Errorf("density: row %d, column %s is %g: a density needs all values", i+1, nameOf(columns, j), v)
			}
		}
	}
	return nil
}

// trainer is a Fit on its way.
type trainer struct {
	Config
	Options
	*model
	held        [][]float64
	steps, best int
	stopping    training.EarlyStopping
	kept        *training.Snapshot
	last        float64 // the newest mean of −ln p of the held-out rows
}

func (t *trainer) run(ctx context.Context, train [][]float64) error {
	if err := flow.Init(t.norm, train); err != nil {
		return err
	}
	scaled, err := flow.ForwardRows(t.norm, train)
	if err != nil {
		return err
	}
	// ActNorms take what they begin with from as many rows as are evaluated at once.
	const first = 512
	if err := flow.Init(t.body, scaled[:min(first, len(scaled))]); err != nil {
		return err
	}
	deal := &batches{rows: scaled, size: min(t.Batch, len(scaled)), seed: t.Seed}
	obj, err := newObjective(t.model, len(train[0]), deal.size, t.Config)
	if err != nil {
		return err
	}
	t.stopping = training.EarlyStopping{Patience: t.Patience}
	params := t.body.Params()
	t.kept = training.NewSnapshot(params)
	progress := t.progress()
	loop := training.Loop{
		Cost: obj.cost, Params: params, ClipNorm: math.Max(t.ClipNorm, 0),
		LearnRate: training.Cosine(t.LearnRate, t.LearnRate/100, t.Config.Steps),
		Feed:      func(step int) error { return obj.feed(step, deal.at(step)) },
		Observe: func(s training.LoopStep) (bool, error) {
			if progress != nil {
				progress.Step(s.Step+1, s.Cost, 0)
			}
			return t.observe(s)
		},
	}
	err = loop.Run(ctx, 0, t.Config.Steps)
	if progress != nil {
		progress.Finish()
	}
	if err != nil {
		return err
	}
	if len(t.held) == 0 {
		t.best = t.steps
		return nil
	}
	if _, err := t.look(t.steps); err != nil {
		return err
	}
	t.best = t.stopping.BestStep
	return t.kept.Restore()
}

func (t *trainer) progress() *training.Progress {
	if t.Progress == nil {
		return nil
	}
	return training.NewProgress(t.Config.Steps, training.ProgressOptions{Label: string(t.Model), Writer: t.Progress,
		Bar: t.Bar})
}

// observe counts a step, and looks at the held-out rows when it is time.
func (t *trainer) observe(s training.LoopStep) (stop bool, err error) {
	values := map[string]float64{"loss": s.Cost, "gradient_norm": s.GradNorm}
	if len(t.held) > 0 && s.Step%t.Every == 0 && s.Step > 0 {
		if stop, err = t.look(s.Step); err != nil {
			return true, err
		}
		values["held_out_nll"] = t.last
	}
	if !stop {
		t.steps = s.Step + 1
	}
	if t.Metrics != nil {
		err = t.Metrics.Write(training.Record{Step: s.Step + 1, Values: values})
	}
	return stop, err
}

// look measures the held-out rows after so many steps, and keeps the weights if there were none better.
func (t *trainer) look(steps int) (stop bool, err error) {
	f := &Fitted{Flow: t.whole, Dim: len(t.held[0])}
	if t.last, err = f.meanNLL(t.held); err != nil {
		return true, err
	}
	improved, stop, err := t.stopping.Observe(steps, t.last)
	if improved {
		t.kept.Take()
	}
	return stop, err
}

// Params are all numbers of the density: the trained ones, and the standardisation.
func (f *Fitted) Params() []*graph.Param { return f.Flow.Params() }
