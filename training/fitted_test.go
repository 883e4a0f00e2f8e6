package training

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The errors are those that one computes by hand from the forecast.
func TestFittedErrors(t *testing.T) {
	s := thinned(t, false, 2, 5)
	f := fit(t, s, quick(FitConfig{HoldOut: 3}))
	pred, err := f.Forecast(s.T)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name     string
		e        Errors
		from, to int
	}{{"train", f.Train, 0, 18}, {"held out", f.HeldOut, 18, 21}, {"all", f.All, 0, 21}} {
		var hare, logs, nHare, n float64
		for i := part.from; i < part.to; i++ {
			for j, x := range s.X[i] {
				if math.IsNaN(x) {
					continue
				}
				n++
				logs += math.Pow(math.Log(pred.X[i][j]/x), 2)
				if j == 1 {
					nHare++
					hare += math.Pow(pred.X[i][j]-x, 2)
				}
			}
		}
		if part.e.Rows != part.to-part.from || part.e.Values != int(n) {
			t.Errorf("%s: %d rows, %d values", part.name, part.e.Rows, part.e.Values)
		}
		if want := math.Sqrt(logs / n); math.Abs(*part.e.LogRMSE-want) > 1e-9*want {
			t.Errorf("%s: log RMSE %g, want %g", part.name, *part.e.LogRMSE, want)
		}
		if want := math.Sqrt(hare / nHare); math.Abs(part.e.RMSE["Hare"]-want) > 1e-9*want {
			t.Errorf("%s: RMSE of hares %g, want %g", part.name, part.e.RMSE["Hare"], want)
		}
	}
	if f := fit(t, s, quick(FitConfig{Scaling: "standardise"})); f.All.LogRMSE != nil || f.HeldOut.Values != 0 ||
		!(f.All.ScaledRMSE > 0) {
		t.Errorf("%+v, %+v", f.All, f.HeldOut)
	}
}

func TestForecast(t *testing.T) {
	f := fit(t, lynxHare(t), quick(FitConfig{}))
	a, err := f.Forecast([]float64{1900, 1910, 1925.5})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Validate(); err != nil || a.TimeName != "Year" || a.Names[1] != "Hare" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, c := range []struct {
		times []float64
		want  string
	}{
		{[]float64{1899.9}, "1899.9 is before 1900"},
		{[]float64{1901, 1901}, "1901 does not come after 1901"},
		{[]float64{math.NaN()}, "NaN"},
		{[]float64{1901, math.Inf(1)}, "+Inf"},
	} {
		_, err := f.Forecast(c.times)
		wantError(t, err, c.want)
	}

	b, err := f.ForecastFrom(f.Data, 4, []float64{1904, 1905})
	if err != nil {
		t.Fatal(err)
	}
	for j, x := range f.Data.X[4] {
		if math.Abs(b.X[0][j]-x) > 1e-12*x || b.X[1][j] == b.X[0][j] {
			t.Errorf("%s: from %g to %g, want from %g on", b.Names[j], b.X[0][j], b.X[1][j], x)
		}
	}
	_, err = f.ForecastFrom(f.Data, 4, []float64{1903})
	wantError(t, err, "1903 is before 1904")
	_, err = f.ForecastFrom(f.Data, 21, []float64{1950})
	wantError(t, err, "rows 21 to 22")
	gap := lynxHare(t)
	gap.X[4][0] = math.NaN()
	_, err = f.ForecastFrom(gap, 4, []float64{1905})
	wantError(t, err, "a value is missing")
	other := lynxHare(t)
	other.Names[0] = "Fox"
	_, err = f.ForecastFrom(other, 4, []float64{1905})
	wantError(t, err, "Fox")
}

// The slope in the data's units is the derivative of the forecast, with logarithms and without, and in another unit of time.
func TestSlope(t *testing.T) {
	for _, scaling := range []string{"log-standardise", "standardise", "identity"} {
		s := lynxHare(t)
		for i := range s.T {
			s.T[i] = 12 * (s.T[i] - 1900) // months
		}
		c := quick(FitConfig{Scaling: scaling, Model: ForecasterConfig{RTol: 1e-10, ATol: 1e-10, Time: true}})
		f := fit(t, s, c)
		slope, err := f.Slope()
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-3
		y, err := f.Forecast([]float64{5 - h, 5, 5 + h})
		if err != nil {
			t.Fatal(err)
		}
		d, err := slope(5, y.X[1])
		if err != nil {
			t.Fatal(err)
		}
		for j := range d {
			want := (y.X[2][j] - y.X[0][j]) / (2 * h)
			if math.Abs(d[j]-want) > 1e-4*(math.Abs(want)+1e-3) {
				t.Errorf("%s, %s: slope %g, the forecast moves at %g", scaling, s.Names[j], d[j], want)
			}
		}
		if _, err := slope(5, []float64{1}); err == nil {
			t.Error("a short row is no error")
		}
		if _, err := slope(5, []float64{-1, 1}); (err != nil) != (scaling == "log-standardise") {
			t.Errorf("%s: -1: %v", scaling, err)
		}
	}
}

func TestFittedSave(t *testing.T) {
	s := thinned(t, false, 2, 5)
	s.TimeUnit, s.TimeName = "year", "2000" // a heading that is a number
	s.Names = []string{"1", "-3.5"}
	c := quick(FitConfig{HoldOut: 3, Model: ForecasterConfig{Augment: 1, Time: true, Hidden: []int{5}}})
	c.WindowSteps = -1
	f := fit(t, s, c)
	dir := t.TempDir() + "/run"
	save(t, f, dir, nil)
	got, err := LoadFitted(dir)
	if err != nil {
		t.Fatal(err)
	}
	times := []float64{1900, 1907.3, 1931}
	a, err := f.Forecast(times)
	if err != nil {
		t.Fatal(err)
	}
	b, err := got.Forecast(times)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("forecasts differ: %s", diff)
	}
	if diff := cmp.Diff([]any{f.Config, f.Transform, f.Steps, f.BestStep, f.Train, f.HeldOut, f.All},
		[]any{got.Config, got.Transform, got.Steps, got.BestStep, got.Train, got.HeldOut, got.All}); diff != "" {
		t.Error(diff)
	}
	for i, row := range f.Data.X {
		for j, v := range row {
			if w := got.Data.X[i][j]; math.Float64bits(v) != math.Float64bits(w) && !(math.IsNaN(v) && math.IsNaN(w)) {
				t.Errorf("row %d, column %d: %g became %g", i, j, v, w)
			}
		}
	}
}

// save writes a run, in which change may do what it likes before it is finished.
func save(t *testing.T, f *Fitted, dir string, change func(w *RunWriter)) {
	t.Helper()
	w, err := CreateRun(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Save(w); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(w)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}
