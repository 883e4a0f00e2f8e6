package generative

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonode/layers/series"
)

// walks are Ornstein–Uhlenbeck processes of the correlation time 1 and the variance 1, seen with noise of 0.3 at times of
// their own: what comes a correlation time later is known but for a deviation of √(1 − e⁻²) = 0.93, and soon for 0.3 and
// more.
func walks(n int) *series.Set {
	rng := rand.New(rand.NewPCG(1, 2))
	set := &series.Set{Name: "walks", Channels: []string{"x"}}
	for range n {
		s := &series.Series{}
		t, z := 0.0, rng.NormFloat64()
		for range 15 {
			s.Times, s.Values = append(s.Times, t), append(s.Values, []float64{z + 0.3*rng.NormFloat64()})
			after := 0.1 + 0.4*rng.Float64()
			c := math.Exp(-after)
			t, z = t+after, c*z+math.Sqrt(1-c*c)*rng.NormFloat64()
		}
		set.Series = append(set.Series, s)
	}
	return set
}

// TestLatentSDE: a hidden value is within 0.4 of its neighbours in time or so, which knowing the deviation of 1 alone is
// not. Doubt grows behind the last row, to the deviation of the process and of the noise together, about 1.04.
func TestLatentSDE(t *testing.T) {
	set := walks(120)
	f := fitted(t, set, Config{
		Model: "sde", Latent: 1, Units: 16, Hidden: []int{24}, Epochs: 40, Batch: 20, LearnRate: 0.02, TimeUnit: 1, Seed: 1,
	}, Options{})
	m := f.Metrics["test"]
	if !(m["scaled_rmse"] < 0.8) || !(m["coverage"] > 0.75) {
		t.Errorf("%v", f.Metrics)
	}
	first := f.History[0]
	if before, after := first.Values["valid_loss"], f.History[f.BestEpoch-1].Values["valid_loss"]; !(after < before) {
		t.Errorf("the loss of the validation part was %v and is %v", before, after)
	}
	one := set.With(set.Series[:1])
	last := one.Series[0].Times[14]
	p := predicted(t, f, one, PredictOptions{
		Times: [][]float64{{last, last + 0.3, last + 3}}, Quantiles: []float64{0.16, 0.84}, Samples: 200,
	})
	var widths []float64
	for j := range 3 {
		widths = append(widths, (p.Quantiles[1][0][j][0]-p.Quantiles[0][0][j][0])/2)
	}
	if !(widths[0] < widths[1] && widths[1] < widths[2]) || widths[2] < 0.6 || widths[2] > 1.5 {
		t.Errorf("half the width of a band of 68 %% is %v", widths)
	}
}

// TestLatentSDEAlone: what is said of a series does not depend on the others, and a draw not on how many there are.
func TestLatentSDEAlone(t *testing.T) {
	c := quick
	c.Model = "sde"
	set := waves(20)
	f := fitted(t, set, c, Options{})
	o := PredictOptions{Samples: 20, Quantiles: []float64{0.05, 0.95}}
	all, alone := predicted(t, f, set, o), predicted(t, f, set.With(set.Series[7:8]), o)
	near(t, "alone", all.Mean[7], alone.Mean[0])
	near(t, "quantile alone", all.Quantiles[1][7], alone.Quantiles[1][0])
	near(t, "probabilities", all.Probabilities[7:8], alone.Probabilities)
	times := []float64{0, 0.5, 3}
	few, err1 := f.Generate(context.Background(), 2, times, 1)
	many, err2 := f.Generate(context.Background(), 300, times, 1)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	near(t, "among others", few.Series[1].Values, many.Series[1].Values)
	if slices.Equal(few.Series[0].Values[2], few.Series[1].Values[2]) {
		t.Error("two draws are one")
	}
	if _, err := f.Generate(context.Background(), 1, []float64{1e13}, 1); err == nil {
		t.Error("a time without end")
	}
}

func TestLatentSDEThatIsRefused(t *testing.T) {
	for want, c := range map[string]Config{
		`not by "ode-rnn"`: {Encoder: ODERNN}, "times of rows": {Poisson: true}, "without a tolerance": {Tolerance: 1e-3},
	} {
		c.Model = "sde"
		if err := c.Check(waves(4)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
