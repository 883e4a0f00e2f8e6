package recurrent

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/layers/series"
)

var widths = series.Widths{Values: channels}

// rowOf is entry i of an array with b of them.
func rowOf(x []float64, i, b int) []float64 { n := len(x) / b; return x[i*n : (i+1)*n] }

// TestBatchOfOthers: what a series gives, and the gradient by its values, does not depend on its place in a batch, to the
// last digit; alone, and in a batch of another length, it is the same but for the rounding of products of other sizes.
func TestBatchOfOthers(t *testing.T) {
	list := ragged()
	order := []int{3, 0, 2, 1}
	var moved []*series.Series
	for _, i := range order {
		moved = append(moved, list[i])
	}
	for name, cell := range cells(tensor.Float64) {
		// Weights of the sum, which depend on the place, are all the same here.
		even := func(m *model) *model { set(m.weights, func(int) float64 { return 1 }); return m }
		one := even(newModel(t, cell, must(series.NewBatch(list, series.Shape{Widths: widths})), final))
		two := even(newModel(t, cell, must(series.NewBatch(moved, series.Shape{Widths: widths})), final))
		h, grads := one.run()
		hm, gradsM := two.run()
		for place, i := range order {
			if !slices.Equal(rowOf(hm, place, 4), rowOf(h, i, 4)) {
				t.Errorf("%s: series %q has another state at place %d", name, list[i].ID, place)
			}
			for k := range 2 {
				if !slices.Equal(rowOf(gradsM[k], place, 4), rowOf(grads[k], i, 4)) {
					t.Errorf("%s: series %q has another gradient by %s at place %d", name, list[i].ID, one.wrt[k].Name(), place)
				}
			}
		}
		one.vm.Close()
		two.vm.Close()
		for i, s := range list {
			shape := series.Shape{Steps: max(1, s.Len()) + 2*(i%2), Widths: widths}
			alone := even(newModel(t, cell, must(series.NewBatch([]*series.Series{s}, shape)), final))
			a, g := alone.run()
			near(t, fmt.Sprintf("%s: %q alone", name, s.ID), a, rowOf(h, i, 4), 1e-14)
			n := s.Len() * channels
			near(t, fmt.Sprintf("%s: gradient of %q alone", name, s.ID), g[0][:n], rowOf(grads[0], i, 4)[:n], 1e-13)
			alone.vm.Close()
		}
	}
}

// TestMaskedValues: what the mask leaves out may be anything, in the rows and in the padding; it changes no digit of the
// states or of any gradient, and has none itself.
func TestMaskedValues(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Batch: 5, Steps: 6, Widths: widths}))
	for name, cell := range cells(tensor.Float64) {
		for _, opts := range [][]RunOption{nil, {Backwards()}} {
			m := newModel(t, cell, b, states, opts...)
			h, grads := m.run()
			values, deltas := m.wrt[0].Value().Data().([]float64), m.wrt[1].Value().Data().([]float64)
			for i, mask := range b.Mask {
				if mask == 0 {
					values[i] = []float64{math.NaN(), math.Inf(1), 1e300, -3}[i%4]
				}
			}
			for i, valid := range b.Valid {
				if valid == 0 {
					deltas[i] = math.NaN()
				}
			}
			h2, grads2 := m.run()
			if !slices.Equal(h, h2) {
				t.Errorf("%s: masked values change the states", name)
			}
			for k := range grads {
				if !slices.Equal(grads[k], grads2[k]) {
					t.Errorf("%s: masked values change the gradient by %s", name, m.wrt[k].Name())
				}
			}
			for i, mask := range b.Mask {
				if mask == 0 && grads[0][i] != 0 {
					t.Errorf("%s: value %d, which is masked, has the gradient %v", name, i, grads[0][i])
				}
			}
			m.vm.Close()
		}
	}
}

// TestBackwards: to go through a series backwards is to go through the series that is read backwards.
func TestBackwards(t *testing.T) {
	list := ragged()
	var mirrored []*series.Series
	for _, s := range list {
		r := &series.Series{Values: slices.Clone(s.Values)}
		slices.Reverse(r.Values)
		for i := range s.Times {
			r.Times = append(r.Times, -s.Times[len(s.Times)-1-i])
		}
		mirrored = append(mirrored, r)
	}
	for name, cell := range cells(tensor.Float64) {
		back := newModel(t, cell, must(series.NewBatch(list, series.Shape{Widths: widths})), final, Backwards())
		there := newModel(t, cell, must(series.NewBatch(mirrored, series.Shape{Widths: widths})), final)
		got, _ := back.run()
		want, _ := there.run()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v backwards, want %v", name, got, want)
		}
		back.vm.Close()
		there.vm.Close()
	}
}

// TestStatesEndInFinal: behind its end a series keeps its last state, and Final is that.
func TestStatesEndInFinal(t *testing.T) {
	b := must(series.NewBatch(ragged(), series.Shape{Steps: 5, Widths: widths}))
	for name, cell := range cells(tensor.Float32) {
		all, _ := newModel(t, cell, b, states).run()
		last, _ := newModel(t, cell, b, final).run()
		double, _ := newModel(t, cells(tensor.Float64)[name], b, final).run()
		near(t, name+" in float32", last, double, 1e-5)
		for i, n := range b.Lengths {
			for j := max(n, 1) - 1; j < 5; j++ {
				if !slices.Equal(rowOf(rowOf(all, i, 4), j, 5), rowOf(last, i, 4)) {
					t.Errorf("%s: state %d of series %d of length %d is not the last", name, j, i, n)
				}
			}
		}
	}
}
