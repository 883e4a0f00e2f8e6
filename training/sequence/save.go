package sequence

import (
	"encoding/json"
	"io"
	"math"
	"os"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/seriesdata"
)

// The files of a saved Fitted.
const (
	weightsFile = "weights.safetensors"
	configFile  = "config.json"

	format = 1
	kind   = "sequence"
)

// saved is config.json. What format it has stands first, so that a later program knows what it reads.
type saved struct {
	Format    int                 `json:"format"`
	Model     string              `json:"model"`
	Config    Config              `json:"config"`
	Scaling   *seriesdata.Scaling `json:"scaling"`
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
	tensors, err := tensorsOf(f.network.params())
	if err != nil {
		return err
	}
	if err := training.SaveTensors(w.Path(weightsFile), tensors, map[string]string{"model": kind}); err != nil {
		return err
	}
	s := saved{
		Format: format, Model: kind, Config: f.Config, Scaling: f.Scaling, Channels: f.Channels, Statics: f.Statics, Targets: f.Targets,
		Classes: f.Classes, Epochs: f.Epochs, BestEpoch: f.BestEpoch, Metrics: f.Metrics,
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return errors.Wrap(err, "sequence: save")
	}
	return training.WriteFile(w.Path(configFile), func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// Is tells whether a run holds a model of this package.
func Is(run *training.Run) bool {
	s, err := read(run)
	return err == nil && s.Model == kind
}

// Load reads a run folder that Save has written to and Commit has finished. Its predictions are those of the Fitted that was saved, bit
// for bit.
func Load(dir string) (*Fitted, error) {
	run, err := training.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	f, err := load(run)
	return f, errors.WithMessagef(err, "sequence: load run %s", run.Dir)
}

func read(run *training.Run) (*saved, error) {
	path, err := run.Path(configFile)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	var head struct {
		Format int    `json:"format"`
		Model  string `json:"model"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, errors.Wrap(err, configFile)
	}
	if head.Format != format || head.Model != kind {
		return nil, errors.Errorf("%s has format %d of a %q; this program knows format %d of a %q: train again",
			configFile, head.Format, head.Model, format, kind)
	}
	var s saved
	return &s, errors.Wrap(json.Unmarshal(raw, &s), configFile)
}

func load(run *training.Run) (*Fitted, error) {
	s, err := read(run)
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, errors.WithMessage(err, configFile)
	}
	f := &Fitted{
		Config: s.Config, Scaling: s.Scaling, Channels: s.Channels, Statics: s.Statics, Targets: s.Targets, Classes: s.Classes,
		Epochs: s.Epochs, BestEpoch: s.BestEpoch, Metrics: s.Metrics,
	}
	widths := series.Widths{Values: len(f.Channels), Static: len(f.Statics)}
	if f.network, err = newNetwork(f.Config, widths, f.outputs()); err != nil {
		return nil, errors.WithMessage(err, configFile)
	}
	path, err := run.Path(weightsFile)
	if err != nil {
		return nil, err
	}
	params := f.network.params()
	into, err := tensorsOf(params)
	if err != nil {
		return nil, err
	}
	if _, err := training.LoadTensorsInto(path, into); err != nil {
		return nil, err
	}
	for i, p := range params {
		for _, v := range into[i].F64 {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, errors.Errorf("%s: %q holds %g", weightsFile, p.Name(), v)
			}
		}
		if err := p.Set(into[i].F64); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (s *saved) check() error {
	if err := s.Config.check(); err != nil {
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
		return errors.Errorf("task %q with the channels %q, targets %q, classes %q", c.Task, s.Channels, s.Targets, s.Classes)
	case len(s.Scaling.Channels) != len(s.Channels) || len(s.Scaling.Statics) != len(s.Statics):
		return errors.New("the scaling is of other columns")
	case c.Task != Classify && !c.RawTargets && len(s.Scaling.Targets) != outputs:
		return errors.New("the scaling is of other targets")
	}
	return nil
}

// tensorsOf are copies of parameters under their names.
func tensorsOf(params []*graph.Param) ([]training.NamedTensor, error) {
	if err := graph.UniqueNames(params); err != nil {
		return nil, err
	}
	tensors := make([]training.NamedTensor, len(params))
	for i, p := range params {
		tensors[i] = training.NamedTensor{Name: p.Name(), Shape: p.Shape(), F64: p.Float64s()}
	}
	return tensors, nil
}
