package kernel

import "testing"

func TestTurn(t *testing.T) {
	atLevels(t, testTurn[float64])
	atLevels(t, testTurn[float32])
}

func testTurn[T Float](t *testing.T) {
	t.Helper()
	for _, c := range []struct{ m, n, ldc, col int }{
		{1, 1, 1, 1}, {1, 9, 9, 1}, {9, 1, 1, 9}, {4, 4, 4, 4}, {7, 5, 5, 7}, {33, 18, 20, 40}, {64, 130, 130, 64},
	} {
		x := make([]T, (c.n-1)*c.col+c.m)
		for i := range x {
			x[i] = T(i + 1)
		}
		dst := make([]T, c.m*c.ldc)
		Turn(dst, c.ldc, Mat[T]{Data: x, Row: 1, Col: c.col}, c.m, c.n)
		for i := range c.m {
			for j := range c.ldc {
				want := T(0)
				if j < c.n {
					want = x[i+j*c.col]
				}
				if got := dst[i*c.ldc+j]; got != want {
					t.Fatalf("%+v: element %d, %d is %v, want %v", c, i, j, got, want)
				}
			}
		}
	}
}
