package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// checkMatMul makes random factors with gaps between rows, multiplies them, and compares with the plain loop bit for bit.
func checkMatMul[T Float](t *testing.T, r *rand.Rand, m, n, k, trans int, special bool) {
	t.Helper()
	matrix := func(rows, cols int, turned bool) Mat[T] {
		gap := r.IntN(3)
		x := Mat[T]{Row: cols + gap, Col: 1}
		size := rows*(cols+gap) + 1
		if turned {
			x.Row, x.Col = 1, rows+gap
			size = cols*(rows+gap) + 1
		}
		for range size {
			v := r.NormFloat64()
			if special && r.IntN(10) == 0 {
				v = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)}[r.IntN(5)]
			}
			x.Data = append(x.Data, T(v))
		}
		return x
	}
	a, b := matrix(m, k, trans&1 != 0), matrix(k, n, trans&2 != 0)
	ldc := n + r.IntN(3)
	got, want := make([]T, m*ldc+1), make([]T, m*ldc+1)
	for i := range got {
		got[i], want[i] = -7, -7
	}
	MatMul(got, ldc, a, b, m, n, k)
	matMulPlain(want, ldc, a, b, m, n, k)
	for i, w := range want {
		if g := got[i]; math.Float64bits(float64(g)) != math.Float64bits(float64(w)) && (g == g || w == w) {
			t.Fatalf("%d×%d·%d×%d, layout %d: element %d is %v, want %v", m, k, k, n, trans, i, g, w)
		}
	}
}

func TestMatMul(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	sizes := [][3]int{{1, 1, 1}, {20, 50, 2}, {20, 2, 50}, {1, 50, 50}, {50, 1, 50}, {65, 300, 131}, {5, 513, 66}, {0, 3, 4}, {3, 0, 4}, {3, 4, 0}}
	for range 300 {
		sizes = append(sizes, [3]int{1 + r.IntN(12), 1 + r.IntN(20), 1 + r.IntN(12)})
	}
	for _, s := range sizes {
		for trans := range 4 {
			checkMatMul[float64](t, r, s[0], s[1], s[2], trans, false)
			checkMatMul[float32](t, r, s[0], s[1], s[2], trans, true)
			checkMatMul[float64](t, r, s[0], s[1], s[2], trans, true)
		}
	}
}
