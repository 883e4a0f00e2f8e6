package training

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"
)

func TestReport(t *testing.T) {
	var b bytes.Buffer
	f, err := Fit(t.Context(), lynxHare(t), quick(FitConfig{HoldOut: 3}), FitOptions{Metrics: NewMetricsWriter(&b)})
	if err != nil {
		t.Fatal(err)
	}
	var records []Record
	for line := range bytes.Lines(b.Bytes()) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	dir := filepath.Join(t.TempDir(), "run")
	write := func(r *Report, err error) []string {
		if err != nil {
			t.Fatal(err)
		}
		w, err := CreateRun(dir, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(w); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		return namesIn(t, dir)
	}
	want := []string{"fit.png", "fit.svg", "loss.png", "loss.svg", "phase.png", "phase.svg", "run.json", "summary.json"}
	if got := write(f.NewReport(10, records)); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	var s Summary
	if err := json.Unmarshal([]byte(textOf(t, filepath.Join(dir, summaryFile))), &s); err != nil {
		t.Fatal(err)
	}
	// (2·16+16) + (16·16+16) + (16·2+2) + 2
	if s.Rows != 21 || s.From != 1900 || s.To != 1920 || s.ForecastTo != 1930 || s.Weights != 356 ||
		*s.All.LogRMSE != *f.All.LogRMSE || s.Warning != "" {
		t.Errorf("%+v", s)
	}

	one := lynxHare(t)
	one.Names = one.Names[:1]
	for i := range one.X {
		one.X[i] = one.X[i][:1]
	}
	if got := write(fit(t, one, quick(FitConfig{})).NewReport(0, nil)); !slices.Equal(got,
		[]string{"fit.png", "fit.svg", "run.json", "summary.json"}) {
		t.Errorf("one column, no records: %q", got)
	}
	_, err = f.NewReport(-1, nil)
	wantError(t, err, "must not be negative")
}

// A model that can be solved over the data but not much further still gets its report, which says so.
func TestReportOfARunaway(t *testing.T) {
	c := quick(FitConfig{Scaling: "log-standardise", Model: ForecasterConfig{Hidden: []int{}, RTol: 1e-3}})
	f := fit(t, lynxHare(t), c)
	// y' = (y − start) + 1/2 in each scaled column: e^τ.
	for i, v := range [][]float64{{1, 0, 0, 1}, {0.5, 0.5}, {0, 0}} {
		if err := f.Model.Params()[i].Set(v); err != nil {
			t.Fatal(err)
		}
	}
	f.Data.T, f.Data.X = f.Data.T[:6], f.Data.X[:6]
	r, err := f.NewReport(30, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Summary.ForecastTo != 1905 || r.Summary.Warning == "" {
		t.Errorf("%+v", r.Summary)
	}
	if last := r.model.T[r.model.Len()-1]; last != 1905 {
		t.Errorf("the picture goes to %g", last)
	}
}

// Arrows need one slope for a point of the page.
func TestPhasePictureField(t *testing.T) {
	for _, c := range []struct {
		cfg  ForecasterConfig
		want bool
	}{{ForecasterConfig{}, true}, {ForecasterConfig{Augment: 1}, false}, {ForecasterConfig{Time: true}, false}} {
		r, err := fit(t, lynxHare(t), quick(FitConfig{Model: c.cfg})).NewReport(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		fig, err := r.PhasePicture()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := fig.Encode(&b, "svg"); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(b.Bytes(), []byte("vector field")); got != c.want {
			t.Errorf("%+v: arrows %t", c.cfg, got)
		}
	}
}

func TestOwnScales(t *testing.T) {
	nan := math.NaN()
	series := func(columns ...[]float64) *Series {
		s := &Series{T: make([]float64, len(columns[0])), X: make([][]float64, len(columns[0]))}
		for j, c := range columns {
			s.Names = append(s.Names, string(rune('a'+j)))
			for i, v := range c {
				s.X[i] = append(s.X[i], v)
			}
		}
		return s
	}
	for name, c := range map[string]struct {
		s    *Series
		want bool
	}{
		"one":       {series([]float64{1, 2}), false},
		"alike":     {series([]float64{1, 50}, []float64{10, 40}), false},
		"flat":      {series([]float64{1, 50}, []float64{0.1, 0.4}), true},
		"far apart": {series([]float64{1, 2}, []float64{1000, 1001}), true},
		"many":      {series([]float64{1, 2}, []float64{1, 2}, []float64{1, 2}, []float64{1, 2}, []float64{1, 2}), true},
		"empty":     {series([]float64{1, 2}, []float64{nan, nan}), false},
	} {
		if got := OwnScales(c.s); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestBetween(t *testing.T) {
	if got := Between(3, 3); len(got) != 1 || got[0] != 3 {
		t.Errorf("%v", got)
	}
	got := Between(1900, 1920)
	if got[0] != 1900 || got[len(got)-1] != 1920 || !slices.IsSorted(got) || len(got) < 100 {
		t.Errorf("%v", got)
	}
	if got := Between(1e9, math.Nextafter(1e9, 2e9)); len(got) != 2 {
		t.Errorf("%v", got)
	}
}
