package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// randomMatrix has rows and cols, its rows (or, turned, its columns) together with a gap behind each, or both apart.
func randomMatrix[T Float](r *rand.Rand, rows, cols, layout int, special bool) Mat[T] {
	gap := r.IntN(3)
	x := Mat[T]{Row: cols + gap, Col: 1}
	switch layout {
	case 1:
		x.Row, x.Col = 1, rows+gap
	case 2:
		x.Row, x.Col = 2*cols+gap, 2
	case 3:
		x.Row, x.Col = 0, 1 // one row for all
	}
	for range max((rows-1)*x.Row+(cols-1)*x.Col+1, 0) {
		v := r.NormFloat64()
		if special && r.IntN(10) == 0 {
			v = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1e-310, 3e-40}[r.IntN(7)]
		}
		x.Data = append(x.Data, T(v))
	}
	return x
}

// plainProduct is the specification: one sum an element, in order, rounded once for each product where the assembly
// runs and twice where it does not.
func plainProduct[T Float](c []T, ldc int, a, b Mat[T], m, n, k int, e Epilogue[T]) {
	for i := range m {
		for j := range n {
			var sum T
			if e.Add {
				sum = c[i*ldc+j]
			}
			for l := range k {
				x, y := a.Data[i*a.Row+l*a.Col], b.Data[l*b.Row+j*b.Col]
				if level == portable {
					sum += T(x * y) // the conversion keeps compilers from fusing, which they may do otherwise
				} else {
					sum = fma(x, y, sum)
				}
			}
			if e.Bias != nil {
				sum += e.Bias[j]
			}
			one := []T{sum}
			if e.Act != nil {
				e.Act(one, one)
			}
			c[i*ldc+j] = one[0]
		}
	}
}

// same reports whether two numbers are the same bits, or both NaN.
func same[T Float](x, y T) bool {
	return math.Float64bits(float64(x)) == math.Float64bits(float64(y)) || x != x && y != y
}

func checkMatMul[T Float](t *testing.T, r *rand.Rand, m, n, k, layoutA, layoutB int, special bool) {
	t.Helper()
	a, b := randomMatrix[T](r, m, k, layoutA, special), randomMatrix[T](r, k, n, layoutB, special)
	ldc := n + r.IntN(3)
	var e Epilogue[T]
	e.Add = r.IntN(3) == 0
	if r.IntN(3) == 0 {
		e.Bias = randomMatrix[T](r, 1, n, 0, special).Data[:n]
	}
	if r.IntN(3) == 0 {
		e.Act = Square[T]
	}
	got, want := make([]T, m*ldc+2), make([]T, m*ldc+2)
	for i := range got {
		got[i] = T(r.NormFloat64())
		want[i] = got[i]
	}
	MatMulTo(got[1:], ldc, a, b, m, n, k, e)
	plainProduct(want[1:], ldc, a, b, m, n, k, e)
	tolerance := 0.0
	if level == portable && fuses {
		tolerance = 1e-5
	}
	for i, w := range want {
		if g := got[i]; !same(g, w) && !(math.Abs(float64(g-w)) <= tolerance*(1+math.Abs(float64(w)))) {
			t.Fatalf("%d×%d·%d×%d, layouts %d and %d, ldc %d, add %v, bias %v: place %d is %v, want %v",
				m, k, k, n, layoutA, layoutB, ldc, e.Add, e.Bias != nil, i-1, g, w)
		}
	}
}

var aboveOne = 1 + 0x1p-30

// fuses reports whether the compiler fuses multiplications and additions on this machine.
var fuses = func() bool {
	y := -(aboveOne * aboveOne)
	return aboveOne*aboveOne+y != 0
}()

func TestMatMul(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		sizes := [][3]int{{1, 1, 1}, {20, 50, 2}, {20, 2, 50}, {1, 50, 50}, {50, 1, 50}, {65, 300, 131}, {5, 513, 66},
			{250, 40, 300}, {67, 5, 1100}, {0, 3, 4}, {3, 0, 4}, {3, 4, 0}}
		for range 200 {
			sizes = append(sizes, [3]int{1 + r.IntN(30), 1 + r.IntN(40), 1 + r.IntN(12)})
		}
		for _, s := range sizes {
			a, b := r.IntN(4), r.IntN(3)
			checkMatMul[float64](t, r, s[0], s[1], s[2], a, b, false)
			checkMatMul[float32](t, r, s[0], s[1], s[2], a, b, true)
			checkMatMul[float64](t, r, s[0], s[1], s[2], a, b, true)
		}
	})
}

