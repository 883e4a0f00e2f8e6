package training

import "github.com/pkg/errors"

var forecasterKind = Kind{Format: 1, Model: "forecaster"}

// fittedJSON is config.json.
type fittedJSON struct {
	Kind
	Config    FitConfig   `json:"config"`
	Series    SavedSeries `json:"series"`
	Transform *Transform  `json:"transform"`
	Steps     int         `json:"steps"`
	BestStep  int         `json:"best_step"`
}

// Save writes what LoadFitted needs into a run: weights.safetensors, config.json and data.csv, the rows with the columns
// that were used. The numbers are kept to the last bit.
func (f *Fitted) Save(w *RunWriter) error {
	if err := w.SaveSeries(f.Data); err != nil {
		return err
	}
	return w.SaveModel(fittedJSON{
		Kind: forecasterKind, Config: f.Config, Series: f.Data.Saved(), Transform: f.Transform, Steps: f.Steps,
		BestStep: f.BestStep,
	}, f.Model.Params())
}

// LoadFitted reads a run folder that Save has written to and Commit has finished. Its forecasts are those of the Fitted
// that was saved, bit for bit.
func LoadFitted(dir string) (*Fitted, error) {
	run, err := OpenRun(dir)
	if err != nil {
		return nil, err
	}
	f, err := loadFitted(run)
	return f, errors.WithMessagef(err, "training: load run %s", run.Dir)
}

func loadFitted(run *Run) (*Fitted, error) {
	var c fittedJSON
	if err := run.LoadConfig(forecasterKind, &c); err != nil {
		return nil, err
	}
	if err := c.Transform.Validate(); err != nil {
		return nil, errors.WithMessage(err, ConfigName)
	}
	f := &Fitted{Config: c.Config, Transform: c.Transform, Steps: c.Steps, BestStep: c.BestStep}
	var err error
	if f.Data, err = run.LoadSeries(c.Series); err != nil {
		return nil, err
	}
	if c.Config.HoldOut < 0 || c.Config.HoldOut >= f.Data.Len() {
		return nil, errors.Errorf("%s: %d of %d rows held out", ConfigName, c.Config.HoldOut, f.Data.Len())
	}
	if f.Model, err = NewForecaster(f.Data.Dim(), c.Config.Model); err != nil {
		return nil, errors.WithMessage(err, ConfigName)
	}
	if err := run.LoadWeights(f.Model.Params()); err != nil {
		return nil, err
	}
	return f, f.score()
}
