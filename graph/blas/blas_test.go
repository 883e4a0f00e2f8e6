package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/kernel"
)

var (
	_ gorgonia.BLAS = Implementation{}
	_ tensor.BLAS   = Implementation{}
)

// routines are those that this package has of its own, for either dtype.
type routines[T kernel.Float] struct {
	gemm func(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	gemv func(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
}

func both[T kernel.Float]() (ours, gonums routines[T]) {
	var i Implementation
	var g gonum.Implementation
	switch o := any(&ours).(type) {
	case *routines[float64]:
		*o = routines[float64]{i.Dgemm, i.Dgemv}
		*any(&gonums).(*routines[float64]) = routines[float64]{g.Dgemm, g.Dgemv}
	case *routines[float32]:
		*o = routines[float32]{i.Sgemm, i.Sgemv}
		*any(&gonums).(*routines[float32]) = routines[float32]{g.Sgemm, g.Sgemv}
	}
	return ours, gonums
}

func unit[T kernel.Float]() float64 {
	if unsafe.Sizeof(T(0)) == 4 {
		return 0x1p-24
	}
	return 0x1p-53
}

func randoms[T kernel.Float](r *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
	return x
}

// within compares with the bound for sums of k terms, |x − y| ≤ 2(k+3)u·bound, of which bound is the sum of absolute
// values; one such error is ours and one is gonum's. What must not have been written is NaN in both, or the same number.
func within[T kernel.Float](t *testing.T, got, want []T, bound []float64, k int) {
	t.Helper()
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if g != w && !(math.IsNaN(g) && math.IsNaN(w)) && !(math.Abs(g-w) <= 2*float64(k+3)*unit[T]()*bound[i]) {
			t.Fatalf("element %d is %v, want %v", i, g, w)
		}
	}
}

// coefficients for alpha and beta: 1 and 0 have ways of their own.
var coefficients = []float64{1, 1, 0, -1, 0.5, 3}

func TestGemm(t *testing.T) {
	t.Run("float64", testGemm[float64])
	t.Run("float32", testGemm[float32])
}

func testGemm[T kernel.Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	ours, gonums := both[T]()
	sizes := []int{1, 2, 3, 5, 8, 13, 16, 31, 33, 64, 70}
	pick := func() int { return sizes[r.IntN(len(sizes))] }
	transpose := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}
	for trial := range 600 {
		m, n, k := pick(), pick(), pick()
		switch trial {
		case 0:
			m, n, k = 201, 130, 259 // several blocks of everything, on several processors
		case 1:
			k = 0
		case 2:
			m = 0
		case 3:
			n = 0
		}
		tA, tB := transpose[r.IntN(3)], transpose[r.IntN(3)]
		rowsA, colsA, rowsB, colsB := m, k, k, n
		if tA != blas.NoTrans {
			rowsA, colsA = k, m
		}
		if tB != blas.NoTrans {
			rowsB, colsB = n, k
		}
		lda, ldb, ldc := max(1, colsA)+r.IntN(3), max(1, colsB)+r.IntN(3), max(1, n)+r.IntN(3)
		alpha, beta := coefficients[r.IntN(len(coefficients))], coefficients[r.IntN(len(coefficients))]
		if trial == 0 {
			alpha = 0.5
		}
		a, b, c := randoms[T](r, rowsA*lda+2), randoms[T](r, rowsB*ldb+2), randoms[T](r, m*ldc+5)
		absolute := func(x []T) []T {
			y := slices.Clone(x)
			for i := range y {
				y[i] = T(math.Abs(float64(y[i])))
			}
			return y
		}
		bounds := absolute(c)
		gonums.gemm(tA, tB, m, n, k, T(math.Abs(alpha)), absolute(a), lda, absolute(b), ldb, T(math.Abs(beta)), bounds, ldc)
		bound := make([]float64, len(c))
		for i := range bound {
			bound[i] = float64(bounds[i])
		}
		// With beta = 0 what is there before may be anything; what lies outside of the matrices is not read.
		nan := T(math.NaN())
		if beta == 0 {
			for i := range m {
				for j := range n {
					c[i*ldc+j] = nan
				}
			}
		}
		guard := func(x []T, rows, cols, ld int) {
			for i := range x {
				if i/ld >= rows || i%ld >= cols {
					x[i] = nan
				}
			}
		}
		guard(a, rowsA, colsA, lda)
		guard(b, rowsB, colsB, ldb)
		guard(c, m, n, ldc)
		want := slices.Clone(c)
		gonums.gemm(tA, tB, m, n, k, T(alpha), a, lda, b, ldb, T(beta), want, ldc)
		keptA, keptB := slices.Clone(a), slices.Clone(b)
		ours.gemm(tA, tB, m, n, k, T(alpha), a, lda, b, ldb, T(beta), c, ldc)
		t.Run("", func(t *testing.T) {
			within(t, c, want, bound, k)
			if t.Failed() {
				t.Logf("%c %c %d×%d×%d, alpha %v, beta %v", tA, tB, m, k, n, alpha, beta)
			}
			for i := range c { // between and behind the rows
				if (i/ldc >= m || i%ldc >= n) && !math.IsNaN(float64(c[i])) {
					t.Fatalf("%d×%d in rows of %d: element %d was written", m, n, ldc, i)
				}
			}
		})
		within(t, a, keptA, make([]float64, len(a)), 0)
		within(t, b, keptB, make([]float64, len(b)), 0)
		if t.Failed() {
			return
		}
	}
}