// Every layout of both factors at every height and width of a tile.
func TestMatMulTiles(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for m := 1; m <= 25; m++ {
			for n := 1; n <= 35; n++ {
				layout := (m*35 + n) % 12
				checkMatMul[float64](t, r, m, n, 3, layout%4, layout/4, false)
				checkMatMul[float32](t, r, m, n, 3, layout%4, layout/4, false)
			}
		}
	})
}

// A row of a product is the same bit for bit, whatever other rows are computed with it.
func TestMatMulRowsAreIndependent(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		testRows[float32](t)
		testRows[float64](t)
	})
}

func testRows[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for _, s := range [][3]int{{7, 3, 5}, {64, 33, 70}, {131, 40, 300}, {300, 17, 260}, {26, 64, 1030}} {
		m, n, k := s[0], s[1], s[2]
		for layout := range 6 {
			a, b := randomMatrix[T](r, m, k, layout%3, false), randomMatrix[T](r, k, n, layout/3, false)
			all, part := make([]T, m*n), make([]T, m*n)
			MatMul(all, n, a, b, m, n, k)
			for i := 0; i < m; {
				rows := min(1+r.IntN(14), m-i)
				if r.IntN(4) == 0 {
					rows = min(1+r.IntN(m), m-i)
				}
				MatMul(part[i*n:], n, Mat[T]{a.Data[i*a.Row:], a.Row, a.Col}, b, rows, n, k)
				i += rows
			}
			for i := range all {
				if !same(all[i], part[i]) {
					t.Fatalf("%T %d×%d·%d×%d, layout %d: element %d is %v alone and %v among all", all[0], m, k, k, n, layout, i, part[i],
						all[i])
				}
			}
		}
	}
}

// No byte outside of the factors is read, and none outside of the product written.
func TestMatMulGuarded(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		testGuarded[float32](t)
		testGuarded[float64](t)
	})
}

func testGuarded[T Float](t *testing.T) {
	const m, n, k = 70, 67, 300
	a, b, c, bias := guarded[T](t, m*k, false), guarded[T](t, k*n, false), guarded[T](t, m*n, false), guarded[T](t, n, false)
	for i := range a {
		a[i] = T(i % 7)
	}
	for i := range b {
		b[i] = T(i % 5)
	}
	for _, s := range [][3]int{{1, 1, 1}, {1, 5, 9}, {3, 17, 4}, {12, 31, 2}, {13, 33, 5}, {23, 50, 3}, {70, 2, 50},
		{70, 67, 9}, {13, 67, 300}, {65, 67, 257}} {
		m, n, k := s[0], s[1], s[2]
		for layout := range 4 {
			p, q := Mat[T]{a[len(a)-m*k:], k, 1}, Mat[T]{b[len(b)-k*n:], n, 1}
			if layout&1 != 0 {
				p.Row, p.Col = 1, m
			}
			if layout&2 != 0 {
				q.Row, q.Col = 1, k
			}
			got, want := c[len(c)-m*n:], make([]T, m*n)
			e := Epilogue[T]{Bias: bias[len(bias)-n:]}
			MatMulTo(got, n, p, q, m, n, k, e)
			plainProduct(want, n, p, q, m, n, k, e)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%d×%d·%d×%d, layout %d: element %d is %v, want %v", m, k, k, n, layout, i, got[i], want[i])
				}
			}
		}
	}
}

func FuzzMatMul(f *testing.F) {
	f.Add(uint64(1), 20, 50, 2, byte(0))
	f.Add(uint64(2), 65, 33, 270, byte(7))
	f.Add(uint64(3), 13, 1, 5, byte(11))
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k int, layout byte) {
		if m < 0 || n < 0 || k < 0 || m > 300 || n > 300 || k > 600 || m*n*k > 1<<21 {
			t.Skip()
		}
		atLevels(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			checkMatMul[float64](t, r, m, n, k, int(layout%4), int(layout/4%3), true)
			checkMatMul[float32](t, r, m, n, k, int(layout%4), int(layout/4%3), true)
		})
	})
}

func TestMatMulAllocatesNothing(t *testing.T) {
	for _, s := range [][3]int{{1, 2, 2}, {100, 100, 300}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			m, n, k := s[0], s[1], s[2]
			a, b, c := make([]float64, m*k), make([]float64, k*n), make([]float64, m*n)
			run := func() { MatMul(c, n, Mat[float64]{a, k, 1}, Mat[float64]{b, 1, k}, m, n, k) }
			run()
			if n := testing.AllocsPerRun(20, run); n > 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
