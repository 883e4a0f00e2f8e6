package sde

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"gorgonode/layers/latent"
	"gorgonode/layers/series"
	"gorgonode/odeop/sdeop"
)

func TestSchedule(t *testing.T) {
	s, err := newSchedule([]float64{1, 2, 4}, []float64{1.5, 2, 4.5, 6}, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := schedule{
		times: []float64{1, 1.5, 2, 3, 4, 4.5, 5.25, 6}, next: []int{1, 1, 2, 2, -1, -1, -1},
		until: []float64{1, 0.5, 2, 1, 0, 0, 0}, asked: []int{1, 2, 5, 7},
	}
	if !slices.Equal(s.times, want.times) || !slices.Equal(s.next, want.next) || !slices.Equal(s.until, want.until) ||
		!slices.Equal(s.asked, want.asked) {
		t.Errorf("%+v, want %+v", s, want)
	}
	if s, err := newSchedule(nil, []float64{3}, 0); err != nil || len(s.times) != 1 || len(s.next) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, asked := range [][]float64{{0.5}, {2, 2}, {math.NaN()}, {1e13}} {
		if _, err := newSchedule([]float64{1, 2}, asked, 1); err == nil {
			t.Errorf("times %v: no error", asked)
		}
	}
}

// At the rows themselves paths are those that the bound is taken on.
func TestSampleIsWhatTheBoundSees(t *testing.T) {
	m := newLatent(t, tiny())
	batch := batchOf(ragged(), 4)
	var own [][]float64
	for b := range batch.Batch {
		own = append(own, seenRows(batch, b))
	}
	paths, err := m.Sample(batch, own, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths.Starts) != 4 || len(paths.Starts[0]) != 3 || paths.Starts[0][0][0] == paths.Starts[0][1][0] {
		t.Errorf("starts %v", paths.Starts)
	}
	for k := range 3 {
		g := G.NewGraph()
		in := must(series.NewInputs(g, m.Dtype, batch.Shape))
		stream := float64(k)
		terms, err := m.Loss(From(in), Draw{Seed: 4, Streams: input(g, "s", []float64{stream, stream, stream, stream}, 4)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		x := must(m.Decode(terms.States))
		must(0, in.Feed(batch))
		v := values(t, x)[0]
		for b, times := range own {
			for j := range times {
				if got, want := paths.Values[b][k][j], v[(j*4+b)*2:][:2]; !near(got, want, 1e-13) {
					t.Errorf("series %d, path %d, row %d: %v, want %v", b, k, j, got, want)
				}
			}
		}
	}
}

// A series has the same prediction alone as in a batch; more times change what lies between, but not its law; and what is
// asked for does not have to be in the batch.
func TestPredictionsDoNotMeet(t *testing.T) {
	c := tiny()
	c.Longest = 0.5
	m := newLatent(t, c)
	list, times := ragged(), [][]float64{{0.1, 1.2, 2}, {8.5}, {0, 1}, nil}
	o := latent.PredictOptions{Samples: 7, Seed: 3, Quantiles: []float64{0, 0.5, 1}, Observed: true}
	all, err := m.Predict(batchOf(list, 4), times, o)
	if err != nil {
		t.Fatal(err)
	}
	for b, s := range list {
		alone, err := m.Predict(batchOf([]*series.Series{s}, max(2, s.Len())), times[b:b+1], o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range times[b] {
			if !near(all.Mean[b][i], alone.Mean[0][i], 1e-13) || !near(all.Quantiles[1][b][i], alone.Quantiles[1][0][i], 1e-13) {
				t.Errorf("series %s at %g: %v, alone %v", s.ID, times[b][i], all.Mean[b][i], alone.Mean[0][i])
			}
			q := all.Quantiles
			if !(q[0][b][i][0] < q[1][b][i][0]) || !(q[1][b][i][0] < q[2][b][i][0]) {
				t.Errorf("series %s at %g: quantiles out of order", s.ID, times[b][i])
			}
		}
	}
	imputed, err := m.Predict(batchOf(list, 4), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	for b, s := range list {
		if len(imputed.Mean[b]) != s.Len() {
			t.Errorf("series %s has %d rows, imputed %d", s.ID, s.Len(), len(imputed.Mean[b]))
		}
	}
}

// Behind the last row a path follows the prior, and so does one of a series without rows: of the Ornstein–Uhlenbeck process
// dz = −a z dt + s dW from z(0) ~ N(0, 1), the variance at t is s²/2a + (1 − s²/2a) e^(−2at), off by four standard errors
// of 4000 paths and Euler's error, a part a h/2 with h = 1/32.
func TestForecastsAreThePriors(t *testing.T) {
	const n, a, s, end = 4000, 1.0, 0.5, 1.5
	m := rates(t, 5, a, s, sdeop.Ito, 8)
	m.Longest = 0.25
	want := s*s/(2*a) + (1-s*s/(2*a))*math.Exp(-2*a*end)
	check := func(what string, paths [][][]float64) {
		var squares []float64
		for _, p := range paths {
			z := p[len(p)-1][0]
			squares = append(squares, z*z)
		}
		if mean, deviation := meanAndError(squares); math.Abs(mean-want) > 4*deviation+0.03*want {
			t.Errorf("%s: the mean square is %g, want %g; its standard error is %g", what, mean, want, deviation)
		}
	}
	generated, err := m.Generate(n, []float64{2, 2 + end}, 1)
	if err != nil {
		t.Fatal(err)
	}
	check("generated", generated)
	row := &series.Series{Times: []float64{2}, Values: [][]float64{{0}}}
	one := must(series.NewBatch([]*series.Series{row}, series.Shape{Widths: series.Widths{Values: 1}}))
	paths, err := m.Sample(one, [][]float64{{2 + end}}, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	check("forecast", paths.Values[0])
}

func TestPredictionsThatAreRefused(t *testing.T) {
	m := newLatent(t, tiny())
	batch := batchOf(ragged(), 4)
	four := [][]float64{nil, nil, nil, nil}
	wide := must(series.NewBatch(nil, series.Shape{Batch: 1, Steps: 1, Widths: series.Widths{Values: 3}}))
	for name, try := range map[string]func() error{
		"no batch":   func() error { _, err := m.Sample(nil, four, 1, 0); return err },
		"3 channels": func() error { _, err := m.Sample(wide, four[:1], 1, 0); return err },
		"no paths":   func() error { _, err := m.Sample(batch, four, 0, 0); return err },
		"two times":  func() error { _, err := m.Sample(batch, four[:2], 1, 0); return err },
		"before":     func() error { _, err := m.Sample(batch, [][]float64{{-1}, nil, nil, nil}, 1, 0); return err },
		"quantile 2": func() error {
			_, err := m.Predict(batch, nil, latent.PredictOptions{Quantiles: []float64{2}})
			return err
		},
		"-1 samples":  func() error { _, err := m.Predict(batch, nil, latent.PredictOptions{Samples: -1}); return err },
		"nothing":     func() error { _, err := m.Predict(nil, nil, latent.PredictOptions{}); return err },
		"minus paths": func() error { _, err := m.Generate(-1, []float64{0, 1}, 0); return err },
		"back":        func() error { _, err := m.Generate(1, []float64{1, 0}, 0); return err },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