func TestGemv(t *testing.T) {
	t.Run("float64", testGemv[float64])
	t.Run("float32", testGemv[float32])
}

func testGemv[T kernel.Float](t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	ours, gonums := both[T]()
	for range 400 {
		m, n := r.IntN(70), r.IntN(70)
		tA := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}[r.IntN(3)]
		incX, incY := []int{1, 1, 2, -1, -3}[r.IntN(5)], []int{1, 1, 1, 2, -2}[r.IntN(5)]
		alpha, beta := coefficients[r.IntN(len(coefficients))], coefficients[r.IntN(len(coefficients))]
		lda := max(1, n) + r.IntN(3)
		in, out := n, m
		if tA != blas.NoTrans {
			in, out = m, n
		}
		a, x, y := randoms[T](r, m*lda+1), randoms[T](r, in*max(incX, -incX)+1), randoms[T](r, out*max(incY, -incY)+3)
		if beta == 0 {
			for i := range out * max(incY, -incY) {
				y[i] = T(math.NaN())
			}
		}
		bound := slices.Repeat([]float64{float64(in) * 3 * 16}, len(y)) // |gaussians| < 4
		before, want := slices.Clone(y), slices.Clone(y)
		gonums.gemv(tA, m, n, T(alpha), a, lda, x, incX, T(beta), want, incY)
		ours.gemv(tA, m, n, T(alpha), a, lda, x, incX, T(beta), y, incY)
		end := out * max(incY, -incY)
		within(t, y[:end], want[:end], bound, in)
		// With A transposed and beta = 0, gonum v0.17's Sgemv clears all of the slice that y lies in.
		own := tA != blas.NoTrans && alpha != 0 && incX > 0 && incY == 1 && kernel.Assembly()
		if own && !slices.Equal(y[end:], before[end:]) {
			t.Fatalf("%v behind y became %v", before[end:], y[end:])
		}
	}
}

// Infinities and NaN meet the rules of IEEE 754, zeros of either factor included.
func TestGemmNonFinite(t *testing.T) {
	if !kernel.Assembly() {
		t.Skip("gonum's products leave zeros out")
	}
	inf, nan := math.Inf(1), math.NaN()
	for _, alpha := range []float64{1, 2} {
		c := []float64{nan, nan, nan, nan}
		a, b := []float64{0, 1, 1, 1}, []float64{nan, inf, 1, -1}
		Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, 2, 2, 2, alpha, a, 2, b, 2, 0, c, 2)
		if !math.IsNaN(c[0]) || !math.IsNaN(c[1]) || !math.IsNaN(c[2]) || !math.IsInf(c[3], 1) {
			t.Errorf("alpha %v: %v, want NaN NaN NaN +Inf", alpha, c)
		}
	}
}

