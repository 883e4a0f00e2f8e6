package generative

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonode/layers/series"
)

func predicted(t *testing.T, f *Fitted, set *series.Set, o PredictOptions) *Prediction {
	t.Helper()
	p, err := f.Predict(context.Background(), set, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// near compares predictions but for the rounding of float32 numbers of order 1 over some dozen steps.
func near(t *testing.T, what string, a, b [][]float64) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s: %d rows and %d", what, len(a), len(b))
	}
	for j := range a {
		for k, v := range a[j] {
			if !(math.Abs(v-b[j][k]) <= 1e-4*(1+math.Abs(v))) {
				t.Errorf("%s: row %d, value %d: %g and %g", what, j, k, v, b[j][k])
			}
		}
	}
}

// TestPredict: what is said of a series depends neither on the others nor on what its clock shows, and at one time not on
// the others that are asked for but for the solver's error, which steps of a third of the longest show.
func TestPredict(t *testing.T) {
	set := waves(20)
	f := fitted(t, set, quick, Options{})
	o := PredictOptions{Samples: 20, Quantiles: []float64{0.05, 0.5, 0.95}}
	p := predicted(t, f, set, o)
	alone := predicted(t, f, set.With(set.Series[7:8]), o)
	near(t, "alone", p.Mean[7], alone.Mean[0])
	near(t, "quantile alone", p.Quantiles[2][7], alone.Quantiles[2][0])
	near(t, "probabilities", p.Probabilities[7:8], alone.Probabilities)

	later := set.With(nil)
	for _, s := range set.Series[:2] {
		one := *s
		one.Times = nil
		for _, v := range s.Times {
			one.Times = append(one.Times, v+512)
		}
		later.Series = append(later.Series, &one)
	}
	near(t, "later", p.Mean[1], predicted(t, f, later, o).Mean[1])

	last := set.Series[0].Times[set.Series[0].Len()-1]
	o.Times = [][]float64{{last - 1.5, last - 1.4, last, last + 1}}
	some := predicted(t, f, set.With(set.Series[:1]), o)
	o.Times = [][]float64{{last - 1.4, last + 1}}
	fewer := predicted(t, f, set.With(set.Series[:1]), o)
	for _, at := range [][2]int{{1, 0}, {3, 1}} {
		for k, v := range some.Mean[0][at[0]] {
			if math.Abs(v-fewer.Mean[0][at[1]][k]) > 0.01*f.Scaling.Channels[k].Scale {
				t.Errorf("%g at other times, %g", fewer.Mean[0][at[1]][k], v)
			}
		}
	}
	if !slices.Equal(some.Times[0], []float64{last - 1.5, last - 1.4, last, last + 1}) || some.IDs[0] != "wave 0" {
		t.Errorf("times %v of %q", some.Times, some.IDs)
	}
	for j := range some.Mean[0] {
		for k := range 2 {
			a, b, c := some.Quantiles[0][0][j][k], some.Quantiles[1][0][j][k], some.Quantiles[2][0][j][k]
			if !(a < b && b < c) {
				t.Errorf("quantiles %g, %g, %g", a, b, c)
			}
		}
	}
	for want, o := range map[string]PredictOptions{
		"times for 1 series":       {Times: [][]float64{{20}}},
		"the state begins at":      {Times: slices.Repeat([][]float64{{1}}, 20)},
		"does not come after 20":   {Times: slices.Repeat([][]float64{{20, 20}}, 20)},
		"is no finite number":      {Times: slices.Repeat([][]float64{{math.Inf(1)}}, 20)},
		"more than 1048576":        {Times: slices.Repeat([][]float64{{1e12}}, 20)},
		"a quantile of 1":          {Quantiles: []float64{1}},
		"-1 samples, want from 1 ": {Samples: -1},
	} {
		if _, err := f.Predict(context.Background(), set, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	other := set.With(set.Series)
	other.Channels = []string{"a", "c"}
	_, err := f.Predict(context.Background(), other, PredictOptions{})
	if err == nil || !strings.Contains(err.Error(), `learned were ["a" "b"]`) {
		t.Errorf("other channels: %v", err)
	}
}

// TestSplitHidesTheFuture: a model that extrapolates is told nothing by what comes after the split, and one that
// interpolates is.
func TestSplitHidesTheFuture(t *testing.T) {
	set := waves(20)
	const split = 2
	changed := set.With(nil)
	for _, s := range set.Series {
		one := *s
		one.Values = nil
		for j, row := range s.Values {
			if s.Times[j]-s.Times[0] > split {
				row = []float64{row[0] + 3, row[1] + 3}
			}
			one.Values = append(one.Values, row)
		}
		changed.Series = append(changed.Series, &one)
	}
	for _, c := range []Config{{Objective: Extrapolate, Split: split}, {}} {
		c.Latent, c.Units, c.Hidden, c.Epochs, c.Batch = 3, 6, []int{8}, 1, 8
		f := fitted(t, set, c, Options{})
		a, b := predicted(t, f, set, PredictOptions{Samples: 5}), predicted(t, f, changed, PredictOptions{Samples: 5})
		same := true
		for i := range a.Mean {
			for j := range a.Mean[i] {
				same = same && slices.Equal(a.Mean[i][j], b.Mean[i][j])
			}
		}
		if same != (c.Objective == Extrapolate) {
			t.Errorf("objective %q: predictions from another future are the same: %t", c.Objective, same)
		}
	}
}

// TestGenerate: a draw depends on the seed and its number alone; there is noise in it; and wrong times are refused.
func TestGenerate(t *testing.T) {
	f := fitted(t, waves(20), quick, Options{})
	times := []float64{0, 0.5, 3}
	draw := func(n int, seed uint64) *series.Set {
		set, err := f.Generate(context.Background(), n, times, seed)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	a, b, c := draw(2, 1), draw(300, 1), draw(2, 2)
	near(t, "among others", a.Series[1].Values, b.Series[1].Values)
	if a.Series[0].Values[0][0] == c.Series[0].Values[0][0] || b.Series[299].ID != "300" ||
		!slices.Equal(a.Channels, []string{"a", "b"}) {
		t.Errorf("draws %v and %v of another seed", a.Series[0].Values, c.Series[0].Values)
	}
	for _, bad := range [][]float64{{-1, 2}, {1, 1}, {math.NaN()}, {1e13}} {
		if _, err := f.Generate(context.Background(), 1, bad, 1); err == nil {
			t.Errorf("times %v", bad)
		}
	}
	if _, err := f.Generate(context.Background(), 0, times, 1); err == nil {
		t.Error("no series")
	}
}

// TestPicture: it has the series that were asked for, whatever their length, and is an error where there is no time to show.
func TestPicture(t *testing.T) {
	set := waves(20)
	c := quick
	c.Objective = Extrapolate
	for _, c := range []Config{quick, c} {
		f := fitted(t, set, c, Options{})
		until := make([][]float64, 20)
		until[0] = []float64{30}
		fig, err := f.Picture(context.Background(), set, PictureOptions{Series: 2, Hide: true, Until: until, Samples: 10})
		if err != nil {
			t.Fatal(err)
		}
		var svg bytes.Buffer
		if err := fig.Encode(&svg, "svg"); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"wave 0", "wave 1", "90 %, with noise", "forecast", "hidden"} {
			if !strings.Contains(svg.String(), ">"+want+"<") {
				t.Errorf("objective %q: the picture has no %q", c.Objective, want)
			}
		}
		empty := set.With([]*series.Series{{ID: "none", Label: []float64{0}}})
		if _, err := f.Picture(context.Background(), empty, PictureOptions{}); err == nil {
			t.Error("a picture of no rows")
		}
	}
}
