package solvers

// coefficientsOf appends those of the polynomial with the values v at the nodes.
func coefficientsOf[T Float](b *lagrangeBasis, dst []T, v [][]T) []T {
	var w [maxBDF + 2]float64
	n := len(v[0])
	for d := range b.n {
		for i := range b.n {
			w[i] = b.c[i][d]
		}
		at := len(dst)
		for range n {
			dst = append(dst, 0)
		}
		weightedStates(dst[at:], w[:b.n], v)
	}
	return dst
}