// Wrong arguments panic with gonum's words.
func TestWrongArguments(t *testing.T) {
	message := func(f func()) (m any) {
		defer func() { m = recover() }()
		f()
		return nil
	}
	ours, gonums := both[float64]()
	x := make([]float64, 12)
	no, yes := blas.NoTrans, blas.Trans
	for i, call := range []func(r routines[float64]){
		func(r routines[float64]) { r.gemm('x', no, 2, 2, 2, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, 'x', 2, 2, 2, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, -1, 2, 2, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, -1, 2, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 2, -1, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 2, 3, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(yes, no, 3, 2, 2, 1, x, 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 3, 2, 1, x, 2, x, 2, 0, x, 3) },
		func(r routines[float64]) { r.gemm(no, yes, 2, 2, 3, 1, x, 3, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 3, 2, 1, x, 2, x, 3, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 2, 2, 1, x[:3], 2, x, 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 2, 2, 1, x, 2, x[:3], 2, 0, x, 2) },
		func(r routines[float64]) { r.gemm(no, no, 2, 2, 2, 1, x, 2, x, 2, 0, x[:3], 2) },
		func(r routines[float64]) { r.gemv('x', 2, 2, 1, x, 2, x, 1, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, -2, 2, 1, x, 2, x, 1, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, 2, -2, 1, x, 2, x, 1, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, 2, 3, 1, x, 2, x, 1, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, 2, 2, 1, x, 2, x, 0, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, 2, 2, 1, x, 2, x, 1, 0, x, 0) },
		func(r routines[float64]) { r.gemv(yes, 2, 2, 1, x[:3], 2, x, 1, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, 2, 2, 1, x, 2, x[:1], 1, 0, x, 1) },
		func(r routines[float64]) { r.gemv(yes, 2, 2, 1, x, 2, x, 1, 0, x[:1], 1) },
	} {
		want := message(func() { call(gonums) })
		if got := message(func() { call(ours) }); want == nil || got != want {
			t.Errorf("call %d panics with %v, want %v", i, got, want)
		}
	}
}

// A product is the same bit for bit whoever computes it, with how many others, and allocates nothing.
func TestProductsAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	const m, n, k = 150, 140, 130
	a, b := randoms[float64](r, m*k), randoms[float64](r, k*n)
	multiply := func(c []float64) {
		Implementation{}.Dgemm(blas.NoTrans, blas.Trans, m, n, k, 2, a, k, b, k, 0, c, n)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := make([]float64, m*n)
	multiply(want)
	runtime.GOMAXPROCS(4)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := make([]float64, m*n)
			for range 5 {
				multiply(c)
				if !slices.Equal(c, want) {
					t.Error("the product differs")
					return
				}
			}
		})
	}
	wg.Wait()
	if !kernel.Assembly() {
		return
	}
	c := make([]float64, m*n)
	for name, f := range map[string]func(){
		"product on several processors": func() { multiply(c) },
		"small product": func() {
			Implementation{}.Dgemm(blas.NoTrans, blas.Trans, 8, 8, 8, 2, a, k, b, k, 0, c, n)
		},
		"product with a vector": func() { Implementation{}.Dgemv(blas.Trans, m, k, 1, a, k, b, 1, 0, c, 1) },
	} {
		// A collection of garbage may empty the pools, but not at every run.
		if got := testing.AllocsPerRun(50, f); got >= 1 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
}

func ExampleImplementation() {
	gorgonia.Use(Implementation{})
	defer gorgonia.Use(gonum.Implementation{})
	a := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))
	b, _ := tensor.MatMul(a, a)
	fmt.Println(b.Data())
	// Output: [7 10 15 22]
}
