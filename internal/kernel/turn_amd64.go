//go:build amd64 && !purego

package kernel

// fastTurn is Turn for a matrix by columns; false means that there is no assembly for it.
func fastTurn[T Float](dst []T, ldc int, x Mat[T], m, n int) bool {
	if level == portable {
		return false
	}
	// Row i of dst is column i of the matrix that lies by rows in x.
	copyTurned(dst, ldc, Mat[T]{x.Data, x.Col, 1}, n, m)
	return true
}
