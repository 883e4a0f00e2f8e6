package demo

import (
	"context"
	"fmt"
	"sort"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/sequence"
)

// contender is a model of a comparison, with what was published of it.
type contender struct {
	name      string // as it is written in papers
	config    sequence.Config
	published string // of the figure
	epoch     string // of the time for an epoch
}

// sequenceParts are the data of a comparison. Without valid the Config takes it from train.
type sequenceParts struct{ train, valid, test *series.Set }

// fitContender trains one, and notes how long an epoch takes.
func fitContender(ctx context.Context, o Options, r *Result, c contender, parts sequenceParts) (*sequence.Fitted, error) {
	if o.Log != nil {
		fmt.Fprintf(o.Log, "%s: %d series to learn from, %d for the test\n", c.name, len(parts.train.Series),
			len(parts.test.Series))
	}
	c.config.Seed = o.Seed
	f, err := sequence.Fit(ctx, parts.train, c.config, sequence.Options{Valid: parts.valid, Test: parts.test, Progress: o.Log})
	if err != nil {
		return nil, err
	}
	if o.Log != nil {
		for _, part := range []string{"train", "valid", "test"} {
			fmt.Fprintf(o.Log, "%s, %s:%s\n", c.name, part, listed(f.Metrics[part]))
		}
	}
	r.Figures = append(r.Figures,
		Figure{Name: c.name + ", seconds for an epoch, the fastest", Value: f.EpochSeconds, Unit: "s", Published: c.epoch},
		Figure{Name: c.name + ", epochs until the weights that were kept", Value: float64(f.BestEpoch)},
	)
	return f, nil
}

func listed(m map[string]float64) string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	text := ""
	for _, name := range names {
		text += fmt.Sprintf(" %s %.4g", name, m[name])
	}
	return text
}

// curves are the validation figures after each epoch, for a learning curve.
func curves(name, key string, f *sequence.Fitted) training.Curve {
	c := training.Curve{Name: name}
	for _, record := range f.History {
		c.X, c.Y = append(c.X, float64(record.Step)), append(c.Y, record.Values[key])
	}
	return c
}
