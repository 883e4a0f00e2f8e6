package sequence

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// waves are sines of two frequencies, seen at random times, with gaps; the class is the frequency.
func waves(n int) *series.Set {
	rng := rand.New(rand.NewPCG(1, 2))
	set := &series.Set{
		Name: "waves", Channels: []string{"a", "b"}, Labels: []string{"kind"}, Classes: []string{"slow", "fast"},
	}
	for i := range n {
		class := float64(i % 2)
		phase := 2 * math.Pi * rng.Float64()
		s := &series.Series{ID: string(rune('a'+i%26)) + string(rune('a'+i/26)), Label: []float64{class}}
		t := 10.0
		for range 8 + rng.IntN(8) {
			t += 0.1 + 0.4*rng.Float64()
			row := []float64{5 + 3*math.Sin((1+2*class)*t+phase), 2 * math.Cos((1+2*class)*t+phase)}
			if rng.Float64() < 0.2 {
				row[rng.IntN(2)] = math.NaN()
			}
			s.Times, s.Values = append(s.Times, t), append(s.Values, row)
		}
		set.Series = append(set.Series, s)
	}
	return set
}

var quick = Config{Units: 8, Hidden: []int{8}, Epochs: 2, Batch: 8, Seed: 3}

// TestClassify: two frequencies are told apart by eye. A guess is right half the time, and of 40 series 80 % by chance in
// less than one of ten thousand cases.
func TestClassify(t *testing.T) {
	for _, name := range []string{"cfc", "cde"} {
		c := quick
		c.Model, c.Epochs, c.Valid, c.Test, c.LearnRate, c.Units, c.Hidden = name, 30, 0.15, 0.25, 0.01, 16, []int{16}
		f, err := Fit(context.Background(), waves(160), c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if m := f.Metrics["test"]; !(m["accuracy"] >= 0.8) || !(m["auc"] >= 0.8) {
			t.Errorf("%s: %v after %d epochs", name, f.Metrics, f.Epochs)
		}
		if !f.Config.Mask || f.BestEpoch == 0 || f.BestEpoch > f.Epochs || f.Scaling.Channels[0].Offset < 3 {
			t.Errorf("%s: config %+v, best epoch %d of %d, scaling %+v", name, f.Config, f.BestEpoch, f.Epochs, f.Scaling)
		}
	}
}

// TestTimesAreCountedFromTheFirst: a series answers the same a thousand years later, but for the rounding of its times.
func TestTimesAreCountedFromTheFirst(t *testing.T) {
	for _, name := range []string{"cde", "ode-rnn", "cfc"} {
		c := quick
		c.Model, c.Task, c.Epochs = name, Forecast, 1
		f, err := Fit(context.Background(), waves(24), c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		later := waves(4)
		for _, s := range later.Series {
			for j := range s.Times {
				s.Times[j] += 1000
			}
		}
		a, err1 := f.Predict(context.Background(), waves(4), 0)
		b, err2 := f.Predict(context.Background(), later, 0)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for i, series := range a.Mean {
			for j, row := range series {
				for k, v := range row {
					if w := b.Mean[i][j][k]; math.Abs(v-w) > 1e-4*(1+math.Abs(v)) { // single precision
						t.Errorf("%s: series %d, row %d: %g, and later %g", name, i, j, v, w)
					}
				}
			}
		}
	}
}

// TestForecast: between two rows a wave of variance ½ goes on; knowing nothing leaves a scaled square of 1 and, with it, an
// NLL of at least ½ ln 2πe of the scale.
func TestForecast(t *testing.T) {
	for _, name := range []string{"gru", "cde"} {
		t.Run(name, func(t *testing.T) { forecasts(t, name) })
	}
}

func forecasts(t *testing.T, name string) {
	c := quick
	c.Model, c.Task, c.Epochs, c.LearnRate, c.Units, c.Hidden = name, Forecast, 40, 0.02, 24, []int{16}
	f, err := Fit(context.Background(), waves(120), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := f.Metrics["test"]
	if !(m["scaled_mse"] < 0.5) {
		t.Errorf("forecasts: %v", f.Metrics)
	}
	p, err := f.Predict(context.Background(), waves(4), 0.3)
	if err != nil {
		t.Fatal(err)
	}
	s := waves(4).Series[2]
	n := s.Len()
	if times := p.Times[2]; len(times) != n || times[0] != s.Times[1] || times[n-1] != s.Times[n-1]+0.3 ||
		len(p.Mean[2]) != n {
		t.Errorf("times %v of rows at %v", p.Times[2], s.Times)
	}
	low, err1 := p.Quantile(2, 0, 1, 0.1)
	mid, err2 := p.Quantile(2, 0, 1, 0.5)
	if err1 != nil || err2 != nil || !(low < mid) || mid != p.Mean[2][0][1] {
		t.Errorf("quantiles %g, %g, %v, %v", low, mid, err1, err2)
	}
	if _, err := p.Quantile(0, 0, 0, 1); err == nil {
		t.Error("a quantile of 1")
	}
	// Nothing of a row is in the forecasts of it and of those before it.
	other := waves(4)
	one := *other.Series[2]
	one.Values = append(append([][]float64{}, one.Values[:n-1]...), []float64{100, math.NaN()})
	other.Series[2] = &one
	changed, err := f.Predict(context.Background(), other, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(changed.Mean[2][:n-1], p.Mean[2][:n-1]) || reflect.DeepEqual(changed.Mean[2][n-1], p.Mean[2][n-1]) {
		t.Errorf("the forecasts were %v, and with another last row %v", p.Mean[2], changed.Mean[2])
	}
	// A horizon says nothing about the rows before it.
	without, err := f.Predict(context.Background(), waves(4), 0)
	if err != nil {
		t.Fatal(err)
	}
	for j, row := range without.Mean[2] {
		for k, v := range row {
			if math.Abs(v-p.Mean[2][j][k]) > 1e-5*(1+math.Abs(v)) {
				t.Errorf("row %d: %g, with a horizon %g", j, v, p.Mean[2][j][k])
			}
		}
	}
}

// TestEveryModelAndSaving trains with dropout, of which nothing is left in what is trained: it gives the same answers twice.
func TestEveryModelAndSaving(t *testing.T) {
	set := waves(24)
	for _, name := range Models() {
		c := quick
		c.Dropout = 0.2
		c.Model, c.Epochs = name, 1
		f, err := Fit(context.Background(), set, c, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Dropout = 0
		without, err := Fit(context.Background(), set, c, Options{})
		if err != nil || without.Metrics["train"]["loss"] == f.Metrics["train"]["loss"] {
			t.Errorf("%s: with and without dropout the loss is %v, %v", name, f.Metrics["train"]["loss"], err)
		}
		back, err := Load(kept(t, f).Dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err1 := f.Predict(context.Background(), set, 0)
		b, err2 := back.Predict(context.Background(), set, 0)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(a, b) || len(a.Probabilities) != 24 {
			t.Errorf("%s: predictions after loading: %v, %v", name, err1, err2)
		}
	}
}

// TestRegress: the target is a channel's own value, so that a few epochs are enough to come near it; and what is learned
// without noise has no quantiles.
func TestRegress(t *testing.T) {
	set := waves(60)
	set.Labels, set.Classes, set.Targets, set.Statics = nil, nil, []string{"twice"}, []string{"age"}
	for i, s := range set.Series {
		s.Label, s.Static = nil, []float64{float64(i)}
		for _, row := range s.Values {
			s.Targets = append(s.Targets, []float64{2 * row[0]})
		}
	}
	c := quick
	c.Model, c.Noise, c.Epochs, c.LearnRate, c.Units = "rnn", NoNoise, 30, 0.02, 16
	f, err := Fit(context.Background(), set, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := f.Metrics["test"]
	if scale := f.Scaling.Targets[0].Scale; !(m["scaled_mse"] < 0.3) ||
		math.Abs(m["mse"]/(scale*scale)/m["scaled_mse"]-1) > 1e-9 {
		t.Errorf("%v with a scale of %g", f.Metrics, scale)
	}
	p, err := f.Predict(context.Background(), set, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Quantile(0, 0, 0, 0.5); err == nil || p.StdDev != nil {
		t.Error("quantiles without a distribution")
	}
	if _, err := f.Predict(context.Background(), set, 1); err == nil || !strings.Contains(err.Error(), "horizon") {
		t.Errorf("a horizon of a regression: %v", err)
	}
}

// TestScalingSeesTrainingAlone: what the held-out parts hold changes nothing that was learned.
func TestScalingSeesTrainingAlone(t *testing.T) {
	c := quick
	c.Model, c.Epochs, c.Valid = "gru", 1, -1
	parts, err := seriesdata.Split(waves(40), 1, 0.5, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	var scalings []*seriesdata.Scaling
	for _, shift := range []float64{0, 1000} {
		test := parts[1].With(nil)
		for _, s := range parts[1].Series {
			one := *s
			one.Values = nil
			for _, row := range s.Values {
				one.Values = append(one.Values, []float64{row[0] + shift, row[1]})
			}
			test.Series = append(test.Series, &one)
		}
		f, err := Fit(context.Background(), parts[0], c, Options{Test: test})
		if err != nil {
			t.Fatal(err)
		}
		if f.Metrics["valid"] != nil || f.Metrics["test"] == nil {
			t.Errorf("parts %v", f.Metrics)
		}
		scalings = append(scalings, f.Scaling)
	}
	if !reflect.DeepEqual(scalings[0], scalings[1]) {
		t.Error("the scaling knows the test part")
	}
}
