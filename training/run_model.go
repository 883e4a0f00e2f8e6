package training

import (
	"encoding/json"

	"github.com/pkg/errors"

	"gorgonode/graph"
)

// The files of a saved model, of whatever kind.
const (
	// ConfigName is the file that says what the model is.
	ConfigName = "config.json"

	weightsName = "weights.safetensors"
)

// Kind is the head of config.json. It says which package can read the rest, and what that package must know.
type Kind struct {
	Format int    `json:"format"` // one more with every change that the programs before would misread
	Model  string `json:"model"`  // as "density": what a package fits, whatever the network
}

func (k Kind) kind() Kind { return k }

// ModelConfig is all of config.json: a struct that embeds a Kind before its other fields.
type ModelConfig interface{ kind() Kind }

// SaveModel writes config.json and weights.safetensors into a run, from which LoadConfig and LoadWeights make the model
// again. The numbers are kept to the last bit.
func (w *RunWriter) SaveModel(config ModelConfig, params []*graph.Param) error {
	meta := map[string]string{"model": config.kind().Model}
	if err := SaveParams(w.Path(weightsName), params, meta); err != nil {
		return err
	}
	return w.SaveJSON(ConfigName, config)
}

// Holds tells whether the model in a run is of a kind, in this format or another.
func (r *Run) Holds(k Kind) bool {
	raw, err := r.ReadFile(ConfigName)
	if err != nil {
		return false
	}
	head, err := readKind(raw)
	return err == nil && head.Model == k.Model
}

// LoadConfig reads config.json of a run. A model of another kind, and a format that is not the one wanted, are errors that
// name both; only then is the rest read, into a pointer to a struct, and it is for its owner to check.
func (r *Run) LoadConfig(want Kind, into ModelConfig) error {
	raw, err := r.ReadFile(ConfigName)
	if err != nil {
		return err
	}
	head, err := readKind(raw)
	switch {
	case err != nil:
		return err
	case head.Model != want.Model:
		return errors.Errorf("%s is that of a %q, and a %q was asked for", ConfigName, head.Model, want.Model)
	case head.Format != want.Format:
		return errors.Errorf("%s has format %d of a %q; this program knows format %d: use the program that wrote it, or "+
			"train again", ConfigName, head.Format, head.Model, want.Format)
	}
	return errors.Wrap(json.Unmarshal(raw, into), ConfigName)
}

func readKind(raw []byte) (k Kind, err error) {
	if err := json.Unmarshal(raw, &k); err != nil {
		return k, errors.Wrap(err, ConfigName)
	}
	if k.Model == "" {
		return k, errors.Errorf("%s does not say what model it is of", ConfigName)
	}
	return k, nil
}

// LoadWeights reads weights.safetensors of a run, see LoadParams.
func (r *Run) LoadWeights(params []*graph.Param) error {
	path, err := r.Path(weightsName)
	if err != nil {
		return err
	}
	_, err = LoadParams(path, params)
	return err
}
