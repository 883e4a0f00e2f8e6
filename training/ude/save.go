package ude

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/pkg/errors"

	"gorgonode/training"
)

// The files of a saved Fitted.
const (
	weightsFile = "weights.safetensors"
	configFile  = "config.json"
	dataFile    = "data.csv"
	modelFile   = "model.ode"

	format    = 1
	modelKind = "ude" // what config.json calls the model
)

type savedConfig struct {
	Format int         `json:"format"`
	Model  string      `json:"model"`
	Name   string      `json:"name"` // of the model file
	Config Config      `json:"config"`
	Series savedSeries `json:"series"`
}

// savedSeries is what data.csv doesn't say.
type savedSeries struct {
	Name     string   `json:"name"`
	Time     string   `json:"time"`
	TimeUnit string   `json:"time_unit,omitempty"`
	Columns  []string `json:"columns"`
}

// Save writes what Load needs into a run: the model file, config.json, data.csv and weights.safetensors, which holds
// the unknowns "theta", and what they stand for: "parameters", "initial" and each network's matrices. All numbers are
// kept to the last bit.
func (f *Fitted) Save(w *training.RunWriter) error {
	q := f.problem
	tensors := []training.NamedTensor{
		{Name: "theta", Shape: []int{len(f.theta)}, F64: f.theta},
		{Name: "initial", Shape: []int{len(f.y0)}, F64: f.y0},
	}
	if len(f.p) > 0 {
		tensors = append(tensors, training.NamedTensor{Name: "parameters", Shape: []int{len(f.p)}, F64: f.p})
	}
	tensors = append(tensors, f.matrices()...)
	if err := training.SaveTensors(w.Path(weightsFile), tensors, map[string]string{"model": modelKind}); err != nil {
		return err
	}
	if err := training.WriteFile(w.Path(dataFile), f.Data.WriteCSV); err != nil {
		return err
	}
	if err := training.WriteFile(w.Path(modelFile), func(out io.Writer) error {
		_, err := out.Write(q.model.text)
		return err
	}); err != nil {
		return err
	}
	return writeJSON(w.Path(configFile), savedConfig{
		Format: format, Model: modelKind, Name: q.model.Name(), Config: f.Config,
		Series: savedSeries{f.Data.Name, f.Data.TimeName, f.Data.TimeUnit, f.Data.Names},
	})
}

// matrices are the weights and biases of the networks, called as those of a layers.MLP: f.0.weight, f.0.bias, …
func (f *Fitted) matrices() []training.NamedTensor {
	var all []training.NamedTensor
	rest := f.weights
	take := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		all = append(all, training.NamedTensor{Name: name, Shape: shape, F64: rest[:n:n]})
		rest = rest[n:]
	}
	for _, net := range f.problem.model.file.Nets {
		sizes := net.Sizes()
		for i := range len(sizes) - 1 {
			layer := fmt.Sprintf("%s.%d", net.Outputs[0], i)
			take(layer+".weight", sizes[i], sizes[i+1])
			take(layer+".bias", sizes[i+1])
		}
	}
	return all
}

// Is reports whether a run folder holds a Fitted of this package.
func Is(run *training.Run) bool {
	c, err := readConfig(run)
	return err == nil && c.Model == modelKind
}

// Load reads a run folder that Save has written to and Commit has finished. Its forecasts are those of the Fitted that
// was saved, bit for bit.
func Load(dir string) (*Fitted, error) {
	run, err := training.OpenRun(dir)
	if err != nil {
		return nil, err
	}
	f, err := load(run)
	return f, errors.WithMessagef(err, "ude: load run %s", run.Dir)
}

func load(run *training.Run) (*Fitted, error) {
	c, err := readConfig(run)
	if err != nil {
		return nil, err
	}
	if c.Format != format || c.Model != modelKind {
		return nil, errors.Errorf("%s has format %d of a %q; want format %d of a %q", configFile, c.Format, c.Model, format,
			modelKind)
	}
	text, err := read(run, modelFile)
	if err != nil {
		return nil, err
	}
	m, err := ParseModel(c.Name, text)
	if err != nil {
		return nil, err
	}
	s, err := readData(run, c.Series)
	if err != nil {
		return nil, err
	}
	q, err := newProblem(m, s, c.Config)
	if err != nil {
		return nil, err
	}
	path, err := run.Path(weightsFile)
	if err != nil {
		return nil, err
	}
	tensors, _, err := training.LoadTensors(path)
	if err != nil {
		return nil, err
	}
	for _, t := range tensors {
		if t.Name == "theta" && len(t.F64) == len(q.named)+q.weights && finite(t.F64) {
			return newFitted(q, t.F64)
		}
	}
	return nil, errors.Errorf("%s has no %d finite unknowns", weightsFile, len(q.named)+q.weights)
}

func readConfig(run *training.Run) (*savedConfig, error) {
	raw, err := read(run, configFile)
	if err != nil {
		return nil, err
	}
	var c savedConfig
	return &c, errors.Wrap(json.Unmarshal(raw, &c), configFile)
}

func read(run *training.Run, name string) ([]byte, error) {
	path, err := run.Path(name)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	return raw, errors.WithStack(err)
}

// readData reads the rows; their headings are in the configuration, where none can be taken for data.
func readData(run *training.Run, c savedSeries) (*training.Series, error) {
	raw, err := read(run, dataFile)
	if err != nil {
		return nil, err
	}
	_, rows, _ := bytes.Cut(raw, []byte("\n"))
	s, err := training.ReadCSV(bytes.NewReader(rows), dataFile,
		training.CSVOptions{Separator: ',', NoHeader: true, NumberTimes: true})
	if err != nil {
		return nil, err
	}
	if s.Dim() != len(c.Columns) {
		return nil, errors.Errorf("%s has %d columns of values, %s names %d", dataFile, s.Dim(), configFile, len(c.Columns))
	}
	s.Name, s.TimeName, s.TimeUnit, s.Names, s.Lines = c.Name, c.Time, c.TimeUnit, c.Columns, nil
	return s, s.Validate()
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return errors.Wrapf(err, "ude: write %s", path)
	}
	return training.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return errors.WithStack(err)
	})
}
