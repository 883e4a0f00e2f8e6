package kernel

// Mat is a matrix in a slice: element (i, j) is Data[i·Row + j·Col].
type Mat[T Float] struct {
	Data     []T
	Row, Col int
}

// Epilogue is what becomes of the sums of a product on their way to memory. The zero value stores them as they are.
type Epilogue[T Float] struct {
	Add  bool             // the sums go on from what c holds, instead of from 0
	Bias []T              // is added to every row; n elements, or nil for none
	Act  func(dst, x []T) // an elementwise kernel, applied last; nil for none
}

// activate applies the function to n elements of each of m rows.
func (e *Epilogue[T]) activate(c []T, ldc, m, n int) {
	if ldc == n {
		e.Act(c[:m*n], c[:m*n])
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		e.Act(row, row)
	}
}

// MatMul sets c = a·b, a being m×k and b k×n, with row i of c at c[i·ldc:]. Every element is one sum from 0 on over
// l = 0 … k−1 in this order, whatever the sizes and the layouts are: a row of c depends on the same row of a and on b
// alone. The assembly rounds once for each l, by fused multiply-adds; the portable loops round products and sums.
func MatMul[T Float](c []T, ldc int, a, b Mat[T], m, n, k int) {
	MatMulTo(c, ldc, a, b, m, n, k, Epilogue[T]{})
}

// MatMulTo is MatMul with an epilogue: c = act(a·b + bias), or act(c + a·b + bias) with Add.
func MatMulTo[T Float](c []T, ldc int, a, b Mat[T], m, n, k int, e Epilogue[T]) {
	if m == 0 || n == 0 || k > 0 && fastProduct(c, ldc, a, b, m, n, k, e) {
		return
	}
	switch {
	case e.Add && b.Col == 1:
		matMulRows(c, ldc, a, b, m, n, k, false)
	case e.Add:
		matMulPlain(c, ldc, a, b, m, n, k, true)
	case k == 0:
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
	case n == 1:
		b.Col = 1
		matMulNarrow(c, ldc, a, b, m, n, k)
	case b.Col == 1 && n >= 8:
		matMulRows(c, ldc, a, b, m, n, k, true)
	case b.Col == 1:
		matMulNarrow(c, ldc, a, b, m, n, k)
	case k <= ShortSum:
		matMulShort(c, ldc, a, b, m, n, k)
	case b.Row == 1 && a.Col == 1:
		matMulDots(c, ldc, a, b, m, n, k)
	default:
		matMulPlain(c, ldc, a, b, m, n, k, false)
	}
	if e.Bias != nil {
		for i := range m {
			row := c[i*ldc : i*ldc+n]
			Add(row, row, e.Bias)
		}
	}
	if e.Act != nil {
		e.activate(c, ldc, m, n)
	}
}

// matMulPlain is the specification.
func matMulPlain[T Float](c []T, ldc int, a, b Mat[T], m, n, k int, add bool) {
	for i := range m {
		for j := range n {
			var sum T
			if add {
				sum = c[i*ldc+j]
			}
			for l := range k {
				sum += a.Data[i*a.Row+l*a.Col] * b.Data[l*b.Row+j*b.Col]
			}
			c[i*ldc+j] = sum
		}
	}
}

// The block of b that matMulRows keeps in the second-level cache while all rows of a pass over it.
const (
	blockK = 64
	blockN = 256
)

// matMulRows is for rows of b that are contiguous and not short: a row of c is a combination of rows of b, four at a
// time.
func matMulRows[T Float](c []T, ldc int, a, b Mat[T], m, n, k int, fresh bool) {
	for j0 := 0; j0 < n; j0 += blockN {
		jn := min(blockN, n-j0)
		for l0 := 0; l0 < k; l0 += blockK {
			ln := min(blockK, k-l0)
			bl := b.Data[l0*b.Row+j0:]
			i := 0
			for ; i+2 <= m && ln >= 4; i += 2 {
				combine2(c[i*ldc+j0:][:jn], c[(i+1)*ldc+j0:][:jn], a.Data[i*a.Row+l0*a.Col:], a.Data[(i+1)*a.Row+l0*a.Col:], a.Col,
					bl, b.Row, ln, fresh && l0 == 0)
			}
			for ; i < m; i++ {
				combine(c[i*ldc+j0:][:jn], a.Data[i*a.Row+l0*a.Col:], a.Col, bl, b.Row, ln, fresh && l0 == 0)
			}
		}
	}
}

