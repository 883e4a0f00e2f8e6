package latent

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/series"
)

// TestClassLoss: of a series by its z₀ and of each time by its state, the loss is the mean of −ln p over the samples and
// over what has a class; a NaN where there is none does not matter.
func TestClassLoss(t *testing.T) {
	const classes, samples = 3, 2
	nan := math.NaN()
	list := ragged()
	for i, label := range []float64{2, nan, 0, 1} {
		list[i].Label = []float64{label}
		for range list[i].Times {
			list[i].Targets = append(list[i].Targets, []float64{float64(len(list[i].Targets) % classes)})
		}
	}
	list[0].Targets[1][0] = nan
	list[2].Targets = nil
	m := newModel("gru", tensor.Float64)
	b := must(series.NewBatch(list, series.Shape{Widths: series.Widths{Values: channels, Label: 1, Targets: 1}}))
	head := must(layers.NewMLP(newRand(4), "head", []int{width, classes}))
	for _, each := range []bool{false, true} {
		r := newRun(t, m, b, samples, func(r *run, o Observations) (G.Nodes, error) {
			q := must(m.Encode(o))
			z := must(q.Sample(r.noise.Node()))
			names, mask := r.in.Label(), r.in.LabelMask()
			if each {
				z = must(must(m.Solve(z, o.Times, o.Valid)).States())
				names, mask = r.in.Targets(), r.in.TargetMask()
			}
			logits := must(head.Forward(z))
			loss, err := ClassLoss(logits, names, mask)
			return G.Nodes{loss, logits}, err
		}, false)
		names, mask := b.Label, b.LabelMask
		if each {
			names, mask = b.Targets, b.TargetMask
			target := r.in.Targets().Value()
			setValue(target, func(i int) float64 {
				if mask[i] == 0 {
					return nan
				}
				return names[i]
			})
		}
		out, _ := r.run()
		want, count := 0.0, 0.0
		for k := range samples {
			logits := rowOf(out[1], k, samples)
			for i, seen := range mask {
				if seen == 0 {
					continue
				}
				x := rowOf(logits, i, len(mask))
				sum := 0.0
				for _, v := range x {
					sum += math.Exp(v)
				}
				want, count = want+math.Log(sum)-x[int(names[i])], count+1
			}
		}
		near(t, "class loss", out[0], []float64{want / count}, 1e-13)
	}
}

func TestKLAnnealing(t *testing.T) {
	w := KLAnnealing(10, 0.99)
	for step, want := range map[int]float64{0: 0, 10: 0, 11: 1 - 0.99, 12: 1 - 0.99*0.99, 1e6: 1} {
		if got := w(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("the weight of step %d is %g, want %g", step, got, want)
		}
	}
}

func TestSplitAt(t *testing.T) {
	rows := [][]float64{{1}, {2}, {3}}
	s := &series.Series{ID: "s", Times: []float64{1, 2, 3}, Values: rows, Label: []float64{4}, Targets: rows}
	before, after := SplitAt(s, 2)
	w := series.Widths{Values: 1, Label: 1, Targets: 1}
	if firstError(before.Validate(w), after.Validate(w)) != nil || before.Len() != 2 || after.Len() != 1 || after.Targets[0][0] != 3 {
		t.Errorf("%+v and %+v", before, after)
	}
	if before, after := SplitAt(s, 9); before.Len() != 3 || after.Len() != 0 || after.Validate(w) != nil {
		t.Errorf("%+v and %+v", before, after)
	}
}

// TestNoise: a draw is a function of the seed and the step, whatever was drawn before.
func TestNoise(t *testing.T) {
	n := must(NewNoise(G.NewGraph(), tensor.Float32, 1, 2, 3, 4))
	n.Draw(5)
	five := numbers(n.Node().Value())
	n.Draw(6)
	six := numbers(n.Node().Value())
	n.Draw(5)
	near(t, "the draw of step 5", numbers(n.Node().Value()), five, 0)
	if five[0] == six[0] {
		t.Error("two steps draw the same")
	}
}
