package sequence

import (
	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

var kind = training.Kind{Format: 1, Model: "sequence"}

// saved is config.json.
type saved struct {
	training.Kind
	Config    Config              `json:"config"`
	Scaling   *seriesdata.Scaling `json:"scaling"`
	Means     []float64           `json:"means,omitempty"`
	Channels  []string            `json:"channels"`
	Statics   []string            `json:"statics,omitempty"`
	Targets   []string            `json:"targets,omitempty"`
	Classes   []string            `json:"classes,omitempty"`
	Epochs    int                 `json:"epochs"`
	BestEpoch int                 `json:"best_epoch"`
	Metrics   map[string]Metrics  `json:"metrics"`
}

// Save writes what Load needs into a run: weights.safetensors and config.json. The numbers are kept to the last bit.
func (f *Fitted) Save(w *training.RunWriter) error {
	return errors.WithMessage(w.SaveModel(saved{
		Kind: kind, Config: f.Config, Scaling: f.Scaling, Means: f.means, Channels: f.Channels, Statics: f.Statics,
		Targets: f.Targets, Classes: f.Classes, Epochs: f.Epochs, BestEpoch: f.BestEpoch, Metrics: f.Metrics,
	}, f.network.params()), "sequence: save")
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
	return f, errors.WithMessagef(err, "sequence: load run %s", run.Dir)
}

func load(run *training.Run) (*Fitted, error) {
	var s saved
	if err := run.LoadConfig(kind, &s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, errors.WithMessage(err, training.ConfigName)
	}
	f := &Fitted{
		Config: s.Config, Scaling: s.Scaling, means: s.Means, Channels: s.Channels, Statics: s.Statics, Targets: s.Targets,
		Classes: s.Classes,
		Epochs:  s.Epochs, BestEpoch: s.BestEpoch, Metrics: s.Metrics,
	}
	widths := series.Widths{Values: len(f.Channels), Static: len(f.Statics)}
	var err error
	if f.network, err = newNetwork(f.Config, f.means, widths, f.outputs()); err != nil {
		return nil, errors.WithMessage(err, training.ConfigName)
	}
	return f, run.LoadWeights(f.network.params())
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
	outputs := len(s.Targets)
	if c.Task == Classify {
		outputs = len(s.Classes)
	}
	switch {
	case c.Task == "" || len(s.Channels) == 0 || outputs == 0:
		return errors.Errorf("task %q with the channels %q, targets %q, classes %q", c.Task, s.Channels, s.Targets,
			s.Classes)
	case len(s.Means) > 0 && len(s.Means) != len(s.Channels):
		return errors.Errorf("%d means of %d channels", len(s.Means), len(s.Channels))
	case len(s.Scaling.Channels) != len(s.Channels) || len(s.Scaling.Statics) != len(s.Statics):
		return errors.New("the scaling is of other columns")
	case c.Task != Classify && !c.RawTargets && len(s.Scaling.Targets) != outputs:
		return errors.New("the scaling is of other targets")
	}
	return nil
}
