package solvers

// bandLU has the LU factors of σI − J for a J of lower bandwidth l and upper bandwidth u. Exchanges of rows widen U to
// l+u, so that a row has 2l+u+1 places, from column i−l to i+l+u. The multipliers of L stay where they arose, as in
// LAPACK's gbtrf.
type bandLU[S scalar] struct {
	n, l, u, w int
	j          []float64 // the Jacobian's entries, read by factor
	a          []S
	inverse    []S // 1/u_kk
	pivot      []int
	place      []int // see layout
	x          []S   // the renumbered right-hand side
}

func newBandLU[S scalar](l *layout, j []float64) *bandLU[S] {
	w := 2*l.lower + l.upper + 1
	f := &bandLU[S]{
		n: l.n, l: l.lower, u: l.upper, w: w,
		j:       j,
		a:       make([]S, l.n*w),
		inverse: make([]S, l.n),
		pivot:   make([]int, l.n),
		place:   l.place,
	}
	if f.place != nil {
		f.x = make([]S, l.n)
	}
	return f
}

// row returns the entries of row i from column lo to before column hi, which must be places of the row.
func (f *bandLU[S]) row(i, lo, hi int) []S {
	at := i*f.w - i + f.l
	return f.a[at+lo : at+hi]
}

func (f *bandLU[S]) factor(sigma S) bool {
	clear(f.a)
	width := f.l + f.u + 1
	for i := range f.n {
		to := f.a[i*f.w:]
		for k, v := range f.j[i*width : (i+1)*width] {
			to[k] = -fromReal[S](v)
		}
		to[f.l] += sigma
	}
	for k := range f.n {
		last := min(f.n-1, k+f.l)
		p, best := k, 0.0
		for i := k; i <= last; i++ {
			if v := magnitude(f.row(i, k, k+1)[0]); v > best || v != v {
				p, best = i, v
			}
		}
		if !(best > 0) || best-best != 0 {
			return false
		}
		f.pivot[k] = p
		end := min(f.n, k+f.l+f.u+1)
		rowK := f.row(k, k, end)
		if p != k {
			rowP := f.row(p, k, end)
			for j, v := range rowK {
				rowK[j], rowP[j] = rowP[j], v
			}
		}
		f.inverse[k] = 1 / rowK[0]
		for i := k + 1; i <= last; i++ {
			row := f.row(i, k, end)
			if row[0] == 0 {
				continue
			}
			c := row[0] * f.inverse[k]
			row[0] = c
			axpy(-c, rowK[1:], row[1:])
		}
	}
	return true
}

func (f *bandLU[S]) solve(b []S) bool {
	x := f.renumber(b)
	for k, p := range f.pivot {
		x[k], x[p] = x[p], x[k]
		for i := k + 1; i <= min(f.n-1, k+f.l); i++ {
			x[i] -= f.row(i, k, k+1)[0] * x[k]
		}
	}
	for k := f.n - 1; k >= 0; k-- {
		end := min(f.n, k+f.l+f.u+1)
		x[k] = (x[k] - inner(f.row(k, k+1, end), x[k+1:])) * f.inverse[k]
	}
	f.number(b)
	return true
}

func (f *bandLU[S]) solveTransposed(b []S) bool {
	x := f.renumber(b)
	for k := range f.n {
		end := min(f.n, k+f.l+f.u+1)
		x[k] *= f.inverse[k]
		axpy(-x[k], f.row(k, k+1, end), x[k+1:])
	}
	for k := f.n - 1; k >= 0; k-- {
		for i := k + 1; i <= min(f.n-1, k+f.l); i++ {
			x[k] -= f.row(i, k, k+1)[0] * x[i]
		}
		p := f.pivot[k]
		x[k], x[p] = x[p], x[k]
	}
	f.number(b)
	return true
}

// renumber returns b in the numbering of the band, number writes that back.
func (f *bandLU[S]) renumber(b []S) []S {
	if f.place == nil {
		return b
	}
	for i, p := range f.place {
		f.x[p] = b[i]
	}
	return f.x
}

func (f *bandLU[S]) number(b []S) {
	for i, p := range f.place {
		b[i] = f.x[p]
	}
}

var (
	_ shifted[float64]    = (*bandLU[float64])(nil)
	_ shifted[complex128] = (*bandLU[complex128])(nil)
)
