//go:build !amd64 || purego

package kernel

func fastTurn[T Float]([]T, int, Mat[T], int, int) bool { return false }
