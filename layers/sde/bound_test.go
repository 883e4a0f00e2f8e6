package sde

import (
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers/series"
	"gorgonode/odeop/sdeop"
)

// boundOf makes a bound of pairs of batches.
func boundOf(t *testing.T, m *Latent, seen, decoded *series.Batch, d func(g *G.ExprGraph) Draw, o Objective) *Bound {
	t.Helper()
	g := G.NewGraph()
	in := must(series.NewInputs(g, m.Dtype, seen.Shape))
	target, err := NewTarget(g, m.Dtype, seen.Shape, decoded.Shape)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Bound(From(in), target, d(g), o)
	if err != nil {
		t.Fatal(err)
	}
	must(0, in.Feed(seen))
	must(0, target.Feed(seen, decoded))
	return b
}

// Decoded where it is encoded, a bound is Loss; and two samples are the mean of each by itself.
func TestBoundIsLoss(t *testing.T) {
	m := newLatent(t, tiny())
	batch := batchOf(ragged(), 4)
	streams := func(v ...float64) func(g *G.ExprGraph) Draw {
		return func(g *G.ExprGraph) Draw { return Draw{Seed: 4, Streams: input(g, "s", v, len(v))} }
	}
	one := boundOf(t, m, batch, batch, streams(1, 2, 3, 4), Objective{})
	first := values(t, one.Cost, one.PerSeries)
	g := G.NewGraph()
	in := must(series.NewInputs(g, tensor.Float64, batch.Shape))
	terms := must(m.Loss(From(in), streams(1, 2, 3, 4)(g), nil))
	must(0, in.Feed(batch))
	if want := values(t, terms.Loss)[0][0]; math.Abs(first[0][0]-want) > 1e-12*math.Abs(want) {
		t.Errorf("the cost is %.15g, and the loss %.15g", first[0][0], want)
	}
	second := values(t, boundOf(t, m, batch, batch, streams(5, 6, 7, 8), Objective{}).PerSeries)[0]
	both := boundOf(t, m, batch, batch, streams(1, 2, 3, 4, 5, 6, 7, 8), Objective{Samples: 2})
	for i, v := range values(t, both.PerSeries)[0] {
		if want := (first[1][i] + second[i]) / 2; math.Abs(v-want) > 1e-12*(1+math.Abs(want)) {
			t.Errorf("series %d: the bound of two samples is %.15g, the mean of each %.15g", i, v, want)
		}
	}
	if s := both.Starts.Shape(); !slices.Equal(s, []int{2, 4, 2}) {
		t.Errorf("starts of shape %v", s)
	}
}

// split are series up to a time, and whole with a row more between two and one behind.
func split() (seen, decoded *series.Batch) {
	list := ragged()
	a, b := *list[0], *list[1]
	nan := []float64{math.NaN(), math.NaN()}
	a.Times = []float64{0, 0.1, 0.3, 1.1, 1.2, 1.5}
	a.Values = [][]float64{a.Values[0], nan, a.Values[1], a.Values[2], a.Values[3], {0.2, 0.1}}
	b.Times, b.Values = []float64{7.4, 8.5, 9}, [][]float64{b.Values[0], b.Values[1], {0.4, math.NaN()}}
	seen, decoded = batchOf(list, 4), batchOf([]*series.Series{&a, &b, list[2], list[3]}, 6)
	seen.Valid[2], seen.Valid[3] = 0, 0 // of the first series only two rows are seen
	return seen, decoded
}

func TestGradientsOfBounds(t *testing.T) {
	importance := Objective{Samples: 3, Importance: true}
	for name, try := range map[string]struct {
		calculus  sdeop.Calculus
		objective Objective
	}{
		"evidence":                 {sdeop.Ito, Objective{Samples: 2}},
		"importance":               {sdeop.Ito, importance},
		"importance, stratonovich": {sdeop.Stratonovich, importance},
	} {
		t.Run(name, func(t *testing.T) {
			c := tiny()
			c.Substeps, c.Calculus = 2, try.calculus
			m := newLatent(t, c)
			checkGradients(t, m.Params(), func() *G.Node {
				seen, decoded := split()
				d := func(g *G.ExprGraph) Draw { return Draw{Seed: 4, Path: number(g, "path", 7)} }
				return boundOf(t, m, seen, decoded, d, try.objective).Cost
			})
		})
	}
}

// The mean of the weights is p(x) whatever the posterior, of Ornstein–Uhlenbeck processes here, and the mean of their
// logarithms is the evidence lower bound, by the closed form of the divergence. p(x) is that of the Kalman filter.
// Means over 2000 rows are off by four standard errors, and by a hundredth for the steps.
func TestImportanceWeights(t *testing.T) {
	for name, c := range map[string]sdeop.Calculus{"ito": sdeop.Ito, "stratonovich": sdeop.Stratonovich} {
		t.Run(name, func(t *testing.T) { importanceWeights(t, c) })
	}
}

