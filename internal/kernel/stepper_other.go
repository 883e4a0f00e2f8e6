//go:build !amd64 || purego

package kernel

func fastCombine[T Float](dst, y, c []T, v [][]T) bool { return false }

func fastErrorSquares[T Float](sums *[errorLanes]float64, e, y, z []T, atol, rtol float64) int {
	return 0
}

func fastSumColumns[T Float](dst, x []T) bool { return false }
