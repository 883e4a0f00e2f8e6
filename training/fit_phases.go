package training

import (
	"context"
	"math"

	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// windows trains the field on mini-batches of windows.
func (f *fitter) windows(ctx context.Context) error {
	if f.c.WindowSteps < 0 {
		return nil
	}
	opts := SegmentOptions{Length: min(f.c.Length, f.train.Len()), Batch: 1, Seed: f.c.Model.Seed}
	segs, err := NewSegments(f.train, opts)
	if err != nil {
		return err
	}
	if opts.Batch = min(f.c.Batch, segs.Count()); opts.Batch > 1 {
		if segs, err = NewSegments(f.train, opts); err != nil {
			return err
		}
	}
	b, err := newBatch(f.model, segs, opts)
	if err != nil {
		return err
	}
	starts := f.model.states(f.train)
	loop := f.loop(b.cost.node, f.model.field.Params(), f.c.WindowSteps)
	loop.Feed = func(step int) error {
		batch, err := segs.Batch(step)
		if err != nil {
			return err
		}
		return b.feed(batch, starts)
	}
	return f.run(ctx, phase{loop: loop, steps: f.c.WindowSteps, label: "windows", loss: windowLossName, work: b.work})
}

// whole trains the field and the initial state on the whole trajectory.
func (f *fitter) whole(ctx context.Context) error {
	if f.c.WholeSteps < 0 {
		return nil
	}
	times := make([]float64, f.train.Len())
	rows := make([][][]float64, f.train.Len())
	for i, row := range f.train.X {
		times[i], rows[i] = f.train.T[i]-f.train.T[0], [][]float64{row}
	}
	ys, work, err := f.model.rollout(f.model.start.In(G.NewGraph()), times)
	if err != nil {
		return err
	}
	c, err := newCost(ys, 0, f.model.dim)
	if err != nil {
		return err
	}
	if err := c.feed(rows); err != nil {
		return err
	}
	return f.run(ctx, phase{
		loop: f.loop(c.node, f.model.Params(), f.c.WholeSteps), steps: f.c.WholeSteps, label: "trajectory",
		loss: trajectoryLossName,
		work: work, stopping: EarlyStopping{Patience: f.c.Patience}, keepBest: true,
	})
}

func (f *fitter) loop(cost *G.Node, params []*graph.Param, steps int) *Loop {
	rate := Cosine(f.c.LearnRate, f.c.LearnRate/100, steps)
	first := f.steps
	return &Loop{
		Cost: cost, Params: params, Decayed: f.model.field.Params(),
		ClipNorm: math.Max(f.c.ClipNorm, 0), Decay: math.Max(f.c.Decay, 0),
		LearnRate: func(step int) float64 { return rate(step - first) },
	}
}

// phase is one of the two parts of a Fit.
type phase struct {
	loop     *Loop
	steps    int
	label    string // for the progress
	loss     string // name of its loss in the metrics
	work     work
	stopping EarlyStopping
	keepBest bool // go back to the best step; the loss of one mini-batch says nothing about the others
}

func (f *fitter) run(ctx context.Context, p phase) error {
	var progress *Progress
	if f.o.Progress != nil {
		progress = NewProgress(p.steps, ProgressOptions{Label: p.label, Writer: f.o.Progress, Bar: f.o.Bar})
		defer progress.Finish()
	}
	best := NewSnapshot(p.loop.Params)
	first := f.steps
	p.loop.Observe = func(s LoopStep) (bool, error) {
		improved, stop, err := p.stopping.Observe(s.Step+1, lossOf(s))
		if err != nil {
			return true, err
		}
		if improved {
			best.Take()
		}
		f.steps = s.Step + 1
		evals := p.work.evaluations()
		if progress != nil {
			progress.Step(s.Step-first+1, s.Cost, evals)
		}
		if f.o.Metrics != nil {
			err = f.o.Metrics.Write(Record{Step: s.Step + 1, Values: map[string]float64{
				p.loss: s.Cost, gradientNormName: s.GradNorm, evaluationsName: float64(evals),
			}})
		}
		return stop, err
	}
	if err := p.loop.Run(ctx, first, p.steps); err != nil {
		return err
	}
	if p.keepBest && p.stopping.Seen {
		f.best = p.stopping.BestStep
		return best.Restore()
	}
	return nil
}

// lossOf is the cost where the step may be taken, and NaN or infinite where it may not.
func lossOf(s LoopStep) float64 {
	if finite(s.Cost) && !finite(s.GradNorm) {
		return s.GradNorm
	}
	return s.Cost
}
