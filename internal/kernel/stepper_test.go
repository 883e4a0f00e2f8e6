package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCombine(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		testCombine[float32](t, 0x1p-22)
		testCombine[float64](t, 0x1p-51)
	})
}

// testCombine allows for one rounding of each of the terms, which are at most 20·8.
func testCombine[T Float](t *testing.T, unit float64) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, terms := range []int{0, 1, 2, 7, 16, 20} {
		for _, n := range []int{0, 1, 3, 8, 17, 64, 77, 1000, 20000} {
			y, dst := guarded[T](t, n, false), guarded[T](t, n, false)
			c, v := make([]T, terms), make([][]T, terms)
			for i := range y {
				y[i] = T(r.NormFloat64())
			}
			for j := range v {
				c[j], v[j] = T(r.NormFloat64()), guarded[T](t, n, false)
				for i := range v[j] {
					v[j][i] = T(r.NormFloat64())
				}
			}
			Combine(dst, y, c, v)
			for i := range dst {
				want, size := 0., math.Abs(float64(y[i]))
				for j := range v {
					want += float64(c[j]) * float64(v[j][i])
					size += math.Abs(float64(c[j]) * float64(v[j][i]))
				}
				want += float64(y[i])
				if math.Abs(float64(dst[i])-want) > unit*size*float64(1+terms) {
					t.Fatalf("%T, %d terms, element %d of %d: %v, want %v", dst[i], terms, i, n, dst[i], want)
				}
			}
			Combine(y, y, c, v)
			for i := range dst {
				if dst[i] != y[i] {
					t.Fatalf("%T, %d terms, element %d of %d in place: %v, want %v", dst[i], terms, i, n, y[i], dst[i])
				}
			}
		}
	}
}

// ErrorSquares is the same bit for bit with every instruction set.
func TestErrorSquares(t *testing.T) {
	testErrorSquares[float32](t)
	testErrorSquares[float64](t)
}

func testErrorSquares[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 15, 16, 17, 64, 100, 70000} {
		e, y, z := guarded[T](t, n, false), guarded[T](t, n, false), guarded[T](t, n, false)
		for i := range e {
			e[i], y[i], z[i] = T(r.NormFloat64()), T(r.NormFloat64()), T(r.NormFloat64())
		}
		plain := 0.
		for i := range e {
			q := float64(e[i]) / (1e-3 + 1e-2*math.Max(math.Abs(float64(y[i])), math.Abs(float64(z[i]))))
			plain += q * q
		}
		var first float64
		onPortable(func() { first = ErrorSquares(e, y, z, 1e-3, 1e-2) })
		if math.Abs(first-plain) > 1e-12*plain {
			t.Errorf("%T, %d elements: %v, want %v", e, n, first, plain)
		}
		atLevels(t, func(t *testing.T) {
			if got := ErrorSquares(e, y, z, 1e-3, 1e-2); got != first {
				t.Errorf("%T, %d elements: %v, and %v in portable loops", e, n, got, first)
			}
			if n == 0 {
				return
			}
			at := r.IntN(n)
			for _, x := range [][]T{e, y, z} {
				was := x[at]
				x[at] = T(nan)
				if got := ErrorSquares(e, y, z, 1e-3, 1e-2); got == got {
					t.Errorf("%T, %d elements with NaN: %v", e, n, got)
				}
				x[at] = was
			}
		})
	}
}
