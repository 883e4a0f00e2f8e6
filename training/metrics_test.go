package training

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestRecordLine(t *testing.T) {
	var b bytes.Buffer
	m := NewMetricsWriter(&b)
	for _, r := range []Record{
		{Step: 1, Values: map[string]float64{"loss": 0.25, "grad": 1e-7}},
		{Step: 2, Values: map[string]float64{"loss": nan, "a": math.Inf(1), "b": math.Inf(-1)}},
		{Step: 3},
	} {
		if err := m.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	want := `{"step":1,"grad":1e-07,"loss":0.25}
{"step":2,"a":null,"b":null,"loss":null,"nonfinite":{"a":"+Inf","b":"-Inf","loss":"NaN"}}
{"step":3}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"", "step", "nonfinite"} {
		if err := m.Write(Record{Values: map[string]float64{name: 1}}); err == nil {
			t.Errorf("a value named %q was written", name)
		}
	}
	if b.String() != want {
		t.Error("a refused record left something")
	}
}

func TestRecordsComeBack(t *testing.T) {
	value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{nan, math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1),
		5e-324}))
	name := rapid.String().Filter(func(s string) bool { return s != "" && s != "step" && s != "nonfinite" })
	rapid.Check(t, func(t *rapid.T) {
		r := Record{Step: rapid.Int().Draw(t, "step"), Values: rapid.MapOf(name, value).Draw(t, "values")}
		data, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(data) || bytes.ContainsRune(data, '\n') {
			t.Fatalf("not one line of JSON: %q", data)
		}
		var back Record
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, back, cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestMetricsFileAfterACrash(t *testing.T) {
	tests := []struct {
		name, before string
		steps        []int // that are there after step 9 was added
		refused      string
	}{
		{name: "none", before: "", steps: []int{9}},
		{name: "whole", before: "{\"step\":1,\"loss\":1}\n", steps: []int{1, 9}},
		{name: "line end missing", before: "{\"step\":1}\n{\"step\":2}", steps: []int{1, 2, 9}},
		{name: "cut", before: "{\"step\":1}\n{\"step\":2,\"lo", steps: []int{1, 9}},
		{name: "cut after a letter", before: "{\"step\":1}\n{", steps: []int{1, 9}},
		{name: "damaged in the middle", before: "{\"step\":1}\n{\"st\n{\"step\":2}\n", refused: ":2: not a metrics record"},
		{name: "other file", before: "dear diary", refused: ":1: not a metrics record"},
		{name: "other JSON", before: "{\"a\":1}\n", refused: `"step" is missing`},
		{name: "text as value", before: "{\"step\":1,\"a\":\"b\"}\n", refused: `"a": "b" is not a number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.jsonl")
			if err := os.WriteFile(path, []byte(tt.before), 0o666); err != nil {
				t.Fatal(err)
			}
			m, err := OpenMetrics(path)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, want %s", err, tt.refused)
				}
				if data, _ := os.ReadFile(path); string(data) != tt.before {
					t.Errorf("a refused file was changed to %q", data)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Write(Record{Step: 9}); err != nil {
				t.Fatal(err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			records, err := LoadMetrics(path)
			if err != nil {
				t.Fatal(err)
			}
			var steps []int
			for _, r := range records {
				steps = append(steps, r.Step)
			}
			if diff := cmp.Diff(tt.steps, steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRewindMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.jsonl")
	if err := os.WriteFile(path, []byte("{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"st"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := RewindMetrics(path, 2); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "{\"step\":1}\n{\"step\":2}\n" {
		t.Errorf("%q", data)
	}
	if err := RewindMetrics(path+"x", 2); err == nil {
		t.Error("a file that isn't there was rewound")
	}
}

// FuzzParseMetrics: no bytes panic, and the whole lines of what is accepted are accepted alone.
func FuzzParseMetrics(f *testing.F) {
	f.Add([]byte("{\"step\":1,\"loss\":null,\"nonfinite\":{\"loss\":\"+Inf\"}}\n{\"step\":2"))
	f.Add([]byte("{\"step\":1e3}\n\n{\"step\":null}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, whole, err := parseMetrics(data, "fuzz")
		if err != nil {
			return
		}
		again, _, err := parseMetrics(data[:whole], "fuzz")
		if err != nil || len(again) > len(records) || len(again)+1 < len(records) {
			t.Fatalf("%v: %d records, then %d", err, len(records), len(again))
		}
	})
}
