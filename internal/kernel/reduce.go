package kernel

// sumBlock is the length up to which a sum runs on; longer ones are halved, so that the error grows with log n.
const sumBlock = 256

// Sum is Σx, added in four interleaved runs over blocks whose sums are added pairwise.
func Sum[T Float](x []T) T {
	if len(x) > sumBlock {
		h := (len(x)/2 + 3) &^ 3
		return Sum(x[:h]) + Sum(x[h:])
	}
	var s0, s1, s2, s3 T
	for len(x) >= 4 {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		x = x[4:]
	}
	for _, v := range x {
		s0 += v
	}
	return (s0 + s1) + (s2 + s3)
}

// SumRows sets dst[i] = Σⱼ x[i·n+j] for a matrix of len(dst) rows.
func SumRows[T Float](dst, x []T, n int) {
	for i := range dst {
		dst[i] = Sum(x[i*n : i*n+n])
	}
}

// SumCols adds the len(x)/len(dst) rows of x; rows are added in order.
func SumCols[T Float](dst, x []T) {
	n := len(dst)
	copy(dst, x[:n])
	x = x[n:]
	if fastSumColumns(dst, x) {
		return
	}
	for len(x) >= 4*n && n > 0 {
		r0, r1, r2, r3 := x[:n], x[n:][:n], x[2*n:][:n], x[3*n:][:n]
		for j := range dst {
			dst[j] = dst[j] + r0[j] + r1[j] + r2[j] + r3[j]
		}
		x = x[4*n:]
	}
	for len(x) >= n && n > 0 {
		r := x[:n]
		for j := range dst {
			dst[j] += r[j]
		}
		x = x[n:]
	}
}

// ArgMax is the place in at of the first maximum of x[base+at[i]]; a NaN counts as greater than every number.
func ArgMax[T Float](x []T, base int, at []int) int {
	best := 0
	top := x[base+at[0]]
	for i, o := range at {
		if v := x[base+o]; v > top || v != v && top == top {
			best, top = i, v
		}
	}
	return best
}
