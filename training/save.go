package training

import (
	"bytes"
	"encoding/json"
	"io"
	"os"

	"github.com/pkg/errors"

	"gorgonode/graph"
)

// The files of a saved Fitted.
const (
	weightsFile = "weights.safetensors"
	configFile  = "config.json"
	dataFile    = "data.csv"

	fittedFormat = 1
	fittedModel  = "forecaster"
)

// fittedJSON is config.json. What format it has stands first, so that a later program knows what it reads.
type fittedJSON struct {
	Format    int        `json:"format"`
	Model     string     `json:"model"`
	Config    FitConfig  `json:"config"`
	Series    seriesJSON `json:"series"`
	Transform *Transform `json:"transform"`
	Steps     int        `json:"steps"`
	BestStep  int        `json:"best_step"`
}

// seriesJSON is what data.csv doesn't say about a Series.
type seriesJSON struct {
	Name     string   `json:"name"`
	Time     string   `json:"time"`
	TimeUnit string   `json:"time_unit,omitempty"`
	Columns  []string `json:"columns"`
}

// Save writes what LoadFitted needs into a run: weights.safetensors, config.json and data.csv, the rows with the columns
// that were used. The numbers are kept to the last bit.
func (f *Fitted) Save(w *RunWriter) error {
	meta := map[string]string{"model": fittedModel}
	tensors, err := tensorsOf(f.Model.Params())
	if err != nil {
		return err
	}
	if err := SaveTensors(w.Path(weightsFile), tensors, meta); err != nil {
		return err
	}
	if err := WriteFile(w.Path(dataFile), f.Data.WriteCSV); err != nil {
		return err
	}
	return writeJSON(w.Path(configFile), fittedJSON{
		Format: fittedFormat, Model: fittedModel, Config: f.Config, Transform: f.Transform, Steps: f.Steps, BestStep: f.BestStep,
		Series: seriesJSON{Name: f.Data.Name, Time: f.Data.TimeName, TimeUnit: f.Data.TimeUnit, Columns: f.Data.Names},
	})
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
	c, err := readConfig(run)
	if err != nil {
		return nil, err
	}
	f := &Fitted{Config: c.Config, Transform: c.Transform, Steps: c.Steps, BestStep: c.BestStep}
	if f.Data, err = readData(run, c.Series); err != nil {
		return nil, err
	}
	if c.Config.HoldOut < 0 || c.Config.HoldOut >= f.Data.Len() {
		return nil, errors.Errorf("%s: %d of %d rows held out", configFile, c.Config.HoldOut, f.Data.Len())
	}
	if f.Model, err = NewForecaster(f.Data.Dim(), c.Config.Model); err != nil {
		return nil, errors.WithMessage(err, configFile)
	}
	if err := readWeights(run, f.Model.Params()); err != nil {
		return nil, err
	}
	return f, f.score()
}

func readConfig(run *Run) (*fittedJSON, error) {
	path, err := run.Path(configFile)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	// The format decides what else may be understood.
	var c fittedJSON
	var head struct {
		Format int    `json:"format"`
		Model  string `json:"model"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, errors.Wrap(err, configFile)
	}
	if head.Format != fittedFormat || head.Model != fittedModel {
		return nil, errors.Errorf("%s has format %d of a %q; this program knows format %d of a %q: use the program that "+
			"wrote it, or train again",
			configFile, head.Format, head.Model, fittedFormat, fittedModel)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, errors.Wrap(err, configFile)
	}
	return &c, errors.WithMessage(c.Transform.Validate(), configFile)
}

// readData reads the rows that WriteCSV wrote. Their headings are in the configuration, where none can be taken for data.
func readData(run *Run, c seriesJSON) (*Series, error) {
	path, err := run.Path(dataFile)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	_, rows, _ := bytes.Cut(raw, []byte("\n"))
	s, err := ReadCSV(bytes.NewReader(rows), dataFile, CSVOptions{Separator: ',', NoHeader: true, NumberTimes: true})
	if err != nil {
		return nil, err
	}
	if s.Dim() != len(c.Columns) {
		return nil, errors.Errorf("%s has %d columns of values, %s names %d", dataFile, s.Dim(), configFile, len(c.Columns))
	}
	s.Name, s.TimeName, s.TimeUnit, s.Names, s.Lines = c.Name, c.Time, c.TimeUnit, c.Columns, nil
	return s, s.Validate()
}

func readWeights(run *Run, params []*graph.Param) error {
	path, err := run.Path(weightsFile)
	if err != nil {
		return err
	}
	into, err := tensorsOf(params)
	if err != nil {
		return err
	}
	if _, err := LoadTensorsInto(path, into); err != nil {
		return err
	}
	for i, p := range params {
		for _, v := range into[i].F64 {
			if !finite(v) {
				return errors.Errorf("%s: %q holds %g", weightsFile, p.Name(), v)
			}
		}
		if err := p.Set(into[i].F64); err != nil {
			return err
		}
	}
	return nil
}

// tensorsOf are copies of parameters, all float64, under their names.
func tensorsOf(params []*graph.Param) ([]NamedTensor, error) {
	if err := graph.UniqueNames(params); err != nil {
		return nil, err
	}
	tensors := make([]NamedTensor, len(params))
	for i, p := range params {
		tensors[i] = NamedTensor{Name: p.Name(), Shape: p.Shape(), F64: p.Float64s()}
	}
	return tensors, nil
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return errors.WithStack(err)
	})
}