func importanceWeights(t *testing.T, calculus sdeop.Calculus) {
	const rows, a, prior, s, r = 2000, 1.0, 0.3, 0.5, 0.5
	m := rates(t, a, prior, s, calculus, 16)
	must(0, m.scale.Set([]float64{math.Log(r)}))
	one := &series.Series{Times: []float64{0, 0.5, 1.5}, Values: [][]float64{{0.4}, {-0.3}, {0.6}}}
	batch := must(series.NewBatch(slices.Repeat([]*series.Series{one}, rows), series.Shape{Widths: series.Widths{Values: 1}}))
	plain := func(*G.ExprGraph) Draw { return Draw{Seed: 2} }
	logs := values(t, boundOf(t, m, batch, batch, plain, Objective{Importance: true}).PerSeries)[0]
	var weights []float64
	for _, v := range logs {
		weights = append(weights, math.Exp(v))
	}
	mean, variance, want := 0.0, 1.0, 1.0
	for i, x := range one.Values {
		if i > 0 {
			c := math.Exp(-prior * (one.Times[i] - one.Times[i-1]))
			mean, variance = c*mean, c*c*variance+s*s/(2*prior)*(1-c*c)
		}
		total, off := variance+r*r, x[0]-mean
		want *= math.Exp(-off*off/(2*total)) / math.Sqrt(2*math.Pi*total)
		mean, variance = mean+variance/total*off, variance*(1-variance/total)
	}
	if got, deviation := meanAndError(weights); math.Abs(got-want) > 4*deviation+0.01*want {
		t.Errorf("the mean weight is %g, and p(x) %g; its standard error is %g", got, want, deviation)
	}
	evidence := values(t, boundOf(t, m, batch, batch, plain, Objective{}).PerSeries)[0]
	got, one1 := meanAndError(logs)
	bound, two := meanAndError(evidence)
	if math.Abs(got-bound) > 4*math.Hypot(one1, two) || !(bound < math.Log(want)) {
		t.Errorf("the mean logarithm is %g, the evidence lower bound %g, ln p(x) %g; standard errors %g, %g",
			got, bound, math.Log(want), one1, two)
	}
	// Of more samples the bound is tighter: by Jensen's inequality it grows with them, here by many standard errors.
	few := must(series.NewBatch(slices.Repeat([]*series.Series{one}, 100), series.Shape{Widths: series.Widths{Values: 1}}))
	twenty := boundOf(t, m, few, few, plain, Objective{Samples: 20, Importance: true})
	tight, deviation := meanAndError(values(t, twenty.PerSeries)[0])
	if !(tight > bound+4*math.Hypot(deviation, two)) || !(tight < math.Log(want)+4*deviation+0.01) {
		t.Errorf("of 20 samples the bound is %g, of one %g, and ln p(x) %g", tight, bound, math.Log(want))
	}
}

func TestBoundsThatAreRefused(t *testing.T) {
	seen, decoded := split()
	m := newLatent(t, tiny())
	g := G.NewGraph()
	in := must(series.NewInputs(g, m.Dtype, seen.Shape))
	target := must(NewTarget(g, m.Dtype, seen.Shape, decoded.Shape))
	far := must(NewTarget(G.NewGraph(), m.Dtype, seen.Shape, decoded.Shape))
	other := must(NewTarget(g, m.Dtype, decoded.Shape, decoded.Shape))
	for want, try := range map[string]func() error{
		"and a target":       func() error { _, err := m.Bound(From(in), nil, Draw{}, Objective{}); return err },
		"another graph":      func() error { _, err := m.Bound(From(in), far, Draw{}, Objective{}); return err },
		"for a target of":    func() error { _, err := m.Bound(From(in), other, Draw{}, Objective{}); return err },
		"-1 samples":         func() error { _, err := m.Bound(From(in), target, Draw{}, Objective{Samples: -1}); return err },
		"no graph":           func() error { _, err := NewTarget(nil, m.Dtype, seen.Shape, decoded.Shape); return err },
		"dtype int":          func() error { _, err := NewTarget(g, tensor.Int, seen.Shape, decoded.Shape); return err },
		"two rows or more":   func() error { _, err := NewTarget(g, m.Dtype, seen.Shape, series.Shape{}); return err },
		"other shapes":       func() error { return target.Feed(decoded, decoded) },
		"is decoded at":      func() error { late, _ := split(); late.Times[0] = -1; return target.Feed(late, decoded) },
		"no node of a graph": func() error { _, err := m.Bound(Observations{}, target, Draw{}, Objective{}); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
