package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/sequence"
	"gorgonode/training/seriesdata"
)

// Vowels tells nine speakers apart by two vowels, and four movements by a watch on the wrist, with a neural controlled
// differential equation, where 0, 30, 50 and 70 % of the rows of each series are dropped (the scheme of Kidger et al.
// 2020, section 4.1). Published are the accuracies of one nearest neighbour, with dynamic time warping over all
// channels, on whole series (Bagnall et al. 2018). Options.Data is the folder of JapaneseVowels_TRAIN.ts, _TEST.ts and
// BasicMotions_TRAIN.ts, _TEST.ts; "" simulates chirps, for a short run.
func Vowels(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "vowels"}
	fig := training.CurvesPlot{Title: "accuracy where rows are missing", XLabel: "dropped, %",
		YLabel: "accuracy of the test part"}
	for _, p := range []struct {
		name, published string
		config          sequence.Config
	}{
		{"JapaneseVowels", "0.949", sequence.Config{Epochs: 60, Batch: 32}},
		{"BasicMotions", "0.975", sequence.Config{Epochs: 60, Batch: 10}},
	} {
		if o.Data == "" && p.name == "BasicMotions" {
			continue
		}
		train, test, err := loadVowels(o, p.name)
		if err != nil {
			return r, err
		}
		c := p.config
		c.Model, c.Units, c.Hidden, c.LearnRate, c.Decay = "cde", 32, []int{64}, 0.01, 3
		c.Valid = -1 // of so few series every one is needed: the weights of the last epoch count
		if o.Quick {
			c.Epochs, c.Units, c.Hidden = min(c.Epochs, 25), 16, []int{16}
		}
		curve := training.Curve{Name: p.name}
		for _, dropped := range []int{0, 30, 50, 70} {
			part := float64(dropped) / 100
			less, err := seriesdata.DropRows(train, o.Seed, part)
			if err != nil {
				return r, err
			}
			lessTest, err := seriesdata.DropRows(test, o.Seed+1, part)
			if err != nil {
				return r, err
			}
			published := ""
			if dropped == 0 && o.Data != "" {
				published = p.published + ", nearest neighbour by warping (Bagnall et al. 2018)"
			}
			name := fmt.Sprintf("%s, %d %% dropped", p.name, dropped)
			f, err := fitContender(ctx, o, &r, contender{name: name, config: c}, sequenceParts{train: less, test: lessTest})
			if err != nil {
				return r, err
			}
			accuracy := f.Metrics["test"]["accuracy"]
			r.Figures = append(r.Figures, Figure{Name: name + ", accuracy", Value: accuracy, Published: published})
			curve.X, curve.Y = append(curve.X, float64(dropped)), append(curve.Y, accuracy)
		}
		fig.Curves = append(fig.Curves, curve)
	}
	drawn, err := fig.Figure()
	return r, o.picture(&r, "accuracy", drawn, err)
}

func loadVowels(o Options, name string) (train, test *series.Set, err error) {
	if o.Data == "" {
		return chirps(o.Seed, "chirps, train", 48), chirps(o.Seed+1, "chirps, test", 48), nil
	}
	if train, err = seriesdata.LoadTS(filepath.Join(o.Data, name+"_TRAIN.ts")); err != nil {
		return nil, nil, err
	}
	test, err = seriesdata.LoadTS(filepath.Join(o.Data, name+"_TEST.ts"))
	return train, test, err
}

// chirps are circles that turn in one direction, in the other, or not: which one no single row tells.
func chirps(seed uint64, name string, n int) *series.Set {
	rng := rand.New(rand.NewPCG(seed, 9))
	set := &series.Set{Name: name, Channels: []string{"x", "y"}, Labels: []string{"turn"},
		Classes: []string{"left", "right", "none"}}
	for i := range n {
		s := &series.Series{ID: fmt.Sprint(i), Label: []float64{float64(i % 3)}}
		phase, turn := 2*math.Pi*rng.Float64(), []float64{1, -1, 0}[i%3]
		for t := range 10 + rng.IntN(10) {
			a := phase + 0.4*turn*float64(t)
			s.Times = append(s.Times, float64(t))
			s.Values = append(s.Values, []float64{math.Cos(a) + 0.05*rng.NormFloat64(), math.Sin(a) + 0.05*rng.NormFloat64()})
		}
		set.Series = append(set.Series, s)
	}
	return set
}
