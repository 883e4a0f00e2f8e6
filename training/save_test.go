package training

import (
	"math"
	"os"
	"strings"
	"testing"

	"gorgonode/internal/damage"
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
			if err := SaveTensors(w.Path(weightsName), change(tensors), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(w *RunWriter)
		want   string
	}{
		{"newer format", edit(ConfigName, `"format": 1`, `"format": 2`),
			`format 2 of a "forecaster"; this program knows format 1`},
		{"other model", edit(ConfigName, `"forecaster"`, `"latent"`), `"latent"`},
		{"no JSON", edit(ConfigName, "{", "{{"), "config.json"},
		{"no transform", edit(ConfigName, `"transform"`, `"transfrom"`), "transform: no columns"},
		{"other columns", edit(ConfigName, `"Hare"`, `"Fox"`), "Fox"},
		{"fewer columns", edit(ConfigName, `"Lynx",`, ``), "2 columns of values, config.json names 1"},
		{"no method", edit(ConfigName, solvers.Dopri5{}.Name(), "dopri55"), "config.json: training: model: solvers"},
		{"hold-out", edit(ConfigName, `"hold_out": 3`, `"hold_out": 21`), "21 of 21 rows held out"},
		{"further channels", edit(ConfigName, `"augment": 0`, `"augment": 1`), "has no further channels"},
		{"other width", edit(ConfigName, `"hidden": [`, `"hidden": [3,`), "not those of this model"},
		{"text in the data", edit(dataName, "30", "3o"), "data.csv"},
		{"no config", remove(ConfigName), "no file \"config.json\""},
		{"no data", remove(dataName), "no file \"data.csv\""},
		{"no weights", remove(weightsName), "no file \"weights.safetensors\""},
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

// What cannot be loaded is an error, whatever is wrong with it.
func TestLoadFittedDamaged(t *testing.T) {
	dir := t.TempDir() + "/run"
	c := FitConfig{HoldOut: 3, Model: ForecasterConfig{Model: SecondOrderModel, Time: true, Hidden: []int{4}}}
	save(t, fit(t, lynxHare(t), quick(c)), dir, nil)
	run, err := OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	damage.Model(t, dir, func() error {
		_, err := loadFitted(run)
		return err
	})
}
