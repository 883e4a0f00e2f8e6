package generative

import (
	"github.com/pkg/errors"

	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

var kind = training.Kind{Format: 1, Model: "generative"}

// saved is config.json.
type saved struct {
	training.Kind
	Config    Config              `json:"config"`
	Scaling   *seriesdata.Scaling `json:"scaling"`
	Channels  []string            `json:"channels"`
	Classes   []string            `json:"classes,omitempty"`
	Epochs    int                 `json:"epochs"`
	BestEpoch int                 `json:"best_epoch"`
	Metrics   map[string]Metrics  `json:"metrics"`
}

// Save writes what Load needs into a run: weights.safetensors and config.json. The numbers are kept to the last bit.
func (f *Fitted) Save(w *training.RunWriter) error {
	return errors.WithMessage(w.SaveModel(saved{
		Kind: kind, Config: f.Config, Scaling: f.Scaling, Channels: f.Channels, Classes: f.Classes,
		Epochs: f.Epochs, BestEpoch: f.BestEpoch, Metrics: f.Metrics,
	}, f.params()), "generative: save")
}

// Is tells whether a run holds a model of this package.
func Is(run *training.Run) bool { return run.Holds(kind) }

// Load reads a run folder that Save has written to and Commit has finished. Its predictions are those of the Fitted that was
// saved, bit for bit.
func Load(dir string) (*Fitted, error) {
	run, err := training.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	f, err := load(run)
	return f, errors.WithMessagef(err, "generative: load run %s", run.Dir)
}

func load(run *training.Run) (*Fitted, error) {
	var s saved
	if err := run.LoadConfig(kind, &s); err != nil {
		return nil, err
	}
	f := &Fitted{
		Config: s.Config, Scaling: s.Scaling, Channels: s.Channels, Classes: s.Classes,
		Epochs: s.Epochs, BestEpoch: s.BestEpoch, Metrics: s.Metrics,
	}
	if err := s.check(); err != nil {
		return nil, errors.WithMessage(err, training.ConfigName)
	}
	if err := f.build(); err != nil {
		return nil, errors.WithMessage(err, training.ConfigName)
	}
	return f, run.LoadWeights(f.params())
}

func (s *saved) check() error {
	if err := s.Config.check(); err != nil {
		return err
	}
	if err := s.Config.checkSize(len(s.Channels)); err != nil {
		return err
	}
	if err := s.Scaling.Validate(); err != nil {
		return err
	}
	c := s.Config
	switch {
	case len(s.Channels) == 0 || len(s.Scaling.Channels) != len(s.Channels):
		return errors.Errorf("%d channels, and the scaling of %d", len(s.Channels), len(s.Scaling.Channels))
	case !(c.Span > 0) || !(c.Step > 0) || !(c.TimeUnit > 0):
		return errors.Errorf("a span of %g, a step of %g, a time unit of %g: want positive numbers",
			c.Span, c.Step, c.TimeUnit)
	}
	return nil
}
