package seriesfit

import (
	"encoding/json"
	"io"
	"math"
	"os"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/training"
)

// The files of a saved model.
const (
	weightsFile = "weights.safetensors"
	ConfigFile  = "config.json"
)

// Head is what config.json begins with, so that a later program knows what it reads.
type Head struct {
	Format int    `json:"format"`
	Model  string `json:"model"` // the kind of model, not the name of one
}

// Save writes config.json, which begins with a Head, and weights.safetensors into a run. The numbers are kept to the last
// bit.
func Save(w *training.RunWriter, head Head, params []*graph.Param, config any) error {
	tensors, err := tensorsOf(params)
	if err != nil {
		return err
	}
	if err := training.SaveTensors(w.Path(weightsFile), tensors, map[string]string{"model": head.Model}); err != nil {
		return err
	}
	data, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return errors.WithStack(err)
	}
	return training.WriteFile(w.Path(ConfigFile), func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// ReadConfig reads config.json of a run, if it has the head that is wanted.
func ReadConfig(run *training.Run, want Head, into any) error {
	path, err := run.Path(ConfigFile)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return errors.WithStack(err)
	}
	var head Head
	if err := json.Unmarshal(raw, &head); err != nil {
		return errors.Wrap(err, ConfigFile)
	}
	if head != want {
		return errors.Errorf("%s has format %d of a %q; this program knows format %d of a %q: train again",
			ConfigFile, head.Format, head.Model, want.Format, want.Model)
	}
	return errors.Wrap(json.Unmarshal(raw, into), ConfigFile)
}

// ReadWeights reads weights.safetensors of a run into parameters.
func ReadWeights(run *training.Run, params []*graph.Param) error {
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
	values := make([][]float64, len(params))
	for i, p := range params {
		for _, v := range into[i].F64 {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.Errorf("%s: %q holds %g", weightsFile, p.Name(), v)
			}
		}
		values[i] = into[i].F64
	}
	return set(params, values)
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
