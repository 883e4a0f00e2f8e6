package sde

import (
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/formula"
	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/odeop/sdeop"
)

// ragged are series of 4, 2, 0 and 1 rows, with gaps and one row in which nothing was observed.
func ragged() []*series.Series {
	nan := math.NaN()
	return []*series.Series{
		{ID: "a", Times: []float64{0, 0.3, 1.1, 1.2}, Values: [][]float64{{0.5, -1}, {nan, 0.2}, {nan, nan}, {-0.7, 0.9}}},
		{ID: "b", Times: []float64{7.4, 8.5}, Values: [][]float64{{nan, 1.3}, {0.8, nan}}},
		{ID: "none"},
		{ID: "c", Times: []float64{-3}, Values: [][]float64{{0.1, 0.4}}},
	}
}

func batchOf(list []*series.Series, steps int) *series.Batch {
	return must(series.NewBatch(list, series.Shape{Steps: steps, Widths: series.Widths{Values: 2}}))
}

// raggedTerms are the parts of the bound of series in a batch of the given length, with the noise of the given numbers.
func raggedTerms(t *testing.T, m *Latent, list []*series.Series, steps int, streams ...float64) [][]float64 {
	t.Helper()
	g := G.NewGraph()
	in := must(series.NewInputs(g, tensor.Float64, batchOf(list, steps).Shape))
	d := Draw{Seed: 4, Path: number(g, "path", 7), Streams: input(g, "streams", streams, len(streams))}
	terms, err := m.Loss(From(in), d, nil)
	if err != nil {
		t.Fatal(err)
	}
	must(0, in.Feed(batchOf(list, steps)))
	return values(t, terms.Loss, terms.NLL, terms.PathKL, terms.InitialKL, terms.States)
}

// A series has the same numbers alone as in a batch, whatever the place, the padding, and the others: a bound is the mean
// of those of its series. The sums are taken in other orders, of a dozen numbers each.
func TestSeriesOfABatchDoNotMeet(t *testing.T) {
	for name, c := range map[string]sdeop.Calculus{"ito": sdeop.Ito, "stratonovich": sdeop.Stratonovich} {
		config := tiny()
		config.Calculus = c
		m := newLatent(t, config)
		list := ragged()
		streams := []float64{11, 5, 8, 2}
		all := raggedTerms(t, m, list, 6, streams...)
		var sums [4]float64
		for i, s := range list {
			alone := raggedTerms(t, m, []*series.Series{s}, max(2, s.Len()), streams[i])
			for k := range sums {
				sums[k] += alone[k][0] / 3 // one of the four is empty
			}
			for j := range s.Len() {
				if got, want := all[4][(j*4+i)*2:][:2], alone[4][j*2:][:2]; !near(got, want, 1e-14) {
					t.Errorf("%s: series %s, row %d: %v in the batch, %v alone", name, s.ID, j, got, want)
				}
			}
			if s.Len() == 0 && (alone[0][0] != 0 || alone[3][0] != 0) {
				t.Errorf("%s: a series without rows has the parts %v", name, alone[:4])
			}
		}
		for k, want := range sums {
			if got := all[k][0]; !near([]float64{got}, []float64{want}, 1e-13*(1+math.Abs(want))) {
				t.Errorf("%s: part %d is %.15g, the mean of those alone %.15g", name, k, got, want)
			}
		}
		turned := slices.Clone(list)
		slices.Reverse(turned)
		slices.Reverse(streams)
		for k, v := range raggedTerms(t, m, turned, 4, streams...)[:4] {
			if !near(v, all[k], 1e-13*(1+math.Abs(v[0]))) {
				t.Errorf("%s: part %d is %.15g in another order, %.15g before", name, k, v[0], all[k][0])
			}
		}
	}
}

func near(a, b []float64, by float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= by) {
			return false
		}
	}
	return len(a) == len(b)
}

