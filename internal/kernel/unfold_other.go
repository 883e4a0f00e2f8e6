//go:build !amd64 || purego

package kernel

func fastUnfold[T Float](*unfolding, []T, []T) bool { return false }

func fastFold[T Float](*unfolding, []T, []T) bool { return false }

func copyLines[T Float](dst []T, step int, src []T, stride, lines, n int) {
	copyLinesPlain(dst, step, src, stride, lines, n)
}
