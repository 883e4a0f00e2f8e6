package training

import (
	"math"
	"os"
	"strings"
	"testing"

	"gorgonode/solvers"
)

// What is wrong in a run whose manifest is right: another program wrote it, or one with a fault.
func TestLoadFittedRefuses(t *testing.T) {
	f := fit(t, lynxHare(t), quick(FitConfig{HoldOut: 3}))
	edit := func(name, old, new string) func(w *RunWriter) {
		return func(w *RunWriter) {
			text := textOf(t, w.Path(name))
			if !strings.Contains(text, old) {
				t.Fatalf("%s has no %q", name, old)
			}
			put(t, w.Path(name), strings.Replace(text, old, new, 1))
		}
	}
	remove := func(name string) func(w *RunWriter) {
		return func(w *RunWriter) {
			if err := os.Remove(w.Path(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	weights := func(change func([]NamedTensor) []NamedTensor) func(w *RunWriter) {
		return func(w *RunWriter) {
			tensors, err := tensorsOf(f.Model.Params())
			if err != nil {
				t.Fatal(err)
			}
			if err := SaveTensors(w.Path(weightsFile), change(tensors), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(w *RunWriter)
		want   string
	}{
		{"newer format", edit(configFile, `"format": 1`, `"format": 2`),
			`format 2 of a "forecaster"; this program knows format 1`},
		{"other model", edit(configFile, `"forecaster"`, `"latent"`), `"latent"`},
		{"no JSON", edit(configFile, "{", "{{"), "config.json"},
		{"no transform", edit(configFile, `"transform"`, `"transfrom"`), "transform: no columns"},
		{"other columns", edit(configFile, `"Hare"`, `"Fox"`), "Fox"},
		{"fewer columns", edit(configFile, `"Lynx",`, ``), "2 columns of values, config.json names 1"},
		{"no method", edit(configFile, solvers.Dopri5{}.Name(), "dopri55"), "config.json: training: model: solvers"},
		{"hold-out", edit(configFile, `"hold_out": 3`, `"hold_out": 21`), "21 of 21 rows held out"},
		{"further channels", edit(configFile, `"augment": 0`, `"augment": 1`), "has no further channels"},
		{"other width", edit(configFile, `"hidden": [`, `"hidden": [3,`), "not those of this model"},
		{"text in the data", edit(dataFile, "30", "3o"), "data.csv"},
		{"no config", remove(configFile), "no file \"config.json\""},
		{"no data", remove(dataFile), "no file \"data.csv\""},
		{"no weights", remove(weightsFile), "no file \"weights.safetensors\""},
		{"a weight too few", weights(func(ts []NamedTensor) []NamedTensor { return ts[1:] }), `"field.0.weight" is missing`},
		{"NaN", weights(func(ts []NamedTensor) []NamedTensor {
			ts[0].F64[0] = math.NaN()
			return ts
		}), `"field.0.weight" holds NaN`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir() + "/run"
			save(t, f, dir, c.change)
			_, err := LoadFitted(dir)
			wantError(t, err, "training: load run "+dir, c.want)
		})
	}
	_, err := LoadFitted(t.TempDir())
	wantError(t, err, "was not finished, or this is not a run folder")
}
