package solvers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestCombination has narrow and wide combinations of all numbers of terms, each within a rounding a term of the sum in
// float64, and in place.
func TestCombination(t *testing.T) {
	testCombination[float32](t, 0x1p-23)
	testCombination[float64](t, 0x1p-52)
}

func testCombination[T Float](t *testing.T, eps float64) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 5, wide - 1, wide, wide + 3, 1000} {
		for terms := range 12 {
			var m combination[T]
			m.reserve(terms)
			y := make([]T, n)
			for i := range y {
				y[i] = T(r.NormFloat64())
			}
			for range terms {
				v := make([]T, n)
				for i := range v {
					v[i] = T(r.NormFloat64())
				}
				m.add(r.NormFloat64(), v)
			}
			const h = 0.1
			dst := make([]T, n)
			m.to(dst, y, h)
			for i, got := range dst {
				want, size := float64(y[i]), math.Abs(float64(y[i]))
				for j, v := range m.v {
					x := h * m.a[j] * float64(v[i])
					want += x
					size += math.Abs(x)
				}
				if math.Abs(float64(got)-want) > eps*size*float64(terms+2) {
					t.Errorf("%T, %d terms, component %d of %d: %v, want %v", got, terms, i, n, got, want)
				}
			}
			m.to(y, y, h)
			for i := range y {
				if y[i] != dst[i] {
					t.Fatalf("%T, %d terms, component %d of %d in place: %v, apart %v", y[i], terms, i, n, y[i], dst[i])
				}
			}
		}
	}
}

// TestStepNorm: the norm of a step is that of the definition, whole and of the first components, and the worst
// component is found after it.
func TestStepNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{3, wide, 1000} {
		for _, norm := range []Norm{RMS{}, RMS{First: n - 1}, Max{}} {
			e, y, y1 := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range e {
				e[i], y[i], y1[i] = float32(r.NormFloat64()), float32(r.NormFloat64()), float32(r.NormFloat64())
			}
			bad := n / 2
			e[bad], y[bad], y1[bad] = 10, 0.1, 0.1
			env := newEnvironment(System[float32]{Dim: n}, &Settings{RTol: 1e-3, ATol: 1e-3, Norm: norm})
			want, got := env.errorNorm(e, y, y1), env.stepNorm(e, y, y1)
			if math.Abs(got-want) > 1e-13*want*math.Sqrt(float64(n)) {
				t.Errorf("%#v of %d: %v, want %v", norm, n, got, want)
			}
			clear(env.scaled)
			env.stepNorm(e, y, y1)
			if w := env.worst(); w != bad {
				t.Errorf("%#v of %d: the worst is %d, want %d", norm, n, w, bad)
			}
			e[bad] = float32(math.NaN())
			if got := env.stepNorm(e, y, y1); !math.IsNaN(got) || env.worst() != bad {
				t.Errorf("%#v of %d with a NaN: %v, worst %d", norm, n, got, env.worst())
			}
		}
	}
}

// BenchmarkCombination finds where the kernels begin to be worth their calls.
func BenchmarkCombination(b *testing.B) {
	for _, n := range []int{2, 16, wide - 1, wide, 1024, 32768} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			var m combination[float64]
			m.reserve(6)
			for range 6 {
				m.add(0.5, make([]float64, n))
			}
			y, dst := make([]float64, n), make([]float64, n)
			for b.Loop() {
				m.to(dst, y, 0.1)
			}
		})
	}
}
