package generative

import (
	"context"
	"maps"
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/layers/series"
	"gorgonode/odeop"
	"gorgonode/training/seriesdata"
)

// Metrics are what a model makes of a part of the data:
//
//   - "elbo", the evidence lower bound, and "iwae", the tighter bound of importance weighted autoencoders with 20 samples:
//     nats for one observed value, in the data's units. Of Extrapolate they bound the likelihood of what comes after the split
//     by itself, by a posterior that has seen what comes before, not the likelihood given that.
//   - "rmse NAME", the root mean square error of a channel in the data's units, and "scaled_rmse", that of all channels in
//     the scale of training: of the mean prediction of values that were hidden from the encoder, or come after the split.
//   - "coverage", the part of those values that lie in the model's band of 90 %.
//   - with classes "accuracy", "auc", "nll" as package sequence has them, and "class_loss" with the weights of training.
//   - "loss", what training makes small.
//
// A figure that can't be had is left out.
type Metrics map[string]float64

const (
	boundSamples = 20 // of "iwae"
	drawSamples  = 50 // of predictions that are measured
	band         = 0.9
)

// boundEvaluator measures the bound of a part, of all that is there.
type boundEvaluator struct {
	fitted            *Fitted
	set               *series.Set
	pairs             *pairs
	feed              func(step int, weight float64, encoded, decoded *series.Batch) error
	vm                G.VM
	perSeries, logits G.Value
}

func (f *Fitted) newBoundEvaluator(set *series.Set, o boundOptions) (*boundEvaluator, error) {
	e := f.Config.exercise()
	e.hide = 0
	batch := max(1, min(f.Config.Batch, len(set.Series)))
	p, err := newPairs(set, f.Config, e, seriesdata.LoaderOptions{Batch: batch, InOrder: true})
	if err != nil {
		return nil, err
	}
	b, err := f.model.bound(p, o)
	if err != nil {
		return nil, err
	}
	v := &boundEvaluator{fitted: f, set: set, pairs: p, feed: b.feed}
	G.Read(b.perSeries, &v.perSeries)
	if f.head != nil {
		logits, err := f.head.logits(b)
		if err != nil {
			return nil, err
		}
		G.Read(logits, &v.logits)
	}
	v.vm = G.NewTapeMachine(b.graph)
	return v, nil
}

func (e *boundEvaluator) close() { e.vm.Close() }

// measure has "elbo" of whichever bound it is, and figures of the classes.
func (e *boundEvaluator) measure(ctx context.Context) (Metrics, error) {
	sum, units, count := 0.0, 0.0, 0.0
	var probabilities [][]float64
	for k := range e.pairs.encoded.Batches() {
		if err := ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		encoded, decoded, err := e.pairs.batch(k)
		if err != nil {
			return nil, err
		}
		if err := e.feed(k, 1, encoded, decoded); err != nil {
			return nil, err
		}
		if err := e.vm.RunAll(); err != nil {
			return nil, odeop.Cause(err)
		}
		bounds := e.perSeries.Data().([]float32)
		for i := range encoded.IDs {
			if n, u := e.fitted.jacobian(decoded, i); n > 0 {
				sum, units, count = sum+float64(bounds[i]), units+u, count+n
			}
			if e.logits != nil {
				probabilities = append(probabilities, e.fitted.head.mean(e.logits, i))
			}
		}
		e.vm.Reset()
	}
	if count == 0 {
		return nil, errors.Errorf("%s has nothing to decode", e.set.Name)
	}
	m := Metrics{"elbo": (sum - units) / count, "loss": -sum / count}
	maps.Copy(m, e.fitted.classMetrics(probabilities, e.set))
	m["loss"] += e.fitted.Config.ClassWeight * m["class_loss"]
	return m, nil
}

// jacobian counts the values of series i that are decoded, and adds up the logarithms of their scales: so much less is a
// density in the data's units.
func (f *Fitted) jacobian(b *series.Batch, i int) (count, sum float64) {
	d := len(f.Channels)
	for j := range b.Lengths[i] {
		row := false
		for k := range d {
			if b.Mask[(i*b.Steps+j)*d+k] == 1 {
				count, sum, row = count+1, sum+math.Log(f.Scaling.Channels[k].Scale), true
			}
		}
		if row && f.Config.Poisson && b.Times[i*b.Steps+j] != 0 { // that at 0 is no event
			sum += math.Log(f.Config.TimeUnit)
		}
	}
	return count, sum
}

// evaluate measures a part in the scale of training.
func (f *Fitted) evaluate(ctx context.Context, set *series.Set) (Metrics, error) {
	bounded := func(o boundOptions) (Metrics, error) {
		e, err := f.newBoundEvaluator(set, o)
		if err != nil {
			return nil, err
		}
		defer e.close()
		return e.measure(ctx)
	}
	m, err := bounded(boundOptions{samples: 1})
	if err != nil {
		return nil, err
	}
	tighter, err := bounded(boundOptions{samples: boundSamples, importance: true})
	if err != nil {
		return nil, err
	}
	m["iwae"] = tighter["elbo"]
	return m, f.measureDraws(ctx, set, m)
}

// measureDraws compares predictions with what the encoder did not see, and tells classes from all that it may see.
func (f *Fitted) measureDraws(ctx context.Context, set *series.Set, m Metrics) error {
	q := query{set: set, exercise: f.Config.exercise(), samples: drawSamples, seed: f.Config.Seed}
	if q.split == 0 && q.hide == 0 {
		q.hide = hidden
	}
	r := newResiduals(f.Scaling)
	if err := f.draw(ctx, q, func(g group) error { r.add(g); return nil }); err != nil {
		return err
	}
	r.measure(m)
	if f.head == nil {
		return nil
	}
	q.hide, q.times = 0, make([][]float64, len(set.Series))
	var probabilities [][]float64
	err := f.draw(ctx, q, func(g group) error {
		p, err := f.head.probabilities(g.paths, g.seen.Batch, len(g.seen.IDs))
		probabilities = append(probabilities, p...)
		return err
	})
	if err != nil {
		return err
	}
	// The classes of many draws take the place of those of the bound's one.
	m["loss"] -= f.Config.ClassWeight * m["class_loss"]
	maps.Copy(m, f.classMetrics(probabilities, set))
	m["loss"] += f.Config.ClassWeight * m["class_loss"]
	return nil
}
