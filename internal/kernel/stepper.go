package kernel

// The passes over a state that a step of a solver makes.

// Combine sets dst = y + Σ c[j]·v[j], the sum first and in order: the terms are small beside y, whose last digits are so
// rounded once. It reads each v once, for any number of them. dst may be y.
func Combine[T Float](dst, y, c []T, v [][]T) {
	n := len(dst)
	y = y[:n]
	if len(c) == 0 {
		copy(dst, y)
		return
	}
	if fastCombine(dst, y, c, v) {
		return
	}
	var sum [256]T
	for i := 0; i < n; i += len(sum) {
		s := sum[:min(len(sum), n-i)]
		clear(s)
		for j, a := range c {
			for l, x := range v[j][i:][:len(s)] {
				s[l] += a * x
			}
		}
		for l, x := range s {
			dst[i+l] = y[i+l] + x
		}
	}
}

// errorLanes is the number of sums that ErrorSquares keeps.
const errorLanes = 16

// ErrorSquares is Σ (e/(atol + rtol·max(|y|, |z|)))² over n = len(e) elements in float64, the square of the root mean
// square that bounds the error of a step from y to z, times n; NaN if any element is. Element i goes to sum i mod 16, and
// these are added pairwise, so that the result is the same on every machine.
func ErrorSquares[T Float](e, y, z []T, atol, rtol float64) float64 {
	var sums [errorLanes]float64
	n := len(e)
	y, z = y[:n], z[:n]
	done := fastErrorSquares(&sums, e, y, z, atol, rtol)
	for i := done; i < n; i++ {
		q := float64(e[i]) / (atol + float64(rtol*float64(max(y[i], -y[i], z[i], -z[i]))))
		sums[i%errorLanes] += float64(q * q)
	}
	for half := errorLanes / 2; half > 0; half /= 2 {
		for i := range half {
			sums[i] += sums[i+half]
		}
	}
	return sums[0]
}
