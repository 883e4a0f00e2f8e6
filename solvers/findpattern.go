package solvers

import "math/rand/v2"

// FindPattern looks for the pattern of ∂f/∂y, for System.Pattern: the union of what differs from zero, by System.Jacobian or
// else System.JVP, at three states that are random displacements of y by about a tenth. It is classified by its shape:
// blocks along the diagonal, a band, sparse where a renumbering makes the band narrower, or dense where no band is narrow.
// It costs three Jacobians or 3·Dim products.
//
// An entry that is zero at all three states is missed. What that means for a solve is said at [Pattern]; who knows the
// pattern had better give it.
func FindPattern[T Float](sys System[T], t float64, y []T) (Pattern, error) {
	n := sys.Dim
	if len(y) != n || n < 1 {
		return Pattern{}, badInput("FindPattern with %d components for a system of %d", len(y), n)
	}
	if sys.Jacobian == nil && sys.JVP == nil {
		return Pattern{}, badInput("FindPattern needs System.Jacobian or System.JVP")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	found := make([]bool, n*n)
	at, full, seed, out := make([]T, n), make([]T, n*n), make([]T, n), make([]T, n)
	for range 3 {
		for i, v := range y {
			at[i] = v + T(0.1*rng.NormFloat64())*max(v, -v, 0.01)
		}
		if sys.Jacobian != nil {
			clear(full)
			if err := sys.Jacobian(t, at, full); err != nil {
				return Pattern{}, err
			}
			for k, v := range full {
				found[k] = found[k] || v != 0
			}
			continue
		}
		for j := range n {
			seed[j] = 1
			if err := sys.JVP(t, at, seed, out); err != nil {
				return Pattern{}, err
			}
			seed[j] = 0
			for i, v := range out {
				found[i*n+j] = found[i*n+j] || v != 0 // NaN counts
			}
		}
	}
	var rows, cols []int
	for k, there := range found {
		if there {
			rows, cols = append(rows, k/n), append(cols, k%n)
		}
	}
	return classify(n, rows, cols), nil
}

// classify names the pattern of the entries listed.
func classify(n int, rows, cols []int) Pattern {
	lower, upper := 0, 0
	for k, i := range rows {
		lower, upper = max(lower, i-cols[k]), max(upper, cols[k]-i)
	}
	size := smallestBlock(n, rows, cols)
	sparse := Sparse(rows, cols)
	switch l := newLayout(&sparse, n); {
	case size < n && size <= lower+upper+1:
		return BlockDiagonal(n/size, size)
	case l.dense():
		return Dense()
	case l.place == nil:
		return Banded(lower, upper)
	}
	return sparse
}

// smallestBlock is the least divisor of n such that all entries lie in diagonal blocks of that size.
func smallestBlock(n int, rows, cols []int) int {
	for size := 1; size < n; size++ {
		if n%size == 0 && blocksHold(size, rows, cols) {
			return size
		}
	}
	return n
}

func blocksHold(size int, rows, cols []int) bool {
	for k, i := range rows {
		if i/size != cols[k]/size {
			return false
		}
	}
	return true
}
