package graph

// matmul multiplies over equal leading axes; a transposed argument is stored with its last two axes exchanged.
func (b *builder) matmul(x, y *expr, transX, transY bool) *expr {
	r := len(x.shape)
	if r < 2 || len(y.shape) != r || !sameShape(x.shape[:r-2], y.shape[:r-2]) {
		broken("product of %v and %v", x.shape, y.shape)
	}
	// A transposition of the last two axes is a flag of the product.
	if t, ok := lastTwo(x); ok {
		x, transX = t, !transX
	}
	if t, ok := lastTwo(y); ok {
		y, transY = t, !transY
	}
	m, k := x.shape[r-2], x.shape[r-1]
	if transX {
		m, k = k, m
	}
	k2, n := y.shape[r-2], y.shape[r-1]
	if transY {
		k2, n = n, k2
	}
	if k != k2 {
		broken("product of %v and %v (transposed: %v, %v)", x.shape, y.shape, transX, transY)
	}
	shape := append(x.shape[:r-2].Clone(), m, n)
	if once, ok := oneRow(x, flag(transX)); ok { // and so is every row of the product the same
		return b.expand(b.matmul(once, y, transX, transY), shape)
	}
	return b.intern(&expr{kind: kindMatMul, args: []*expr{x, y}, shape: shape, ints: []int{flag(transX), flag(transY)}})
}

// oneRow recognises a first factor that repeats one row in every matrix; columns are rows of one that is stored transposed.
func oneRow(x *expr, transposed int) (*expr, bool) {
	axis := len(x.shape) - 2 + transposed
	if x.kind != kindExpand || x.shape[axis] == 1 || x.args[0].shape[axis] != 1 {
		return nil, false
	}
	for a, d := range x.args[0].shape {
		if a != axis && d != x.shape[a] {
			return nil, false
		}
	}
	return x.args[0], true
}

// lastTwo recognises a transposition of the last two axes alone.
func lastTwo(x *expr) (*expr, bool) {
	r := len(x.shape)
	if x.kind != kindTranspose || x.ints[r-1] != r-2 || x.ints[r-2] != r-1 {
		return nil, false
	}
	for i := 0; i < r-2; i++ {
		if x.ints[i] != i {
			return nil, false
		}
	}
	return x.args[0], true
}

func flag(t bool) int {
	if t {
		return 1
	}
	return 0
}
