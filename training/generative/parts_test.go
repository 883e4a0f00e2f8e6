package generative

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"gorgonode/layers/series"
	"gorgonode/training/seriesdata"
)

// TestMixture: of one component the quantiles are the normal ones; of several the cdf gives the probability back, and with
// tiny noise it counts components.
func TestMixture(t *testing.T) {
	one := mixture{[]float64{3}, 2}
	several := mixture{[]float64{-40, 0.5, 0.5, 2}, 0.3}
	for _, p := range []float64{1e-6, 0.05, 0.3, 0.5, 0.95} {
		if got, want := one.quantile(p), 3+2*distuv.UnitNormal.Quantile(p); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %g is %g, want %g", p, got, want)
		}
		if got := several.cdf(several.quantile(p)); math.Abs(got-p) > 1e-9 {
			t.Errorf("quantile %g has the probability %g", p, got)
		}
	}
	if got := several.cdf(-20); math.Abs(got-0.25) > 1e-15 || several.mean() != -37./4 {
		t.Errorf("a quarter below −20: %g; mean %g", got, several.mean())
	}
}

func TestRefine(t *testing.T) {
	times := []float64{0, 0.25, 1, 3.7}
	all, at, err := refine(times, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	before := 0.0
	for _, v := range all {
		if v-before > 0.5+1e-9 || v < before {
			t.Errorf("from %g to %g", before, v)
		}
		before = v
	}
	for i, k := range at {
		if all[k] != times[i] {
			t.Errorf("time %d is %g, want %g", i, all[k], times[i])
		}
	}
	// 0 and ¼ have no gap before them, ¾ is two steps, 2.7 are six.
	if len(all) != 10 || !slices.IsSorted(all) {
		t.Errorf("%v", all)
	}
}

// TestPairs: both batches are of the same series; hidden is the part that is asked for, another one in each step; a split
// parts values.
func TestPairs(t *testing.T) {
	c := quick.defaults()
	c.Origin = new(float64)
	set, err := c.clock(waves(64))
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.complete(set); err != nil {
		t.Fatal(err)
	}
	count := func(mask []float64) (n float64) {
		for _, v := range mask {
			n += v
		}
		return n
	}
	c.TimeUnit = 1
	for _, e := range []exercise{{hide: 0.3}, {split: 12.5}} {
		p, err := newPairs(set, c, e, seriesdata.LoaderOptions{Batch: 64, Seed: 9})
		if err != nil {
			t.Fatal(err)
		}
		a, decoded, err1 := p.batch(0)
		b, _, err2 := p.batch(1)
		if err1 != nil || err2 != nil || !slices.Equal(a.IDs, decoded.IDs) {
			t.Fatalf("%v, %v, series %q and %q", err1, err2, a.IDs, decoded.IDs)
		}
		n, seen := float64(set.Observed()), count(a.Mask)
		if e.split > 0 {
			for at, v := range a.Valid {
				if v == 1 && a.Times[at] > e.split {
					t.Errorf("a row at %g is seen", a.Times[at])
				}
			}
			if seen+count(decoded.Mask) != n || seen == 0 || seen == n {
				t.Errorf("%g values seen, %g decoded, of %g", seen, count(decoded.Mask), n)
			}
			continue
		}
		// Each value is hidden on its own: five standard errors of a binomial distribution.
		if math.Abs(seen-0.7*n) > 5*math.Sqrt(n*0.3*0.7) || count(decoded.Mask) != n || slices.Equal(a.Mask, b.Mask) {
			t.Errorf("%g values of %g seen, %g decoded", seen, n, count(decoded.Mask))
		}
	}
}

func TestErrors(t *testing.T) {
	set := waves(20)
	early := 10.5
	plain := set.With(nil)
	plain.Labels, plain.Classes = nil, nil
	short := plain.With(nil)
	for _, s := range set.Series {
		one := *s
		one.Label = nil
		plain.Series = append(plain.Series, &one)
		first := one
		first.Times, first.Values = s.Times[:1], s.Values[:1]
		short.Series = append(short.Series, &first)
	}
	other := set.With(set.Series)
	other.Classes = []string{"fast", "slow"}
	with := func(f func(s *series.Set, one *series.Series)) *series.Set {
		out := plain.With(nil)
		for _, s := range plain.Series {
			one := *s
			f(out, &one)
			out.Series = append(out.Series, &one)
		}
		return out
	}
	static := with(func(s *series.Set, one *series.Series) { s.Statics, one.Static = []string{"age"}, []float64{3} })
	targets := with(func(s *series.Set, one *series.Series) { s.Targets, one.Targets = []string{"y", "z"}, one.Values })
	for want, c := range map[string]struct {
		set *series.Set
		c   Config
		o   Options
	}{
		`there is no model "gan"`:           {set: set, c: Config{Model: "gan"}},
		`there is no encoder "lstm"`:        {set: set, c: Config{Encoder: "lstm"}},
		`there is no objective "guess"`:     {set: set, c: Config{Objective: "guess"}},
		`there is no scaling "log"`:         {set: set, c: Config{Scaling: "log"}},
		`a split at 3 is for`:               {set: set, c: Config{Split: 3}},
		"a split at 1e+09: the longest":     {set: set, c: Config{Objective: Extrapolate, Split: 1e9}},
		"a part 0.5 to hide is for":         {set: set, c: Config{Objective: Extrapolate, Hide: 0.5}},
		"the times of rows are modelled":    {set: set, c: Config{Objective: Extrapolate, Poisson: true}},
		"a part 1 to hide":                  {set: set, c: Config{Hide: 1}},
		"annealing in a part 2":             {set: set, c: Config{Annealing: 2}},
		"a state of -1":                     {set: set, c: Config{Latent: -1}},
		"epochs -1":                         {set: set, c: Config{Epochs: -1}},
		"sigma -1":                          {set: set, c: Config{Sigma: -1}},
		"learning rate -1":                  {set: set, c: Config{LearnRate: -1}},
		"no finite number":                  {set: set, c: Config{Step: math.NaN()}},
		"nothing is left to train on":       {set: set, c: Config{Valid: 0.5, Test: 0.5}},
		"want one of them":                  {set: set, c: Config{Balance: true, ClassWeights: []float64{1, 2}}},
		"3 class weights":                   {set: set, c: Config{ClassWeights: []float64{1, 2, 3}}},
		"weights of classes are for series": {set: plain, c: Config{Balance: true}},
		"patience needs a validation part":  {set: set, c: Config{Patience: 1, Valid: -1, Epochs: 1}},
		"before the origin 10.5":            {set: set, c: Config{Origin: &early}},
		"is the right column the series":    {set: short},
		`has the static values ["age"]`:     {set: static},
		`has the targets ["y" "z"]`:         {set: targets},
		`has the classes ["fast" "slow"]`:   {set: set, o: Options{Test: other}},
	} {
		_, err := Fit(context.Background(), c.set, c.c, c.o)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "generative: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, set, quick, Options{}); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("cancelled: %v", err)
	}
}
