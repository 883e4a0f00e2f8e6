package latent

import (
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/series"
	"gorgonode/odeop"
)

// variants are models with every encoder and both ways to solve.
func variants() map[string]*Model {
	rate := func() Option { return WithIntensity(must(layers.NewLinear(newRand(9), "rate", width, channels))) }
	list := map[string]*Model{}
	for i, name := range encoderNames {
		solver := WithRK4(1)
		if i%2 == 0 {
			solver = WithSolve(odeop.Tolerance(1e-4, 1e-4))
		}
		list[name] = newModel(name, tensor.Float64, solver, rate())
	}
	return list
}

func parts(b *Bound) G.Nodes { return G.Nodes{b.PerSeries, b.Posterior.Mean, b.Posterior.LogVariance} }

// TestBatchOfOthers: the bound of a series, its posterior and the gradient by its values do not depend on its place in a
// batch, to the last digit, given the same noise; alone they are the same but for the rounding of products of other
// sizes.
func TestBatchOfOthers(t *testing.T) {
	list := ragged()
	order := []int{3, 0, 2, 1}
	var moved []*series.Series
	for _, i := range order {
		moved = append(moved, list[i])
	}
	for name, m := range variants() {
		// Noise that is the same for all series, as it is drawn for places.
		even := func(r *run) *run {
			v := r.noise.Node().Value()
			setValue(v, func(i int) float64 { return math.Cos(float64(i % width)) })
			return r
		}
		build := bound(m, Objective{Importance: true}, parts)
		one, grads := even(newRun(t, m, must(series.NewBatch(list, series.Shape{Widths: widths})), 2, build, true)).run()
		two, gradsM := even(newRun(t, m, must(series.NewBatch(moved, series.Shape{Widths: widths})), 2, build, true)).run()
		for place, i := range order {
			for k := 1; k < len(one); k++ {
				if !slices.Equal(rowOf(two[k], place, 4), rowOf(one[k], i, 4)) {
					t.Errorf("%s: series %q gives another output %d at place %d", name, list[i].ID, k, place)
				}
			}
			if !slices.Equal(rowOf(gradsM[0], place, 4), rowOf(grads[0], i, 4)) {
				t.Errorf("%s: series %q has another gradient at place %d", name, list[i].ID, place)
			}
		}
		for i, s := range list {
			shape := series.Shape{Steps: max(1, s.Len()) + 2*(i%2), Widths: widths}
			alone, _ := even(newRun(t, m, must(series.NewBatch([]*series.Series{s}, shape)), 2, build, false)).run()
			for k := 1; k < len(one); k++ {
				near(t, fmt.Sprintf("%s: %q alone: output %d", name, s.ID, k), alone[k], rowOf(one[k], i, 4), 1e-12)
			}
		}
	}
}

// TestMaskedValues: what the mask leaves out, and times in the padding, may be anything; it changes no digit of the bound
// or of any gradient, and has none itself.
func TestMaskedValues(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Batch: 5, Steps: 6, Widths: widths}))
	for name, m := range variants() {
		r := newRun(t, m, b, 2, bound(m, Objective{}, parts), true)
		out, grads := r.run()
		values, times := r.wrt[0].Value().Data().([]float64), r.wrt[1].Value().Data().([]float64)
		for i, mask := range b.Mask {
			if mask == 0 {
				values[i] = []float64{math.NaN(), math.Inf(1), 1e300, -3}[i%4]
			}
		}
		for i, valid := range b.Valid {
			if valid == 0 {
				times[i] = []float64{math.NaN(), -1, math.Inf(-1)}[i%3]
			}
		}
		out2, grads2 := r.run()
		for k := range out {
			if !slices.Equal(out[k], out2[k]) {
				t.Errorf("%s: masked values change output %d", name, k)
			}
		}
		for k := range grads {
			if !slices.Equal(grads[k], grads2[k]) {
				t.Errorf("%s: masked values change the gradient by %s", name, r.wrt[k].Name())
			}
		}
		for i, mask := range b.Mask {
			if mask == 0 && grads2[0][i] != 0 {
				t.Errorf("%s: value %d, which is masked, has the gradient %v", name, i, grads2[0][i])
			}
		}
	}
}

// TestWithoutMasks: nil is a mask of ones.
func TestWithoutMasks(t *testing.T) {
	s := []*series.Series{{Times: []float64{0.2, 1}, Values: [][]float64{{1, 2}, {3, 4}}}}
	m := newModel("attention", tensor.Float64)
	b := must(series.NewBatch(s, series.Shape{Widths: widths}))
	with, _ := newRun(t, m, b, 1, bound(m, Objective{}, parts), false).run()
	without, _ := newRun(t, m, b, 1, func(r *run, o Observations) (G.Nodes, error) {
		return bound(m, Objective{}, parts)(r, Observations{Times: o.Times, Values: o.Values})
	}, false).run()
	for k := range with {
		near(t, "without masks", without[k], with[k], 0)
	}
}
