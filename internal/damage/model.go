package damage

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Model damages config.json and weights.safetensors in a run folder, which are whole again in the end, and calls load for
// each damage. It must be an error if
//
//   - the configuration is of another kind of model, or of a newer format
//   - either file is cut short
//   - a weight is NaN
//
// and may be one if a value of the configuration, at any depth, is another. Load must not look at the run's manifest.
func Model(t *testing.T, dir string, load func() error) {
	t.Helper()
	config, weights := filepath.Join(dir, "config.json"), filepath.Join(dir, "weights.safetensors")
	heads(t, config, load)
	values(t, config, load)
	cuts(t, config, load)
	cuts(t, weights, load)
	notANumber(t, weights, load)
	if err := load(); err != nil {
		t.Errorf("the files as they were: %v", err)
	}
}

func heads(t *testing.T, path string, load func() error) {
	t.Helper()
	whole := bytesOf(t, path)
	defer put(t, path, whole)
	var head struct {
		Format int
		Model  string
	}
	if err := json.Unmarshal(whole, &head); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{fmt.Sprintf(`"format": %d`, head.Format), fmt.Sprintf(`"format": %d`, head.Format+1),
			fmt.Sprintf("format %d of a %q", head.Format+1, head.Model)},
		{fmt.Sprintf(`"model": %q`, head.Model), `"model": "another"`, `is that of a "another"`},
	} {
		put(t, path, []byte(strings.Replace(string(whole), c.old, c.new, 1)))
		if err := survives(t, c.new, load); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %s", c.new, err, c.want)
		}
	}
}

// values replaces each value in turn, of lists the first, by null, numbers of all sizes, a text, lists and an object.
func values(t *testing.T, path string, load func() error) {
	t.Helper()
	whole := bytesOf(t, path)
	defer put(t, path, whole)
	var doc any
	if err := json.Unmarshal(whole, &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(place string, v any, set func(any))
	walk = func(place string, v any, set func(any)) {
		for _, other := range []any{
			nil, -1, 0, 0.5, 1e15, "x", []any{}, []any{1e9, nil}, map[string]any{},
		} {
			set(other)
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			put(t, path, text)
			_ = survives(t, fmt.Sprintf("%s = %v", place, other), load)
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(place+"."+key, v[key], func(x any) { v[key] = x })
			}
		case []any:
			if len(v) > 0 {
				walk(place+"[0]", v[0], func(x any) { v[0] = x })
			}
		}
	}
	walk("$", doc, func(x any) { doc = x })
}

// cuts ends a file at several places, its beginning among them.
func cuts(t *testing.T, path string, load func() error) {
	t.Helper()
	whole := bytesOf(t, path)
	defer put(t, path, whole)
	const places = 25
	rest := len(bytes.TrimRight(whole, " \n"))
	for i := range places {
		put(t, path, whole[:i*(rest-1)/(places-1)])
		what := fmt.Sprintf("%s, cut at place %d of %d", filepath.Base(path), i, places)
		if err := survives(t, what, load); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// notANumber replaces the last weight.
func notANumber(t *testing.T, path string, load func() error) {
	t.Helper()
	whole := bytesOf(t, path)
	defer put(t, path, whole)
	put(t, path, binary.LittleEndian.AppendUint64(slices.Clone(whole[:len(whole)-8]), math.Float64bits(math.NaN())))
	if err := survives(t, "NaN", load); err == nil || !strings.Contains(err.Error(), "holds NaN") {
		t.Errorf("a weight that is NaN: %v", err)
	}
}

func survives(t *testing.T, what string, load func() error) error {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic: %v", what, r)
		}
	}()
	return load()
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
