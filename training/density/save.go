package density

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/training"
)

var kind = training.Kind{Format: 1, Model: "density"}

// saved is config.json.
type saved struct {
	training.Kind
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
	s := saved{
		Kind: kind, Config: f.Config, Dim: f.Dim, Columns: f.Columns, Steps: f.Steps, BestStep: f.BestStep, Train: f.Train,
	}
	if !math.IsNaN(f.HeldOut) {
		s.HeldOut = &f.HeldOut
	}
	return errors.WithMessage(w.SaveModel(s, f.Params()), "density: save")
}

// Is reports whether a run folder holds a Fitted of this package.
func Is(run *training.Run) bool { return run.Holds(kind) }

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
	var s saved
	if err := run.LoadConfig(kind, &s); err != nil {
		return nil, err
	}
	f, err := s.fitted()
	if err != nil {
		return nil, errors.WithMessage(err, training.ConfigName)
	}
	return f, run.LoadWeights(f.Params())
}

// fitted is the density without its weights.
func (s *saved) fitted() (*Fitted, error) {
	// The number of rows is not known, and enough.
	if err := s.Config.check(math.MaxInt32); err != nil {
		return nil, err
	}
	f := &Fitted{
		Config: s.Config, Dim: s.Dim, Steps: s.Steps, BestStep: s.BestStep, Train: s.Train, HeldOut: math.NaN(),
	}
	if s.HeldOut != nil {
		f.HeldOut = *s.HeldOut
	}
	if err := f.Named(s.Columns...); err != nil {
		return nil, err
	}
	m, err := newModel(s.Dim, s.Config)
	if err != nil {
		return nil, err
	}
	f.Flow = m.whole
	return f, nil
}
