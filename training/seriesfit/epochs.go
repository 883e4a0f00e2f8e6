package seriesfit

import (
	"context"
	"io"
	"math"
	"time"

	"github.com/pkg/errors"

	"gorgonode/training"
)

// Epochs is a training in passes through the series, with a look at the validation part after each. The weights that are
// kept are those of the best look.
type Epochs struct {
	// Loop has the cost, the parameters and the feed. Its Observe is not used. LearnRate falls from Rate along a cosine to a
	// hundredth if the Loop has none.
	Loop    training.Loop
	Rate    float64
	Batches int // steps in an epoch
	Epochs  int
	// Look measures the validation part: what is noted of it, and what should fall. nil: the mean cost of the epoch should,
	// and the last weights are kept.
	Look     func(ctx context.Context) (noted map[string]float64, judged float64, err error)
	Patience int // looks without a lower value that end the training; 0 is never

	// gets a record an epoch: "loss", the mean cost of its steps, and what Look notes, as "valid_…"
	Metrics  *training.MetricsWriter
	Label    string    // of the progress
	Progress io.Writer // nil is nowhere
	Bar      training.BarMode
}

// Trained is what Epochs did.
type Trained struct {
	Epochs    int               // done
	BestEpoch int               // after which the weights were kept
	Seconds   float64           // the least time that an epoch took, without the look
	History   []training.Record // as in Epochs.Metrics
}

// Run trains. The parameters are then those that were kept.
func (e Epochs) Run(ctx context.Context) (*Trained, error) {
	if e.Patience > 0 && e.Look == nil {
		return nil, errors.New("patience needs a validation part to look at")
	}
	steps := e.Epochs * e.Batches
	t := &epochs{Epochs: e, stopping: training.EarlyStopping{Patience: e.Patience}, began: time.Now()}
	t.done.Seconds = math.Inf(1)
	if e.Progress != nil {
		t.progress = training.NewProgress(steps, training.ProgressOptions{Label: e.Label, Writer: e.Progress, Bar: e.Bar})
		defer t.progress.Finish()
	}
	loop := e.Loop
	if loop.LearnRate == nil {
		loop.LearnRate = training.Cosine(e.Rate, e.Rate/100, steps)
	}
	loop.Observe = func(s training.LoopStep) (bool, error) { return t.observe(ctx, s) }
	if err := loop.Run(ctx, 0, steps); err != nil {
		return nil, err
	}
	if !t.stopped {
		if _, err := t.look(ctx, e.Epochs); err != nil {
			return nil, err
		}
	}
	return &t.done, t.restore()
}

// epochs is a Run on its way.
type epochs struct {
	Epochs
	done     Trained
	stopping training.EarlyStopping
	stopped  bool
	kept     *training.Snapshot
	sum      float64 // of the costs of the epoch
	began    time.Time
	progress *training.Progress
}

// observe looks at the weights after each epoch, which is before the first step of the next.
func (t *epochs) observe(ctx context.Context, s training.LoopStep) (stop bool, err error) {
	if s.Step > 0 && s.Step%t.Batches == 0 {
		if t.stopped, err = t.look(ctx, s.Step/t.Batches); t.stopped || err != nil {
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
func (t *epochs) look(ctx context.Context, epoch int) (stop bool, err error) {
	t.done.Seconds = math.Min(t.done.Seconds, time.Since(t.began).Seconds())
	mean := t.sum / float64(t.Batches)
	t.done.Epochs, t.sum = epoch, 0
	values := map[string]float64{"loss": mean}
	judged := mean
	if t.Look != nil {
		noted, v, err := t.Look(ctx)
		if err != nil {
			return true, err
		}
		for name, v := range noted {
			values["valid_"+name] = v
		}
		judged = v
	}
	improved, stop, err := t.stopping.Observe(epoch, judged)
	if improved && t.Look != nil {
		t.kept, t.done.BestEpoch = training.NewSnapshot(t.Loop.Params), epoch
	}
	record := training.Record{Step: epoch, Values: values}
	t.done.History = append(t.done.History, record)
	if err == nil && t.Metrics != nil {
		err = t.Metrics.Write(record)
	}
	t.began = time.Now()
	return stop, err
}

// restore brings back the weights that were best on the validation part; without one the last ones stay.
func (t *epochs) restore() error {
	if t.kept == nil {
		t.done.BestEpoch = t.done.Epochs
		return nil
	}
	return t.kept.Restore()
}
