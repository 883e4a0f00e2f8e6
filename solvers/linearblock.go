package solvers

// blockLU has the LU factors of σI − J for a J of dense blocks along the diagonal; a dense J is one block.
type blockLU[S scalar] struct {
	size  int
	j     []float64 // the Jacobian's entries, read by factor
	a     []S       // factors, block by block, row by row: 1/u_kk on the diagonal, L below it without its ones
	pivot []int     // row k of a block was exchanged with row pivot[k]
}

func newBlockLU[S scalar](l *layout, j []float64) *blockLU[S] {
	return &blockLU[S]{size: l.size, j: j, a: make([]S, len(j)), pivot: make([]int, l.n)}
}

func (f *blockLU[S]) factor(sigma S) bool {
	for i, v := range f.j {
		f.a[i] = -fromReal[S](v)
	}
	m := f.size
	for i := range f.pivot {
		f.a[i*m+i%m] += sigma
	}
	for b := 0; b < len(f.pivot); b += m {
		if !factorDense(f.a[b*m:(b+m)*m], f.pivot[b:b+m]) {
			return false
		}
	}
	return true
}

// factorDense overwrites a with the factors of PA = LU by Gaussian elimination with partial pivoting. The diagonal has the
// inverses of U's, which the solutions multiply by: a complex division is slow. It reports false where no pivot
// is left, or only one that isn't a finite number.
func factorDense[S scalar](a []S, pivot []int) bool {
	m := len(pivot)
	for k := range m {
		p, best := k, magnitude(a[k*m+k])
		for i := k + 1; i < m; i++ {
			if v := magnitude(a[i*m+k]); v > best || v != v {
				p, best = i, v
			}
		}
		if !(best > 0) || best-best != 0 {
			return false
		}
		pivot[k] = p
		rowK := a[k*m : (k+1)*m]
		if p != k {
			rowP := a[p*m : (p+1)*m]
			for j, v := range rowK {
				rowK[j], rowP[j] = rowP[j], v
			}
		}
		inverse := 1 / rowK[k]
		rowK[k] = inverse
		tail := rowK[k+1:]
		for i := k + 1; i < m; i++ {
			row := a[i*m+k : (i+1)*m]
			if row[0] == 0 {
				continue
			}
			c := row[0] * inverse
			row[0] = c
			row = row[1:][:len(tail)]
			for j, v := range tail {
				row[j] -= c * v
			}
		}
	}
	return true
}

func (f *blockLU[S]) solve(b []S) bool {
	m := f.size
	for at := 0; at < len(b); at += m {
		solveDense(f.a[at*m:(at+m)*m], f.pivot[at:at+m], b[at:at+m])
	}
	return true
}

func (f *blockLU[S]) solveTransposed(b []S) bool {
	m := f.size
	for at := 0; at < len(b); at += m {
		solveDenseTransposed(f.a[at*m:(at+m)*m], f.pivot[at:at+m], b[at:at+m])
	}
	return true
}

// solveDense overwrites b with A⁻¹b: Pb, then L, then U.
func solveDense[S scalar](a []S, pivot []int, b []S) {
	m := len(b)
	for k, p := range pivot {
		b[k], b[p] = b[p], b[k]
	}
	for i := 1; i < m; i++ {
		b[i] -= inner(a[i*m:i*m+i], b)
	}
	for i := m - 1; i >= 0; i-- {
		b[i] = (b[i] - inner(a[i*m+i+1:(i+1)*m], b[i+1:])) * a[i*m+i]
	}
}

// solveDenseTransposed overwrites b with A⁻ᵀb: Uᵀ, then Lᵀ, then the exchanges backwards.
func solveDenseTransposed[S scalar](a []S, pivot []int, b []S) {
	m := len(b)
	for k := range m {
		b[k] *= a[k*m+k]
		axpy(-b[k], a[k*m+k+1:(k+1)*m], b[k+1:])
	}
	for k := m - 1; k > 0; k-- {
		axpy(-b[k], a[k*m:k*m+k], b)
	}
	for k := m - 1; k >= 0; k-- {
		b[k], b[pivot[k]] = b[pivot[k]], b[k]
	}
}

// inner is Σ a_i b_i with no conjugation; b may be longer.
func inner[S scalar](a, b []S) S {
	var s S
	b = b[:len(a)]
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// axpy adds c·a to b, which may be longer.
func axpy[S scalar](c S, a, b []S) {
	b = b[:len(a)]
	for i, v := range a {
		b[i] += c * v
	}
}

var (
	_ shifted[float64]    = (*blockLU[float64])(nil)
	_ shifted[complex128] = (*blockLU[complex128])(nil)
)
