package training

import (
	"encoding/json"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/graph"
)

var otherKind = Kind{Format: 3, Model: "other"}

type otherConfig struct {
	Kind
	Width int `json:"width"`
}

// The head stands first, so that a reader of the file sees at once what it is; what was saved comes back.
func TestSaveModel(t *testing.T) {
	w, err := CreateRun(t.TempDir()+"/run", false)
	if err != nil {
		t.Fatal(err)
	}
	params := []*graph.Param{param(t, "a", tensor.Float64, 1.5)}
	if err := w.SaveModel(otherConfig{otherKind, 7}, params); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"format\": 3,\n  \"model\": \"other\",\n  \"width\": 7\n}\n"
	if got := textOf(t, w.Path(ConfigName)); got != want {
		t.Errorf("%s is %q, want %q", ConfigName, got, want)
	}
	if _, meta, err := LoadTensors(w.Path(weightsName)); err != nil || meta["model"] != "other" {
		t.Errorf("metadata %v, %v", meta, err)
	}
	run, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if !run.Holds(otherKind) || run.Holds(forecasterKind) {
		t.Error("the run does not know what it holds")
	}
	var c otherConfig
	if err := run.LoadConfig(otherKind, &c); err != nil || c.Width != 7 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := params[0].Set([]float64{0}); err != nil {
		t.Fatal(err)
	}
	if err := run.LoadWeights(params); err != nil || params[0].Float64s()[0] != 1.5 {
		t.Errorf("%v, %v", params[0].Float64s(), err)
	}
	two := append(params, param(t, "b", tensor.Float64, 1))
	wantError(t, run.LoadWeights(two), `"b" is missing`)
}

// A configuration is read if it is of the kind and the format asked for; else an error says what it is.
func TestLoadConfigRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"format":4,"model":"other","width":"wide"}`: `config.json has format 4 of a "other"; this program knows format 3: use`,
		`{"format":2,"model":"other"}`:                `config.json has format 2 of a "other"; this program knows format 3`,
		`{"format":3,"model":"flow"}`:                 `config.json is that of a "flow", and a "other" was asked for`,
		`{"format":3,"model":"other","width":"wide"}`: "config.json: json: cannot unmarshal string",
		`{"format":"3","model":"other"}`:              "config.json: json: cannot unmarshal string",
		`{"width":7}`:                                 "config.json does not say what model it is of",
		`null`:                                        "config.json does not say what model it is of",
		`[1]`:                                         "config.json: json: cannot unmarshal array",
		`{"format":3,"model":"other"`:                 "config.json: unexpected end of JSON input",
		``:                                            "config.json: unexpected end of JSON input",
	} {
		w, err := CreateRun(t.TempDir()+"/run", false)
		if err != nil {
			t.Fatal(err)
		}
		put(t, w.Path(ConfigName), text)
		run, err := w.Commit()
		if err != nil {
			t.Fatal(err)
		}
		var c otherConfig
		if err := run.LoadConfig(otherKind, &c); err == nil || !strings.HasPrefix(err.Error(), want) || c.Width != 0 {
			t.Errorf("%s: %v, want %s; read %+v", text, err, want, c)
		}
		// Whether the model is of a kind has nothing to do with whether this program can read it.
		var head Kind
		if named := json.Unmarshal([]byte(text), &head) == nil && head.Model == "other"; run.Holds(otherKind) != named {
			t.Errorf("%s: holds: %t", text, !named)
		}
	}
	run := makeRun(t, t.TempDir()+"/run", "1", false)
	wantError(t, run.LoadConfig(otherKind, &otherConfig{}), `has no file "config.json"`)
	wantError(t, run.LoadWeights(nil), `has no file "weights.safetensors"`)
	if run.Holds(otherKind) {
		t.Error("a run without a configuration holds a model")
	}
}
