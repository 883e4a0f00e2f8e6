//go:build !linux

package kernel

import "testing"

// guarded is a plain slice where memory cannot be guarded.
func guarded[T Float](t testing.TB, n int, front bool) []T { return make([]T, n) }
