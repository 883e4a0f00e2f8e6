package separable

import (
	"errors"
	"math"
	"testing"
)

// Of (q₀, q₁ | p₀, p₁), which component's derivative depends on its own half.
func TestDependence(t *testing.T) {
	type field func(y, dydt []float64)
	separable := func(y, dydt []float64) {
		dydt[0], dydt[1], dydt[2], dydt[3] = y[2], y[2]*y[3], -math.Sin(y[0]), -y[1]
	}
	with := func(i int, term func(y []float64) float64) field {
		return func(y, dydt []float64) {
			separable(y, dydt)
			dydt[i] += term(y)
		}
	}
	for _, c := range []struct {
		name string
		f    field
		want int
	}{
		{"separable", separable, -1},
		{"terms that cancel", with(1, func(y []float64) float64 { return (y[1] + 0.3) - y[1] }), -1},
		{"a NaN in its domain alone", with(2, func(y []float64) float64 { return math.Log(-math.Abs(y[0])) }), -1},
		{"q₁' on q₀", with(1, func(y []float64) float64 { return y[0] }), 1},
		{"a little friction", with(3, func(y []float64) float64 { return -1e-8 * y[3] }), 3},
		{"p₀' on p₁", with(2, func(y []float64) float64 { return y[0] * y[3] }), 2},
	} {
		f := func(_ float64, y, dydt []float64) error { c.f(y, dydt); return nil }
		got, err := Dependence(f, 2, 0, []float64{0.3, -0.7, 1.1, 0.2}, []float64{0.4, 0.5, -0.6, 0.9})
		if err != nil || got != c.want {
			t.Errorf("%s: component %d, error %v, want %d", c.name, got, err, c.want)
		}
	}
	bad := errors.New("no value")
	if _, err := Dependence(func(float64, []float32, []float32) error { return bad }, 1, 0, make([]float32, 2),
		make([]float32, 2)); err != bad {
		t.Errorf("error %v", err)
	}
}
