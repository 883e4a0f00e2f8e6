package demo

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var co2Data = filepath.Join("..", "..", "testdata", "co2")

func TestCO2(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r, err := CO2(context.Background(), Options{Out: out, Data: co2Data, Seed: 1, Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range r.Figures {
		got[f.Name] = f.Value
	}
	// The season has a standard deviation of 2 ppm, which is left where the level is known and nothing else.
	if v := got["gaps, all hidden weeks: RMSE, latent ODE"]; !(v < 1) {
		t.Errorf("RMSE of hidden weeks %g", v)
	}
	// A chord over a quarter of a cycle of amplitude 3 ppm is off by up to 3 (1 − cos π/4) = 0.9; the law knows the cycle.
	line := got["gaps, runs of 13 weeks: RMSE, linear interpolation"]
	if law := got["gaps, runs of 13 weeks: RMSE, linear SDE alone"]; !(law < line) {
		t.Errorf("RMSE of runs of 13 weeks %g, and %g of linear interpolation", law, line)
	}
	// The factor comes from 22 stretches and is tried on 45 others, as good as (Σn)²/Σn² = 8.6 and 17.6 of one length. If all
	// weeks of a stretch go together, a share of 0.9 has a standard deviation of √(0.09/8.6 + 0.09/17.6) = 0.125; three of
	// them.
	if v := got["gaps, all hidden weeks: in the 90 % band, latent ODE"]; !(v > 52) {
		t.Errorf("%g %% of hidden weeks are in the band", v)
	}
	if v := got["forecast: factor of the band, from the earlier forecast"]; !(v >= 1) {
		t.Errorf("factor of the forecast's band %g", v)
	}
	for _, name := range r.Files {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.Files) != 6 {
		t.Errorf("files %q", r.Files)
	}
}

// What is hidden or yet to come changes no prediction.
func TestCO2DoesNotSeeWhatItPredicts(t *testing.T) {
	record, err := readCO2(filepath.Join(co2Data, "co2.csv"))
	if err != nil {
		t.Fatal(err)
	}
	record = record.before(1972)
	o := Options{Seed: 2, Quick: true}
	gaps := func(change float64) co2Band {
		c, err := newCO2Imputation(record, o)
		if err != nil {
			t.Fatal(err)
		}
		c.record = &co2Record{record.t, slices.Clone(record.x)}
		for _, h := range c.test {
			c.record.x[h.week] += change
		}
		if err := c.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return c.band
	}
	ahead := func(change float64) co2Band {
		c := &co2Forecast{Options: o, record: &co2Record{record.t, slices.Clone(record.x)}, end: 1964}
		for i, v := range record.t {
			if v > 1964 {
				c.record.x[i] += change
			}
		}
		if err := c.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return c.band
	}
	for what, run := range map[string]func(float64) co2Band{"gaps": gaps, "forecast": ahead} {
		a, b := run(0), run(100)
		if !slices.Equal(a.mean, b.mean) || !slices.Equal(a.below, b.below) || !slices.Equal(a.above, b.above) {
			t.Errorf("%s: the prediction depends on what it is to predict", what)
		}
	}
}

func TestCO2Hide(t *testing.T) {
	record, err := readCO2(filepath.Join(co2Data, "co2.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(record.t) != 2284 || len(record.seen().t) != 2225 {
		t.Fatalf("%d weeks, %d of them measured, want 2284 and 2225", len(record.t), len(record.seen().t))
	}
	hidden, err := record.hide(rand.New(rand.NewPCG(1, 0)), map[int]int{1: 20, 5: 3})
	if err != nil || len(hidden) != 35 {
		t.Fatalf("%d weeks, want 35: %v", len(hidden), err)
	}
	rest := record.without(hidden)
	runs := map[int]int{} // of missing weeks, beside those of the record
	for i := 0; i < len(rest.x); i++ {
		n := 0
		for ; i < len(rest.x) && math.IsNaN(rest.x[i]); i++ {
			if math.IsNaN(record.x[i]) {
				n = math.MinInt32
			}
			n++
		}
		runs[max(n, 0)]++
	}
	if runs[1] != 20 || runs[5] != 3 {
		t.Errorf("stretches by length: %v", runs)
	}
	if _, err := record.hide(rand.New(rand.NewPCG(1, 0)), map[int]int{5000: 1}); err == nil {
		t.Error("5000 weeks are hidden of 2284")
	}
}

func TestReadCO2Errors(t *testing.T) {
	for want, text := range map[string]string{
		"no weeks":                      "date,co2\n",
		":2: date":                      "date,co2\n19581399,316\n",
		`:2: "x" is no concentration`:   "date,co2\n19580329,x\n",
		`:2: "NaN" is no concentration`: "date,co2\n19580329,NaN\n",
		":3: 19580329 does not come":    "date,co2\n19580329,316\n19580329,316\n",
		"wrong number of fields":        "date,co2\n19580329\n",
		"no such file":                  "",
	} {
		path := filepath.Join(t.TempDir(), "co2.csv")
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		_, err := readCO2(path)
		if err == nil || text != "" && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestCO2Refused(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(co2Data, "co2.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.SplitAfter(string(whole), "\n")
	late := slices.Concat(rows[:1], rows[len(rows)-300:])
	for want, text := range map[string][]string{"want it from 1958 to 2001": late, "co2.csv: no weeks": rows[:1]} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "co2.csv"), []byte(strings.Join(text, "")), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := CO2(context.Background(), Options{Data: folder, Quick: true})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "demo: co2: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if _, err := fitCO2Trend(&co2Record{[]float64{1958, 1959}, []float64{315, 316}}, 1); err == nil ||
		!strings.Contains(err.Error(), "2 months of measurements") {
		t.Errorf("a trend of two weeks: %v", err)
	}
}
