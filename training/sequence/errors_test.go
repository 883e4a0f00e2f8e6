package sequence

import (
	"context"
	"strings"
	"testing"

	"gorgonode/layers/series"
)

func TestErrors(t *testing.T) {
	set := waves(20)
	plain := set.With(nil)
	plain.Labels, plain.Classes = nil, nil
	for _, s := range set.Series {
		one := *s
		one.Label = nil
		plain.Series = append(plain.Series, &one)
	}
	other := set.With(set.Series)
	other.Classes = []string{"fast", "slow"}
	short := plain.With(nil)
	for _, s := range plain.Series {
		one := *s
		one.Times, one.Values, one.Targets = s.Times[:1], s.Values[:1], nil
		short.Series = append(short.Series, &one)
	}
	for want, c := range map[string]struct {
		set *series.Set
		c   Config
		o   Options
	}{
		`there is no model "transformer"`:    {set: set, c: Config{Model: "transformer"}},
		`there is no task "guess"`:           {set: set, c: Config{Task: "guess"}},
		`there is no noise "poisson"`:        {set: set, c: Config{Noise: "poisson"}},
		`there is no scaling "log"`:          {set: set, c: Config{Scaling: "log"}},
		"waves has 0 classes":                {set: plain, c: Config{Task: Classify}},
		"waves has no targets":               {set: set, c: Config{Task: Regress}},
		"is the right column the series' id": {set: short, c: Config{Task: Forecast}},
		"weights; at most":                   {set: set, c: Config{Model: "gru", Units: 1 << 16}},
		"-1 units":                           {set: set, c: Config{Units: -1}},
		"none may be negative":               {set: set, c: Config{Epochs: -1}},
		"nothing is left to train on":        {set: set, c: Config{Valid: 0.5, Test: 0.5}},
		"want one of them":                   {set: set, c: Config{Balance: true, ClassWeights: []float64{1, 2}}},
		"3 class weights":                    {set: set, c: Config{ClassWeights: []float64{1, 2, 3}}},
		"want positive numbers":              {set: set, c: Config{ClassWeights: []float64{1, 0}}},
		"a backbone of layers [8 4]":         {set: set, c: Config{Hidden: []int{8, 4}}},
		"patience needs a validation part":   {set: set, c: Config{Patience: 1, Valid: -1}},
		`has the classes ["fast" "slow"]`:    {set: set, o: Options{Test: other}},
		"dropout of 1":                       {set: set, c: Config{Dropout: 1}},
		"learning rate -1":                   {set: set, c: Config{LearnRate: -1}},
	} {
		_, err := Fit(context.Background(), c.set, c.c, c.o)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "sequence: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, set, quick, Options{}); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("cancelled: %v", err)
	}
}