// combine2 is combine for two rows, k ≥ 4.
func combine2[T Float](c, d, a, e []T, step int, b []T, ldb, k int, fresh bool) {
	n := len(c)
	d = d[:n]
	l := 0
	for ; l+4 <= k; l += 4 {
		a0, a1, a2, a3 := a[l*step], a[(l+1)*step], a[(l+2)*step], a[(l+3)*step]
		e0, e1, e2, e3 := e[l*step], e[(l+1)*step], e[(l+2)*step], e[(l+3)*step]
		b0, b1, b2, b3 := b[l*ldb:][:n], b[(l+1)*ldb:][:n], b[(l+2)*ldb:][:n], b[(l+3)*ldb:][:n]
		if fresh && l == 0 {
			for j := range c {
				y0, y1, y2, y3 := b0[j], b1[j], b2[j], b3[j]
				c[j] = 0 + a0*y0 + a1*y1 + a2*y2 + a3*y3
				d[j] = 0 + e0*y0 + e1*y1 + e2*y2 + e3*y3
			}
			continue
		}
		for j := range c {
			y0, y1, y2, y3 := b0[j], b1[j], b2[j], b3[j]
			c[j] = c[j] + a0*y0 + a1*y1 + a2*y2 + a3*y3
			d[j] = d[j] + e0*y0 + e1*y1 + e2*y2 + e3*y3
		}
	}
	if l < k {
		combine(c, a[l*step:], step, b[l*ldb:], ldb, k-l, false)
		combine(d, e[l*step:], step, b[l*ldb:], ldb, k-l, false)
	}
}

// combine adds Σ a[l·step]·b[l·ldb:] to c, or sets c to it where c is fresh.
func combine[T Float](c, a []T, step int, b []T, ldb, k int, fresh bool) {
	n := len(c)
	l := 0
	if fresh {
		switch {
		case k >= 4:
			a0, a1, a2, a3 := a[0], a[step], a[2*step], a[3*step]
			b0, b1, b2, b3 := b[:n], b[ldb:][:n], b[2*ldb:][:n], b[3*ldb:][:n]
			for j := range c {
				c[j] = 0 + a0*b0[j] + a1*b1[j] + a2*b2[j] + a3*b3[j]
			}
			l = 4
		case k >= 2:
			a0, a1 := a[0], a[step]
			b0, b1 := b[:n], b[ldb:][:n]
			for j := range c {
				c[j] = 0 + a0*b0[j] + a1*b1[j]
			}
			l = 2
		default:
			a0, b0 := a[0], b[:n]
			for j := range c {
				c[j] = 0 + a0*b0[j]
			}
			l = 1
		}
	}
	for ; l+4 <= k; l += 4 {
		a0, a1, a2, a3 := a[l*step], a[(l+1)*step], a[(l+2)*step], a[(l+3)*step]
		b0, b1, b2, b3 := b[l*ldb:][:n], b[(l+1)*ldb:][:n], b[(l+2)*ldb:][:n], b[(l+3)*ldb:][:n]
		for j := range c {
			c[j] = c[j] + a0*b0[j] + a1*b1[j] + a2*b2[j] + a3*b3[j]
		}
	}
	for ; l < k; l++ {
		a0, b0 := a[l*step], b[l*ldb:][:n]
		for j := range c {
			c[j] += a0 * b0[j]
		}
	}
}

// ShortSum is the longest sum that a product writes out term by term, whatever way its factors lie.
const ShortSum = 4

// matMulShort is for sums of one to four terms over a b that is stored by columns.
func matMulShort[T Float](c []T, ldc int, a, b Mat[T], m, n, k int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		ai := a.Data[i*a.Row:]
		at := 0
		switch a0 := ai[0]; k {
		case 1:
			for j := range row {
				row[j] = 0 + a0*b.Data[at]
				at += b.Col
			}
		case 2:
			a1, b1 := ai[a.Col], b.Data[b.Row:]
			for j := range row {
				row[j] = 0 + a0*b.Data[at] + a1*b1[at]
				at += b.Col
			}
		case 3:
			a1, b1, a2, b2 := ai[a.Col], b.Data[b.Row:], ai[2*a.Col], b.Data[2*b.Row:]
			for j := range row {
				row[j] = 0 + a0*b.Data[at] + a1*b1[at] + a2*b2[at]
				at += b.Col
			}
		case 4:
			a1, b1, a2, b2 := ai[a.Col], b.Data[b.Row:], ai[2*a.Col], b.Data[2*b.Row:]
			a3, b3 := ai[3*a.Col], b.Data[3*b.Row:]
			for j := range row {
				row[j] = 0 + a0*b.Data[at] + a1*b1[at] + a2*b2[at] + a3*b3[at]
				at += b.Col
			}
		}
	}
}

