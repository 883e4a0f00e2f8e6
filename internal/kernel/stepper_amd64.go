//go:build amd64 && !purego

package kernel

import "unsafe"

func fastCombine[T Float](dst, y, c []T, v [][]T) bool {
	n, terms := len(dst), len(c)
	if level == portable || n == 0 {
		return level != portable
	}
	for _, x := range v[:terms] {
		_ = x[n-1]
	}
	_ = y[n-1]
	d, y0, c0, v0 := unsafe.Pointer(&dst[0]), unsafe.Pointer(&y[0]), unsafe.Pointer(&c[0]), unsafe.Pointer(&v[0])
	for i := 0; i < n; i += uninterrupted / 4 {
		n := min(n-i, uninterrupted/4)
		switch {
		case level == avx512 && unsafe.Sizeof(dst[0]) == 4:
			combineF32AVX512((*float32)(d), (*float32)(y0), (*float32)(c0), (*[]float32)(v0), terms, i, n)
		case level == avx512:
			combineF64AVX512((*float64)(d), (*float64)(y0), (*float64)(c0), (*[]float64)(v0), terms, i, n)
		case unsafe.Sizeof(dst[0]) == 4:
			combineF32AVX2((*float32)(d), (*float32)(y0), (*float32)(c0), (*[]float32)(v0), terms, i, n)
		default:
			combineF64AVX2((*float64)(d), (*float64)(y0), (*float64)(c0), (*[]float64)(v0), terms, i, n)
		}
	}
	return true
}

// fastErrorSquares adds the squares of whole rounds of sums and returns how many elements that are.
func fastErrorSquares[T Float](sums *[errorLanes]float64, e, y, z []T, atol, rtol float64) int {
	if level == portable {
		return 0
	}
	whole := len(e) &^ (errorLanes - 1)
	for i := 0; i < whole; i += uninterrupted {
		n := min(whole-i, uninterrupted)
		e0, y0, z0 := unsafe.Pointer(&e[i]), unsafe.Pointer(&y[:whole][i]), unsafe.Pointer(&z[:whole][i])
		switch {
		case level == avx512 && unsafe.Sizeof(e[0]) == 4:
			errorSquaresF32AVX512((*float32)(e0), (*float32)(y0), (*float32)(z0), atol, rtol, &sums[0], n)
		case level == avx512:
			errorSquaresF64AVX512((*float64)(e0), (*float64)(y0), (*float64)(z0), atol, rtol, &sums[0], n)
		case unsafe.Sizeof(e[0]) == 4:
			errorSquaresF32AVX2((*float32)(e0), (*float32)(y0), (*float32)(z0), atol, rtol, &sums[0], n)
		default:
			errorSquaresF64AVX2((*float64)(e0), (*float64)(y0), (*float64)(z0), atol, rtol, &sums[0], n)
		}
	}
	return whole
}

// fastSumColumns adds the rows of x to dst in order.
func fastSumColumns[T Float](dst, x []T) bool {
	n := len(dst)
	if level == portable || n == 0 {
		return false
	}
	some := max(uninterrupted/n, 1)
	for rows := len(x) / n; rows > 0; rows -= some {
		d, x0, r := unsafe.Pointer(&dst[0]), unsafe.Pointer(&x[0]), min(rows, some)
		switch {
		case level == avx512 && unsafe.Sizeof(dst[0]) == 4:
			sumColumnsF32AVX512((*float32)(d), (*float32)(x0), r, n)
		case level == avx512:
			sumColumnsF64AVX512((*float64)(d), (*float64)(x0), r, n)
		case unsafe.Sizeof(dst[0]) == 4:
			sumColumnsF32AVX2((*float32)(d), (*float32)(x0), r, n)
		default:
			sumColumnsF64AVX2((*float64)(d), (*float64)(x0), r, n)
		}
		if x = x[r*n:]; len(x) < n {
			break
		}
	}
	return true
}
