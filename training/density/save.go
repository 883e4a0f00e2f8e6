package density

import (
	"encoding/json"
	"io"
	"math"
	"os"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/training"
)

// The files of a saved Fitted.
const (
	weightsFile = "weights.safetensors"
	configFile  = "config.json"

	format = 1
	kind   = "density"
)

// saved is config.json. What format it has stands first, so that a later program knows what it reads.
type saved struct {
	Format   int      `json:"format"`
	Model    string   `json:"model"`
	Config   Config   `json:"config"`
	Dim      int      `json:"dim"`
	Columns  []string `json:"columns"`
	Steps    int      `json:"steps"`
	BestStep int      `json:"best_step"`
	Train    float64  `json:"train_nll"`
	HeldOut  *float64 `json:"held_out_nll"` // null where no rows were held out
}

// Save writes what Load needs into a run: weights.safetensors and config.json. The numbers are kept to the last bit.
func (f *Fitted) Save(w *training.RunWriter) error {
	tensors, err := tensorsOf(f.Params())
	if err != nil {
		return err
	}
	if err := training.SaveTensors(w.Path(weightsFile), tensors, map[string]string{"model": kind}); err != nil {
		return err
	}
	s := saved{
		Format: format, Model: kind, Config: f.Config, Dim: f.Dim, Columns: f.Columns, Steps: f.Steps,
		BestStep: f.BestStep, Train: f.Train, HeldOut: &f.HeldOut,
	}
	if math.IsNaN(f.HeldOut) {
		s.HeldOut = nil
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return errors.Wrap(err, "density: save")
	}
	return training.WriteFile(w.Path(configFile), func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// Is reports whether a run folder holds a Fitted of this package.
func Is(run *training.Run) bool {
	s, err := readConfig(run)
	return err == nil && s.Model == kind
}

// Load reads a run folder that Save has written to and Commit has finished. Its densities are those of the Fitted that was
// saved, bit for bit.
func Load(dir string) (*Fitted, error) {
	run, err := training.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	f, err := load(run)
	return f, errors.WithMessagef(err, "density: load run %s", run.Dir)
}

func load(run *training.Run) (*Fitted, error) {
	s, err := readConfig(run)
	if err != nil {
		return nil, err
	}
	if s.Format != format || s.Model != kind {
		return nil, errors.Errorf("%s has format %d of a %q; this program knows format %d of a %q: train again",
			configFile, s.Format, s.Model, format, kind)
	}
	// The number of rows is not known, and enough.
	if err := s.Config.check(math.MaxInt32); err != nil {
		return nil, errors.WithMessage(err, configFile)
	}
	m, err := newModel(s.Dim, s.Config)
	if err != nil {
		return nil, errors.WithMessage(err, configFile)
	}
	f := &Fitted{
		Config: s.Config, Flow: m.whole, Dim: s.Dim, Steps: s.Steps, BestStep: s.BestStep, Train: s.Train, HeldOut: math.NaN(),
	}
	if err := f.Named(s.Columns...); err != nil {
		return nil, errors.WithMessage(err, configFile)
	}
	if s.HeldOut != nil {
		f.HeldOut = *s.HeldOut
	}
	return f, readWeights(run, f.Params())
}

func readConfig(run *training.Run) (*saved, error) {
	path, err := run.Path(configFile)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	// The format decides what else may be understood.
	var head struct {
		Format int    `json:"format"`
		Model  string `json:"model"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, errors.Wrap(err, configFile)
	}
	if head.Format != format || head.Model != kind {
		return &saved{Format: head.Format, Model: head.Model}, nil
	}
	s := &saved{}
	return s, errors.Wrap(json.Unmarshal(raw, s), configFile)
}

func readWeights(run *training.Run, params []*graph.Param) error {
	path, err := run.Path(weightsFile)
	if err != nil {
		return err
	}
	into, err := tensorsOf(params)
	if err != nil {
		return err
	}
	if _, err := training.LoadTensorsInto(path, into); err != nil {
		return err
	}
	for i, p := range params {
		for _, v := range into[i].F64 {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.Errorf("%s: %q holds %g", weightsFile, p.Name(), v)
			}
		}
		if err := p.Set(into[i].F64); err != nil {
			return err
		}
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
