package generative

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

const waveNoise = 0.2 // of the amplitude

// waves are circles that are gone round at two speeds, which are the classes, seen at random times, with noise and gaps.
func waves(n int) *series.Set {
	rng := rand.New(rand.NewPCG(1, 2))
	set := &series.Set{
		Name: "waves", Channels: []string{"a", "b"}, Labels: []string{"kind"}, Classes: []string{"slow", "fast"},
	}
	for i := range n {
		class := float64(i % 2)
		phase := 2 * math.Pi * rng.Float64()
		s := &series.Series{ID: fmt.Sprint("wave ", i), Label: []float64{class}}
		t := 10.0
		for range 12 + rng.IntN(8) {
			t += 0.1 + 0.4*rng.Float64()
			noise := func() float64 { return waveNoise * rng.NormFloat64() }
			row := []float64{5 + 4*(math.Sin((1+class)*t+phase)+noise()), math.Cos((1+class)*t+phase) + noise()}
			if rng.Float64() < 0.2 {
				row[rng.IntN(2)] = math.NaN()
			}
			s.Times, s.Values = append(s.Times, t), append(s.Values, row)
		}
		set.Series = append(set.Series, s)
	}
	return set
}

// quick is for what needs no learning.
var quick = Config{Latent: 3, Units: 6, Hidden: []int{8}, Epochs: 1, Batch: 8, Seed: 3}

