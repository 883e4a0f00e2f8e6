package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"gorgonode/internal/kernel"
)

// Implementation is a BLAS for gorgonia.Use. It is gonum's, but for Sgemm and Dgemm, and for Sgemv and Dgemv with a
// transposed matrix. On processors without assembly for these, all of it is gonum's. It has no state, allocates nothing
// once it is warm, and may be used by any number of goroutines. Wrong arguments panic as gonum's do.
type Implementation struct{ gonum.Implementation }

// Sgemm sets C = alpha·op(A)·op(B) + beta·C, where op(A) is m×k and op(B) k×n. C is not read where beta is 0.
func (i Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int,
	beta float32, c []float32, ldc int) {
	if !gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		i.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dgemm sets C = alpha·op(A)·op(B) + beta·C, where op(A) is m×k and op(B) k×n. C is not read where beta is 0.
func (i Implementation) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int,
	beta float64, c []float64, ldc int) {
	if !gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		i.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Sgemv sets y = alpha·op(A)·x + beta·y, where A is m×n. y is not read where beta is 0.
func (i Implementation) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int,
	beta float32, y []float32, incY int) {
	if !gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		i.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Dgemv sets y = alpha·op(A)·x + beta·y, where A is m×n. y is not read where beta is 0.
func (i Implementation) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int,
	beta float64, y []float64, incY int) {
	if !gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		i.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// gemm reports whether it has computed the product. It leaves to gonum what is degenerate (no elements, no terms, alpha = 0)
// and what is wrong, so that it panics there.
func gemm[T kernel.Float](tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int,
	beta T, c []T, ldc int) bool {
	if !kernel.Assembly() || m <= 0 || n <= 0 || k <= 0 || alpha == 0 {
		return false
	}
	x, okA := matrix(tA, m, k, a, lda)
	y, okB := matrix(tB, k, n, b, ldb)
	if !okA || !okB || ldc < n || len(c) < (m-1)*ldc+n {
		return false
	}
	multiply(product[T]{c: c, ldc: ldc, a: x, b: y, m: m, n: n, k: k, alpha: alpha, beta: beta})
	return true
}

// gemv is for a transposed A alone, whose rows are then read one after the other; the scalar products of the other case are
// as quick in gonum.
func gemv[T kernel.Float](tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int,
	beta T, y []T, incY int) bool {
	switch {
	case !kernel.Assembly(), tA != blas.Trans && tA != blas.ConjTrans, m <= 0, n <= 0, alpha == 0, incX <= 0, incY != 1:
		return false
	}
	if lda < n || len(a) < (m-1)*lda+n || len(x) <= (m-1)*incX || len(y) < n {
		return false
	}
	p := product[T]{c: y, ldc: n, a: kernel.Mat[T]{Data: x, Row: 1, Col: incX}, b: kernel.Mat[T]{Data: a, Row: lda, Col: 1},
		m: 1, n: n, k: m, alpha: alpha, beta: beta}
	p.rows(0, 1)
	return true
}

// matrix is op(A), of rows by cols, and whether its arguments are in order.
func matrix[T kernel.Float](t blas.Transpose, rows, cols int, a []T, ld int) (kernel.Mat[T], bool) {
	switch t {
	case blas.NoTrans:
		return kernel.Mat[T]{Data: a, Row: ld, Col: 1}, ld >= cols && len(a) >= (rows-1)*ld+cols
	case blas.Trans, blas.ConjTrans:
		return kernel.Mat[T]{Data: a, Row: 1, Col: ld}, ld >= rows && len(a) >= (cols-1)*ld+rows
	}
	return kernel.Mat[T]{}, false
}
