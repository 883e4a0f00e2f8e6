package graph

// product is a matrix product as the kernel takes it: c (m,n) = a (m,k)·b (k,n), once for every pair of offsets.
type product struct {
	a, b    matrix
	m, n, k int
	batch   [][2]int // further offsets of a and b; c follows c
}

// matrix is a window with two strides into a value.
type matrix struct {
	v             *value
	off, row, col int
}

func matrixOf(w view) matrix {
	r := len(w.shape)
	return matrix{w.v, w.off, w.stride[r-2], w.stride[r-1]}
}

// flatProduct describes the product of n as a single one, if it is: no batch, or a batch of a alone whose rows go on
// from one matrix to the next.
func flatProduct(n *node) (product, bool) {
	x, y := factors(n.e, n.in)
	r := len(n.e.shape)
	p := product{a: matrixOf(x), b: matrixOf(y), m: n.e.shape[r-2], n: n.e.shape[r-1], k: x.shape[r-1]}
	batch := 1
	for a := range r - 2 {
		batch *= x.shape[a]
		if x.shape[a] != 1 && y.stride[a] != 0 {
			return p, false
		}
	}
	if batch == 1 {
		return p, true
	}
	rows := view{x.v, x.off, x.shape[:r-1], x.stride[:r-1]}
	shape, stride := rows.merged()
	if len(shape) != 1 {
		return p, false
	}
	p.m, p.a.row = shape[0], stride[0]
	return p, true
}

// upright is the product of a row with a matrix that lies by columns as that of the matrix with a column: the same sums
// in the same order, without turning the matrix over first.
func (p product) upright() product {
	if p.m != 1 || p.n == 1 || p.b.col == 1 {
		return p
	}
	a := matrix{p.b.v, p.b.off, p.b.col, p.b.row}
	b := matrix{p.a.v, p.a.off, p.a.col, 1}
	return product{a: a, b: b, m: p.n, n: 1, k: p.k}
}

// batchedProduct describes the product of n with the offsets of every matrix of the batch.
func batchedProduct(n *node) product {
	p, flat := flatProduct(n)
	if flat {
		return p.upright()
	}
	x, y := factors(n.e, n.in)
	lead := x.shape[:len(x.shape)-2]
	at := make([]int, len(lead))
	for range sizeOf(lead) {
		var o [2]int
		for a, i := range at {
			o[0] += i * x.stride[a]
			o[1] += i * y.stride[a]
		}
		p.batch = append(p.batch, o)
		for a := len(at) - 1; a >= 0; a-- {
			if at[a]++; at[a] < lead[a] {
				break
			}
			at[a] = 0
		}
	}
	return p
}
