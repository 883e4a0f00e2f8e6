package ude

import (
	"fmt"
	"io"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/training"
)

const modelFile = "model.ode" // in a run folder

var kind = training.Kind{Format: 2, Model: "ude"}

// saved is config.json.
type saved struct {
	training.Kind
	Name   string               `json:"name"` // of the model file
	Config Config               `json:"config"`
	Series training.SavedSeries `json:"series"`
}

// Save writes what Load needs into a run: the model file, config.json, data.csv and weights.safetensors, which holds
// the unknowns "theta", and what they stand for: "parameters", "initial" and each network's matrices. All numbers are
// kept to the last bit.
func (f *Fitted) Save(w *training.RunWriter) error {
	q := f.problem
	params, err := q.params(f.theta)
	if err != nil {
		return err
	}
	if err := w.SaveSeries(f.Data); err != nil {
		return err
	}
	if err := training.WriteFile(w.Path(modelFile), func(out io.Writer) error {
		_, err := out.Write(q.model.text)
		return err
	}); err != nil {
		return err
	}
	return w.SaveModel(saved{Kind: kind, Name: q.model.Name(), Config: f.Config, Series: f.Data.Saved()}, params)
}

// params are the unknowns θ and what they stand for, as they are saved. The matrices of the networks are called as those of
// a layers.MLP: f.0.weight, f.0.bias, …
func (q *problem) params(theta []float64) ([]*graph.Param, error) {
	var all []*graph.Param
	var failed error
	add := func(name string, values []float64, shape ...int) {
		p, err := graph.NewParam(name, graph.Values(values), tensor.Float64, shape...)
		if failed == nil {
			failed = err
		}
		all = append(all, p)
	}
	p, weights, y0 := q.values(theta)
	add("theta", theta, len(theta))
	add("initial", y0, len(y0))
	if len(p) > 0 {
		add("parameters", p, len(p))
	}
	for _, net := range q.model.file.Nets {
		sizes := net.Sizes()
		for i, in := range sizes[:len(sizes)-1] {
			layer, out := fmt.Sprintf("%s.%d", net.Outputs[0], i), sizes[i+1]
			add(layer+".weight", weights[:in*out], in, out)
			add(layer+".bias", weights[in*out:][:out], out)
			weights = weights[in*out+out:]
		}
	}
	return all, failed
}

// Is reports whether a run folder holds a Fitted of this package.
func Is(run *training.Run) bool { return run.Holds(kind) }

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
	var s saved
	if err := run.LoadConfig(kind, &s); err != nil {
		return nil, err
	}
	text, err := run.ReadFile(modelFile)
	if err != nil {
		return nil, err
	}
	m, err := ParseModel(s.Name, text)
	if err != nil {
		return nil, err
	}
	series, err := run.LoadSeries(s.Series)
	if err != nil {
		return nil, err
	}
	q, err := newProblem(m, series, s.Config)
	if err != nil {
		return nil, err
	}
	// θ comes first, and says the others.
	params, err := q.params(slices.Concat(q.begin, make([]float64, q.weights)))
	if err != nil {
		return nil, err
	}
	if err := run.LoadWeights(params); err != nil {
		return nil, err
	}
	return newFitted(q, params[0].Float64s())
}
