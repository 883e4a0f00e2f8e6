package density

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorgonode/training"
	"gorgonode/training/toy"
)

// A report says what the Fitted does, holds it against one Gaussian on the same rows, and has pictures for one, two and
// three columns; the names of columns are kept.
func TestReport(t *testing.T) {
	plane := toy.EightGaussians().Sample(40, 1)
	for d := 1; d <= 3; d++ {
		points := &training.Points{Name: "p.csv", Names: []string{"a", "b", "c"}[:d]}
		for _, r := range plane {
			points.Rows = append(points.Rows, []float64{r[0], r[1], r[0] + r[1]*r[1]}[:d])
		}
		f := fitted(t, points.Rows, quick(CNF), Options{})
		if err := f.Named(points.Names...); err != nil {
			t.Fatal(err)
		}
		if err := f.Named("only", "two", "or", "more"); err == nil {
			t.Error("four names are no error")
		}
		r, err := f.NewReport(points, []training.Record{{Step: 1, Values: map[string]float64{"loss": 2}}})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "run")
		w, err := training.CreateRun(dir, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Save(w); err != nil {
			t.Fatal(err)
		}
		if err := r.Write(w); err != nil {
			t.Fatal(err)
		}
		run, err := w.Commit()
		if err != nil {
			t.Fatal(err)
		}
		if !Is(run) || len(run.Manifest.Files) != 7 {
			t.Errorf("a density: %t, with %d files", Is(run), len(run.Manifest.Files))
		}
		var s Summary
		raw, err := os.ReadFile(filepath.Join(dir, summaryFile))
		if err != nil || json.Unmarshal(raw, &s) != nil {
			t.Fatal(err)
		}
		_, held := split(points.Rows, 4, f.Config.Seed)
		nll, err := f.meanNLL(held)
		if err != nil || *s.HeldOut != nll || s.Rows != 40 || s.Train != f.Train {
			t.Errorf("%+v; held out %g, %v", s, nll, err)
		}
		g, err := Load(dir)
		if err != nil || strings.Join(g.Columns, "") != "abc"[:d] {
			t.Errorf("%v, %v", g, err)
		}
		points.Rows[0] = []float64{1, 2, 3, 4}
		if _, err := f.NewReport(points, nil); err == nil {
			t.Error("rows of four numbers are no error")
		}
	}
}

// The density of a pair counts the draws in the cell asked for.
func TestCounted(t *testing.T) {
	v := counted([][]float64{{0.5, 0.5}, {0.51, 0.51}, {0.9, 0.1}}, [2]float64{0, 0}, [2]float64{1, 1})
	got, err := v([][]float64{{0.505, 0.505}, {0.901, 0.101}, {0.2, 0.2}})
	if err != nil || got[0] != 2 || got[1] != 1 || got[2] != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCheck(t *testing.T) {
	for want, rows := range map[string][][]float64{
		"column x2 is 2 in all rows": {{1, 2}, {2, 2}, {3, 2}},
		"row 1, column x1 is NaN":    {{math.NaN(), 2}, {2, 3}, {3, 2}},
		"no data":                    nil,
	} {
		if err := (Config{}).Check(rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q: %v", want, err)
		}
	}
	constant := [][]float64{{1, 2}, {2, 2}, {3, 2}}
	if err := (Config{}).Check(constant, "a", "b"); err == nil || !strings.Contains(err.Error(), "column b is 2 in all rows") {
		t.Errorf("%v, want the name of the column", err)
	}
	if err := (Config{}).Check(constant, "a"); err == nil || !strings.Contains(err.Error(), "1 names for 2 columns") {
		t.Errorf("%v: too few names", err)
	}
	if err := (Config{Model: Glow}).Check([][]float64{{1}, {2}, {3}}); err == nil {
		t.Error("a Glow of one column is no error")
	}
}
