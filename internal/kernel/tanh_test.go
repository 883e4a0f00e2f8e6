package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// tanh x = x − x³/3 + … is x where x²/3 is less than half a place, down to the smallest number, and 1 where 2/(1 +
// e^2x) is less than half a place of 1. No result is beyond ±1.
func TestTanhAtItsEnds(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		testTanhEnds[float64](t, 27, 1074, tanhEnd)
		testTanhEnds[float32](t, 13, 149, 9.1)
	})
}

func testTanhEnds[T Float](t *testing.T, from, to int, end float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 1))
	var x []T
	for e := from; e <= to; e++ {
		v := T(math.Ldexp(1+r.Float64(), -e-1))
		x = append(x, v, -v)
	}
	small := len(x)
	for v := end; v < 1e30; v *= 1.01 {
		x = append(x, T(v), -T(v))
	}
	y := make([]T, len(x))
	Tanh(y, x)
	for i, v := range x {
		want := v
		if i >= small {
			want = T(math.Copysign(1, float64(v)))
		}
		if !same(y[i], want) {
			t.Errorf("%T: tanh %v = %v, want %v", v, v, y[i], want)
		}
	}
	for i := range 4000 {
		x[i%2] = T(end * float64(i) / 4000)
		if Tanh(y[:2], x[:2]); y[i%2] < 0 || y[i%2] > 1 {
			t.Errorf("%T: tanh %v = %v", x[0], x[i%2], y[i%2])
		}
	}
}

// Arguments around the place where the assembly goes over from one form to the other, the first of them the neighbours
// of it.
func TestTanhAtItsSplit(t *testing.T) {
	a := accuracies[2]
	r := rand.New(rand.NewPCG(3, 2))
	const split = 0.6875
	x := []float64{split, math.Nextafter(split, 0), math.Nextafter(split, 1)}
	for range 2000 {
		x = append(x, split+(r.Float64()-0.5)/4)
	}
	want := make([]*big.Float, len(x))
	for i, v := range x {
		want[i] = bigTanh(wide(v))
	}
	atLevels(t, func(t *testing.T) { checkAccuracy(t, &a, x, want) })
}