// matMulDots is for rows of a and columns of b that are contiguous: two by four scalar products at a time.
func matMulDots[T Float](c []T, ldc int, a, b Mat[T], m, n, k int) {
	i := 0
	for ; i+2 <= m; i += 2 {
		a0, a1 := a.Data[i*a.Row:][:k], a.Data[(i+1)*a.Row:][:k]
		c0, c1 := c[i*ldc:][:n], c[(i+1)*ldc:][:n]
		j := 0
		for ; j+4 <= n; j += 4 {
			b0, b1 := b.Data[j*b.Col:][:k], b.Data[(j+1)*b.Col:][:k]
			b2, b3 := b.Data[(j+2)*b.Col:][:k], b.Data[(j+3)*b.Col:][:k]
			var s00, s01, s02, s03, s10, s11, s12, s13 T
			for l, x0 := range a0 {
				x1 := a1[l]
				y0, y1, y2, y3 := b0[l], b1[l], b2[l], b3[l]
				s00 += x0 * y0
				s01 += x0 * y1
				s02 += x0 * y2
				s03 += x0 * y3
				s10 += x1 * y0
				s11 += x1 * y1
				s12 += x1 * y2
				s13 += x1 * y3
			}
			c0[j], c0[j+1], c0[j+2], c0[j+3] = s00, s01, s02, s03
			c1[j], c1[j+1], c1[j+2], c1[j+3] = s10, s11, s12, s13
		}
		for ; j < n; j++ {
			var s0, s1 T
			for l, y := range b.Data[j*b.Col:][:k] {
				s0 += a0[l] * y
				s1 += a1[l] * y
			}
			c0[j], c1[j] = s0, s1
		}
	}
	if i < m {
		a0, c0 := a.Data[i*a.Row:][:k], c[i*ldc:][:n]
		j := 0
		for ; j+4 <= n; j += 4 {
			b0, b1 := b.Data[j*b.Col:][:k], b.Data[(j+1)*b.Col:][:k]
			b2, b3 := b.Data[(j+2)*b.Col:][:k], b.Data[(j+3)*b.Col:][:k]
			var s0, s1, s2, s3 T
			for l, x := range a0 {
				s0 += x * b0[l]
				s1 += x * b1[l]
				s2 += x * b2[l]
				s3 += x * b3[l]
			}
			c0[j], c0[j+1], c0[j+2], c0[j+3] = s0, s1, s2, s3
		}
		for ; j < n; j++ {
			var s T
			for l, y := range b.Data[j*b.Col:][:k] {
				s += a0[l] * y
			}
			c0[j] = s
		}
	}
}

// matMulNarrow is for rows of b that are contiguous and short: four rows by two columns of c stay in registers.
func matMulNarrow[T Float](c []T, ldc int, a, b Mat[T], m, n, k int) {
	j := 0
	for ; j+2 <= n; j += 2 {
		i := 0
		for ; i+4 <= m; i += 4 {
			a0, a1, a2, a3 := a.Data[i*a.Row:], a.Data[(i+1)*a.Row:], a.Data[(i+2)*a.Row:], a.Data[(i+3)*a.Row:]
			var s00, s01, s10, s11, s20, s21, s30, s31 T
			la, lb := 0, j
			for range k {
				y := b.Data[lb : lb+2 : lb+2]
				y0, y1 := y[0], y[1]
				x0, x1, x2, x3 := a0[la], a1[la], a2[la], a3[la]
				s00 += x0 * y0
				s01 += x0 * y1
				s10 += x1 * y0
				s11 += x1 * y1
				s20 += x2 * y0
				s21 += x2 * y1
				s30 += x3 * y0
				s31 += x3 * y1
				la += a.Col
				lb += b.Row
			}
			c[i*ldc+j], c[i*ldc+j+1] = s00, s01
			c[(i+1)*ldc+j], c[(i+1)*ldc+j+1] = s10, s11
			c[(i+2)*ldc+j], c[(i+2)*ldc+j+1] = s20, s21
			c[(i+3)*ldc+j], c[(i+3)*ldc+j+1] = s30, s31
		}
		for ; i < m; i++ {
			ai := a.Data[i*a.Row:]
			var s0, s1 T
			la, lb := 0, j
			for range k {
				s0 += ai[la] * b.Data[lb]
				s1 += ai[la] * b.Data[lb+1]
				la += a.Col
				lb += b.Row
			}
			c[i*ldc+j], c[i*ldc+j+1] = s0, s1
		}
	}
	if j < n {
		matMulColumn(c[j:], ldc, a, b.Data[j:], b.Row, m, k)
	}
}

// matMulColumn sets one column of c to a times one column of b.
func matMulColumn[T Float](c []T, ldc int, a Mat[T], b []T, step, m, k int) {
	i := 0
	for ; i+4 <= m; i += 4 {
		a0, a1, a2, a3 := a.Data[i*a.Row:], a.Data[(i+1)*a.Row:], a.Data[(i+2)*a.Row:], a.Data[(i+3)*a.Row:]
		var s0, s1, s2, s3 T
		la, lb := 0, 0
		for range k {
			y := b[lb]
			s0 += a0[la] * y
			s1 += a1[la] * y
			s2 += a2[la] * y
			s3 += a3[la] * y
			la += a.Col
			lb += step
		}
		c[i*ldc], c[(i+1)*ldc], c[(i+2)*ldc], c[(i+3)*ldc] = s0, s1, s2, s3
	}
	for ; i < m; i++ {
		ai := a.Data[i*a.Row:]
		var s T
		la, lb := 0, 0
		for range k {
			s += ai[la] * b[lb]
			la += a.Col
			lb += step
		}
		c[i*ldc] = s
	}
}
