package cfc

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestGradients: slopes in random directions of the values, times and parameters of every cell, through a ragged batch
// with gaps, are those of central differences.
func TestGradients(t *testing.T) {
	for name, cell := range cells() {
		c := compile(t, cell, ragged())
		if len(c.params) != len(cell.Params()) {
			t.Errorf("%s: it uses %d parameters and lists %d", name, len(c.params), len(cell.Params()))
		}
		for i, dt := range c.in[2] {
			c.in[2][i] = cmp.Or(dt, 0.4) // to an LTC no time is a unit of it, and a little is a little
		}
		w := make([]float64, c.size)
		for i := range w {
			w[i] = math.Cos(float64(3 * i))
		}
		cost := func() (sum float64) {
			for i, v := range c.states(t) {
				sum += w[i] * v
			}
			return sum
		}
		grads := c.gradients(t, w)
		data := [][]float64{c.in[0], nil, c.in[2], nil}
		for _, p := range c.params {
			data = append(data, p.Value().Data().([]float64))
		}
		for k, x := range data {
			if x == nil {
				continue
			}
			for direction := range 2 {
				const h = 1e-5 // rounding is 1e-16/h, truncation h²: both below 1e-9
				rng := newRand(uint64(direction))
				at := slices.Clone(x)
				u := make([]float64, len(x))
				slope := 0.0
				for i := range u {
					u[i] = rng.NormFloat64() / math.Sqrt(float64(len(u)))
					x[i] = at[i] + h*u[i]
					slope += u[i] * grads[k][i]
				}
				up := cost()
				for i := range u {
					x[i] = at[i] - h*u[i]
				}
				down := cost()
				copy(x, at)
				near(t, fmt.Sprintf("%s: slope by input %d", name, k), []float64{slope}, []float64{(up - down) / (2 * h)}, 1e-8)
			}
		}
	}
}

// TestMaskedValues: what is missing may be anything, in the padding too.
func TestMaskedValues(t *testing.T) {
	b := ragged()
	for name, cell := range cells() {
		c := compile(t, cell, b)
		w := slices.Repeat([]float64{1}, c.size)
		states, grads := c.states(t), c.gradients(t, w)
		for i, m := range b.Mask {
			if m == 0 {
				c.in[0][i] = math.NaN()
			}
		}
		for i, v := range b.Valid {
			if v == 0 {
				c.in[2][i] = math.NaN()
			}
		}
		if !slices.Equal(c.states(t), states) {
			t.Errorf("%s: masked values change the states", name)
		}
		for k, g := range c.gradients(t, w) {
			if !slices.Equal(g, grads[k]) {
				t.Errorf("%s: masked values change gradient %d", name, k)
			}
		}
	}
}