// What stands in the padding or where nothing was observed has no say.
func TestPaddingOfRaggedSeries(t *testing.T) {
	m := newLatent(t, tiny())
	run := func(junk float64, masked bool) float64 {
		g := G.NewGraph()
		x := []float64{0.1, 0.2, 0.3, 0.4, junk, junk, 0.5, 0.6, junk, junk, junk, junk}
		o := Observations{
			Values: input(g, "x", x, 2, 3, 2), Deltas: input(g, "deltas", []float64{junk, 0.5, junk, junk, junk, junk}, 2, 3),
			Valid: input(g, "valid", []float64{1, 1, 0, 1, 0, 0}, 2, 3),
		}
		if masked {
			o.Mask = input(g, "mask", []float64{1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0}, 2, 3, 2)
		}
		terms, err := m.Loss(o, Draw{Seed: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return values(t, terms.Loss)[0][0]
	}
	want := run(0, true)
	for _, junk := range []float64{-5, math.NaN(), math.Inf(1)} {
		for _, masked := range []bool{true, false} {
			if got := run(junk, masked); got != want {
				t.Errorf("with %g, masked %v: %.15g, want %.15g", junk, masked, got, want)
			}
		}
	}
}

func TestGradientsOfTheRaggedBound(t *testing.T) {
	for name, change := range map[string]func(*LatentConfig){
		"ito": func(c *LatentConfig) {},
		"reversible heun": func(c *LatentConfig) {
			c.Calculus = sdeop.Stratonovich
			c.Solve = []sdeop.Option{sdeop.Method(sdeop.ReversibleHeun{}), sdeop.Gradient(sdeop.Reversible{})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := tiny()
			c.Substeps = 2
			change(&c)
			m := newLatent(t, c)
			checkGradients(t, m.Params(), func() *G.Node {
				g := G.NewGraph()
				in := must(series.NewInputs(g, tensor.Float64, batchOf(ragged(), 5).Shape))
				terms, err := m.Loss(From(in), Draw{Seed: 4, Path: number(g, "path", 7)}, number(g, "weight", 0.6))
				if err != nil {
					t.Fatal(err)
				}
				must(0, in.Feed(batchOf(ragged(), 5)))
				return terms.Loss
			})
		})
	}
}

// rates makes a latent SDE of two Ornstein–Uhlenbeck processes, dz = −a z dt + s dW after the observations and −a′ z dt
// before, and an observation that is the state.
func rates(t *testing.T, a, prior, s float64, c sdeop.Calculus, substeps int) *Latent {
	config := tiny()
	config.Channels, config.State, config.Calculus, config.Substeps = 1, 1, c, substeps
	config.Prior, config.Diffusion = layers.FieldFunc(linear(-prior, 0)), layers.FieldFunc(constant(s))
	config.Decoder = layers.Identity()
	config.Solve = []sdeop.Option{sdeop.Step(1. / 32)}
	m := newLatent(t, config)
	m.posterior = layers.Func(func(x *G.Node) (*G.Node, error) { // of (z, c, τ)
		f := formula.For(x)
		return f.Result(f.Concat(f.Mul(f.Columns(x, 0, 1), f.Number(-a)), f.Fill(x, 0, x.Shape()[0], 3)))
	})
	must(0, m.initial.Weight().Set(make([]float64, m.initial.Weight().Size())))
	return m
}

// Series of one span and one law, each with times of its own: the mean of the divergences is the closed form of
// TestDivergenceOfDifferentRates with E z(0)² = σ², and z has the variance s²/2a + (σ² − s²/2a) e^(−2at) at the end. Means
// over 2048 rows are off by four standard errors, and by the error of the steps, about a h/2 with steps h of some 0.06.
func TestLawOfRaggedPaths(t *testing.T) {
	const rows, a, prior, s, span = 2048, 1.0, 0.3, 0.5, 2.0
	q := (1 - math.Exp(-2*a*span)) / (2 * a)
	want := 0.5 * (a - prior) * (a - prior) / (s * s) * (q + s*s/(2*a)*(span-q)) // σ² = 1
	variance := s*s/(2*a) + (1-s*s/(2*a))*math.Exp(-2*a*span)
	rng := source(6)
	deltas := make([]float64, 0, rows*4)
	for range rows {
		u, v := rng.Float64(), rng.Float64()
		deltas = append(deltas, 0, span*min(u, v), span*math.Abs(u-v), span*(1-max(u, v)))
	}
	for name, c := range map[string]sdeop.Calculus{"ito": sdeop.Ito, "stratonovich": sdeop.Stratonovich} {
		m := rates(t, a, prior, s, c, 16)
		g := G.NewGraph()
		x := input(g, "x", make([]float64, rows*4), rows, 4, 1)
		o := Observations{Values: x, Deltas: input(g, "deltas", deltas, rows, 4)}
		e := must(m.encode(o))
		zs, kl, err := m.posteriorPath(o, e, Draw{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		v := values(t, kl, zs)
		check := func(what string, numbers []float64, want float64) {
			mean, deviation := meanAndError(numbers)
			if math.Abs(mean-want) > 4*deviation+0.03*want {
				t.Errorf("%s: the mean %s is %g, want %g; its standard error is %g", name, what, mean, want, deviation)
			}
		}
		check("divergence", v[0], want)
		var squares []float64
		for _, z := range v[1][3*rows:] {
			squares = append(squares, z*z)
		}
		check("square", squares, variance)
	}
}

func meanAndError(x []float64) (mean, deviation float64) {
	var square float64
	n := float64(len(x))
	for _, v := range x {
		mean, square = mean+v/n, square+v*v/n
	}
	return mean, math.Sqrt((square - mean*mean) / n)
}

// On equal times both ways to solve have one law: with short steps the parts of the bound have the same means, which 500
// rows each give within four standard errors of the difference.
func TestRaggedAndCommonTimesAgree(t *testing.T) {
	const rows = 500
	times := []float64{0, 0.25, 0.5, 1}
	c := tiny()
	c.Substeps, c.Solve = 64, []sdeop.Option{sdeop.Step(1. / 256)}
	m := newLatent(t, c)
	x, mask := wave(8, 0.3), []float64{1, 1, 1, 0, 0, 0, 1, 1}
	run := func(own bool) (kl, squares []float64) {
		g := G.NewGraph()
		all := func(name string, v []float64) *G.Node { return input(g, name, slices.Repeat(v, rows), rows, 4, 2) }
		o := Observations{Values: all("x", x), Mask: all("mask", mask)}
		if own {
			o.Deltas = input(g, "deltas", slices.Repeat([]float64{0, 0.25, 0.25, 0.5}, rows), rows, 4)
		} else {
			o.Times = times
		}
		zs, path, err := m.posteriorPath(o, must(m.encode(o)), Draw{Seed: 9})
		if err != nil {
			t.Fatal(err)
		}
		v := values(t, path, zs)
		for _, z := range v[1] {
			squares = append(squares, z*z)
		}
		return v[0], squares
	}
	kl, squares := run(true)
	common, commonSquares := run(false)
	compare := func(what string, a, b []float64) {
		mean, da := meanAndError(a)
		other, db := meanAndError(b)
		if math.Abs(mean-other) > 4*math.Hypot(da, db) {
			t.Errorf("%s: the mean is %g on times of its own, %g on common ones; standard errors %g, %g",
				what, mean, other, da, db)
		}
	}
	compare("divergence", kl, common)
	for k := range 4 {
		compare(fmt.Sprintf("squares at %g", times[k]), squares[k*rows*2:(k+1)*rows*2], commonSquares[k*rows*2:(k+1)*rows*2])
	}
}
