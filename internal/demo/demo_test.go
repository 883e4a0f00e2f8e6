package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonode/internal/demo"
)

func figures(t *testing.T, r demo.Result, err error) map[string]float64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range r.Figures {
		all[f.Name] = f.Value
	}
	return all
}

// The bounds are the published 80 % intervals.
func TestLotkaVolterra(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := demo.LotkaVolterra(context.Background(), demo.Options{Out: out,
		Data: filepath.Join("..", "..", "testdata", "lynx-hare"), Quick: true})
	got := figures(t, r, err)
	for name, b := range map[string][2]float64{
		"alpha": {0.47, 0.63}, "beta": {0.023, 0.033}, "gamma": {0.69, 0.91}, "delta": {0.020, 0.029},
	} {
		if v := got[name]; !(v > b[0] && v < b[1]) {
			t.Errorf("%s is %g, published between %g and %g", name, v, b[0], b[1])
		}
	}
	for _, name := range r.Files {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.Files) != 3 {
		t.Errorf("files %q", r.Files)
	}
}

// The rows say what f and g are to their noise of 0.01 and the slopes that follow from it, of the order of the noise by
// the spacing, 0.1, averaged over neighbours: a quarter of the terms' size is far above that and far below what no term
// at all would leave.
func TestMissingTerm(t *testing.T) {
	r, err := demo.MissingTerm(context.Background(), demo.Options{Seed: 1, Quick: true})
	got := figures(t, r, err)
	for _, name := range []string{"f", "g"} {
		if v := got["RMSE of "+name+" in parts of its size"]; !(v < 0.25) {
			t.Errorf("%s is off by %g of its size", name, v)
		}
	}
	if v := got["coefficient of x·y in f, by least squares"]; math.Abs(v+0.9) > 0.15 {
		t.Errorf("coefficient of x·y in f: %g, want −0.9", v)
	}
	// With the formula in place of the networks the forecast is as good as the noise.
	if v := got["RMSE of the forecast with the formula, t from 3 to 6"]; !(v < 0.1) {
		t.Errorf("forecast with the formula is off by %g", v)
	}
	if len(r.Files) != 0 {
		t.Errorf("files %q without a folder", r.Files)
	}
}

func TestRegistry(t *testing.T) {
	var names []string
	for _, d := range demo.All() {
		names = append(names, d.Name)
		if d.Summary == "" || d.Run == nil {
			t.Errorf("%q says nothing or does nothing", d.Name)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("names %q: want them sorted and different", names)
	}
	if _, err := demo.Find("missing-therm"); err == nil || !strings.Contains(err.Error(), "lotka-volterra") {
		t.Errorf("got %v", err)
	}
}

func TestResultIsWritten(t *testing.T) {
	r := demo.Result{Name: "x", Figures: []demo.Figure{{Name: "a|b", Value: math.Pi, Unit: "m", Published: "3"},
		{Name: "n", Value: math.NaN()}}}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Name    string
		Figures []struct{ Value *float64 }
		Files   []string
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || *back.Figures[0].Value != math.Pi ||
		back.Figures[1].Value != nil || back.Files == nil {
		t.Errorf("%v: %s", err, b.String())
	}
	b.Reset()
	if err := r.WriteMarkdown(&b); err != nil || !strings.Contains(b.String(), `| a\|b | 3.142 m | 3 |`) {
		t.Errorf("%v: %s", err, b.String())
	}
}