func fitted(t *testing.T, set *series.Set, c Config, o Options) *Fitted {
	t.Helper()
	f, err := Fit(context.Background(), set, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestInterpolate: of a wave of variance ½ the noise leaves a scaled error of √2·0.2/√(1 + 2·0.04) = 0.27, and knowing
// nothing one of 1. A band of 90 % around some 800 values of 40 series holds 90 % of them if the model knows its doubt; with
// 40 series that are wrong or right as a whole one standard error is 0.05 at most. Classes told by chance are right half the
// time.
func TestInterpolate(t *testing.T) {
	c := Config{Epochs: 50, Latent: 4, Units: 16, Hidden: []int{32}, LearnRate: 0.02, Test: 0.25, Seed: 1}
	f := fitted(t, waves(160), c, Options{})
	m := f.Metrics["test"]
	if !(m["scaled_rmse"] < 0.6) || !(m["coverage"] > 0.75) || !(m["accuracy"] >= 0.8) || !(m["auc"] >= 0.8) {
		t.Errorf("%v after %d epochs", f.Metrics, f.Epochs)
	}
	if !(m["iwae"] > m["elbo"]) {
		t.Errorf("of 20 samples the bound is %g, and the evidence lower bound %g", m["iwae"], m["elbo"])
	}
	if f.BestEpoch == 0 || f.BestEpoch > f.Epochs || len(f.History) != f.Epochs || len(f.Test.Series) != 40 ||
		f.Metrics["train"] != nil {
		t.Errorf("best epoch %d of %d, %d records, %d series in the test", f.BestEpoch, f.Epochs, len(f.History),
			len(f.Test.Series))
	}
	if f.Scaling.Channels[0].Offset < 3 || !(f.Config.Span > 2) || !(f.Config.Step <= f.Config.Span/20) {
		t.Errorf("scaling %+v, config %+v", f.Scaling, f.Config)
	}
}

// TestUnits: the bound is in the data's units. A power of two changes no digit of what is scaled.
func TestUnits(t *testing.T) {
	set := waves(24)
	big := set.With(nil)
	for _, s := range set.Series {
		one := *s
		one.Values = nil
		for _, row := range s.Values {
			one.Values = append(one.Values, []float64{8 * row[0], 8 * row[1]})
		}
		big.Series = append(big.Series, &one)
	}
	a, b := fitted(t, set, quick, Options{}).Metrics["test"], fitted(t, big, quick, Options{}).Metrics["test"]
	for _, name := range []string{"elbo", "iwae"} {
		if d := b[name] - a[name] + math.Log(8); math.Abs(d) > 1e-12 {
			t.Errorf("%s is %g, and %g of values 8 times as large", name, a[name], b[name])
		}
	}
	if a["scaled_rmse"] != b["scaled_rmse"] || a["coverage"] != b["coverage"] ||
		math.Abs(b["rmse a"]-8*a["rmse a"]) > 1e-12*b["rmse a"] {
		t.Errorf("%v, and 8 times as large %v", a, b)
	}
}

// TestKinds: every kind of model trains, is kept to the last bit, and predicts and draws.
func TestKinds(t *testing.T) {
	set := waves(24)
	origin := 9.0
	for name, change := range map[string]func(c *Config){
		"gru":         func(c *Config) { c.Encoder = GRU },
		"ode-rnn":     func(c *Config) { c.Origin, c.Annealing = &origin, -1 },
		"attention":   func(c *Config) { c.Encoder, c.Samples = Attention, 3 },
		"poisson":     func(c *Config) { c.Poisson, c.Sigma, c.NoClasses = true, 0.5, true },
		"tolerance":   func(c *Config) { c.Tolerance, c.Hide = 1e-3, -1 },
		"sde":         func(c *Config) { c.Model, c.Samples, c.Origin = "sde", 2, &origin },
		"sde, split":  func(c *Config) { c.Model, c.Objective, c.Sigma, c.NoClasses = "sde", Extrapolate, 0.5, true },
		"extrapolate": func(c *Config) { c.Objective, c.Balance, c.Valid, c.Test = Extrapolate, true, -1, -1 },
	} {
		c := quick
		change(&c)
		f := fitted(t, set, c, Options{})
		back, err := Load(kept(t, f).Dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		o := PredictOptions{Samples: 7, Quantiles: []float64{0.1, 0.9}}
		a, err1 := f.Predict(context.Background(), set, o)
		b, err2 := back.Predict(context.Background(), set, o)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(a, b) || len(a.Mean) != 24 ||
			(len(a.Probabilities) == 24) == c.NoClasses {
			t.Errorf("%s: predictions after loading: %v, %v", name, err1, err2)
		}
		drawn, err1 := f.Generate(context.Background(), 3, []float64{9, 10, 12}, 5)
		again, err2 := back.Generate(context.Background(), 3, []float64{9, 10, 12}, 5)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(drawn, again) || drawn.Series[2].Len() != 3 {
			t.Errorf("%s: draws after loading: %v, %v", name, err1, err2)
		}
		for part, m := range f.Metrics {
			for figure, v := range m {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s: %s of %s is %g", name, figure, part, v)
				}
			}
		}
		if _, ok := f.Metrics["train"]; ok != (c.Test < 0) {
			t.Errorf("%s: metrics of %v", name, f.Metrics)
		}
	}
}

// TestTrainingPartAlone: what the held-out parts hold changes nothing that was learned.
func TestTrainingPartAlone(t *testing.T) {
	parts, err := seriesdata.Split(waves(40), 1, 0.5, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	c := quick
	c.Valid = -1
	var before *Fitted
	for _, shift := range []float64{0, 2} {
		test := parts[1].With(nil)
		for _, s := range parts[1].Series {
			one := *s
			one.Times, one.Values = nil, nil
			for j, row := range s.Values {
				one.Times = append(one.Times, s.Times[j]*(1+shift))
				one.Values = append(one.Values, []float64{row[0] + shift, row[1]})
			}
			test.Series = append(test.Series, &one)
		}
		f := fitted(t, parts[0], c, Options{Test: test})
		if f.Metrics["valid"] != nil || f.Metrics["test"] == nil || f.Test != test {
			t.Errorf("parts %v", f.Metrics)
		}
		if before != nil && (!reflect.DeepEqual(f.Config, before.Config) || !reflect.DeepEqual(f.Scaling, before.Scaling) ||
			!reflect.DeepEqual(f.params()[0].Float64s(), before.params()[0].Float64s())) {
			t.Error("what was learned knows the test part")
		}
		before = f
	}
}

// TestDecaySparesNoise: a decay that halves weights in each step leaves the noise near 0.3, where it begins: Adam moves its
// logarithm by less than 0.01 a step or so, and three halvings would leave 0.3^(1/8) = 0.86.
func TestDecaySparesNoise(t *testing.T) {
	for _, name := range Models() {
		c := quick
		c.Model, c.LearnRate, c.Decay = name, 0.01, 50
		if name == sdeName {
			c.Encoder = GRU
		}
		f := fitted(t, waves(24), c, Options{})
		drawn, err := f.model.prior(context.Background(), 1, []float64{0}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range drawn.sigma {
			if math.Abs(v-0.3) > 0.02 {
				t.Errorf("%s: the noise is %g", name, v)
			}
		}
	}
}
