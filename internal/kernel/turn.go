package kernel

// Turn copies x, a matrix of m rows and n columns, row by row: element (i, j) goes to dst[i·ldc + j]. It is for an x
// that is stored by columns; Row is 1.
func Turn[T Float](dst []T, ldc int, x Mat[T], m, n int) {
	if m == 0 || n == 0 || x.Row == 1 && fastTurn(dst, ldc, x, m, n) {
		return
	}
	// Blocks, so that the lines of x that a row of a block touches are still there for the next row.
	const block = 16
	for j0 := 0; j0 < n; j0 += block {
		j1 := min(j0+block, n)
		for i := range m {
			row := dst[i*ldc+j0 : i*ldc+j1]
			at := i*x.Row + j0*x.Col
			for j := range row {
				row[j] = x.Data[at]
				at += x.Col
			}
		}
	}
}
